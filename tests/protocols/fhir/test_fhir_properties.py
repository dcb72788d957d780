"""Whatever was received, the resource is valid; a matricule is in it exactly when the INS may be used."""

from __future__ import annotations

import json
from typing import TypeVar, get_args

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ecluse.protocols.fhir.consent import consent
from ecluse.protocols.fhir.facts import (
    FhirAddress,
    FhirConsent,
    FhirContact,
    FhirIdentifier,
    FhirIdentity,
    FhirIns,
    FhirName,
    FhirPractitioner,
    FhirReliability,
    FhirTelecom,
    Trust,
    Version,
)
from ecluse.protocols.fhir.patient import patient
from ecluse.protocols.fhir.reading import FrCore, reading
from tests.protocols.fhir.people import MATRICULE
from tests.protocols.fhir.validator import Validator

T = TypeVar("T")

_ANY = st.text(max_size=12)
_WORDS = (
    st.sampled_from(["", " ", "DUPRE", "a  b", "\x00", "\u2028", '""', "<b>", "\ud800", "x" * 1200]) | _ANY
)
_OID = st.sampled_from(["", "1.2.250.1.999.7", "1.2.", "urn:oid:1.2", "01.2", "1.2.250.1.213.1.4.8"])
_FLAG = st.sampled_from(["", "Y", "N", "?"])
_DATE = st.sampled_from(
    ["", "1950", "1950-02", "1950-02-31", "1950-13-35", "0000-01-01", "31/12/1950", "2026-10-01T08:30+02:00",
     "2026-10-01T25:30+02:00", "2026-10-01T08", "9999-12-31T23:59:59+99:99"]
)  # fmt: skip
_SHORT = (
    st.sampled_from(["", "H", "BDL", "PRN", "CP", "K", "FTH", "M", "PI", "NDP", "RPPS", "C ", " 9"]) | _ANY
)
_VERSION = st.builds(
    Version, st.integers(1, 10**6), st.sampled_from(["2026-11-18T10:11:12.345Z", "1970-01-01T00:00:00.000Z"])
)
_IDENTIFIER = st.builds(FhirIdentifier, _WORDS, _SHORT, _WORDS, _OID)
_ADDRESS = st.builds(
    FhirAddress,
    _WORDS,
    _WORDS,
    _WORDS,
    _WORDS,
    _WORDS,
    _WORDS,
    _SHORT,
    st.sampled_from(["", "75118", "2A004", "x"]),
)
_TELECOM = st.builds(FhirTelecom, _WORDS, _WORDS, _SHORT, _SHORT, st.booleans())


def _few(one: st.SearchStrategy[T]) -> st.SearchStrategy[tuple[T, ...]]:
    return st.lists(one, max_size=2).map(tuple)


_IDENTITIES = st.builds(
    FhirIdentity,
    id=st.just("p1"),
    version=_VERSION,
    domain=_OID,
    reliability=st.builds(
        FhirReliability, st.sampled_from(get_args(Trust)), _few(_SHORT | st.just("DOUT")), _SHORT, _DATE, _SHORT
    ),
    ins=st.none()
    | st.builds(FhirIns, st.just(MATRICULE), st.sampled_from([f"1.2.250.1.213.1.4.{n}" for n in (8, 9, 10, 11)])),
    identifiers=_few(_IDENTIFIER),
    names=_few(st.builds(FhirName, st.sampled_from(["official", "usual"]), _WORDS, _WORDS, _WORDS, _WORDS)),
    birth_date=_DATE,
    birth_date_corrected=_FLAG,
    birth_place=st.none() | _ADDRESS,
    sex=_SHORT,
    addresses=_few(_ADDRESS),
    telecoms=_few(_TELECOM),
    language=_WORDS,
    marital_status=_SHORT,
    nationalities=_few(_WORDS | st.just("FRA")),
    deceased=_FLAG,
    death_at=_DATE,
    multiple_birth=_FLAG,
    birth_order=st.sampled_from(["", "1", "0", "-1", "٣", "999999999999"]),
    contacts=_few(st.builds(FhirContact, _WORDS, _WORDS, _SHORT, _SHORT, _WORDS, _few(_ADDRESS), _few(_TELECOM))),
    practitioners=_few(st.builds(FhirPractitioner, _IDENTIFIER, _WORDS, _WORDS, _WORDS, _few(_TELECOM))),
    merged_into=st.sampled_from(["", "p2", "not an id"]),
    replaces=_few(st.sampled_from(["p3", "é"])),
)  # fmt: skip


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(one=_IDENTITIES, fr_core=st.sampled_from(get_args(FrCore)))
def test_any_identity_gives_a_valid_resource(
    one: FhirIdentity, fr_core: FrCore, validator: Validator
) -> None:
    """Two validators agree, and the matricule shows if and only if the INS may be used."""
    resource = patient(one, reading(fr_core))
    assert validator.problems(resource) == []
    assert (MATRICULE in json.dumps(resource)) == (one.ins is not None)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    one=st.builds(
        FhirConsent,
        st.just("p1.feeding"),
        _VERSION,
        st.just("p1"),
        st.sampled_from(["feeding", "consultation"]),
        st.sampled_from(["INO", "IO", "IC", "INC", "NA", "", "?"]),
        _DATE,
        st.sampled_from(["", "s1", "not an id"]),
    )
)
def test_any_choice_gives_a_valid_consent_or_none(one: FhirConsent, validator: Validator) -> None:
    """What was not collected is not a consent."""
    resource = consent(one)
    if one.choice in ("INO", "IO", "IC", "INC"):
        assert resource is not None
        assert validator.problems(resource) == []
        assert resource["provision"]["type"] == ("permit" if one.choice in ("INO", "IC") else "deny")
    else:
        assert resource is None
