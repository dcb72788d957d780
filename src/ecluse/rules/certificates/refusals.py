"""Why a certificate is refused, in words for whoever must mend it; the texts are in `data/refusals.toml`.

The name of a check never changes: logs, tests and documentation say the same.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import NamedTuple

from ecluse.protocols.x509.certificate import Certificate


class RefusalText(NamedTuple):
    """Texts of one check, with places to fill. source: the clause that asks for it."""

    source: str
    text_fr: str
    text_en: str
    remedy_fr: str
    remedy_en: str


@dataclass(frozen=True)
class Refusal:
    """A check that failed.

    check: its stable name. text_*: what is wrong. remedy_*: what to do. certificate: the one at fault.
    """

    check: str
    text_fr: str
    text_en: str
    remedy_fr: str
    remedy_en: str
    source: str
    certificate: Certificate | None = field(default=None, repr=False)


@cache
def refusal_texts() -> dict[str, RefusalText]:
    """Every check with its texts."""
    text = files(__package__).joinpath("data/refusals.toml").read_text("utf-8")
    return {check: RefusalText(**values) for check, values in tomllib.loads(text).items()}


class ReasonText(NamedTuple):
    """A reason of revocation, for people."""

    text_fr: str
    text_en: str


@cache
def reason_texts() -> dict[str, ReasonText]:
    """Texts of each word of CRLReason (RFC 5280 §5.3.1)."""
    text = files(__package__).joinpath("data/reasons.toml").read_text("utf-8")
    return {reason: ReasonText(**values) for reason, values in tomllib.loads(text).items()}


def refuse(check: str, certificate: Certificate, **facts: object) -> Refusal:
    """The refusal of a certificate by a check. facts: what its texts hold besides `subject` and `issuer`."""
    texts = refusal_texts()[check]
    known = {"subject": certificate.rfc4514, "issuer": str(certificate.issuer), **facts}
    filled = (one.format_map(known) for one in texts[1:])
    text_fr, text_en, remedy_fr, remedy_en = filled
    return Refusal(check, text_fr, text_en, remedy_fr, remedy_en, texts.source, certificate)
