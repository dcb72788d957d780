"""What is known of the IGC-Santé, read once from `data/igc_sante.toml`: families, marks, identifiers, authorities."""

from __future__ import annotations

import re
import tomllib
from functools import cache
from importlib.resources import files
from typing import Any, Literal, NamedTuple

Environment = Literal["production", "test", "unknown"]
Confidence = Literal["observed", "documented", "inferred"]


class Combination(NamedTuple):
    """The usages of a family. key_usage: words of RFC 5280 §4.2.1.3; extended: OIDs, empty: without the extension."""

    key_usage: frozenset[str]
    extended: frozenset[str]
    confidence: Confidence


class Family(NamedTuple):
    """An offer and usage of the IGC-Santé, or what is no offer (`person`, `authority`, `other server`, `unknown`)."""

    id: str
    text_fr: str
    text_en: str
    source: str
    combinations: tuple[Combination, ...] = ()


class Meaning(NamedTuple):
    """What an OID means. environment: that of a policy, else `unknown`."""

    oid: str
    text_fr: str
    text_en: str
    source: str
    confidence: Confidence
    environment: Environment = "unknown"


class Form(NamedTuple):
    """How an identifier is written. prefix: its type digit (structures), empty for persons."""

    kind: str
    prefix: str
    pattern: re.Pattern[str]
    text_fr: str
    text_en: str
    source: str
    confidence: Confidence


class Authority(NamedTuple):
    """A national authority.

    fingerprint: SHA-256 of its DER in lower-case hexadecimal, empty when its certificate could not be read; anchor: a
    root.
    """

    short: str
    name: str
    environment: Environment
    anchor: bool
    fingerprint: str
    issues_fr: str
    issues_en: str
    source: str
    confidence: Confidence


@cache
def data(name: str) -> dict[str, Any]:
    """A data file of this room, as TOML says it."""
    return tomllib.loads(files(__package__).joinpath(f"data/{name}.toml").read_text("utf-8"))


@cache
def families() -> dict[str, Family]:
    """Families by identifier, those that are no offer of the IGC-Santé included."""
    facts = data("igc_sante")
    offers = {
        name: Family(
            name, body["text_fr"], body["text_en"], body["source"], _combinations(body["combinations"])
        )
        for name, body in facts["families"].items()
    }
    others = {
        name: Family(name, body["text_fr"], body["text_en"], body["source"])
        for name, body in facts["other_families"].items()
    }
    return offers | others


def _combinations(written: list[dict[str, Any]]) -> tuple[Combination, ...]:
    return tuple(
        Combination(frozenset(one["key_usage"]), frozenset(one["extended"]), one["confidence"])
        for one in written
    )


@cache
def policies() -> dict[str, Meaning]:
    """Certificate policies by OID."""
    return {oid: Meaning(oid, **body) for oid, body in data("igc_sante")["policies"].items()}


@cache
def private_extensions() -> dict[str, Meaning]:
    """Private extensions of the GIP-CPS arc by OID."""
    return {oid: Meaning(oid, **body) for oid, body in data("igc_sante")["extensions"].items()}


@cache
def structure_forms() -> tuple[Form, ...]:
    """Identifiers of structures (TRE_G07), in the order in which they are tried."""
    return tuple(_form(one) for one in data("igc_sante")["structures"])


@cache
def person_forms() -> tuple[Form, ...]:
    """Identifiers of natural persons, as their CN holds them."""
    return tuple(_form(one) for one in data("igc_sante")["persons"])


def _form(body: dict[str, Any]) -> Form:
    return Form(**{"prefix": "", **body, "pattern": re.compile(body["pattern"], re.ASCII)})


@cache
def authorities() -> tuple[Authority, ...]:
    """The national authorities."""
    return tuple(Authority(**one) for one in data("igc_sante")["authorities"])


def authority_of_fingerprint(fingerprint: str) -> Authority | None:
    """The national authority whose certificate has this SHA-256 (lower-case hexadecimal), None for any other."""
    return next((one for one in authorities() if one.fingerprint and one.fingerprint == fingerprint), None)


def authority_of_name(name: str) -> Authority | None:
    """The national authority that has this CN. A name proves nothing: only the fingerprint does."""
    return next((one for one in authorities() if one.name == name), None)


def card_kind(number: int) -> str:
    """Kind of card (`CPS`, `CPE`), empty when the number is not known."""
    return str(data("igc_sante")["card_kinds"].get(str(number), ""))
