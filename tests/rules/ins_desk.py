"""A desk with a qualified patient, and the reason why an INS is not usable there."""

from __future__ import annotations

from ecluse.rules.identity import usability

from .builders import ALIX, ALIX_TRAITS, Desk, ins, person, pi

GAM = frozenset({"gam"})


def qualified(desk: Desk) -> None:
    """Alix, known as 7001 with her INS, by the confirmed sender `gam`."""
    desk.say("A28", person(pi("7001"), ins(ALIX), status="VALI", **ALIX_TRAITS))


def reason(desk: Desk, value: str = "7001", wrong_key: str = "by-environment") -> str | None:
    """Code of the reason why the INS of a patient is not usable, None when it is."""
    found = usability(
        desk.patient(value),
        environment=desk.policy.environment,
        confirmed=GAM,
        wrong_key=wrong_key,  # type: ignore[arg-type]
    )
    return found.code if found else None
