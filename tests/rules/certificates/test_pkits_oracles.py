"""Two independent programs agree with the table of NIST tests: a mistake in the table shows here."""

from __future__ import annotations

import asyncio
import subprocess
from pathlib import Path

import pytest
from asn1crypto import crl as asn1_crl
from asn1crypto import x509 as asn1_x509
from pyhanko_certvalidator import CertificateValidator, ValidationContext
from pyhanko_certvalidator.errors import PathBuildingError, PathValidationError
from pyhanko_certvalidator.policy_decl import PKIXValidationParams

from ecluse.protocols.x509.certificate import Certificate, to_pem
from ecluse.protocols.x509.crl import Crl
from ecluse.protocols.x509.extensions import ANY_POLICY
from tests.rules.certificates.pkits_kit import CASES, MOMENT, Case, quiet, suite

__all__ = ["quiet"]

pytestmark = pytest.mark.slow

NO_DSA = {"4.1.4", "4.1.5"}
"""Valid paths that pyhanko-certvalidator refuses: it accepts no DSA signature."""
NOT_IN_OPENSSL = {"4.1.5", "4.14.30"}
"""Valid paths that openssl refuses: inherited DSA parameters, and a signer of lists that its own list covers."""


def reachable(leaf: Certificate) -> tuple[list[Certificate], list[Crl]]:
    """Certificates and lists that bear a name met from the leaf up: pyhanko tries all it is given, very slowly."""
    known = suite()
    todo, met, names = [leaf], [], set()
    while todo:
        one = todo.pop()
        if one in met:
            continue
        met.append(one)
        points = one.known.distribution_points
        issuers = [one.issuer, *(at.name for point in points for at in point.crl_issuer if at.name)]
        wanted = {issuer.canonical for issuer in issuers}
        names |= wanted
        todo += [each for each in known.authorities if each.subject.canonical in wanted]
    return met[1:], [one for one in known.crls if one.issuer.canonical in names]


async def valid_for_pyhanko(case: Case) -> bool:
    """What pyhanko-certvalidator decides, revocation required."""
    known = suite()
    leaf = known.certificates[case.certificate]
    others, lists = reachable(leaf)
    context = ValidationContext(
        trust_roots=[asn1_x509.Certificate.load(known.anchor.der)],
        other_certs=[asn1_x509.Certificate.load(one.der) for one in others],
        crls=[asn1_crl.CertificateList.load(one.der) for one in lists],
        moment=MOMENT,
        revocation_mode="require",
        weak_hash_algos=set(),
        allow_fetching=False,
    )
    parameters = PKIXValidationParams(
        user_initial_policy_set=frozenset(case.policies or {"any_policy"}),
        initial_explicit_policy=case.explicit_policy,
        initial_policy_mapping_inhibit=case.inhibit_mapping,
        initial_any_policy_inhibit=case.inhibit_any,
    )
    certificate = asn1_x509.Certificate.load(leaf.der)
    validator = CertificateValidator(certificate, validation_context=context, pkix_params=parameters)
    try:
        await validator.async_validate_path()
    except (PathBuildingError, PathValidationError):
        return False
    return True


@pytest.mark.usefixtures("quiet")
def test_pyhanko_agrees() -> None:
    """pyhanko-certvalidator decides as the table, save what it does not do."""

    async def different() -> set[str]:
        return {case.id for case in CASES if await valid_for_pyhanko(case) == bool(case.refused)}

    assert asyncio.run(different()) == NO_DSA


def test_openssl_agrees(tmp_path: Path) -> None:
    """`openssl verify` decides as the table, save what it does not do."""
    known = suite()
    texts = {
        "anchor": known.anchor.pem,
        "others": "".join(one.pem for one in known.authorities),
        "lists": "".join(to_pem(one.der, "X509 CRL") for one in known.crls),
    }
    for name, text in texts.items():
        (tmp_path / name).write_text(text)
    different = {case.id for case in CASES if valid_for_openssl(case, tmp_path) == bool(case.refused)}
    assert different == NOT_IN_OPENSSL


def valid_for_openssl(case: Case, folder: Path) -> bool:
    """What `openssl verify` decides."""
    leaf = folder / "leaf"
    leaf.write_text(suite().certificates[case.certificate].pem)
    command = [*"openssl verify -auth_level 0 -crl_check_all -extended_crl -use_deltas -policy_check".split()]
    command += ["-attime", str(int(MOMENT.timestamp())), "-CAfile", str(folder / "anchor")]
    command += ["-untrusted", str(folder / "others"), "-CRLfile", str(folder / "lists")]
    flags = (
        (case.explicit_policy, "-explicit_policy"),
        (case.inhibit_mapping, "-inhibit_map"),
        (case.inhibit_any, "-inhibit_any"),
    )
    command += [flag for wanted, flag in flags if wanted]
    for policy in case.policies or (ANY_POLICY,):
        command += ["-policy", policy]
    return subprocess.run([*command, str(leaf)], capture_output=True, check=False).returncode == 0
