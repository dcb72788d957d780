"""Conforming ITI-31 messages about one invented person, and what is kept of her stays."""

from __future__ import annotations

import msgspec

from ecluse.rules.stay import Situation, Stay, situation
from tests.services.feeding import AUTHORITY, rows

_STRUCTURES = {
    "A04": "ADT_A01", "A07": "ADT_A06", "A11": "ADT_A09", "A13": "ADT_A01", "A14": "ADT_A05", "A22": "ADT_A21",
    "A25": "ADT_A21", "A26": "ADT_A21", "A27": "ADT_A21", "A53": "ADT_A52", "A55": "ADT_A52", "Z99": "ADT_A01",
    "A44": "ADT_A43", "A49": "ADT_A30",
}  # fmt: skip
UNIT = "Unité {0}^^^^^VALMONT&1.2.250.1.999.7.1&ISO^UF^^^{0}"


def iti31(
    event: str = "A01",
    control: str = "E1",
    ipp: str = "7001",
    *,
    visit: str = "V1",
    account: str = "D1",
    movement: str = "M1",
    start: str = "20261118080000",
    action: str = "INSERT",
    historic: str = "N",
    origin: str = "",
    uf: str = "6268",
    ward: str = "CHIR^12^A^VALMONT&750000001&N",
    patient_class: str = "I",
    doctor: str = "801234567897^RÉAULT^PAUL",
    zfa: str = "",
    prior: str = "",
    name: str = "BRIAND",
    extra: tuple[str, ...] = (),
) -> bytes:
    """A message of a stay. movement: ZBE-1.1; uf: codes of ZBE-7 and 8; ward: PV1-3; zfa: the segment; prior: MRG."""
    structure = _STRUCTURES.get(event, f"ADT_{event}")
    lines = [
        f"MSH|^~\\&|GAM|VALMONT|ECLUSE|DMN|20261118081500||ADT^{event}^{structure}|{control}|P|2.5^FRA^2.11|||||FRA"
        "|UNICODE UTF-8|FR||2.11^IHE_FRANCE-2.11-PAM",
        f"EVN||20261118081500||||{start}",
        f"PID|1||{ipp}^^^{AUTHORITY}^PI||{name}^ÉLOI^ÉLOI MARIN^^M.^^L||19700112|M|||1 RUE DU PORT^^BREST^^29200^FRA^H"
        f"~^^^^^^BDL^^29019|||||||{account and f'{account}^^^{AUTHORITY}^AN'}||||||||||||||PROV",
    ]
    if prior:
        lines.append(f"MRG|{prior}")
    else:
        number = visit and f"{visit}^^^{AUTHORITY}^VN"
        lines.append(f"PV1|1|{patient_class}|{ward}||||{doctor}||||||||||||{number}")
        lines.append(
            f"ZBE|{movement}^GAM^1.2.250.1.999.7.9^ISO|{start}||{action}|{historic}|{origin}|{UNIT.format(uf)}"
            f"|{UNIT.format(uf)}|HMS"
        )
        if zfa:
            lines.append(zfa)
    return "\r".join([*lines, *extra]).encode() + b"\r"


def stays() -> list[Stay]:
    """Every stay kept, in the order of their opening."""
    found = [msgspec.json.decode(row[0], type=Stay) for row in rows("SELECT state FROM store_staystate")]
    return sorted(found, key=lambda one: one.id)


def standing(number: int = 0) -> Situation:
    """The situation of a stay."""
    return situation(stays()[number])


def stay_events() -> list[str]:
    """Types of the events kept, in order."""
    return [row[0] for row in rows("SELECT type FROM store_storedevent ORDER BY id")]
