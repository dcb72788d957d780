"""Writes ITI-31 messages as the simulated administration does.

Source: IHE France, PAM national extension 2.11.1 (structures of ITI-31; PV1, PV2-47, ZBE, ZFA, ZFM; PID-18).
"""

from __future__ import annotations

from datetime import datetime

from ecluse.protocols.hl7 import escape
from ecluse.simulators.hospital.compose import (
    cx,
    doctors,
    identifiers_of,
    line,
    local_cx,
    msh,
    pid,
    stamp,
    xcn,
    zfa,
    zfd,
)
from ecluse.simulators.hospital.record import Record
from ecluse.simulators.hospital.senders import GAM, HOSPITAL
from ecluse.simulators.hospital.stay_record import Bed, Movement, Stay, StayStep

_ADMISSIONS = frozenset({"A01", "A04", "A05", "A06"})
_CONSENTS = frozenset({"A01", "A04", "A05"})
"""Events that carry ZFA and ZFD; Z99 too when it is about one of them (PAM FR 2.11, ZFA)."""


def stay_lines(
    step: StayStep, record: Record, at: datetime, control_id: str, prior: Record | None
) -> list[str]:
    """The segments of one message of the administration about a stay.

    :param record: the patient as it is known now; prior: the patient an account leaves (A44).
    """
    said = step.said
    account = _number(said.account, "AN")
    who = pid(GAM, record, at, identifiers_of(record), account=account)
    head = [msh(GAM, step.event, at, control_id), _evn(step, at), who]
    if step.movement is None:
        assert prior is not None
        return [*head, line("MRG", {1: local_cx(prior), 3: account})]
    movement = step.movement
    kind = movement.event if step.event == "Z99" else step.event
    lines = [*head, *(doctors(GAM, record) if step.event in _ADMISSIONS else ()), _pv1(step)]
    if said.back_expected is not None and kind == "A21":
        lines.append(line("PV2", {47: stamp(said.back_expected)}))
    lines.append(_zbe(step, movement))
    if kind in _CONSENTS and said.consent_at is not None:
        lines += zfa(GAM, said.consent, said.consent_at)
    lines += _zfm(said, kind)
    return [*lines, *zfd(record)] if kind in _CONSENTS else lines


def _number(value: str, kind: str) -> str:
    return cx(value, str(HOSPITAL), kind)


def _evn(step: StayStep, at: datetime) -> str:
    fields = {2: stamp(at)}
    if step.movement is None:
        fields[6] = stamp(at)
    elif step.movement.event == "A05":
        fields[3] = stamp(step.movement.start)
    else:
        # A cancellation repeats the time of what it cancels.
        fields[6] = stamp(step.movement.start)
    return line("EVN", fields)


def _pl(bed: Bed) -> str:
    return f"{bed.ward}^{bed.room}^{bed.bed}^{HOSPITAL}^O"


def _pv1(step: StayStep) -> str:
    said = step.said
    fields = {
        1: "1",
        2: said.patient_class,
        3: _pl(said.bed) if said.bed else "",
        4: said.admission,
        6: _pl(step.prior) if step.prior else "",
        7: xcn(GAM, said.attending) if said.attending else "",
        14: said.source,
        19: _number(said.visit, "VN"),
        44: stamp(said.admitted) if said.admitted else "",
        51: "V",
    }
    if said.discharged:
        fields |= {36: "3", 41: "D" if said.last else "N", 45: stamp(said.discharged)}
    return line("PV1", fields)


def _unit(code: str, label: str) -> str:
    return f"{escape(label)}^^^^^{HOSPITAL}^UF^^^{code}"


def _zbe(step: StayStep, movement: Movement) -> str:
    said = step.said
    return line(
        "ZBE",
        {
            1: f"{movement.number}^{HOSPITAL.name}^{HOSPITAL.oid}^ISO",
            2: stamp(movement.start),
            4: step.action,
            5: "Y" if movement.historic else "N",
            6: "" if step.action == "INSERT" else movement.event,
            7: _unit(said.medical.code, said.medical.label),
            8: _unit(said.care.care, said.care.care_label),
            9: movement.nature,
        },
    )


def _zfm(said: Stay, kind: str) -> list[str]:
    fields = {}
    if kind in _ADMISSIONS - {"A05"}:
        fields[1] = said.entry
    if kind == "A03":
        fields[2] = said.exit
    if said.by_emergencies and kind in ("A06", "A03"):
        fields[5] = "5"
    return [line("ZFM", fields)] if fields else []
