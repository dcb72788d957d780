"""The list of acts, by which they are found: who did what, when, about whom."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ecluse.services.wire import Act
from ecluse.store.models.seals import ActLine, ActPatient
from ecluse.store.sealing import SEAL

_LONGEST_ID = 40


def list_act(seq: int, at: int, act: Act, patients: Iterable[str]) -> None:
    """List an act that is a line of the journal. Inside the writer's transaction, so without one of Django's own.

    :param patients: those it changed or showed, besides those its arguments name. Seals come every minute and are
        found in a table of their own.
    """
    if act.name == SEAL:
        return
    ActLine(seq=seq, at=at, operator=act.operator[:80], act=act.name).save(force_insert=True)
    for patient in sorted({*patients, *_named(act.arguments)} - {""}):
        ActPatient(patient=patient, seq=seq).save(force_insert=True)


def _named(arguments: Mapping[str, Any]) -> set[str]:
    listed = arguments.get("patients")
    named = [arguments.get("patient"), *(listed if isinstance(listed, list | tuple) else ())]
    return {one for one in named if isinstance(one, str) and 0 < len(one) <= _LONGEST_ID}
