"""Every certificate of the catalogue of the test PKI is accepted or refused for what it was made for.

`openssl verify` and pyhanko-certvalidator, which share nothing with this program, decide the same (slow tests).
"""

from __future__ import annotations

import asyncio
import subprocess
from pathlib import Path

import pytest
from asn1crypto import crl as asn1_crl
from asn1crypto import x509 as asn1_x509
from pyhanko_certvalidator import CertificateValidator, ValidationContext
from pyhanko_certvalidator.errors import InvalidCertificateError, PathBuildingError, PathValidationError

from ecluse.protocols.x509.certificate import to_pem
from ecluse.rules.certificates.path import validate
from ecluse.rules.certificates.refusals import Refusal
from ecluse.rules.certificates.revocation import Material, refusal_among, statuses
from tests.rules.certificates.catalogue_kit import NOW, Entry, catalogue, names
from tests.rules.certificates.pkits_kit import quiet

__all__ = ["quiet"]

BELOW_THEM = {"weak-key"}
"""Entries both other programs accept: they put no floor under the keys that we refuse."""


@pytest.mark.parametrize("name", names())
def test_entry(name: str) -> None:
    """By its path, then by the lists of every authority."""
    known = catalogue()
    entry = known.entries[name]
    outcome = validate(entry.certificate, entry.given, [entry.anchor], NOW)
    refusal = outcome
    if not isinstance(outcome, Refusal):
        refusal = refusal_among(statuses(outcome, Material(known.crls), NOW), hard_fail=True)
    found = {refusal.check} if isinstance(refusal, Refusal) else set()
    assert found <= entry.checks
    assert bool(found) == bool(entry.checks)


def valid_for_openssl(entry: Entry, folder: Path) -> bool:
    """What `openssl verify` decides."""
    texts = {
        "leaf": entry.certificate.pem,
        "anchor": entry.anchor.pem,
        "given": "".join(one.pem for one in entry.given if one != entry.anchor),
        "lists": "".join(to_pem(one.der, "X509 CRL") for one in catalogue().crls),
    }
    for name, text in texts.items():
        (folder / name).write_text(text)
    command = ["openssl", "verify", "-crl_check_all", "-attime", str(int(NOW.timestamp()))]
    for option, name in (("-CAfile", "anchor"), ("-untrusted", "given"), ("-CRLfile", "lists")):
        command += [option, str(folder / name)]
    return not subprocess.run([*command, str(folder / "leaf")], capture_output=True, check=False).returncode


async def valid_for_pyhanko(entry: Entry) -> bool:
    """What pyhanko-certvalidator decides, revocation required."""
    context = ValidationContext(
        trust_roots=[asn1_x509.Certificate.load(entry.anchor.der)],
        other_certs=[asn1_x509.Certificate.load(one.der) for one in entry.given if one != entry.anchor],
        crls=[asn1_crl.CertificateList.load(one.der) for one in catalogue().crls],
        moment=NOW,
        revocation_mode="require",
        allow_fetching=False,
    )
    leaf = asn1_x509.Certificate.load(entry.certificate.der)
    try:
        await CertificateValidator(leaf, validation_context=context).async_validate_path()
    except (InvalidCertificateError, PathBuildingError, PathValidationError):
        return False
    return True


@pytest.mark.slow
def test_openssl_agrees(tmp_path: Path) -> None:
    """On every entry, save where it has no opinion."""
    entries = catalogue().entries.values()
    different = {one.name for one in entries if valid_for_openssl(one, tmp_path) == bool(one.checks)}
    assert different == BELOW_THEM


@pytest.mark.slow
@pytest.mark.usefixtures("quiet")
def test_pyhanko_agrees() -> None:
    """On every entry, save where it has no opinion."""

    async def different() -> set[str]:
        entries = catalogue().entries.values()
        return {one.name for one in entries if await valid_for_pyhanko(one) == bool(one.checks)}

    assert asyncio.run(different()) == BELOW_THEM
