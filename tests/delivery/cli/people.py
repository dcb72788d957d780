"""Messages of invented people for the tests of the command line."""

from __future__ import annotations

from itertools import count
from typing import NamedTuple

_numbers = count(1)


class Person(NamedTuple):
    """An invented person. matricule: 13 digits, the key is computed."""

    local: str
    family: str
    given: str
    sex: str
    born: str
    place: str
    matricule: str


GIRAUD = Person("7712345", "GIRAUD", "MANON", "F", "19850412", "69381", "2850469381017")
"""Born in Lyon 1er; no such person exists."""
AUBERT = Person("7712346", "AUBERT", "PAUL", "M", "19790903", "38185", "1790938185042")


def _message(event: str, person: Person, status: str, ins: str = "") -> bytes:
    control = f"CLI{next(_numbers):06d}"
    lines = (
        f"MSH|^~\\&|GAM|CH-EXEMPLE|ECLUSE|PLATEFORME|20260302080000||ADT^{event}^ADT_A05|{control}|P|2.5^FRA^2.11|||||FRA"
        "|UNICODE UTF-8|FR||2.11^IHE_FRANCE-2.11-PAM",
        "EVN||20260302080000||||20260302080000",
        f"PID|1||{person.local}^^^CH-EXEMPLE&1.2.250.1.999.9.1&ISO^PI{ins}||"
        f"{person.family}^{person.given}^{person.given}^^^^L||{person.born}|{person.sex}|||^^^^^FRA^BDL^^{person.place}"
        f"|||||||||||||||||||||{status}",
        "PV1|1|N",
    )
    return ("\r".join(lines) + "\r").encode()


def created(person: Person) -> bytes:
    """An A28 that creates a provisional identity."""
    return _message("A28", person, "PROV")


def qualified(person: Person) -> bytes:
    """An A31 that qualifies it, with its INS of the test authority."""
    number = person.matricule
    key = 97 - int(number) % 97
    return _message(
        "A31", person, "VALI", f"~{number}{key:02d}^^^ASIP-SANTE-INS-NIR&1.2.250.1.213.1.4.10&ISO^INS"
    )
