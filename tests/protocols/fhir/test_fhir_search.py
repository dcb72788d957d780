"""The parameters of a search: what is understood, ignored, refused."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecluse.protocols.fhir import search
from ecluse.protocols.fhir.answers import answers
from ecluse.protocols.fhir.capability import served

_KNOWN = ("_id", "_lastUpdated", "identifier", "birthdate", "family")


def _at(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()) * 1_000_000


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("urn:oid:1.2|77", search.Token("urn:oid:1.2", "77")),
        ("|77", search.Token("", "77")),
        ("77", search.Token(None, "77")),
        (r"a\|b", search.Token(None, "a|b")),
        (r"s\|t|a\,b", search.Token("s|t", "a,b")),
        ("s|", search.Token("s", "")),
    ],
)
def test_a_token(value: str, expected: search.Token) -> None:
    """The system stands before the first bar that is not escaped."""
    assert search.token(value) == expected


def test_alternatives_are_between_commas() -> None:
    """An escaped comma belongs to its value."""
    assert search.alternatives(r"a,b\,c,,d\\,e") == ("a", r"b\,c", "d\\\\", "e")


@pytest.mark.parametrize(
    ("values", "start", "end"),
    [
        (["2026-11-18"], "2026-11-18", "2026-11-19"),
        (["eq2026-11"], "2026-11-01", "2026-12-01"),
        (["2026-12"], "2026-12-01", "2027-01-01"),
        (["2026"], "2026-01-01", "2027-01-01"),
        (["gt2026-11-18"], "2026-11-19", None),
        (["sa2026-11-18"], "2026-11-19", None),
        (["ge2026-11-18"], "2026-11-18", None),
        (["lt2026-11-18"], None, "2026-11-18"),
        (["eb2026-11-18"], None, "2026-11-18"),
        (["le2026-11-18"], None, "2026-11-19"),
        (["ge2026-11-01", "lt2026-11-18"], "2026-11-01", "2026-11-18"),
        (["ge2026-11-01", "ge2026-11-05"], "2026-11-05", None),
        (["2026-11-18T10:00:00+02:00"], "2026-11-18T08:00:00", "2026-11-18T08:00:01"),
        (["2026-11-18T10:00Z"], "2026-11-18T10:00:00", "2026-11-18T10:01:00"),
    ],
)
def test_a_span_of_time(values: list[str], start: str | None, end: str | None) -> None:
    """A date covers as much as it does not say; several values narrow."""
    expected = search.Between(_at(start) if start else None, _at(end) if end else None)
    assert search.between(values, "_lastUpdated") == expected


def test_a_millisecond_is_covered_to_its_last_microsecond() -> None:
    """Versions tell milliseconds and the store keeps microseconds: the time of a version finds it."""
    span = search.between(["2026-11-18T10:00:00.123Z"], "_lastUpdated")
    start = _at("2026-11-18T10:00:00") + 123_000
    assert [span.holds(start + step) for step in (-1, 0, 999, 1000)] == [False, True, True, False]


@pytest.mark.parametrize(
    ("value", "code"),
    [
        ("ne2026", "prefix"),
        ("ap2026", "prefix"),
        ("xx2026", "value"),
        ("2026-13", "value"),
        ("2026-02-30", "value"),
        ("", "value"),
        ("9999", "value"),
        ("2026-11-18T25:00Z", "value"),
        ("hier", "value"),
    ],
)
def test_a_date_that_is_refused(value: str, code: str) -> None:
    """With the parameter at fault."""
    with pytest.raises(search.SearchError) as caught:
        search.between([value], "_lastUpdated")
    assert (caught.value.code, caught.value.parameter) == (code, "_lastUpdated")


def test_what_is_not_known_is_ignored_and_told() -> None:
    """HL7 FHIR R4, 3.1.1.1: a server ignores unknown parameters unless it is asked to be strict."""
    pairs = [("family", "DUP"), ("colour", "blue"), ("colour", "red"), ("_format", "json"), ("_count", "5")]
    asked = search.sort(pairs, _KNOWN, strict=False)
    assert asked == search.Asked({"family": ("DUP",)}, ("colour",), 5, "")


@pytest.mark.parametrize(
    ("pairs", "strict", "code"),
    [
        ([("colour", "blue")], True, "parameter-unknown"),
        ([("family:exact", "DUP")], False, "modifier"),
        ([("identifier:missing", "true")], False, "modifier"),
        ([("_count", "many")], False, "value"),
        ([("_count", "-1")], False, "value"),
    ],
)
def test_what_would_change_the_meaning_is_refused(
    pairs: list[tuple[str, str]], strict: bool, code: str
) -> None:
    """A modifier that is not applied would give other patients than those asked for."""
    with pytest.raises(search.SearchError) as caught:
        search.sort(pairs, _KNOWN, strict=strict)
    assert caught.value.code == code
    assert answers()[code].status == 400


@pytest.mark.parametrize(("count", "expected"), [("", 20), ("0", 0), ("7", 7), ("100000", 100)])
def test_a_page_has_a_limit(count: str, expected: int) -> None:
    """At most a hundred resources a page; 0 asks for the number alone."""
    assert search.sort([("_count", count)], _KNOWN, strict=False).count == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [("p1", "p1"), ("Patient/p1", "p1"), ("http://localhost/fhir/Patient/p1", "p1"), ("Group/p1", "")],
)
def test_a_reference_to_a_patient(value: str, expected: str) -> None:
    """An id alone, or behind its type; a reference to something else designates nobody."""
    assert search.reference(value, "Patient") == expected


@given(st.text(max_size=40))
def test_any_text_is_read_or_refused(value: str) -> None:
    """Nothing but a search error comes out of a hostile value."""
    search.token(value)
    search.alternatives(value)
    search.reference(value, "Patient")
    for read in (search.day, lambda one, name: search.between([one], name)):
        try:
            read(value, "birthdate")
        except search.SearchError as refused:
            assert refused.code in answers()


def test_every_parameter_of_the_statement_is_of_the_standard() -> None:
    """The statement names each parameter once, by its canonical URL."""
    for one in served().values():
        assert len(set(one.names)) == len(one.parameters)
        assert all(
            each.definition.startswith("http://hl7.org/fhir/SearchParameter/") for each in one.parameters
        )
