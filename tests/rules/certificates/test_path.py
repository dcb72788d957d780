"""The path is found whatever is given, and each refusal names its check; the NIST suite proves the rest."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding

from ecluse.protocols.x509 import Certificate, read_certificate
from ecluse.rules.certificates.options import DEFAULT, PathOptions
from ecluse.rules.certificates.path import Path, validate
from ecluse.rules.certificates.policies import PolicyGraph
from ecluse.rules.certificates.refusals import Refusal, reason_texts, refusal_texts, refuse
from tests.pki_kit import TestPki, throw_away_keys

NOW = datetime(2026, 3, 1, tzinfo=UTC)
KIT = TestPki.make(now=NOW)


def read(one: x509.Certificate) -> Certificate:
    """The same certificate, read here."""
    return read_certificate(one.public_bytes(Encoding.DER))


LEAF = read(KIT.auth_cli().certificate)
ROOT = read(KIT.hierarchy.root.certificate)
ORGANISATIONS = read(KIT.hierarchy.organisations.certificate)
PERSONS = read(KIT.hierarchy.persons.certificate)
AMC_ROOT = read(KIT.hierarchy.amc_root.certificate)


def check(outcome: Path | Refusal) -> str:
    """The check that refuses, empty for a valid path."""
    return outcome.check if isinstance(outcome, Refusal) else ""


def test_the_ordinary_path() -> None:
    """Leaf, intermediate, root; useless certificates and the order do not count; the policy is told."""
    found = validate(LEAF, [PERSONS, ROOT, LEAF, ORGANISATIONS], [ROOT], NOW)
    assert isinstance(found, Path)
    assert found.certificates == (LEAF, ORGANISATIONS)
    assert found.chain == (LEAF, ORGANISATIONS, ROOT)
    assert found.issuer_of(0) == ORGANISATIONS
    assert found.issuer_of(1) == ROOT
    assert found.policies == {LEAF.policies[0].oid}


def test_an_intermediate_may_be_the_anchor() -> None:
    """A trust store may hold the intermediate alone."""
    found = validate(LEAF, [], [ORGANISATIONS], NOW)
    assert isinstance(found, Path)
    assert (found.certificates, found.anchor) == ((LEAF,), ORGANISATIONS)


def test_an_anchor_is_valid_within_its_dates() -> None:
    """It needs no issuer."""
    found = validate(ROOT, [], [ROOT], NOW)
    assert isinstance(found, Path)
    assert found.chain == (ROOT,)
    assert check(validate(ROOT, [], [ROOT], ROOT.not_after + timedelta(1))) == "expired"


@pytest.mark.parametrize(
    ("given", "anchors", "expected", "fault"),
    [
        ([], [ROOT], "issuer_unknown", LEAF),
        ([PERSONS], [ROOT], "issuer_unknown", LEAF),
        ([ORGANISATIONS], [AMC_ROOT], "issuer_unknown", ORGANISATIONS),
        ([ORGANISATIONS, ROOT], [AMC_ROOT], "anchor_undeclared", ROOT),
        ([ORGANISATIONS], [], "issuer_unknown", ORGANISATIONS),
    ],
    ids=["no-intermediate", "wrong-intermediate", "other-store", "other-store-with-root", "empty-store"],
)
def test_no_path(
    given: list[Certificate], anchors: list[Certificate], expected: str, fault: Certificate
) -> None:
    """The refusal is on the certificate where the way stops."""
    outcome = validate(LEAF, given, anchors, NOW)
    assert isinstance(outcome, Refusal)
    assert (outcome.check, outcome.certificate) == (expected, fault)


def test_dates_are_judged_at_the_instant_given() -> None:
    """Both ends are included (RFC 5280 §4.1.2.5)."""
    for at, expected in (
        (LEAF.not_before, ""),
        (LEAF.not_after, ""),
        (LEAF.not_before - timedelta(seconds=1), "not_yet_valid"),
        (LEAF.not_after + timedelta(seconds=1), "expired"),
    ):
        assert check(validate(LEAF, [ORGANISATIONS], [ROOT], at)) == expected


def test_a_forged_certificate() -> None:
    """The signature is that of another key, or the content was changed."""
    forged = replace(LEAF, signature=LEAF.signature[::-1])
    assert check(validate(forged, [ORGANISATIONS], [ROOT], NOW)) == "signature"


def test_digests_and_keys_asked_for() -> None:
    """A verifier may ask for more than the defaults."""
    stronger = (("rsa", 4096),)
    assert check(validate(LEAF, [ORGANISATIONS], [ROOT], NOW, PathOptions(key_bits=stronger))) == "weak_key"
    refused = PathOptions(digests=frozenset({"sha512"}))
    assert check(validate(LEAF, [ORGANISATIONS], [ROOT], NOW, refused)) == "weak_signature"


def test_a_policy_asked_for() -> None:
    """Only paths valid for it pass, once a policy is required."""
    policy = LEAF.policies[0].oid
    for wanted, expected in ((policy, ""), ("1.2.3", "policy")):
        options = PathOptions(policies=frozenset({wanted}), explicit_policy=True)
        assert check(validate(LEAF, [ORGANISATIONS], [ROOT], NOW, options)) == expected


def crossed(count: int) -> list[Certificate]:
    """Authorities that all bear one name and all certify one another: every path is a loop."""
    name = x509.Name.from_rfc4514_string("CN=Loop,C=FR")
    keys = throw_away_keys()[2048][:count]
    basic = x509.BasicConstraints(ca=True, path_length=None)
    return [
        read(
            x509.CertificateBuilder(name, name, one.public_key(), at * 10 + by + 1, NOW, NOW + timedelta(9))
            .add_extension(basic, critical=True)
            .sign(other, hashes.SHA256())
        )
        for at, one in enumerate(keys)
        for by, other in enumerate(keys)
    ]


def test_a_maze_of_authorities() -> None:
    """The search stops at its bound, with its own refusal."""
    maze = crossed(4)
    outcome = validate(maze[0], maze[1:], [ROOT], NOW)
    assert check(outcome) == "path_too_large"


def test_policies_cannot_explode() -> None:
    """The attack that made trees of policies exponential (RFC 9618 §1) costs nothing here."""
    names = [f"1.2.{number}" for number in range(40)]
    everything_to_everything = [(one, other) for one in names for other in names]
    graph = PolicyGraph()
    for _ in range(30):
        graph.add(frozenset(names), any_counts=False)
        graph.map(everything_to_everything, allowed=True)
    graph.add(frozenset(names), any_counts=False)
    assert graph.conclude(frozenset({"1.2.7"})) == {"1.2.7"}


def test_every_refusal_can_be_said() -> None:
    """Each text is filled without a missing fact, and no two checks say the same."""
    facts = {"algorithm": "md5", "key": "rsa 512", "date": NOW, "name": "a", "oid": "1.2", "start": NOW}
    facts |= {"end_fr": "b", "end_en": "b", "reason_fr": "c", "reason_en": "c"}
    said = [refuse(one, LEAF, **facts) for one in refusal_texts()]
    assert len({one.text_fr for one in said}) == len({one.text_en for one in said}) == len(said)
    assert all(one.remedy_fr and one.remedy_en and one.source for one in said)
    assert all("{" not in one.text_fr + one.text_en for one in said)
    assert "unspecified" in reason_texts()


def test_default_options_are_those_of_the_igc() -> None:
    """RSA 2048 and SHA-256, no DSA, no SHA-1."""
    assert "sha1" not in DEFAULT.digests
    assert dict(DEFAULT.key_bits)["rsa"] == 2048
    assert "dsa" not in dict(DEFAULT.key_bits)
