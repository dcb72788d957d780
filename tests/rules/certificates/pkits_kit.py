"""The NIST path validation suite, as data: `pkits.toml` and the certificates and lists of `cryptography-vectors`."""

from __future__ import annotations

import logging
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest

from ecluse.protocols.x509.certificate import Certificate, read_certificate
from ecluse.protocols.x509.crl import Crl, read_crl
from ecluse.rules.certificates.options import MODERN_DIGESTS, PathOptions

TABLE: dict[str, Any] = tomllib.loads((Path(__file__).parent / "pkits.toml").read_text("utf-8"))
MOMENT: datetime = TABLE["moment"]
VECTORS = files("cryptography_vectors").joinpath("x509/PKITS_data")


@dataclass(frozen=True)
class Case:
    """One test. refused: the check that must refuse the path, empty when it is valid."""

    id: str
    certificate: str
    refused: str
    policies: tuple[str, ...] = ()
    explicit_policy: bool = False
    inhibit_mapping: bool = False
    inhibit_any: bool = False

    @property
    def options(self) -> PathOptions:
        """Inputs of the test; the suite is of the days of SHA-1 and DSA."""
        wanted = {"policies": frozenset(self.policies)} if self.policies else {}
        return PathOptions(
            explicit_policy=self.explicit_policy,
            inhibit_mapping=self.inhibit_mapping,
            inhibit_any=self.inhibit_any,
            digests=MODERN_DIGESTS | {"sha1"},
            key_bits=(("rsa", 2048), ("dsa", 1024)),
            **wanted,
        )


def cases() -> list[Case]:
    """Every test of the table."""
    found = []
    for section in TABLE["section"]:
        for one in section["cases"]:
            policies = tuple(f"{TABLE['policy_arc']}.{number}" for number in one.pop("policies", ()))
            found.append(Case(**one, policies=policies))
    return found


CASES = cases()


@dataclass(frozen=True)
class Suite:
    """All certificates by name, and all lists."""

    certificates: dict[str, Certificate]
    crls: tuple[Crl, ...]

    @property
    def anchor(self) -> Certificate:
        """The trust anchor."""
        return self.certificates["TrustAnchorRootCertificate"]

    @property
    def authorities(self) -> tuple[Certificate, ...]:
        """Every certificate that is not an end certificate: the path must be found among all of them."""
        return tuple(
            one for name, one in self.certificates.items() if not name.endswith("EE") and one != self.anchor
        )


@cache
def suite() -> Suite:
    """The suite, read once."""
    certificates = {
        one.name.removesuffix(".crt"): read_certificate(one.read_bytes())
        for one in VECTORS.joinpath("certs").iterdir()
        if one.name.endswith(".crt")
    }
    lists = (one for one in VECTORS.joinpath("crls").iterdir() if one.name.endswith(".crl"))
    return Suite(certificates, tuple(read_crl(one.read_bytes()) for one in lists))


@pytest.fixture
def quiet() -> Iterator[None]:
    """Without the warnings of the other program on each path it refuses."""
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)
