"""Whom an identifier designates in FHIR: by its value and its system, an INS only while it may be used."""

from __future__ import annotations

from ecluse.rules import ins
from ecluse.rules.identity.identifiers import MATCHING_TYPE
from ecluse.services.queries.carriers import carriers
from ecluse.services.queries.masking import hide, hide_identifier
from ecluse.services.queries.patients import PatientReader

_OID = "urn:oid:"


def identified(reader: PatientReader, system: str | None, value: str) -> frozenset[str]:
    """Ids of the patients that carry an identifier.

    :param system: `urn:oid:…`; None: any; empty: an authority that was named without an OID.
    """
    oid = system.removeprefix(_OID) if system else ""
    if not value or (system and not system.startswith(_OID)):
        return frozenset()
    found: set[str] = set()
    if system is None or oid in ins.authorities():
        found.update(one.id for one in reader.by_ins(value, oid or None))
    # A local identifier that looks like a matricule is shown to nobody, so it designates nobody either.
    if oid not in ins.authorities() and hide_identifier(value, MATCHING_TYPE, oid) == value:
        found.update(_local(reader, system, value, oid))
    return frozenset(found)


def tells_ins(system: str | None, value: str) -> bool:
    """Whether an identifier is a matricule, or may be taken for one, usable or not.

    :param system: as for `identified`. Without one, fifteen characters of the form are enough: they are looked for
        among the INS too.
    """
    if not value:
        return False
    if system is not None and system.removeprefix(_OID) in ins.authorities():
        return True
    return hide(value) != value or (system is None and ins.well_formed(ins.normalise(value)))


def _local(reader: PatientReader, system: str | None, value: str, oid: str) -> list[str]:
    if system != "":
        return carriers(value, oid or None)
    return [
        one.id
        for one in reader.by_identifier(value)
        if any(each.value == value and not each.authority.oid for each in one.identifiers)
    ]
