"""Identifiers of any length: a patient is kept and found by one, and it never harms the messages beside it."""

from __future__ import annotations

import random
import string

import pytest

from tests.services.feeding import AUTHORITY, Gate, adt, assert_sound, rows

pytestmark = pytest.mark.usefixtures("store")


def long_number(seed: int = 1) -> str:
    """6,000 characters that no database can compress enough for an index."""
    return "".join(random.Random(seed).choices(string.ascii_uppercase + string.digits, k=6000))


def carriers(value: str) -> list[str]:
    from ecluse.services.queries.carriers import carriers as found

    return found(value)


def test_a_very_long_identifier_is_kept_with_its_batch() -> None:
    """An index of PostgreSQL takes rows of 2,704 bytes: the key is shortened, the identifier itself is not."""
    gate = Gate()
    codes = gate.codes(adt(), adt(control="C2", ipp=long_number()), adt(control="C3", ipp="7003"))
    assert codes == ["AA", "AA", "AA"]
    assert len(rows("SELECT id FROM store_patientstate")) == 3
    assert max(len(key) for (key,) in rows("SELECT key FROM store_patientkey")) < 300
    assert long_number().encode() in b"".join(
        state for (state,) in rows("SELECT state FROM store_patientstate")
    )
    assert_sound()


def test_long_identifiers_that_begin_alike_are_two_patients() -> None:
    """And the same one again is the same patient, found by a search with and without its authority."""
    from ecluse.services.queries.carriers import carriers as found

    gate = Gate()
    one, other = long_number(), long_number()[:-1] + "é"
    gate.receive(adt(ipp=one), adt(control="C2", ipp=other))
    assert gate.codes(adt("A31", control="C3", ipp=one, street="2 RUE DU PORT")) == ["AA"]
    assert len(rows("SELECT id FROM store_patientstate")) == 2
    assert len(carriers(one)) == len(carriers(other)) == 1
    assert carriers(one) != carriers(other)
    assert found(one, "1.2.250.1.999.7.1") == carriers(one)
    assert carriers(one[:50]) == []


def test_a_long_authority_and_a_short_value_are_found_too() -> None:
    """The authority may be the long part."""
    gate = Gate()
    authority = f"{long_number(2)}&&ISO"
    message = adt(ipp="7009").replace(AUTHORITY.encode(), authority.encode())
    assert gate.codes(message, adt(control="C2", ipp="7010")) == ["AA", "AA"]
    assert len(carriers("7009")) == len(carriers("7010")) == 1


def test_long_identifiers_are_linked_and_merged() -> None:
    """A24 and A40 look for the same keys."""
    gate = Gate()
    one, other = long_number(), long_number(3)
    gate.receive(adt(ipp=one), adt(control="C2", ipp=other, name="AUBIN"))
    link = adt("A24", "L1", one) + f"PID|2||{other}^^^{AUTHORITY}^PI||AUBIN^ÉLOI^^^^^L\r".encode()
    assert gate.codes(link) == ["AA"]
    assert gate.codes(adt("A40", "M1", one, prior=f"{other}^^^{AUTHORITY}^PI")) == ["AA"]
    ((survivor,),) = rows("SELECT merged_into FROM store_patientstate WHERE merged_into <> ''")
    assert survivor in carriers(one)
    assert_sound()
