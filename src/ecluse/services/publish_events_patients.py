"""Patients as they were after each journal line, one line after the other."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Collection, Iterable, Sequence
from typing import Any

import msgspec

from ecluse.rules.identity.fold import fold_all
from ecluse.rules.identity.model import Event, Patient
from ecluse.rules.stay.vocabulary import PREFIX as STAY
from ecluse.store.outbox import Outbox, Published, State, Stored

KEPT = 5_000
"""Patients kept in memory: those of recent lines, which the next lines often concern again."""

_data = msgspec.json.Decoder(dict[str, Any]).decode
_patient = msgspec.json.Decoder(Patient).decode


def read(rows: Iterable[Stored]) -> list[Event]:
    """Stored events as the rules know them."""
    return [Event(row.type, row.version, row.patient, _data(row.data)) for row in rows]


def of_identity(events: Iterable[Event]) -> list[Event]:
    """Those that a patient is the fold of: not those of its stays."""
    return [event for event in events if not event.type.startswith(STAY)]


class Patients:
    """Gives patients of any moment; cheap when it is the present one, or the moment just after the last one asked."""

    def __init__(self, outbox: Outbox) -> None:
        self._outbox = outbox
        self._memory: OrderedDict[str, Patient] = OrderedDict()
        self._states: dict[str, State] = {}

    def load(self, patients: Collection[str]) -> None:
        """Bring in the present states of patients about to be asked for."""
        missing = [one for one in patients if one not in self._memory]
        self._states = self._outbox.states(missing) if missing else {}

    def hand_over(self, states: dict[str, State]) -> None:
        """The same, when the present states were read with something else."""
        self._states = states

    def after(self, id_: str, before: Published | None, events: Sequence[Event], line: int) -> Patient:
        """A patient after one line.

        :param before: what was told of it, None for a new one; events: of its identity, in that line.
        """
        folded = before.folded if before else 0
        version = folded + len(events)
        patient = self._memory.get(id_)
        if patient is not None and patient.version == folded:
            patient = fold_all(patient, events) if events else patient
        elif not folded:
            patient = fold_all(None, events)
        else:
            patient = self._present(id_, version) or self._refolded(id_, line)
        self._keep(id_, patient)
        return patient

    def _present(self, id_: str, version: int) -> Patient | None:
        state = self._states.get(id_)
        return _patient(state.state) if state is not None and state.version == version else None

    def _refolded(self, id_: str, line: int) -> Patient:
        return fold_all(None, of_identity(read(self._outbox.events_of(id_, line))))

    def _keep(self, id_: str, patient: Patient) -> None:
        self._memory[id_] = patient
        self._memory.move_to_end(id_)
        if len(self._memory) > KEPT:
            self._memory.popitem(last=False)
