"""Any stored patient gives a valid resource, and a matricule is in it exactly when the INS may be used."""

from __future__ import annotations

import json
from typing import Any, get_args

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ecluse.protocols.fhir.facts import Trust, Version
from ecluse.protocols.fhir.patient import patient
from ecluse.protocols.fhir.reading import FrCore, reading
from ecluse.protocols.pam.facts import Name
from ecluse.rules.identity.model import LocalIdentifier, Patient
from ecluse.rules.ins import computed_key
from tests.protocols.fhir.validator import Validator

BODY = "1700129123456"
MATRICULE = BODY + computed_key(BODY)
OID = "1.2.250.1.213.1.4.10"

_WORDS = (
    "",
    '""',
    "DUPRÉ",
    "a&b",
    "1&1.2.250.1.999.7&ISO",
    "H",
    "BDL",
    "PRN",
    "19700112",
    "Y",
    "ODRP",
    "K^x",
    "\x00",
)
_WORD = st.sampled_from([*_WORDS, MATRICULE, f"x {MATRICULE} y"]) | st.text(max_size=6)
_COMPONENTS = st.lists(_WORD, max_size=13).map(tuple)
_FIELDS = st.lists(st.lists(_WORD, max_size=8).map("^".join), max_size=14).map(tuple)
_LOCATIONS = ("PID-11", "PID-13", "PID-14", "PID-15", "PID-16", "PID-24", "PID-25", "PID-26", "PD1-4")
_DETAILS = st.fixed_dictionaries(
    {},
    optional={
        **{name: st.lists(_COMPONENTS, max_size=2).map(tuple) for name in _LOCATIONS},
        **{name: st.lists(_FIELDS, min_size=1, max_size=2).map(tuple) for name in ("NK1", "ROL", "ZFD")},
    },
)
_OIDS = st.sampled_from(["", "1.2.250.1.999.7", OID])
_TYPES = st.sampled_from(["PI", "NDP", "NH", "INS"])
_STATUSES = st.sampled_from(["VALI", "PROV", "DOUT", "FICT", "HOMA", "VIDE", "?", MATRICULE])
_NAMES = st.builds(Name, _WORD, _WORD, _WORD, _WORD, st.sampled_from(["L", "D", "S", ""]))
_PATIENTS = st.builds(
    Patient,
    id=st.just("p1"),
    version=st.integers(1, 99),
    identifiers=st.lists(st.builds(LocalIdentifier, _WORD, _WORD, _OIDS, _TYPES), max_size=2).map(tuple),
    names=st.lists(_NAMES, max_size=3).map(tuple),
    birth_date=st.sampled_from(["", "19700112", "1970", "19701335", "0000", "x"]),
    sex=st.sampled_from(["", "M", "F", "I", '""']),
    birth_place=st.sampled_from(["", "29019", "2A004", "99134", '""', "x"]),
    statuses=st.lists(_STATUSES, max_size=3).map(tuple),
    corrected_birth_date=st.sampled_from(["", "Y", "N"]),
    death_at=st.sampled_from(["", "20261001", "202610010830+0200", "202610010830", '""']),
    death=st.sampled_from(["", "Y", "N"]),
    details=_DETAILS,
)


@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    one=_PATIENTS,
    usable=st.booleans(),
    trust=st.sampled_from(get_args(Trust)),
    fr_core=st.sampled_from(get_args(FrCore)),
)
def test_any_stored_patient_gives_a_valid_resource(
    one: Patient, usable: bool, trust: Any, fr_core: FrCore, validator: Validator
) -> None:
    """Even when senders write the matricule in a name, an address, a contact or another identifier."""
    from ecluse.services.queries.documents import InsDocument
    from ecluse.services.queries.fhir_person import identity
    from ecluse.services.queries.standing import Standing

    ins = InsDocument(MATRICULE, OID, "NIR", "test", True) if usable else None
    version = Version(one.version, "2026-11-18T10:11:12.345Z")
    facts = identity(one, Standing(trust, ins, None), version=version, domain="", merged_into="", replaces=())
    resource = patient(facts, reading(fr_core))
    assert validator.problems(resource) == []
    assert (MATRICULE in json.dumps(resource)) == usable
