"""OIDs of the national identifiers, by environment, and cross-checks with the traits."""

from __future__ import annotations

import pytest

from ecluse.rules.ins import allowed, authorities, authority_names, doubts, kind_of

from .builders import ALIX, BORIS, DEMO, NIA, NIR, TEST, matricule


@pytest.mark.parametrize(
    ("oid", "kind", "production", "test"),
    [
        (NIR, "nir", True, True),
        (NIA, "nia", True, True),
        (TEST, "test", False, True),
        (DEMO, "demo", False, True),
        ("1.2.250.1.213.1.4.2", "ins-c", False, False),
        ("1.2.250.1.213.1.4.6", "ins-c", False, False),
        ("1.2.250.1.213.1.4.7", "ins-c", False, False),
        ("1.2.250.1.213.1.4.5", None, False, False),
    ],
)
def test_each_oid_has_a_kind_and_its_environments(
    oid: str, kind: str | None, production: bool, test: bool
) -> None:
    assert kind_of(oid) == kind
    assert allowed(oid, "production") is production
    assert allowed(oid, "test") is test


def test_every_authority_names_its_source() -> None:
    assert all(authority.source for authority in authorities().values())
    assert "ASIP-SANTE-NIR" in authority_names()


def test_traits_that_agree_raise_no_doubt() -> None:
    assert doubts(ALIX, "19850312", "F", "38185") == ()
    assert doubts(BORIS, "19711225", "M", "69123") == ()


def test_each_trait_that_disagrees_raises_its_doubt() -> None:
    assert doubts(ALIX, "19850312", "M", "38185") == ("sex",)
    assert doubts(ALIX, "19860312", "F", "38185") == ("date",)
    assert doubts(ALIX, "19850412", "F", "38185") == ("date",)
    assert doubts(ALIX, "19850312", "F", "38186") == ("place",)


def test_absent_traits_and_unknown_sex_raise_no_doubt() -> None:
    assert doubts(ALIX, "", "", "") == ()
    assert doubts(ALIX, "", "U", "") == ()


def test_a_pseudo_month_is_no_doubt() -> None:
    assert doubts(matricule("2853538185042"), "19850312", "F", "38185") == ()


def test_a_provisional_first_digit_is_not_compared_with_the_sex() -> None:
    assert doubts(matricule("8850338185042"), "19850312", "M", "38185") == ()


def test_a_corsican_birth_place_is_compared_with_its_letter() -> None:
    assert doubts(matricule("297022A020778"), "19970226", "F", "2a020") == ()
