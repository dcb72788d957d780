"""What a certificate of an establishment is kept for: which family, which name, under which authorities.

The table is `data/slots.toml`.
"""

from __future__ import annotations

from functools import cache
from typing import Any, Literal, NamedTuple

from ecluse.rules.certificates.facts import data

TrustStore = Literal["igc-sante", "igc-osi", "public"]


class Use(NamedTuple):
    """A use of a certificate: one slot per establishment and use.

    id: `dmp_tls`…; families: those accepted; imposed: the only service names accepted, empty: any; recommended: the
    one advised, else empty; issued_under: stores under which the certificate may be issued; peers: the store that
    checks the other side; stops: what no longer works once it is expired or revoked.
    """

    id: str
    text_fr: str
    text_en: str
    families: tuple[str, ...]
    imposed: tuple[str, ...]
    recommended: str
    issued_under: tuple[TrustStore, ...]
    peers: TrustStore
    stops_fr: str
    stops_en: str
    source: str

    @property
    def signs(self) -> bool:
        """True when the key signs documents or tokens: its own period of use counts."""
        return "ORG SIGN" in self.families

    @property
    def serves(self) -> bool:
        """True when the certificate is that of a server: its other names count."""
        return "SERV SSL" in self.families

    @property
    def service_names(self) -> tuple[str, ...]:
        """The names to order it under, the first is advised."""
        return self.imposed or ((self.recommended,) if self.recommended else ())


@cache
def uses() -> dict[str, Use]:
    """Every use by its identifier, in the order of the table."""
    return {name: _use(name, body) for name, body in data("slots").items()}


@cache
def reserved_names() -> frozenset[str]:
    """Service names that one use imposes: their certificates serve nothing else (INSi)."""
    return frozenset(name for use in uses().values() for name in use.imposed)


def uses_of_family(family: str) -> tuple[Use, ...]:
    """The uses that a family suits."""
    return tuple(use for use in uses().values() if family in use.families)


def _use(name: str, body: dict[str, Any]) -> Use:
    lists = {key: tuple(body.get(key, ())) for key in ("families", "imposed", "issued_under")}
    return Use(**{"id": name, "recommended": "", **body, **lists})
