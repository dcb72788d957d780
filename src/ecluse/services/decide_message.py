"""Decide on frames in memory: what each becomes in the journal, in the identities, and in its answer."""

from __future__ import annotations

import logging
import os
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import NamedTuple

import msgspec

from ecluse.protocols.findings import Finding
from ecluse.protocols.pam.facts import MessageFacts
from ecluse.rules import identity
from ecluse.rules.identity.model import Decision, Event, Known, Patient, Refusal
from ecluse.services.admission import Admission
from ecluse.services.answer import Answer, Outcome, answer
from ecluse.services.columns import column
from ecluse.services.decide_stay import Place, folded_stays, load_stays, put_stays, with_stay
from ecluse.services.intake_settings import IntakeSettings
from ecluse.services.quotas import Quotas
from ecluse.services.read_frame import Received
from ecluse.services.refusals import SILENT, refusal, strictly, unusual
from ecluse.services.reply import accept
from ecluse.services.rulebook import finding
from ecluse.services.told_once import told_once
from ecluse.store.errors import UnreadableStoreError
from ecluse.store.ledger import Earlier, Entry, Ledger
from ecluse.store.senders import SenderRecord
from ecluse.store.trust import facts

log = logging.getLogger(__name__)
_encode = msgspec.json.Encoder().encode

_LINKED = ("identifiers.linked", "identifiers.unlinked")
_WITH_LINKS = ("A24", "A37", "A40", "A47")
_CLOSING = ("alien", "oversized")
"""Kinds of frames after which a connection is closed: its sender does not speak HL7, or too much of it."""

_UNKEEPABLE = ("\x00",)
"""Stands for matching keys that PostgreSQL cannot hold."""
_UNDECIDABLE = ("",)
"""Stands for the matching keys of a message on which the rules fail."""


class Asked(NamedTuple):
    """What is asked of the store for one frame: its sender, its matching keys, its identifiers sorted."""

    sender: SenderRecord | None
    keys: tuple[str, ...] = ()
    listed: identity.Sorted | None = None


class Decider:
    """Decides one frame after the other on what the ledger holds in memory."""

    def __init__(
        self, ledger: Ledger, admission: Admission, quotas: Quotas, settings: IntakeSettings
    ) -> None:
        self._ledger = ledger
        self._admission = admission
        self._quotas = quotas
        self._settings = settings
        self._details: dict[tuple[str, ...], bytes] = {}
        self._earlier: dict[tuple[int, str], list[Earlier]] = {}

    def prepare(self, frames: Sequence[Received], now: int) -> list[Asked]:
        """Bring in, by one read per table, what a batch may need.

        :raises UnreadableStoreError: when the store does not answer.
        """
        self._admission.begin(now)
        asked = [self._ask(received) for received in frames]
        keys: dict[int, set[str]] = {}
        controls: dict[int, set[str]] = {}
        for received, (sender, mine, listed) in zip(frames, asked, strict=True):
            if sender is None or listed is None:
                continue
            keys.setdefault(sender.domain, set()).update(mine)
            if received.control_id:
                controls.setdefault(sender.id, set()).add(received.control_id)
        for domain, wanted in keys.items():
            self._ledger.load(domain, wanted)
        load_stays(
            self._ledger,
            (
                (one.sender.domain, str(one.sender.id), received.facts)
                for received, one in zip(frames, asked, strict=True)
                if received.facts is not None and received.facts.stay is not None and one.sender is not None
            ),
        )
        self._earlier = {
            (sender_id, control): earlier
            for sender_id, wanted in controls.items()
            for control, earlier in self._ledger.earlier(sender_id, wanted).items()
        }
        return asked

    def _ask(self, received: Received) -> Asked:
        sender = self._admission.sender(received)
        if sender is None or received.facts is None:
            return Asked(sender)
        policy = self._admission.policy(sender)
        try:
            listed = identity.sort_all(received.facts, policy)
            keys = identity.keys(received.facts, policy, listed)
        except Exception:  # a defect met by one message must not cost those of its batch their answer
            log.exception("a message has no keys")
            return Asked(sender, _UNDECIDABLE)
        return Asked(sender, keys, listed) if "\x00" not in "".join(keys) else Asked(sender, _UNKEEPABLE)

    def decide(self, frames: Sequence[Received], asked: Sequence[Asked], now: int) -> list[Answer]:
        """Decide every frame; one that fails leaves the others unharmed.

        :raises UnreadableStoreError: when the store does not answer: the batch is worth nothing then.
        """
        moment = datetime.fromtimestamp(now / 1_000_000, UTC)
        self._at = moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
        self._now = now
        self._ids = f"{now:014x}{os.urandom(4).hex()}"
        answers = []
        for rank, (received, one) in enumerate(zip(frames, asked, strict=True)):
            try:
                answers.append(self._one(received, one, now, rank))
            except UnreadableStoreError:
                raise
            except Exception:  # the same: it is kept and answered AR, the others are decided
                log.exception("message %s not decided", self._ledger.seq + 1)
                answers.append(self._failed(received, one.sender, now))
        return answers

    # ---- one message --------------------------------------------------------------------------------------------

    def _one(self, received: Received, asked: Asked, now: int, rank: int) -> Answer:
        sender, keys, _ = asked
        if received.kind != "message" or received.facts is None:
            return self._unusual(received, sender, now)
        refused = self._admission.refusal(sender, received)
        if refused is not None or sender is None:
            return self._refuse(received, sender, now, refused or refusal("AR", "SRV-SND-002", "MSH-3"))
        notes = self._admission.welcome(sender, received)
        if keys is _UNDECIDABLE:
            return self._failed(received, sender, now)
        if keys is _UNKEEPABLE:
            return self._refuse(received, sender, now, refusal("AE", "SRV-MSG-007", "PID-3"))
        earlier = self._earlier.get((sender.id, received.control_id)) if received.control_id else None
        if earlier:
            again = self._again(received, sender, now, earlier)
            if again is not None:
                return again
            notes = (*notes, finding("SRV-DUP-002", "MSH-10", str(earlier[-1].seq)))
        return self._integrate(received, asked, sender, now, rank, notes)

    def _again(
        self, received: Received, sender: SenderRecord, now: int, earlier: list[Earlier]
    ) -> Answer | None:
        """The answer to a control id that was accepted before; None when the message is to be decided as a new one."""
        for one in earlier:
            if one.content == received.content:
                note = finding("SRV-DUP-003", "MSH-10", str(one.seq))
                return self._kept(received, sender, now, Outcome("AA"), (note,), kind="duplicate")
        last = earlier[-1]
        if now - last.at > self._settings.duplicate_window:
            return None
        return self._refuse(received, sender, now, refusal("AE", "SRV-DUP-001", "MSH-10", str(last.seq)))

    def _integrate(
        self,
        received: Received,
        asked: Asked,
        sender: SenderRecord,
        now: int,
        rank: int,
        notes: tuple[Finding, ...],
    ) -> Answer:
        assert received.facts is not None
        decision = self._decision(received.facts, sender, asked, rank)
        if decision.refusal is None and sender.policy == "strict":
            decision = strictly(decision, received.findings)
        findings = told_once(received.findings + notes + decision.findings)
        if decision.refusal is not None:
            if self._over_quota(received, sender, now):
                return self.unavailable(received, now, "SRV-MSG-008")._replace(close=True)
            return self._kept(received, sender, now, Outcome.refused(decision.refusal, findings), findings)
        # Folded before the line is appended: an event that cannot be folded must not be in the journal.
        states = self._folded(decision.events)
        stays = {} if received.facts.stay is None else folded_stays(self._ledger, decision.events)
        kept = self._kept(received, sender, now, Outcome("AA"), findings, decision.events)
        self._put(sender.domain, decision.events, states)
        put_stays(self._ledger, sender.domain, stays)
        if received.control_id:
            accepted = Earlier(received.content, self._ledger.seq, now)
            self._earlier.setdefault((sender.id, received.control_id), []).append(accepted)
        return kept

    def _decision(self, facts: MessageFacts, sender: SenderRecord, asked: Asked, rank: int) -> Decision:
        ledger = self._ledger
        links: frozenset[tuple[str, str]] = frozenset()
        if facts.header.event in _WITH_LINKS:
            links = ledger.load_links(sender.domain, asked.keys)
        known = Known(ledger.keys[sender.domain], ledger.patients, links)
        policy, new_id = self._admission.policy(sender), f"{self._ids}{rank:04x}"
        decision = identity.decide(known, facts, policy, at=self._at, new_id=new_id, listed=asked.listed)
        if facts.stay is None or decision.refusal is not None:
            return decision
        place = Place(sender.domain, self._now, f"s{new_id}")
        return with_stay(ledger, decision, known, facts, policy, asked.listed, place)

    def _folded(self, events: Sequence[Event]) -> dict[str, Patient]:
        """The states of the patients that events change."""
        mine: dict[str, list[Event]] = {}
        for event in events:
            if event.patient and event.type[:5] != "stay.":
                mine.setdefault(event.patient, []).append(event)
        patients = self._ledger.patients
        return {one: identity.fold_all(patients.get(one), theirs) for one, theirs in mine.items()}

    def _put(self, domain: int, events: Sequence[Event], states: dict[str, Patient]) -> None:
        ledger = self._ledger
        for event in events:
            if event.type in _LINKED:
                ledger.link(domain, event.data["a"], event.data["b"], linked=event.type == _LINKED[0])
        for one, patient in states.items():
            former = ledger.patients.get(one)
            if former is None:
                ledger.put(domain, (), patient, identity.index_keys(patient))
            elif _same_keys(former, patient):
                ledger.put(domain, (), patient, ())
            else:
                ledger.put(domain, identity.index_keys(former), patient, identity.index_keys(patient))

    def keep_act(self, entry: Entry, now: int) -> int:
        """Append the line of an operator's act and put the patients its events change."""
        states, stays = self._folded(entry.events), folded_stays(self._ledger, entry.events)
        seq = self._ledger.append(entry, now)
        self._put(entry.domain_id, entry.events, states)
        put_stays(self._ledger, entry.domain_id, stays)
        return seq

    # ---- the journal and the answer -----------------------------------------------------------------------------

    def _kept(
        self,
        received: Received,
        sender: SenderRecord | None,
        now: int,
        outcome: Outcome,
        findings: tuple[Finding, ...] = (),
        events: Sequence[Event] = (),
        kind: str = "message",
        close: bool = False,
    ) -> Answer:
        """Append a line to the journal; its answer, to be sent once the line is durable."""
        number = self._ledger.seq + 1
        data = b""
        if outcome.code:
            prepared = received.reply[0] and outcome.code == "AA"
            data = (
                accept(received.reply, number, now)
                if prepared
                else answer(received.header, outcome, number, now)
            )
        self._ledger.append(
            Entry(
                kind,
                sender.domain if sender else 0,
                sender.id if sender else None,
                received.control_id,
                _event(received),
                outcome.code,
                outcome.error,
                received.content,
                received.raw,
                data,
                _encode(findings) if findings else b"[]",
                self._detail(received, sender),
                events,
            ),
            now,
        )
        return _to(received, data, close)

    def _refuse(self, received: Received, sender: SenderRecord | None, now: int, refused: Refusal) -> Answer:
        if self._over_quota(received, sender, now):
            return self.unavailable(received, now, "SRV-MSG-008")._replace(close=True)
        findings = (*received.findings, refused.finding)
        return self._kept(received, sender, now, Outcome.refused(refused, ()), findings)

    def _unusual(self, received: Received, sender: SenderRecord | None, now: int) -> Answer:
        """Keep what is not a message: an acknowledgement, bytes without MSH, a frame too large, an unusable MSH."""
        if self._over_quota(received, sender, now):
            return self.unavailable(received, now, "SRV-MSG-008")._replace(close=True)
        refused = unusual(received.kind)
        silent = received.kind in SILENT or not received.found
        outcome = Outcome("") if silent else Outcome.refused(refused, ())
        findings = () if received.kind == "ack" else (refused.finding,)
        kind = "ack" if received.kind == "ack" else "unreadable"
        close = received.kind in _CLOSING
        return self._kept(received, sender, now, outcome, findings, kind=kind, close=close)

    def _failed(self, received: Received, sender: SenderRecord | None, now: int) -> Answer:
        refused = refusal("AR", "SRV-MSG-004")
        return self._kept(received, sender, now, Outcome.refused(refused, ()), (refused.finding,))

    def unavailable(self, received: Received, now: int, rule: str = "SRV-MSG-005") -> Answer:
        """The answer to a frame of which nothing is kept: AR 207, or nothing and the connection closed."""
        if received.kind in SILENT or not received.found:
            return _to(received, b"", True)
        outcome = Outcome.refused(refusal("AR", rule), ())
        return _to(received, answer(received.header, outcome, self._ledger.seq + 1, now))

    def _over_quota(self, received: Received, sender: SenderRecord | None, now: int) -> bool:
        """Whether what is refused to somebody nobody vouches for is no longer kept today; counted until then."""
        if sender is not None and sender.status == "confirmed":
            return False
        if self._quotas.exhausted(received.listener, now):
            return True
        self._quotas.refused(received.listener, len(received.raw), now)
        return False

    def _detail(self, received: Received, sender: SenderRecord | None) -> bytes:
        key: tuple[str, ...] = (received.listener, received.peer, received.codec, received.profile)
        if received.certificate is not None:
            key += received.certificate
        found = self._details.get(key)
        if found is None:
            if len(self._details) > 10_000:
                self._details.clear()
            names = ("listener", "peer", "charset", "profile", "certificate", "subject")
            found = self._details[key] = _encode(dict(zip(names, key, strict=False)))
        new = self._admission.introduction(sender)
        return found if new is None else _encode({**msgspec.json.decode(found), **facts((new,))})


def _same_keys(one: Patient, other: Patient) -> bool:
    """Whether nothing that makes matching keys changed."""
    return (
        one.identifiers is other.identifiers
        and one.retired_identifiers is other.retired_identifiers
        and one.ins is other.ins
        and one.superseded is other.superseded
    )


def _to(received: Received, data: bytes, close: bool = False) -> Answer:
    return Answer(received.connection, received.number, data, close, len(received.raw))


def _event(received: Received) -> str:
    """What the journal says the frame was: the trigger event, else the message type."""
    if received.facts is not None:
        return column(received.facts.header.event or received.facts.header.type)[:12]
    return column(received.header.message_type)[:12]
