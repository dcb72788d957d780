"""Synthetic people for the simulated hospital: names, births and matricules that look true and belong to
nobody.

Every person is drawn at random from lists of common names, places and streets; a match with a living person
would be chance. Matricules carry by default the OID of the national *test* authority, telephone numbers are
of the range kept for fiction (06 39 98), and e-mail addresses end with `.test`.

The key of the NIR is computed here on purpose, apart from the rules of the gateway: a simulator that shared
their computation would share their mistakes. Source: reference INS, guide d'implémentation v3, composition
of the matricule (13 characters and a key of two digits: 97 minus the remainder of the 13 divided by 97,
with 2A read as 19 and 2B as 18).
"""

from __future__ import annotations

import json
import random
import unicodedata
from collections import Counter
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import cache
from importlib.resources import files
from typing import Any, NamedTuple
from zlib import crc32

INS_NIR = "1.2.250.1.213.1.4.8"
INS_NIA = "1.2.250.1.213.1.4.9"
INS_NIR_TEST = "1.2.250.1.213.1.4.10"

_LIGATURES = str.maketrans({"Œ": "OE", "œ": "oe", "Æ": "AE", "æ": "ae", "’": "'"})


class Place(NamedTuple):
    """A place of birth or of residence; `country` is ISO 3166 alpha-3, `since` the first year the code
    serves."""

    code: str
    name: str
    postcode: str = ""
    country: str = "FRA"
    since: int = 0


class Address(NamedTuple):
    """Where a person lives; `second_line` may be empty."""

    street: str
    second_line: str
    place: Place


@dataclass(frozen=True, slots=True)
class Person:
    """A synthetic person, with the traits of the civil status (accents and ligatures kept).

    given_names: list of birth given names, in order, a compound name being one item; order: number of the
    birth in the register, positions 11 to 13 of the matricule; birth_rank: 1, 2… for twins, 0 otherwise.
    """

    sex: str
    birth_name: str
    given_names: tuple[str, ...]
    birth_date: date
    birth_place: Place
    order: int
    address: Address
    mobile: str
    email: str
    used_name: str = ""
    used_given_name: str = ""
    marital_status: str = ""
    birth_rank: int = 0

    @property
    def matricule(self) -> str:
        """The 15 characters of the NIR: sex, year, month, place, order and key."""
        return self.matricule_numbered(self.order)

    def matricule_numbered(self, order: int) -> str:
        """A matricule of this person under another order number: a NIA, or an INS attributed before."""
        first = f"{'1' if self.sex == 'M' else '2'}{self.birth_date:%y%m}{self.birth_place.code}{order:03d}"
        return first + nir_key(first)


def nir_key(first: str) -> str:
    """The two digits that end a matricule.

    :param first: the 13 characters before the key; only the department (positions 6 and 7) may hold a letter.
    """
    department = first[5:7].replace("2A", "19").replace("2B", "18")
    return f"{97 - int(first[:5] + department + first[7:]) % 97:02d}"


def insi_form(text: str) -> str:
    """A name as INSi returns it: capitals, no accent, no ligature; hyphens and apostrophes stay."""
    plain = unicodedata.normalize("NFD", text.translate(_LIGATURES).upper())
    return "".join(letter for letter in plain if not unicodedata.combining(letter))


@cache
def _data(name: str) -> Any:
    path = files("ecluse.simulators.hospital") / "data" / f"{name}.json"
    return json.loads(path.read_text(encoding="utf-8"))


@cache
def places(kind: str) -> tuple[Place, ...]:
    """Places of one kind: `communes`, `corsica`, `overseas` or `abroad`."""
    return tuple(Place(**row) for row in _data("places")[kind])


@cache
def surnames() -> tuple[str, ...]:
    """All surnames of the lists."""
    return tuple(_data("names")["surnames"] + _data("names")["special_surnames"])


@cache
def given_names(sex: str) -> tuple[str, ...]:
    """All given names of one sex (`F` or `M`)."""
    return tuple(_data("names")["given_names"][sex] + _data("names")["special_given_names"][sex])


BIRTHS = {"communes": 78, "corsica": 6, "overseas": 7, "abroad": 9}
"""Where people are born, in percent: Corsica is over-represented because its letters are a classic trap."""


class People:
    """Draws people one after the other; the same random generator gives the same people."""

    def __init__(self, rng: random.Random, today: date) -> None:
        """:param rng: source of chance; :param today: nobody is born after this day."""
        self._rng = rng
        self._today = today
        self._births: Counter[str] = Counter()

    def adult(self) -> Person:
        """Somebody between 18 and 97 years old."""
        return self._person(18 * 365, 97 * 365)

    def mother(self) -> Person:
        """A woman between 16 and 49 years old."""
        return self._person(16 * 366, 50 * 365, sex="F")

    def child(self) -> Person:
        """Somebody between 1 and 15 years old."""
        return self._person(400, 15 * 365)

    def centenarian(self) -> Person:
        """Somebody of 100 to 107 years: two digits of the year no longer tell the century."""
        return self._person(100 * 366, 107 * 365)

    def newborn(self, mother: Person) -> Person:
        """A child born today or yesterday at the hospital, bearing the name of the mother."""
        place = self._rng.choice(places("communes"))
        baby = self._person(0, 1, place)
        return replace(
            baby,
            birth_name=mother.birth_name,
            address=mother.address,
            mobile=mother.mobile,
            used_name="",
            used_given_name="",
            marital_status="S",
            email="",
        )

    def twin(self, first: Person) -> Person:
        """The twin of a newborn: same name, day and place, another given name, the next order number."""
        sex = self._rng.choice("FM")
        order = self._next_order(sex, first.birth_date, first.birth_place)
        return replace(first, sex=sex, given_names=self._given_names(sex), order=order, birth_rank=2)

    def homonym(self, of: Person) -> Person:
        """Somebody else with the same names and sex, born another day elsewhere."""
        other = self._person(18 * 365, 97 * 365)
        order = self._next_order(of.sex, other.birth_date, other.birth_place)
        return replace(
            other, sex=of.sex, birth_name=of.birth_name, given_names=of.given_names, order=order, used_name=""
        )

    def another_matricule(self, person: Person) -> str:
        """A matricule of the same person that nobody else bears: a NIA, or one attributed by mistake."""
        return person.matricule_numbered(self._next_order(person.sex, person.birth_date, person.birth_place))

    def _next_order(self, sex: str, born: date, place: Place) -> int:
        # Numbers follow each other in the register of a place and a month; the start differs between places.
        register = f"{sex}{born:%y%m}{place.code}"
        self._births[register] += 1
        return (crc32(register.encode()) % 500 + self._births[register]) % 999 + 1

    def _person(self, youngest: int, oldest: int, place: Place | None = None, sex: str = "") -> Person:
        """:param youngest: age in days; :param place: of birth; :param sex: both are drawn when they are not given."""
        rng = self._rng
        days = rng.randint(youngest, oldest)
        born = self._today - timedelta(days=days)
        sex = sex or rng.choice("FM")
        name = self._surname()
        adult = days >= 18 * 365
        married = adult and rng.random() < 0.5
        given = self._given_names(sex)
        birth_place = place or self._birth_place(born.year)
        return Person(
            sex=sex,
            birth_name=name,
            given_names=given,
            birth_date=born,
            birth_place=birth_place,
            order=self._next_order(sex, born, birth_place),
            address=self._address(),
            mobile=f"063998{rng.randint(0, 9999):04d}",
            email=f"{insi_form(given[0]).lower().replace(' ', '').replace(chr(39), '')}."
            f"{rng.randint(1, 9999)}@exemple.test",
            used_name=self._surname() if married and sex == "F" and rng.random() < 0.6 else "",
            used_given_name=given[-1] if len(given) > 1 and rng.random() < 0.15 else "",
            marital_status="M" if married else rng.choice("SSDW") if adult else "S",
        )

    def _surname(self) -> str:
        names = _data("names")
        kind = "special_surnames" if self._rng.random() < 0.2 else "surnames"
        name: str = self._rng.choice(names[kind])
        return name

    def _given_names(self, sex: str) -> tuple[str, ...]:
        names = _data("names")
        wanted = self._rng.choice((1, 2, 2, 3, 3))
        given: list[str] = []
        while len(given) < wanted:
            kind = "special_given_names" if self._rng.random() < 0.15 else "given_names"
            name = self._rng.choice(names[kind][sex])
            if name not in given:
                given.append(name)
        return tuple(given)

    def _birth_place(self, year: int) -> Place:
        rng = self._rng
        while True:
            kind = rng.choices(list(BIRTHS), list(BIRTHS.values()))[0]
            place = rng.choice(places(kind))
            if place.since <= year:
                return place

    def _address(self) -> Address:
        rng, streets = self._rng, _data("streets")
        street = f"{rng.randint(1, 180)} {rng.choice(streets['kinds'])} {rng.choice(streets['names'])}"
        second = rng.choice(streets["second_lines"]) if rng.random() < 0.3 else ""
        return Address(street, second, rng.choice(places("communes") + places("overseas")[:4]))
