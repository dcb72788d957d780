"""A period and the dates of a search: what each prefix says (HL7 FHIR R4, 3.1.1.4.4)."""

from __future__ import annotations

import pytest

from ecluse.protocols.fhir.periods import dates, period
from ecluse.protocols.fhir.search import SearchError, limits

NOW, _ = limits("2026-11-20", "")
STAY = ("2026-11-01T08:00:00Z", "2026-11-05T10:00:00Z")
GOES_ON = ("2026-11-18", "")


@pytest.mark.parametrize(
    ("asked", "ended", "goes_on"),
    [
        ("2026-11", True, False),
        ("eq2026-11-03", False, False),
        ("ne2026-11-03", True, True),
        ("ne2026-11", False, True),
        ("gt2026-11-04", True, True),
        ("gt2026-11-05", False, True),
        ("ge2026-11-05", False, True),
        ("ge2026-11", True, True),
        ("lt2026-11-01", False, False),
        ("lt2026-11-02", True, False),
        ("le2026-11-01", False, False),
        ("le2026-11-01T08:00:01Z", True, False),
        ("le2026-11", True, False),
        ("sa2026-10", True, True),
        ("sa2026-11-01", False, True),
        ("eb2026-11-05", False, False),
        ("eb2026-11-06", True, False),
        ("ap2026-11-03", True, False),
        ("ap2026-11-17", False, True),
        ("ap2026-11-10", False, False),
        ("eb2026-11-01,sa2026-11-10", False, True),
    ],
)
def test_a_prefix_compares_the_whole_period(asked: str, ended: bool, goes_on: bool) -> None:
    """A stay that ended, and one that goes on: it has no end, so no date holds it whole."""
    for when, expected in ((STAY, ended), (GOES_ON, goes_on)):
        span = period(*when)
        assert span is not None
        assert any(one.met_by(span, NOW) for one in dates(asked, "date")) is expected, when


def test_a_period_that_nobody_knows_is_none() -> None:
    """Nor one whose times cannot be read."""
    assert period("", "") is None
    assert period("hier", "") is None


@pytest.mark.parametrize("value", ["xx2026", "hier", "2026-13", "eq"])
def test_a_date_that_cannot_be_read_is_refused(value: str) -> None:
    """With the parameter at fault."""
    with pytest.raises(SearchError) as caught:
        dates(value, "date")
    assert (caught.value.code, caught.value.parameter) == ("value", "date")
