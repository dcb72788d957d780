"""What a gateway holds, beside what the senders of the simulation know."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ecluse.simulators.hospital import Expected


def differences(one: Expected, by_number: dict[tuple[str, str], dict[str, Any]]) -> Iterator[str]:
    """What the gateway holds otherwise than the senders of a patient."""
    patient = by_number.get((one.local, one.authority))
    if patient is None:
        yield f"{one.local} is not there"
        return
    if one.merged_into is not None:
        survivor = by_number[one.merged_into, one.authority]
        if patient["merged_into"] != survivor["id"]:
            yield f"{one.local} was merged into {one.merged_into}, not {patient['merged_into']}"
        return
    matricule = patient["ins"]["matricule"] if patient["ins"] else None
    held = (tuple(patient["status"]), matricule, patient["deceased"], patient["merged_into"])
    known = (one.statuses, one.ins.matricule if one.ins else None, one.deceased, None)
    if held != known:
        yield f"{one.local}: held {held}, known {known}, because {patient['ins_reason']}"
    for former in one.former:
        if (former, one.authority) in by_number and by_number[former, one.authority]["id"] == patient["id"]:
            yield f"{one.local} still bears its former number {former}"
