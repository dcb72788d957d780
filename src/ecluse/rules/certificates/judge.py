"""Decides whether a certificate may be accepted in a slot: every check by its name, and what to do when it fails.

The path and the revocation are judged elsewhere (`path`, `revocation`) and come here as results; so does the match of
the key. Source: note IGC-Santé §7 (before accepting an upload) and §8; the words are in `data/judgements.toml`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, NamedTuple

from ecluse.protocols.x509 import Certificate
from ecluse.rules.certificates.describe import Description, describe
from ecluse.rules.certificates.facts import data
from ecluse.rules.certificates.path import Path
from ecluse.rules.certificates.refusals import Refusal
from ecluse.rules.certificates.revocation import Status
from ecluse.rules.certificates.slots import Use, reserved_names

_SMALLEST_RSA = 2048
_ENVIRONMENTS_FR = {"production": "production", "test": "test", "unknown": "inconnu"}
_OTHER_SERVER = "other server"

CHECKS = (
    "key",
    "strength",
    "family",
    "environment",
    "issuer",
    "dates",
    "signing",
    "structure",
    "service-name",
    "names",
    "revocation",
)
"""In the order in which they are shown; `signing` is for slots that sign, `names` for servers, the rest for all but
`service-name` (servers)."""


@dataclass(frozen=True)
class Expected:
    """What the slot asks for.

    environment: of the gateway. structures: identifiers of the establishment with their type digit (`1` + FINESS,
    `2` + SIREN, `3` + SIRET), its sites included. at: now, aware. hard_fail: an unknown revocation refuses; None: as
    the use wants it (signatures refuse, TLS only tells). hosts: names by which a server is reached; empty: any.
    """

    use: Use
    environment: Literal["production", "test"]
    structures: frozenset[str]
    at: datetime
    hard_fail: bool | None = None
    hosts: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Evidence:
    """What was found besides the certificate.

    key_matches: None when there is no key. path: None when no authority could be asked. statuses: of the certificates
    of the path; empty when nothing was looked at.
    """

    key_matches: bool | None
    path: Path | Refusal | None
    statuses: tuple[Status, ...] = ()


class Check(NamedTuple):
    """One thing looked at. blocking: when it fails, the certificate is refused; else it is only told."""

    name: str
    ok: bool
    blocking: bool
    text_fr: str
    text_en: str
    remedy_fr: str = ""
    remedy_en: str = ""


class Verdict(NamedTuple):
    """Whether the certificate may be accepted, and all that was looked at."""

    ok: bool
    checks: tuple[Check, ...]

    @property
    def failed(self) -> tuple[Check, ...]:
        """What is wrong, warnings included."""
        return tuple(one for one in self.checks if not one.ok)


class _Case(NamedTuple):
    """What a check works on."""

    certificate: Certificate
    said: Description
    expected: Expected
    evidence: Evidence


def judge(certificate: Certificate, expected: Expected, evidence: Evidence) -> Verdict:
    """Every check of a certificate for a slot; accepted when none that blocks has failed."""
    case = _Case(certificate, describe(certificate), expected, evidence)
    left_out = set() if expected.use.signs else {"signing"}
    left_out |= {"service-name"} if expected.use.serves else {"names"}
    checks = tuple(_CHECKS[name](case) for name in CHECKS if name not in left_out)
    return Verdict(all(one.ok or not one.blocking for one in checks), checks)


class _Words(NamedTuple):
    """A value that is said otherwise in each language."""

    fr: str
    en: str


def _told(name: str, outcome: str, /, blocking: bool = True, **values: object) -> Check:
    """A check of this name, in the words of this outcome; an outcome that has no remedy is a good one."""
    body = data("judgements")[name][outcome]
    words = {
        "fr": {key: one.fr if isinstance(one, _Words) else one for key, one in values.items()},
        "en": {key: one.en if isinstance(one, _Words) else one for key, one in values.items()},
    }
    parts = ("text_fr", "text_en", "remedy_fr", "remedy_en")
    sentences = (body[part].format(**words[part[-2:]]) for part in parts if part in body)
    return Check(name, "remedy_fr" not in body, blocking, *sentences)


def _key(case: _Case) -> Check:
    if case.evidence.key_matches is None:
        return _told("key", "none")
    return _told("key", "ok" if case.evidence.key_matches else "other")


def _strength(case: _Case) -> Check:
    key = case.certificate.public_key
    fit = key.kind == "rsa" and key.bits >= _SMALLEST_RSA
    if case.said.family.id == _OTHER_SERVER and key.kind != "rsa":
        fit = key.bits >= 256  # a server of elsewhere may have an elliptic curve; the path judges it too
    return _told("strength", "ok" if fit else "weak", kind=key.kind, bits=key.bits)


def _family(case: _Case) -> Check:
    use, family = case.expected.use, case.said.family
    outcome = "ok" if family.id in use.families else "other"
    if family.id == "person":
        outcome = "person"
    return _told(
        "family",
        outcome,
        family=family.id,
        use=_Words(use.text_fr, use.text_en),
        wanted=" / ".join(use.families),
    )


def _environment(case: _Case) -> Check:
    found, expected = case.said.environment, case.expected.environment
    if found == "unknown" and case.said.family.id == _OTHER_SERVER:
        return _told("environment", "elsewhere")
    outcome = "ok" if found == expected else "other"
    if found == "unknown":
        outcome = "contradictory" if case.said.contradictory else "unknown"
    return _told(
        "environment",
        outcome,
        environment=_Words(_ENVIRONMENTS_FR[found], found),
        expected=_Words(_ENVIRONMENTS_FR[expected], expected),
    )


def _issuer(case: _Case) -> Check:
    path = case.evidence.path
    if path is None:
        return _told("issuer", "unchecked")
    if isinstance(path, Refusal):
        return Check("issuer", False, True, path.text_fr, path.text_en, path.remedy_fr, path.remedy_en)
    return _told("issuer", "ok")


def _dates(case: _Case) -> Check:
    since, until, at = case.certificate.not_before, case.certificate.not_after, case.expected.at
    outcome = "not-yet" if at < since else "expired" if at > until else "ok"
    return _dated("dates", outcome, since=since, until=until)


def _signing(case: _Case) -> Check:
    (start, end), at = case.said.signing, case.expected.at
    outcome = "not-yet" if at < start else "ended" if at > end else "ok"
    return _dated("signing", outcome, since=start, until=end)


def _structure(case: _Case) -> Check:
    found, declared = case.said.structure, case.expected.structures
    expected = ", ".join(sorted(declared))
    if found is None:
        outside = case.said.family.id == _OTHER_SERVER
        return _told("structure", "not-applicable" if outside else "none")
    if not declared:
        return _told("structure", "undeclared", structure=found.whole)
    outcome = "ok" if found.whole in declared else "other"
    return _told("structure", outcome, structure=found.whole, expected=expected)


def _service_name(case: _Case) -> Check:
    """A name is compared only where it is imposed (note §8); advised ones are told, those of INSi serve INSi only."""
    use, name = case.expected.use, case.said.service_name
    wanted, blocking, outcome = " / ".join(use.service_names), True, "ok"
    if use.imposed:
        outcome = "ok" if name in use.imposed else "imposed"
    elif name in reserved_names():
        outcome = "reserved"
    elif use.recommended and name != use.recommended:
        outcome, blocking = "advised", False
    use_words = _Words(use.text_fr, use.text_en)
    return _told("service-name", outcome, blocking, name=name, use=use_words, wanted=wanted)


def _names(case: _Case) -> Check:
    """The other names alone count: no client looks at the CN of a server any more (RFC 9525 §2)."""
    names, hosts = case.said.dns_names, case.expected.hosts
    missing = sorted(host for host in hosts if not any(_designates(name, host) for name in names))
    outcome = "none" if not names else "other" if missing else "ok"
    return _told("names", outcome, names=", ".join(names), missing=", ".join(missing))


def _designates(name: str, host: str) -> bool:
    """Whether a DNS name of a certificate is that of a host; `*.` stands for one label (RFC 9525 §6.3)."""
    name, host = name.casefold().rstrip("."), host.casefold().rstrip(".")
    if name.startswith("*."):
        first, _, rest = host.partition(".")
        return bool(first) and rest == name[2:]
    return name == host


def _revocation(case: _Case) -> Check:
    statuses = case.evidence.statuses
    revoked = next((one for one in statuses if one.state == "revoked"), None)
    if revoked is not None:
        return _dated("revocation", "revoked", at=revoked.at)
    if statuses and all(one.state == "good" for one in statuses):
        return _told("revocation", "ok")
    hard_fail = case.expected.use.signs if case.expected.hard_fail is None else case.expected.hard_fail
    if not statuses and not isinstance(case.evidence.path, Path):  # the check of the issuer says what to do
        return _told("revocation", "unexamined", hard_fail)._replace(ok=False)
    unknown = _told("revocation", "unknown", hard_fail)
    why = next((one.why for one in statuses if one.why is not None), None)
    if why is None:
        return unknown
    return Check("revocation", False, hard_fail, why.text_fr, why.text_en, why.remedy_fr, why.remedy_en)


def _dated(name: str, outcome: str, **instants: datetime | None) -> Check:
    """A check whose sentences hold instants, each in the form of its language (UTC)."""
    words = {
        key: _Words(f"{at:%d/%m/%Y à %H:%M} UTC", f"{at:%Y-%m-%d %H:%M} UTC") if at else _Words("—", "—")
        for key, at in instants.items()
    }
    return _told(name, outcome, True, **words)


_CHECKS: dict[str, Callable[[_Case], Check]] = {
    "key": _key,
    "strength": _strength,
    "family": _family,
    "environment": _environment,
    "issuer": _issuer,
    "dates": _dates,
    "signing": _signing,
    "structure": _structure,
    "service-name": _service_name,
    "names": _names,
    "revocation": _revocation,
}
