"""One message on its way out of the simulated hospital, with what its sender expects to be answered."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from ecluse.simulators.hospital.record import Record
from ecluse.simulators.hospital.stay_record import Stay


class Outgoing(NamedTuple):
    """A message to send.

    sender: id of a sender (`gam`, `dpi`, `lgc`); control_id: MSH-10; event: `A28`…; raw: the bytes, without
    MLLP framing (also `bytes(outgoing)`); note_fr, note_en: what happens, for people; expectation:
    acknowledgement codes the national text leaves to the receiver, joined by `|` (`AA`, `AE`, `AR`, or
    `NONE` when no answer is due); patient: local id of the patient in the simulator, the same for all
    messages about that patient; at: time of the event in the simulated day; also: other patients the
    message speaks of (merge, link); fault: id of the fault of the catalogue it shows, None for ordinary
    traffic; story: name of the story of the day it belongs to (keys of `STORIES` or of `STAYS`); record: what
    the sender says of the patient, for ordinary traffic of identities of a day; stay: what the sender knows of
    the stay once the message is sent, for ordinary traffic of stays.
    """

    sender: str
    control_id: str
    event: str
    raw: bytes
    note_fr: str
    note_en: str
    expectation: str
    patient: str
    at: datetime
    also: tuple[str, ...] = ()
    fault: str | None = None
    story: str = ""
    record: Record | None = None
    stay: Stay | None = None

    def __bytes__(self) -> bytes:
        return self.raw

    def expects(self, code: str) -> bool:
        """Whether an acknowledgement code, or `NONE`, is among those expected."""
        return code in self.expectation.split("|")
