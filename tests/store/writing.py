"""Write synthetic journals through the ledger, as the intake does."""

from __future__ import annotations

from hashlib import sha256

from ecluse.protocols.findings import Finding
from ecluse.rules.identity.fold import fold
from ecluse.rules.identity.identifiers import index_keys
from ecluse.rules.identity.model import Event, Patient
from ecluse.rules.identity.vocabulary import LINKED, UNLINKED, event
from ecluse.rules.ins import computed_key
from ecluse.store.ledger import Entry, Ledger
from ecluse.store.models import Sender
from ecluse.store.turn import Turn
from tests.conftest import NOW

IPP = "1.2.250.1.999.7.1"
NIR = "1.2.250.1.213.1.4.8"


def matricule(body: str) -> str:
    """Thirteen characters and their computed key."""
    return body + computed_key(body)


ALIX = matricule("2850338185042")
BORIS = matricule("1711269123511")


class Writer:
    """Keeps messages whose events the test chooses; one message per second."""

    def __init__(self, domain: int = 1, sender: str = "confirmed") -> None:
        self.ledger = Ledger(Turn(None))
        self.domain = domain
        Sender.objects.get_or_create(
            id=1,
            defaults={
                "listener": "main", "application": "GAM", "facility": "HOPITAL", "domain_id": domain,
                "status": sender, "policy": "tolerant", "first_seen": NOW,
            },
        )  # fmt: skip

    def message(
        self,
        *events: Event,
        received: bytes | None = None,
        answer: str = "AA",
        code: str = "",
        kind: str = "message",
        findings: bytes = b"[]",
        trigger: str = "A28",
    ) -> int:
        """Keep one message and its effect; returns its journal number."""
        number = self.ledger.seq + 1
        raw = b"MSH|^~\\&|GAM|HOPITAL|||||ADT^A28|%d|P|2.5\r" % number if received is None else received
        self._fold(events)
        self.ledger.append(
            Entry(
                kind, self.domain, 1, f"C{number}", trigger, answer, code, sha256(raw).digest(), raw,
                b"MSH|^~\\&|ECLUSE\rMSA|%s|C%d\r" % (answer.encode(), number), findings, b'{"listener":"main"}', events,
            ),
            NOW + number * 1_000_000,
        )  # fmt: skip
        self.ledger.commit()
        return number

    def _fold(self, events: tuple[Event, ...]) -> None:
        ledger = self.ledger
        ledger.keys.setdefault(self.domain, {})
        for one in events:
            if one.type in (LINKED, UNLINKED):
                ledger.link(self.domain, one.data["a"], one.data["b"], linked=one.type == LINKED)
            if one.patient:
                former: Patient | None = ledger.patients.get(one.patient)
                patient = fold(former, one)
                ledger.put(
                    self.domain, () if former is None else index_keys(former), patient, index_keys(patient)
                )


def created(patient: str, ipp: str, **more: object) -> Event:
    """A patient with one local identifier and complete traits; more: data of the event."""
    data: dict[str, object] = {
        "identifiers": [[ipp, "CHEXEMPLE", IPP, "PI", True]],
        "statuses": ["VALI"],
        "names": [["VERNOUX", "ALIX", "ALIX MARGOT", "Mme", "L"], ["DELORME", "", "", "", "D"]],
        "birth_date": "19850312",
        "sex": "F",
        "birth_place": "38185",
    }
    return event("patient.created", patient, {**data, **more})


def adopted(patient: str, number: str = ALIX, oid: str = NIR, sender: str = "1") -> Event:
    """The patient's INS."""
    return event("ins.adopted", patient, {"ins": [number, oid, sender, "2026-11-18T08:00:00Z"]})


def merged(source: str, survivor: str) -> tuple[Event, Event]:
    """A fusion (A40), told to both."""
    data = {"merged": source, "survivor": survivor}
    return event("patients.merged", source, data), event("patients.merged", survivor, data)


def warning() -> bytes:
    """Findings as the journal keeps them."""
    import msgspec

    return msgspec.json.encode([Finding("SRV-DUP-002", "warning", "MSH-10", "7")])
