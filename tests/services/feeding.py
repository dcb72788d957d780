"""Synthetic messages, and an intake on the store of a test, fed without a socket."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from django.db import connection

from ecluse.rules.ins import computed_key
from ecluse.services.acts import perform
from ecluse.services.answer import Answer
from ecluse.services.intake_settings import IntakeSettings
from ecluse.services.read_frame import Kind, Received, read_frame
from ecluse.services.rebuild_states import compare_states
from ecluse.services.receive_message import Intake
from ecluse.services.verify_journal import verify
from ecluse.services.wire import Act, ActResult
from ecluse.store.ledger import Ledger
from ecluse.store.senders import SenderBook
from ecluse.store.turn import Turn
from tests.conftest import NOW

AUTHORITY = "VALMONT&1.2.250.1.999.7.1&ISO"
HOUR = 3600 * 1_000_000
NIR_TEST = "ASIP-SANTE-INS-NIR&1.2.250.1.213.1.4.10&ISO"
NIR = "ASIP-SANTE-INS-NIR&1.2.250.1.213.1.4.8&ISO"
NIA = "ASIP-SANTE-INS-NIA&1.2.250.1.213.1.4.9&ISO"


def matricule(body: str) -> str:
    """Thirteen characters and their computed key."""
    return body + computed_key(body)


MARIN = matricule("1700129123456")
"""Of ÉLOI BRIAND below: a man, born in January 1970, in Brest (29019)."""


def adt(
    event: str = "A28",
    control: str = "C1",
    ipp: str = "7001",
    *,
    ins: str = "",
    ins_from: str = NIR_TEST,
    status: str = "PROV",
    prior: str = "",
    street: str = "1 RUE DU PORT",
    application: str = "GAM",
    facility: str = "VALMONT",
    processing: str = "P",
    name: str = "BRIAND",
) -> bytes:
    """A conforming ITI-30 message about one invented person.

    :param ins: matricule, with `ins_from` as its authority; prior: MRG-1 of an A40 or A47.
    """
    structure = {"A28": "ADT_A05", "A31": "ADT_A05", "A40": "ADT_A39", "A47": "ADT_A30"}.get(
        event, f"ADT_{event}"
    )
    identifiers = f"{ipp}^^^{AUTHORITY}^PI" + (f"~{ins}^^^{ins_from}^INS" if ins else "")
    lines = [
        f"MSH|^~\\&|{application}|{facility}|ECLUSE|DMN|20261118081500||ADT^{event}^{structure}|{control}|{processing}"
        "|2.5^FRA^2.11|||||FRA|UNICODE UTF-8|FR||2.11^IHE_FRANCE-2.11-PAM",
        "EVN||20261118081500||||20261118081400",
        f"PID|1||{identifiers}||{name}^ÉLOI^ÉLOI MARIN^^M.^^L||19700112|M|||"
        f"{street}^^BREST^^29200^FRA^H~^^^^^^BDL^^29019|||||||||||||||||||||{status}",
    ]
    if prior:
        lines.append(f"MRG|{prior}")
    if event in ("A28", "A31"):
        lines.append("PV1||N")
    return "\r".join(lines).encode() + b"\r"


class Gate:
    """An intake on the store of the test, its clock in hand."""

    def __init__(self, **settings: Any) -> None:
        self.now = NOW
        self.settings = replace(IntakeSettings(), **settings)
        self.intake = Intake(Ledger(Turn(None)), SenderBook(), self.settings)

    def receive(self, *messages: bytes | Received) -> list[Answer]:
        """One batch."""
        self.now += 1_000_000
        return self.intake.process([self.read(one) for one in messages], self.now)

    def read(self, message: bytes | Received) -> Received:
        """A frame as a listener hands it over."""
        if isinstance(message, Received):
            return message
        return read_frame(message, listener="main", peer="127.0.0.1", environment=self.settings.environment)

    def act(self, name: str, /, **arguments: Any) -> ActResult:
        """An operator's act."""
        self.now += 1_000_000
        return perform(self.intake, Act("cli:claire", name, arguments), self.now)

    def codes(self, *messages: bytes | Received) -> list[str]:
        """One batch; MSA-1 of each answer (empty: none), with ERR-3.1 of the first error."""
        return [code(one) for one in self.receive(*messages)]


def code(answer: Answer) -> str:
    """`AA`, or `AE 204`; empty when nothing is answered."""
    if not answer.data:
        return ""
    segments = [one.split("|") for one in answer.data.decode("utf-8", "replace").split("\r")]
    found = [segment[1] for segment in segments if segment[0] == "MSA"]
    found += [segment[3].split("^")[0] for segment in segments if segment[0] == "ERR"][:1]
    return " ".join(found)


def odd(kind: Kind, raw: bytes) -> Received:
    """A frame that the listener could not hand over whole."""
    return read_frame(raw, listener="main")._replace(kind=kind, facts=None)


def rows(sql: str) -> list[tuple[Any, ...]]:
    """Rows of the store."""
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return [
            tuple(bytes(one) if isinstance(one, memoryview) else one for one in row)
            for row in cursor.fetchall()
        ]


def journal() -> list[tuple[Any, ...]]:
    """Lines of the journal: kind, answer, code."""
    return rows("SELECT kind, answer, code FROM store_journalentry ORDER BY seq")


def findings(seq: int) -> str:
    """Findings of a line, as JSON."""
    return bytes(rows(f"SELECT findings FROM store_rawmessage WHERE seq = {seq}")[0][0]).decode()


def assert_sound() -> None:
    """The chain verifies, lines follow one another without a gap, states are the fold of the events."""
    found = verify(states=True)
    assert found.ok, found.problems
    numbers = [row[0] for row in rows("SELECT seq FROM store_journalentry ORDER BY seq")]
    assert numbers == list(range(1, len(numbers) + 1))
    assert compare_states().same
