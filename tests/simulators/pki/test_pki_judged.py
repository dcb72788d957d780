"""The product, which shares nothing with the simulator, decides every certificate as the catalogue says."""

from __future__ import annotations

from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from ecluse.protocols.x509.certificate import read_certificates
from ecluse.protocols.x509.crl import read_crl
from ecluse.protocols.x509.keys import matches
from ecluse.protocols.x509.names import rfc4514
from ecluse.protocols.x509.ocsp import read_response, request
from ecluse.protocols.x509.pkcs12 import read_pkcs12
from ecluse.rules.certificates.describe import describe
from ecluse.rules.certificates.judge import Evidence, Expected, judge
from ecluse.rules.certificates.path import Path as ValidPath
from ecluse.rules.certificates.path import validate
from ecluse.rules.certificates.revocation import Material, statuses
from ecluse.rules.certificates.slots import uses
from ecluse.simulators.pki import PASSWORD, Entry, Made, catalogue
from tests.pki_kit import TestPki
from tests.simulators.pki.conftest import NOW
from tests.simulators.pki.openssl import openssl

SLOTS = {"auth_cli": "dmp_tls", "sign": "dmp_sign", "serv": "listener_server"}
FAILED = {
    "revoked": "revocation", "crl_stale": "revocation", "expired": "dates", "not_yet_valid": "dates",
    "unknown_authority": "issuer", "signature": "issuer", "path": "issuer", "critical_extension": "issuer",
    "family": "family", "structure": "structure", "environment": "environment", "weak_key": "strength",
    "private_key_period": "signing", "key_mismatch": "key", "host": "names",
}  # fmt: skip
"""The check of the product that must fail, for each reason of the catalogue."""


@pytest.mark.parametrize(
    "entry", [one for one in catalogue() if one.offered_as in SLOTS], ids=lambda one: one.name
)
def test_a_certificate_is_judged_as_the_catalogue_says(made: tuple[Path, Made], entry: Entry) -> None:
    folder, _ = made
    bundle = read_pkcs12((folder / f"certificates/{entry.name}.p12").read_bytes(), PASSWORD)
    [leaf, *_] = read_certificates((folder / f"certificates/{entry.name}.pem").read_bytes())
    root, *intermediates = read_certificates((folder / "trust/igc-sante.pem").read_bytes())
    given = [*intermediates, *bundle.certificates]
    path = validate(leaf, given, [root], NOW)
    crls = tuple(read_crl(one.read_bytes()) for one in sorted((folder / "crl").iterdir()))
    known = statuses(path, Material(crls), NOW) if isinstance(path, ValidPath) else ()
    slot = "insi" if entry.name.startswith("org-insi") else SLOTS[entry.offered_as]
    expected = Expected(
        uses()[slot], "test", frozenset({"1990000028"}), NOW, hard_fail=True, hosts=frozenset({"localhost"})
    )  # fmt: skip
    verdict = judge(leaf, expected, Evidence(matches(bundle.keys[0], leaf), path, known))
    if entry.expected == "accepted":
        assert verdict.ok, verdict.failed
    else:
        assert not verdict.ok
        assert FAILED[entry.expected] in {one.name for one in verdict.failed if one.blocking}


@pytest.mark.parametrize(
    ("name", "family"),
    [
        ("org-auth-cli", "ORG AUTH_CLI"),
        ("org-sign", "ORG SIGN"),
        ("org-conf", "ORG CONF"),
        ("serv-ssl", "SERV SSL"),
        ("cps-auth", "person"),
        ("cps-sign", "person"),
        ("employee-card", "person"),
    ],
)
def test_the_product_describes_each_family(made: tuple[Path, Made], name: str, family: str) -> None:
    [leaf, *_] = read_certificates((made[0] / f"certificates/{name}.pem").read_bytes())
    said = describe(leaf)
    assert (said.family.id, said.environment) == (family, "test")


@pytest.mark.parametrize("name", ["org-sign", "accents", "special-characters"])
def test_the_product_writes_a_name_as_openssl_does(made: tuple[Path, Made], name: str) -> None:
    file = made[0] / f"certificates/{name}.pem"
    [leaf, *_] = read_certificates(file.read_bytes())
    text = openssl("x509", "-in", file, "-noout", "-subject", "-nameopt", "RFC2253,-esc_msb,utf8")
    assert f"subject={rfc4514(leaf.subject)}\n" == text


def test_the_product_understands_the_responder() -> None:
    kit = TestPki.make()
    held = kit.auth_cli()
    [leaf], [issuer, *_] = read_certificates(held.pem), read_certificates(_der(held.chain[0]))
    good = read_response(kit.ocsp(request(leaf, issuer, bytes(16))), leaf, issuer)
    kit.revoke(held)
    revoked = read_response(kit.ocsp(request(leaf, issuer)), leaf, issuer)
    assert (good.status, revoked.status) == ("good", "revoked")


def _der(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(Encoding.DER)
