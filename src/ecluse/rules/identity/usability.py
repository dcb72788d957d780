"""May the INS of a patient be used, and if not, why: one code and one sentence. Also the trust level, deduced.

Source: Référentiel INS 2.1 and guide 3.0, 2.2.2 (qualified = VALI and matricule with OID), EXI ID 10 (first given
name); PAM France 2.11.1, PID-31 and PID-32; identity model of the design.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Container
from functools import cache
from importlib.resources import files
from typing import NamedTuple

from ecluse.rules.identity.model import Environment, Patient, Trust, WrongKey
from ecluse.rules.identity.names import first_name_coherent
from ecluse.rules.identity.traits import missing, traits
from ecluse.rules.ins import allowed, key_valid

Senders = Container[str] | Callable[[str], bool]
"""The confirmed senders: a container of sender ids, or a function that answers for one id."""


class Reason(NamedTuple):
    """Why an INS is not usable: a stable code and one sentence for people."""

    code: str
    text_fr: str
    text_en: str


@cache
def reasons() -> dict[str, Reason]:
    """Every reason, by code."""
    data = tomllib.loads(files(__package__).joinpath("data/reasons.toml").read_text("utf-8"))
    return {code: Reason(code, body["text_fr"], body["text_en"]) for code, body in data.items()}


@cache
def _codes(effect: str) -> frozenset[str]:
    data = tomllib.loads(files(__package__).joinpath("data/statuses.toml").read_text("utf-8"))
    return frozenset(code for code, body in data.items() if body["effect"] == effect)


def qualifies(statuses: tuple[str, ...]) -> bool:
    """True when PID-32 says validated without doubt: VALI, and no code that contradicts it (data/statuses.toml)."""
    if len(statuses) == 1:
        return statuses[0] == "VALI"
    return "VALI" in statuses and _codes("denies").isdisjoint(statuses)


def hindered(statuses: tuple[str, ...]) -> bool:
    """True when a code beside VALI makes the INS wait: hidden, disabled, potential collision…"""
    return len(statuses) > 1 and not _codes("hinders").isdisjoint(statuses)


def key_blocks(environment: Environment, wrong_key: WrongKey) -> bool:
    """True when an INS with a wrong key may not be used here (setting `wrong_key`)."""
    return wrong_key == "never-usable" or (wrong_key == "by-environment" and environment == "production")


def usability(
    patient: Patient,
    *,
    environment: Environment,
    confirmed: Senders,
    require_strict_traits: bool = True,
    wrong_key: WrongKey = "by-environment",
) -> Reason | None:
    """None when the INS of the patient may be used and given on, otherwise the first reason why not.

    :param environment: decides which OIDs are right and whether a wrong key blocks.
    :param confirmed: senders a person has confirmed; one confirmed sender of the INS is enough.
    :param require_strict_traits: the five strict traits must be present and complete.
    :param wrong_key: whether a wrong key blocks: in production only, always, or never.
    """
    code = _absent(patient) or _waits(patient)
    if not code:
        code = _invalid(patient, environment, wrong_key) or _incoherent(patient, require_strict_traits)
    if not code and not _vouched(patient, confirmed):
        code = "sender"
    return reasons()[code] if code else None


def trust(
    patient: Patient,
    *,
    environment: Environment,
    confirmed: Senders,
    require_strict_traits: bool = True,
    wrong_key: WrongKey = "by-environment",
) -> Trust:
    """Trust level deduced from the status and the usable INS; a consumer never deduces récupérée."""
    if not qualifies(patient.statuses):
        return "provisoire"
    reason = usability(
        patient,
        environment=environment,
        confirmed=confirmed,
        require_strict_traits=require_strict_traits,
        wrong_key=wrong_key,
    )
    return "validee" if reason else "qualifiee"


def _absent(patient: Patient) -> str:
    if patient.merged_into:
        return "merged"
    if not qualifies(patient.statuses):
        statuses = patient.statuses
        said = "VALI" not in statuses or "DOUT" in statuses or "FICT" in statuses
        return "status" if said else "status-contradicted"
    if patient.ins is not None:
        return ""
    if patient.ins_dropped:
        return patient.ins_dropped
    return "withdrawn" if patient.withdrawn else "none"


def _waits(patient: Patient) -> str:
    if patient.suspended:
        return patient.suspended
    if patient.collides_with:
        return "collision"
    return "status-hindered" if hindered(patient.statuses) else ""


def _invalid(patient: Patient, environment: Environment, wrong_key: WrongKey) -> str:
    ins = patient.ins
    assert ins is not None  # _absent answered otherwise
    if not allowed(ins.oid, environment):
        return "environment"
    if key_blocks(environment, wrong_key) and not key_valid(ins.matricule):
        return "key"
    return ""


def _incoherent(patient: Patient, require_strict_traits: bool) -> str:
    if patient.identity_unknown == "Y":
        return "unknown-identity"
    if patient.corrected_birth_date == "Y":
        return "corrected-date"
    if require_strict_traits and missing(traits(patient)):
        return "missing-traits"
    return "" if first_name_coherent(patient.names) else "first-name"


def _vouched(patient: Patient, confirmed: Senders) -> bool:
    ins = patient.ins
    assert ins is not None  # _absent answered otherwise
    senders = (ins.sender, *ins.also)
    if callable(confirmed):
        return any(map(confirmed, senders))
    return any(sender in confirmed for sender in senders)
