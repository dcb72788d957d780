"""openssl agrees with the catalogue: what must be accepted verifies, what is wrong fails for the reason told."""

from __future__ import annotations

from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from ecluse.simulators.pki import PASSWORD, Made, catalogue
from tests.simulators.pki.openssl import openssl, refusal

WORDS = {
    "revoked": "certificate revoked",
    "expired": "certificate has expired",
    "not_yet_valid": "certificate is not yet valid",
    "signature": "certificate signature failure",
    "path": "invalid CA certificate",
    "crl_stale": "CRL has expired",
    "critical_extension": "unhandled critical extension",
    "weak_key": "EE certificate key too weak",
    "host": "hostname mismatch",
}
"""What openssl says of each reason that a path verifier sees."""

OTHER_WORDS = {
    "unknown-authority": "self-signed certificate in certificate chain",
    "other-authority": "self-signed certificate in certificate chain",
    "self-signed": "self-signed certificate",
    "path-too-long": "path length constraint exceeded",
}
UNSEEN = {"family", "structure", "environment", "private_key_period", "key_mismatch"}
"""Reasons that no generic verifier knows: such certificates verify."""
LENIENT = {"server-without-names"}
"""openssl still takes the CN for a server name, which RFC 9525 §6.3 forbids."""


@pytest.fixture(scope="module")
def crls(made: tuple[Path, Made], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Every CRL in one PEM file."""
    file = tmp_path_factory.mktemp("crls") / "all.pem"
    texts = [openssl("crl", "-inform", "DER", "-in", one) for one in sorted((made[0] / "crl").iterdir())]
    file.write_text("".join(texts))
    return file


@pytest.mark.parametrize("name", [one.name for one in catalogue()])
def test_openssl_decides_as_the_catalogue_says(
    made: tuple[Path, Made], crls: Path, name: str, tmp_path: Path
) -> None:
    folder, content = made
    entry = next(one for one in catalogue() if one.name == name)
    chain = tmp_path / "chain.pem"
    chain.write_bytes(b"".join(one.public_bytes(Encoding.PEM) for one in content.issued[name].chain))
    trusted = folder / ("trust/amc.pem" if entry.offered_as == "amc_server" else "trust/igc-sante-root.pem")
    given: list[str | Path] = ["-untrusted", chain] if chain.stat().st_size else []
    intermediates: list[str | Path] = (
        ["-untrusted", folder / "trust/igc-sante.pem"] if name == "without-authorities" else []
    )
    host = ["-verify_hostname", "localhost"] if entry.offered_as == "serv" else []
    command: tuple[str | Path, ...] = (
        "verify", "-CAfile", trusted, "-crl_check", "-CRLfile", crls, "-auth_level", "2", "-x509_strict", *given,
        *intermediates, *host, folder / f"certificates/{name}.pem",
    )  # fmt: skip
    if entry.expected in {"accepted", *UNSEEN} or name in LENIENT:
        assert openssl(*command).endswith(": OK\n")
    else:
        assert OTHER_WORDS.get(name, WORDS.get(entry.expected, "?")) in refusal(*command)


def test_openssl_reads_the_crls(made: tuple[Path, Made]) -> None:
    folder, content = made
    for authority in content.hierarchy:
        issuer = folder / f"authorities/{authority.short}.pem"
        text = openssl(
            "crl",
            "-inform",
            "DER",
            "-in",
            folder / f"crl/{authority.short}.crl",
            "-noout",
            "-text",
            "-CAfile",
            issuer,
        )
        assert "verify OK" in text and "Version 2 (0x1)" in text
        assert "X509v3 CRL Number" in text and "X509v3 Authority Key Identifier" in text
    text = openssl("crl", "-inform", "DER", "-in", folder / "crl/ACI-ORG-ECLUSE-TEST.crl", "-noout", "-text")
    for name in ("revoked-auth-cli", "revoked-sign"):
        assert f"Serial Number: {content.issued[name].serial:X}" in text
    assert text.count("Serial Number") == 2


def test_openssl_reads_the_p12_without_its_legacy_provider(made: tuple[Path, Made]) -> None:
    file = made[0] / "certificates/accents.p12"
    text = openssl("pkcs12", "-in", file, "-info", "-nodes", "-passin", f"pass:{PASSWORD}")
    assert text.count("BEGIN CERTIFICATE") == 3 and text.count("BEGIN PRIVATE KEY") == 1
    assert "Shrouded Keybag: pbeWithSHA1And3-KeyTripleDES-CBC, Iteration 2048" in text
    assert (
        "MAC: sha1, Iteration 2048" in text and text.count("PKCS7 Data") == 2 and "Encrypted data" not in text
    )
    assert text.count("localKeyID") == 2 and "friendlyName" not in text
    assert "invalid password" in refusal("pkcs12", "-in", file, "-passin", "pass:other")
