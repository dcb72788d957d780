"""Names that authorities allow and exclude for all certificates below them.

Source: RFC 5280 §4.2.1.10, §6.1.3 (b) and (c), §6.1.4 (g).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple
from urllib.parse import urlsplit

from ecluse.protocols.x509.certificate import Certificate
from ecluse.protocols.x509.extensions import NameConstraints, Subtree
from ecluse.protocols.x509.general_names import GeneralName
from ecluse.protocols.x509.names import EMAIL, Name, within

MOST_COMPARISONS = 100_000
"""Names times subtrees compared for one certificate; a hostile pair could ask for billions."""

_Claim = tuple[str, "str | Name"]
"""A name to judge: its kind, and its text or distinguished name."""


class Constraints(NamedTuple):
    """What all the authorities above say together. permitted: one group of subtrees per authority."""

    permitted: tuple[tuple[Subtree, ...], ...] = ()
    excluded: tuple[Subtree, ...] = ()

    def narrowed(self, more: NameConstraints | None) -> Constraints:
        """These constraints and those of one more authority."""
        if more is None:
            return self
        groups = (*self.permitted, more.permitted) if more.permitted else self.permitted
        return Constraints(groups, self.excluded + more.excluded)


def applicable(constraints: NameConstraints | None) -> bool:
    """True when the constraints have the only form RFC 5280 allows (minimum 0, no maximum)."""
    if constraints is None:
        return True
    return all(
        one.minimum == 0 and one.maximum is None for one in constraints.permitted + constraints.excluded
    )


def forbidden_name(certificate: Certificate, constraints: Constraints) -> str | None:
    """The first name of the certificate that the constraints do not allow, None when all are allowed."""
    subtrees = sum(map(len, constraints.permitted)) + len(constraints.excluded)
    if not subtrees:
        return None
    claims = list(_claims(certificate))
    if len(claims) * subtrees > MOST_COMPARISONS:
        return f"{len(claims)} × {subtrees}"
    for claim in claims:
        if not _allowed(claim, constraints):
            return str(claim[1])
    return None


def _claims(certificate: Certificate) -> Iterator[_Claim]:
    """Every name that constraints apply to; e-mails of the subject only without other names."""
    if certificate.subject.rdns:
        yield "directory", certificate.subject
    if not certificate.subject_alternative_names:
        for address in certificate.subject.values(EMAIL):
            yield "email", address
    for one in certificate.subject_alternative_names:
        yield one.kind, one.name or one.text


def _allowed(claim: _Claim, constraints: Constraints) -> bool:
    kind, name = claim
    for group in constraints.permitted:
        same_kind = [one.base for one in group if one.base.kind == kind]
        if same_kind and not any(_is_in(kind, name, base, unsure=False) for base in same_kind):
            return False
    return not any(
        _is_in(kind, name, one.base, unsure=True) for one in constraints.excluded if one.base.kind == kind
    )


def _is_in(kind: str, name: str | Name, base: GeneralName, unsure: bool) -> bool:
    """True when the name is in the subtree; `unsure` when its form does not let it be told."""
    if isinstance(name, Name):
        return base.name is not None and within(name, base.name)
    if kind == "email":
        return unsure if name.count("@") != 1 else _email_in(name, base.text)
    if kind == "dns":
        return _host_in(name, base.text, below_counts=True)
    if kind == "uri":
        host = _host(name)
        return unsure if host is None else _host_in(host, base.text, below_counts=False)
    if kind == "ip":
        return _address_in(bytes.fromhex(name), bytes.fromhex(base.text), unsure)
    return unsure


def _email_in(address: str, base: str) -> bool:
    """A mailbox, all those of a host, or (leading dot) all those of the hosts below it."""
    local, _, host = address.partition("@")
    wanted, at, wanted_host = base.rpartition("@")
    if at:
        return local == wanted and host.lower() == wanted_host.lower()
    return _host_in(host, base, below_counts=False)


def _host_in(host: str, base: str, below_counts: bool) -> bool:
    """True when a host is the base or, with a leading dot or `below_counts`, one below it."""
    host, base = host.lower().rstrip("."), base.lower().rstrip(".")
    if base.startswith("."):
        return host.endswith(base) and host != base
    return host == base or (below_counts and (not base or host.endswith(f".{base}")))


def _host(uri: str) -> str | None:
    """The fully qualified host of a URI; None when it has none, as constraints want one (RFC 5280 §4.2.1.10)."""
    try:
        host = urlsplit(uri).hostname
    except ValueError:
        return None
    if not host or ":" in host or host.replace(".", "").isdigit():
        return None
    return host


def _address_in(address: bytes, base: bytes, unsure: bool) -> bool:
    """True when an IP address is in a network given with its mask."""
    if len(base) not in (8, 32) or len(address) not in (4, 16):
        return unsure
    network, mask = base[: len(base) // 2], base[len(base) // 2 :]
    if len(network) != len(address):
        return False
    return all(one & bit == net & bit for one, net, bit in zip(address, network, mask, strict=True))
