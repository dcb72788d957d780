"""What a reader of stays shows, beside what the administration of the simulation knows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from ecluse.simulators.hospital import ExpectedStay

HOSPITAL_ZONE = ZoneInfo("Europe/Paris")
Document = Mapping[str, Any]


def shown(stays: Iterable[Document]) -> dict[str, Document]:
    """The documents of stays by their visit number."""
    return {one["visit"]["value"]: one for one in stays}


def differences(one: ExpectedStay, held: Mapping[str, Document]) -> Iterator[str]:
    """What is held otherwise than the administration knows."""
    stay = held.get(one.visit)
    if stay is None:
        yield f"{one.visit} is not there"
        return
    now = stay["situation"]
    known: dict[str, object] = {"status": one.status, "account": one.account}
    found: dict[str, object] = {"status": now["status"], "account": stay["account"]["value"]}
    consent = stay["dmp_consent"] or {}
    known |= {"feeding": one.feeding, "consultation": one.consultation}
    found |= {name: consent.get(name) or "" for name in ("feeding", "consultation")}
    if one.status != "cancelled":
        known |= {
            "class": one.patient_class,
            "medical": one.medical_unit,
            "care": one.care_unit,
            "bed": tuple(one.bed) if one.bed else None,
            "attending": f"8{one.attending}",
            "admitted": one.admitted,
            "discharged": one.discharged,
            "on_leave_since": one.on_leave_since,
        }
        place = now["location"]
        found |= {
            "class": now["patient_class"],
            "medical": now["medical_unit"]["code"],
            "care": now["care_unit"]["code"],
            "bed": None if place is None else (place["unit"], place["room"], place["bed"] or ""),
            "attending": now["attending"][0]["number"],
            **{name: _clock(now[name]) for name in ("admitted", "discharged", "on_leave_since")},
        }
    for name, value in known.items():
        if found[name] != value:
            yield f"{one.visit} {name}: held {found[name]!r}, known {value!r}"


def _clock(text: str | None) -> datetime | None:
    """A time as the clocks of the hospital show it."""
    if text is None:
        return None
    at = datetime.fromisoformat(text)
    return at if at.tzinfo is None else at.astimezone(HOSPITAL_ZONE).replace(tzinfo=None)
