"""Build the acknowledgement of a frame from what was decided."""

from __future__ import annotations

from typing import NamedTuple, cast

from ecluse.protocols import pam
from ecluse.protocols.findings import Finding
from ecluse.protocols.hl7 import PartialHeader
from ecluse.rules.identity.model import Refusal
from ecluse.services.reply import moment
from ecluse.services.rulebook import describe, rules


class Answer(NamedTuple):
    """What to send back on a connection: bytes (empty: nothing), and whether to close it afterwards.

    size: bytes of the frame this answers, for the listener's account of what waits.
    """

    connection: int
    number: int
    data: bytes
    close: bool = False
    size: int = 0


class Outcome(NamedTuple):
    """What is answered: MSA-1 (empty: nothing), table 0357 code of the refusal, and the findings told in ERR."""

    code: str
    error: str = ""
    findings: tuple[Finding, ...] = ()

    @classmethod
    def refused(cls, refusal: Refusal, others: tuple[Finding, ...]) -> Outcome:
        """A refusal, told first, then the other errors of the message: of the same code at the same place, they would
        tell its cause a second time in other words.
        """
        told = (refusal.code, refusal.finding.location)
        errors = [
            one
            for one in others
            if one.severity == "error" and (rules()[one.rule].code, one.location) != told
        ]
        return cls(refusal.ack, refusal.code, (refusal.finding, *errors))


def answer(header: PartialHeader, outcome: Outcome, number: int, now: int) -> bytes:
    """The acknowledgement, unframed; empty when nothing is answered.

    :param number: makes MSH-10 of the acknowledgement unique on this gateway.
    :param now: µs since 1970, UTC.
    """
    if not outcome.code:
        return b""
    errors = [
        pam.AckError(
            code=outcome.error if rank == 0 else rules()[one.rule].code,
            location=one.location,
            severity=one.severity,
            rule=one.rule,
            text=describe(one),
        )
        for rank, one in enumerate(outcome.findings)
    ]
    code = cast(pam.AckCode, outcome.code)
    return pam.acknowledge(header, code, errors, control_id=f"ECL{number}", at=moment(now))
