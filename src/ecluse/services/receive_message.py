"""Receive messages: decide, keep, and only then answer (design: the way of one message).

One `Intake` runs in the writer process and is the only code that changes identities. It takes a batch in order of
arrival, decides every message in memory, writes the whole batch in one durable transaction, and returns the answers.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import NamedTuple

import msgspec

from ecluse.protocols.findings import Finding
from ecluse.protocols.pam.facts import MessageFacts
from ecluse.rules import identity
from ecluse.rules.identity.model import Decision, Event, Known, Patient, Policy, Refusal
from ecluse.services.answer import Answer, Outcome, answer
from ecluse.services.columns import column
from ecluse.services.intake_settings import IntakeSettings, ListenerRule
from ecluse.services.quotas import Quotas
from ecluse.services.read_frame import Received
from ecluse.services.refusals import refusal as refuse
from ecluse.services.refusals import strictly, unusual
from ecluse.services.reply import accept
from ecluse.services.rulebook import finding
from ecluse.store.ledger import Earlier, Entry, Ledger
from ecluse.store.senders import SenderBook, SenderRecord

log = logging.getLogger(__name__)
_encode = msgspec.json.Encoder().encode

PATIENTS_IN_MEMORY = 10_000
KEYS_IN_MEMORY = 50_000


class _Asked(NamedTuple):
    """What is asked of the store for one frame: its sender, its matching keys, its identifiers sorted."""

    sender: SenderRecord | None
    keys: tuple[str, ...] = ()
    listed: identity.Sorted | None = None


class _Batch(NamedTuple):
    """A batch on its way: frames and time, then what is known of each, then the answers. failed: nothing is kept."""

    frames: Sequence[Received]
    now: int
    known: list[_Asked] = []  # noqa: RUF012  (never changed)
    answers: list[Answer] = []  # noqa: RUF012  (never changed)
    failed: bool = False


class Intake:
    """Decides and keeps; the caller owns the clock (µs since 1970, UTC)."""

    def __init__(self, ledger: Ledger, senders: SenderBook, settings: IntakeSettings) -> None:
        self.ledger = ledger
        self.senders = senders
        self.settings = settings
        self._policies: dict[int, tuple[SenderRecord, Policy]] = {}
        self._details: dict[tuple[str, ...], bytes] = {}
        self._accepted: dict[tuple[int, str], Earlier] = {}
        self._failing = False
        self._committer = ThreadPoolExecutor(1, "commit")
        self._quotas = Quotas(settings.folder, settings.minimum_free, settings.refused_bytes)

    def process(self, batch: Sequence[Received], now: int) -> list[Answer]:
        """Decide and keep one batch; on return every answer's cause is durable."""
        return next(self.work(batch, now, lambda: None))

    def work(
        self,
        batch: Sequence[Received],
        now: int,
        following: Callable[[], tuple[Sequence[Received], int] | None],
    ) -> Iterator[list[Answer]]:
        """Decide and keep batch after batch; each batch's answers come out once their cause is durable.

        While one batch is made durable, the next is decided in memory on what the first one leaves. When the first
        cannot be kept, both are answered AR 207 and nothing of them is kept: their senders still have them.

        :param following: the next batch and its time, or None when nothing more has arrived: asked once per batch.
        """
        current: _Batch | None = self._decide(self._prepare(batch, now))
        while current is not None:
            written = self._write(current)
            upcoming = following()
            if not written:
                yield self._none_kept(current)
                current = None if upcoming is None else self._decide(self._prepare(*upcoming))
            elif upcoming is None:
                kept = self._attempt(self.ledger.finish)
                yield self._settled(current, kept)
                current = None
            else:
                prepared = self._prepare(*upcoming)
                durable = self._committer.submit(self._attempt, self.ledger.finish)
                decided = self._decide(prepared)
                kept = durable.result()
                yield self._settled(current, kept)
                current = decided if kept else decided._replace(failed=True)

    def _prepare(self, batch: Sequence[Received], now: int) -> _Batch:
        """Read what a batch needs to be decided in memory."""
        if self._quotas.disk_is_full(now):
            return _Batch(batch, now, failed=True)
        self._now = now
        self._new: set[int] = set()
        try:
            return _Batch(batch, now, known=self._prefetch(batch))
        except Exception:
            self._complain()
            return _Batch(batch, now, failed=True)

    def _decide(self, prepared: _Batch) -> _Batch:
        """Decide every message of a batch; a message that fails leaves the others unharmed."""
        if prepared.failed:
            return prepared
        now = prepared.now
        moment = datetime.fromtimestamp(now / 1_000_000, UTC)
        self._at = moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
        self._ids = f"{now:014x}{os.urandom(4).hex()}"
        self._accepted = {}
        answers = []
        for rank, (received, asked) in enumerate(zip(prepared.frames, prepared.known, strict=True)):
            try:
                answers.append(self._one(received, asked, now, rank))
            except Exception:
                log.exception("message %s not decided", self.ledger.seq + 1)
                answers.append(self._failed(received, asked.sender, now))
        return prepared._replace(answers=answers)

    def _write(self, decided: _Batch) -> bool:
        """Write what a batch decided, in a transaction that is still to be made durable."""
        if decided.failed or not self._attempt(lambda: self.ledger.write(self.senders.write)):
            return False
        # Nothing is pending now: what memory forgets can be read again, in the open transaction too.
        self._bound_memory()
        return True

    def _attempt(self, step: Callable[[], None]) -> bool:
        try:
            step()
        except Exception:
            self._complain()
            return False
        return True

    def _settled(self, decided: _Batch, kept: bool) -> list[Answer]:
        """The answers of a batch, now that it is known whether it is durable."""
        if not kept:
            return self._none_kept(decided)
        if self._failing:
            self._failing = False
            log.warning("the store accepts writes again")
        return decided.answers

    def _none_kept(self, batch: _Batch) -> list[Answer]:
        self.recover()
        return [self._unavailable(one, batch.now) for one in batch.frames]

    def _complain(self) -> None:
        # Senders insist while a disk is full: the whole story is told once.
        log.error("messages not kept", exc_info=not self._failing)
        self._failing = True

    def _prefetch(self, batch: Sequence[Received]) -> list[_Asked]:
        """Bring in one read per table what the whole batch may need."""
        known: list[_Asked] = []
        keys: dict[int, set[str]] = {}
        controls: dict[int, set[str]] = {}
        for received in batch:
            sender = self._sender(received) if received.found else None
            if sender is None or received.facts is None:
                known.append(_Asked(sender))
                continue
            try:
                policy = self._policy(sender)
                listed = identity.sort_all(received.facts, policy)
                mine = identity.keys(received.facts, policy, listed)
            except Exception:
                log.exception("a message has no keys")
                known.append(_Asked(sender, _UNDECIDABLE))
                continue
            if "\x00" in "".join(mine):
                known.append(_Asked(sender, _UNKEEPABLE))
                continue
            known.append(_Asked(sender, mine, listed))
            keys.setdefault(sender.domain, set()).update(mine)
            if received.control_id:
                controls.setdefault(sender.id, set()).add(received.control_id)
        for domain, wanted in keys.items():
            self.ledger.load(domain, wanted)
        self._earlier = {
            (sender_id, control): earlier
            for sender_id, wanted in controls.items()
            for control, earlier in self.ledger.earlier(sender_id, wanted).items()
        }
        return known

    # ---- one message --------------------------------------------------------------------------------------------

    def _one(self, received: Received, asked: _Asked, now: int, rank: int) -> Answer:
        sender, keys, _ = asked
        if received.kind != "message" or received.facts is None:
            return self._unusual(received, sender, now)
        content = received.content
        refusal = self._admission(sender)
        if refusal is not None or sender is None:
            return self._refuse(
                received, sender, now, content, refusal or refuse("AR", "SRV-SND-002", "MSH-3")
            )
        control = received.control_id
        earlier = self._accepted.get((sender.id, control)) or self._earlier.get((sender.id, control))
        notes = self._welcome(sender) if self._new else ()
        if keys is _UNDECIDABLE:
            return self._failed(received, sender, now)
        if keys is _UNKEEPABLE:
            return self._refuse(received, sender, now, content, refuse("AE", "SRV-MSG-007", "PID-3"))
        if earlier is not None and control:
            if earlier.content == content:
                return self._repeat(received, sender, now, content, earlier)
            if now - earlier.at <= self.settings.duplicate_window:
                return self._refuse(
                    received, sender, now, content, refuse("AE", "SRV-DUP-001", "MSH-10", str(earlier.seq))
                )
            notes = (*notes, finding("SRV-DUP-002", "MSH-10", str(earlier.seq)))
        decision = self._decision(received.facts, sender, asked, rank)
        if decision.refusal is None and sender.policy == "strict":
            decision = strictly(decision, received.findings)
        if decision.refusal is not None and self._over_quota(received, sender, now):
            return self._spared(received, now)
        findings = received.findings + notes + decision.findings
        outcome = Outcome("AA") if decision.refusal is None else Outcome.refused(decision.refusal, findings)
        # Folded before the line is appended: an event that cannot be folded must not be in the journal.
        states = self._folded(decision) if decision.refusal is None else {}
        seq = self._keep(received, sender, now, content, outcome, findings, decision)
        if decision.refusal is None:
            self._put(sender.domain, decision, states)
            self._accepted[sender.id, control] = Earlier(content, seq, now)
        return _to(received, self._last_answer)

    def _decision(self, facts: MessageFacts, sender: SenderRecord, asked: _Asked, rank: int) -> Decision:
        ledger = self.ledger
        links: frozenset[tuple[str, str]] = frozenset()
        if facts.header.event in ("A24", "A37", "A40", "A47"):
            links = ledger.load_links(sender.domain, asked.keys)
        known = Known(ledger.keys[sender.domain], ledger.patients, links)
        return identity.decide(
            known,
            facts,
            self._policy(sender),
            at=self._at,
            new_id=f"{self._ids}{rank:04x}",
            listed=asked.listed,
        )

    def _folded(self, decision: Decision) -> dict[str, Patient]:
        """The states of the patients an accepted message changes."""
        mine: dict[str, list[Event]] = {}
        for event in decision.events:
            if event.patient:
                mine.setdefault(event.patient, []).append(event)
        return {one: identity.fold_all(self.ledger.patients.get(one), events) for one, events in mine.items()}

    def _put(self, domain: int, decision: Decision, states: dict[str, Patient]) -> None:
        for event in decision.events:
            if event.type in ("identifiers.linked", "identifiers.unlinked"):
                self.ledger.link(
                    domain, event.data["a"], event.data["b"], linked=event.type == "identifiers.linked"
                )
        for one, patient in states.items():
            former = self.ledger.patients.get(one)
            if former is None:
                self.ledger.put(domain, (), patient, identity.index_keys(patient))
            elif _same_keys(former, patient):
                self.ledger.put(domain, (), patient, ())
            else:
                self.ledger.put(domain, identity.index_keys(former), patient, identity.index_keys(patient))

    def _keep(
        self,
        received: Received,
        sender: SenderRecord | None,
        now: int,
        content: bytes,
        outcome: Outcome,
        findings: tuple[Finding, ...] = (),
        decision: Decision | None = None,
        kind: str = "message",
    ) -> int:
        number = self.ledger.seq + 1
        if outcome.code == "AA":
            self._last_answer = accept(received.reply, number, now)
        else:
            self._last_answer = answer(received.header, outcome, number, now) if outcome.code else b""
        return self.ledger.append(
            Entry(
                kind,
                sender.domain if sender else 0,
                sender.id if sender else None,
                received.control_id,
                _event(received),
                outcome.code,
                outcome.error,
                content,
                received.raw,
                self._last_answer,
                _encode(findings) if findings else b"[]",
                self._detail(received),
                decision.events if decision is not None and decision.refusal is None else (),
            ),
            now,
        )

    # ---- what is not integrated ---------------------------------------------------------------------------------

    def _refuse(
        self, received: Received, sender: SenderRecord | None, now: int, content: bytes, refusal: Refusal
    ) -> Answer:
        if self._over_quota(received, sender, now):
            return self._spared(received, now)
        findings = (*received.findings, refusal.finding)
        self._keep(received, sender, now, content, Outcome.refused(refusal, ()), findings)
        return _to(received, self._last_answer)

    def _repeat(
        self, received: Received, sender: SenderRecord, now: int, content: bytes, earlier: Earlier
    ) -> Answer:
        note = finding("SRV-DUP-003", "MSH-10", str(earlier.seq))
        self._keep(received, sender, now, content, Outcome("AA"), (note,), kind="duplicate")
        return _to(received, self._last_answer)

    def _unusual(self, received: Received, sender: SenderRecord | None, now: int) -> Answer:
        """Keep what is not a message: an acknowledgement, bytes without MSH, a frame too large, an unusable MSH."""
        if self._over_quota(received, sender, now):
            return self._spared(received, now)
        content = received.content
        refusal = unusual(received.kind)
        silent = received.kind in ("ack", "noise", "unfinished") or not received.found
        outcome = Outcome("") if silent else Outcome.refused(refusal, ())
        findings = () if received.kind == "ack" else (refusal.finding,)
        kind = "ack" if received.kind == "ack" else "unreadable"
        self._keep(received, sender, now, content, outcome, findings, kind=kind)
        close = received.kind in ("noise", "oversized")
        return _to(received, self._last_answer, close)

    def _failed(self, received: Received, sender: SenderRecord | None, now: int) -> Answer:
        refusal = refuse("AR", "SRV-MSG-004")
        content = received.content
        self._keep(received, sender, now, content, Outcome.refused(refusal, ()), (refusal.finding,))
        return _to(received, self._last_answer)

    def _over_quota(self, received: Received, sender: SenderRecord | None, now: int) -> bool:
        """Whether what is refused to somebody nobody vouches for is no longer kept today; counted until then."""
        if sender is not None and sender.status == "confirmed":
            return False
        if self._quotas.exhausted(received.listener, now):
            return True
        self._quotas.refused(received.listener, len(received.raw), now)
        return False

    def _spared(self, received: Received, now: int) -> Answer:
        """Refuse without keeping, and close: somebody is filling the disk."""
        return self._unavailable(received, now, "SRV-MSG-008")._replace(close=True)

    def _unavailable(self, received: Received, now: int, rule: str = "SRV-MSG-005") -> Answer:
        if received.kind in ("ack", "noise", "unfinished") or not received.found:
            return _to(received, b"", True)
        data = answer(received.header, Outcome.refused(refuse("AR", rule), ()), self.ledger.seq + 1, now)
        return _to(received, data)

    def _admission(self, sender: SenderRecord | None) -> Refusal | None:
        if sender is None:
            return refuse("AR", "SRV-SND-002", "MSH-3")
        return refuse("AR", "SRV-SND-001", "MSH-3") if sender.status == "refused" else None

    # ---- senders, settings, memory ------------------------------------------------------------------------------

    def _sender(self, received: Received) -> SenderRecord | None:
        """The sender of a frame, registered when it is new; None when the quota of unknown senders is reached."""
        application, facility = received.application, received.facility
        found = self.senders.find(received.listener, application, facility)
        if found is not None:
            return found
        rule = self.settings.listeners.get(received.listener, ListenerRule())
        status = {"confirm": "confirmed", "refuse": "refused"}.get(rule.unknown, "to_confirm")
        if status == "confirmed" and self.settings.environment != "test":
            status = "to_confirm"
        if status != "confirmed" and self.senders.count(status) >= self.settings.unknown_senders:
            return None
        record = SenderRecord(
            self.senders.next_sender(),
            received.listener,
            application,
            facility,
            rule.domain,
            status,
            "tolerant",
            self._now,
        )
        self.senders.keep(record)
        if status == "to_confirm":
            self._new.add(record.id)
        return record

    def _welcome(self, sender: SenderRecord) -> tuple[Finding, ...]:
        """What the first message of an unknown sender is told."""
        if sender.id not in self._new:
            return ()
        self._new.remove(sender.id)
        return (finding("SRV-SND-003", "MSH-3"),)

    def _policy(self, sender: SenderRecord) -> Policy:
        known = self._policies.get(sender.id)
        if known is not None and known[0] is sender:
            return known[1]
        policy = Policy(
            environment=self.settings.environment,
            sender=str(sender.id),
            sender_confirmed=sender.status == "confirmed",
            strict=sender.policy == "strict",
            authorities=self.senders.domains[sender.domain].authorities,
            known_patient_creation="refuse" if self.settings.known_patient_creation == "refuse" else "update",
            require_strict_traits=self.settings.require_strict_traits,
        )
        self._policies[sender.id] = (sender, policy)
        return policy

    def _detail(self, received: Received) -> bytes:
        key = (received.listener, received.peer, received.codec, received.profile)
        found = self._details.get(key)
        if found is None:
            if len(self._details) > 10_000:
                self._details.clear()
            names = ("listener", "peer", "charset", "profile")
            found = self._details[key] = _encode(dict(zip(names, key, strict=True)))
        return found

    def _bound_memory(self) -> None:
        ledger = self.ledger
        if len(ledger.patients) > PATIENTS_IN_MEMORY or sum(map(len, ledger.keys.values())) > KEYS_IN_MEMORY:
            ledger.forget()
        ledger.clean()

    def recover(self) -> None:
        """Forget what was not written, and reach the database again."""
        for step in (self.ledger.abandon, self.senders.reload):
            try:
                step()
            except Exception as error:
                log.error("the store cannot be read: %s", error)


_UNKEEPABLE = ("\x00",)
"""Stands for matching keys that PostgreSQL cannot hold."""
_UNDECIDABLE = ("",)
"""Stands for the matching keys of a message on which the rules fail."""


def _same_keys(one: Patient, other: Patient) -> bool:
    """Whether nothing that makes matching keys changed."""
    return (
        one.identifiers is other.identifiers and one.ins is other.ins and one.superseded is other.superseded
    )


def _to(received: Received, data: bytes, close: bool = False) -> Answer:
    return Answer(received.connection, received.number, data, close, len(received.raw))


def _event(received: Received) -> str:
    """What the journal says the frame was: the trigger event, else the message type."""
    if received.facts is not None:
        return column(received.facts.header.event or received.facts.header.type)[:12]
    return column(received.header.message_type)[:12]
