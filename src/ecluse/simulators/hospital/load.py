"""Distinct conforming A28 and A31 in number, for measurements: a few microseconds each, about 900 bytes.

Each message is a pre-encoded template of the administration (GAM) filled for one invented patient: names,
birth, address, contact, local number, control id and matricule with a valid key all differ from one patient
to the next.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date, datetime, time
from functools import cache
from typing import NamedTuple

from ecluse.simulators.hospital.compose import message_lines
from ecluse.simulators.hospital.day import FIRST_DAY
from ecluse.simulators.hospital.outgoing import Outgoing
from ecluse.simulators.hospital.people import (
    INS_NIR_TEST,
    Address,
    Person,
    Place,
    given_names,
    insi_form,
    places,
    surnames,
)
from ecluse.simulators.hospital.record import CONSENTS, Contact, Doctor, Ins, Record
from ecluse.simulators.hospital.senders import GAM, HOSPITAL

_NOTES = {
    "A28": ("Création du patient.", "Patient created."),
    "A31": ("Identité qualifiée : l’INS est transmis.", "Identity qualified: the INS is sent."),
}
_YEARS, _FIRST_YEAR, _ORDERS = 60, 1940, 899


def load(
    seed: int,
    n: int | None = None,
    *,
    patients: int | None = None,
    events: Sequence[str] = ("A28", "A31"),
    on: date = FIRST_DAY,
    ins_oid: str = INS_NIR_TEST,
) -> Iterator[Outgoing]:
    """Messages for a measurement, all different, the same for the same arguments.

    By default each patient in turn is created (A28, provisional) then qualified (A31 with its INS).

    :param n: how many; None never ends.
    :param patients: number of patients to go round; None takes a new patient each time. The second round says
        other addresses and telephones. Beyond 30 million patients, matricules come back.
    :param events: events of each patient, in order: `("A28",)` to fill a base, then `("A31",)` with the
        same seed and the same `patients` to update it.
    :param ins_oid: OID of the INS sent with A31.
    """
    at = datetime.combine(on, time(8))
    fill = {event: _Filler(event, at, seed, ins_oid) for event in events}
    each = len(events)
    for i in itertools.count() if n is None else range(n):
        patient = i // each
        event = events[i % each]
        around = 0
        if patients is not None:
            around, patient = divmod(patient, patients)
        yield fill[event].message(patient, around, i)


class _Name(NamedTuple):
    """A name as the administration writes it, and as INSi does."""

    upper: bytes
    strict: bytes


@cache
def _names(words: tuple[str, ...]) -> list[_Name]:
    return [_Name(word.upper().encode(), insi_form(word).encode()) for word in words]


class _Filler:
    """Fills the template of one event."""

    def __init__(self, event: str, at: datetime, seed: int, ins_oid: str) -> None:
        self._event, self._at, self._seed = event, at, seed
        self._strict = event != "A28"
        self._template = _template(event, at, ins_oid)
        self._places = [place for place in places("communes") if not place.since]
        self._notes = _NOTES.get(event, ("", ""))
        self._numbers = (b"Z%04d" % (seed % 10_000)) + (b"8" if event == "A28" else b"1")
        self._ipp = b"9%03d" % (seed % 1000)

    def message(self, patient: int, around: int, i: int) -> Outgoing:
        """The message number `i`, about a patient seen for the `around`-th time."""
        strict = self._strict
        index = patient + self._seed * 1_000_003
        rest, man = divmod(index, 2)
        rest, year = divmod(rest, _YEARS)
        rest, month = divmod(rest, 12)
        rest, place_number = divmod(rest, len(self._places))
        order = rest % _ORDERS + 1
        place = self._places[place_number]
        mixed = index * 2_654_435_761 & 0xFFFFFFFF
        family = _names(surnames())
        given = _names(given_names("M" if man else "F"))
        name, first, second = family[mixed % len(family)], given[mixed % 41], given[(mixed >> 8) % 37]
        matricule = int(f"{2 - man}{(_FIRST_YEAR + year) % 100:02d}{month + 1:02d}{place.code}{order:03d}")
        control = b"%b%012d" % (self._numbers, i)
        local = b"%b%09d" % (self._ipp, patient)
        raw = self._template % {
            b"control": control,
            b"local": local,
            b"matricule": b"%013d%02d" % (matricule, 97 - matricule % 97),
            b"name": name.strict if strict else name.upper,
            b"first": first.strict if strict else first.upper,
            b"second": second.strict if strict else second.upper,
            b"title": b"M." if man else b"Mme",
            b"born": b"%d%02d%02d" % (_FIRST_YEAR + year, month + 1, mixed % 28 + 1),
            b"sex": b"M" if man else b"F",
            b"place": place.code.encode(),
            b"number": b"%d" % ((mixed >> 4) % 200 + around + 1),
            b"mobile": b"063998%04d" % ((mixed + around) % 10_000),
        }
        return Outgoing(
            "gam",
            control.decode(),
            self._event,
            raw,
            *self._notes,
            "AA",
            f"{local.decode()}@CH-VALMONT",
            self._at,
        )


def _template(event: str, at: datetime, ins_oid: str) -> bytes:
    """One message written as usual about a person made of place-holders."""
    place = Place("<place>", "", "")
    home = Address("<number> RUE DES TILLEULS", "Bât. B", Place("", "Valmont", "99000"))
    person = Person(
        "<sex>",
        "<name>",
        ("<first>", "<second>"),
        date(1111, 11, 11),
        place,
        0,
        home,
        "<mobile>",
        "<local>@exemple.test",
        marital_status="S",
    )
    record = Record(
        person,
        "<local>",
        HOSPITAL,
        consent=CONSENTS[0],
        doctor=Doctor("99700000005", "Durand", "Hélène"),
        contact=Contact("C<local>", "<name>", "Paul", "BRO", "0639980000"),
    )
    if event != "A28":
        ins = (Ins("<matricule>", ins_oid),)
        record = replace(record, status=("VALI",), ins=ins, insi_at=at, proof="CN")
    text = "\r".join(message_lines(GAM, event, record, at, "<control>")) + "\r"
    text = text.replace("%", "%%").replace("|11111111|", "|<born>|").replace("^^M.^^L", "^^<title>^^L")
    for word in (
        "control",
        "local",
        "matricule",
        "name",
        "first",
        "second",
        "title",
        "born",
        "sex",
        "place",
        "number",
        "mobile",
    ):
        text = text.replace(f"<{word}>", f"%({word})b").replace(f"<{word.upper()}>", f"%({word})b")
    return GAM.encode(text)
