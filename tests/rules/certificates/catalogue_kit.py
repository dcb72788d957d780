"""The catalogue of the test PKI: each certificate with its authorities, and the lists of the day."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from importlib.resources import files

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from ecluse.protocols.x509 import Certificate, read_certificate
from ecluse.protocols.x509.crl import Crl, read_crl
from tests.pki_kit import TestPki

NOW = datetime(2026, 3, 1, tzinfo=UTC)
BY_PATH = {
    "revoked": {"revoked"},
    "expired": {"expired"},
    "not_yet_valid": {"not_yet_valid"},
    "unknown_authority": {"issuer_unknown", "anchor_undeclared"},
    "signature": {"signature"},
    "path": {"basic_constraints", "path_length"},
    "crl_stale": {"revocation_stale"},
    "weak_key": {"weak_key"},
    "critical_extension": {"critical_extension"},
}
"""What the catalogue expects to be found by the path and its revocation, with our checks; the rest is of families."""


@dataclass(frozen=True)
class Entry:
    """A certificate of the catalogue. checks: those that may refuse it, empty when its path is good."""

    name: str
    certificate: Certificate
    given: tuple[Certificate, ...]
    anchor: Certificate
    checks: frozenset[str]


@dataclass(frozen=True)
class Catalogue:
    """All entries, and the lists of every authority."""

    entries: dict[str, Entry]
    crls: tuple[Crl, ...]


def read(one: x509.Certificate) -> Certificate:
    """The same certificate, read here."""
    return read_certificate(one.public_bytes(Encoding.DER))


def names() -> dict[str, str]:
    """Name of each entry, with what must be answered."""
    text = files("ecluse.simulators.pki").joinpath("data/catalogue.toml").read_text("utf-8")
    return {one["name"]: one["expected"] for one in tomllib.loads(text)["certificate"]}


@cache
def catalogue() -> Catalogue:
    """The catalogue, made once."""
    kit = TestPki.make(now=NOW)
    every = kit.hierarchy
    amc_root = read(every.amc_root.certificate)
    intermediates = tuple(read(one.certificate) for one in every if one.issuer is not None)
    entries = {}
    for name, expected in names().items():
        held = kit.catalogued(name)
        anchor = amc_root if name == "amc-server" else read(every.root.certificate)
        given = (*map(read, held.chain), *intermediates)
        checks = frozenset(BY_PATH.get(expected, ()))
        entries[name] = Entry(name, read(held.certificate), tuple(dict.fromkeys(given)), anchor, checks)
    every.publish(NOW)
    return Catalogue(entries, tuple(read_crl(one.crl) for one in every if one.crl))
