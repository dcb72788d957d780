"""An identity base in memory: loads, folds and indexes as the store does.

It serves scenarios, and as the reference that a rebuilt store is compared with.
"""

from __future__ import annotations

from collections.abc import Iterable

from ecluse.protocols.pam.facts import MessageFacts
from ecluse.rules.identity import vocabulary as words
from ecluse.rules.identity.decisions import decide, keys, more_keys
from ecluse.rules.identity.fold import fold
from ecluse.rules.identity.identifiers import index_keys
from ecluse.rules.identity.model import Decision, Event, Known, Patient, Policy


class Registry:
    """Patients, index, links and events of one domain."""

    def __init__(self) -> None:
        self.patients: dict[str, Patient] = {}
        self.links: set[tuple[str, str]] = set()
        self.events: list[Event] = []
        self._by_key: dict[str, dict[str, None]] = {}

    @classmethod
    def replay(cls, events: Iterable[Event]) -> Registry:
        """The registry that these events give."""
        registry = cls()
        registry.apply(events)
        return registry

    def receive(self, facts: MessageFacts, policy: Policy, *, at: str, new_id: str) -> Decision:
        """Decide on a message and apply the decision."""
        known = self.known(facts, policy)
        decision = decide(known, facts, policy, at=at, new_id=new_id)
        self.apply(decision.events)
        return decision

    def known(self, facts: MessageFacts, policy: Policy) -> Known:
        """What `decide` needs to know before a message."""
        asked = keys(facts, policy)
        known = self._load(asked)
        more = more_keys(known)
        return self._load(asked + more) if more else known

    def apply(self, events: Iterable[Event]) -> None:
        """Store events: fold their patients, keep index and links right."""
        for event in events:
            self.events.append(event)
            if event.type == words.LINKED:
                self.links.add((event.data["a"], event.data["b"]))
            elif event.type == words.UNLINKED:
                self.links.discard((event.data["a"], event.data["b"]))
            if event.patient:
                self._fold(event)

    def holders(self, key: str) -> tuple[str, ...]:
        """Ids of the patients indexed under a matching key."""
        return tuple(self._by_key.get(key, ()))

    def find(self, key: str) -> Patient | None:
        """The only patient under a matching key, merged or not; None when there is none or several."""
        ids = self.holders(key)
        return self.patients[ids[0]] if len(ids) == 1 else None

    def _fold(self, event: Event) -> None:
        before = self.patients.get(event.patient)
        after = fold(before, event)
        # Two identifiers that differ by the name of their authority alone have one key.
        for key in dict.fromkeys(index_keys(before)) if before else ():
            self._by_key[key].pop(after.id, None)
            if not self._by_key[key]:
                del self._by_key[key]
        for key in index_keys(after):
            self._by_key.setdefault(key, {})[after.id] = None
        self.patients[after.id] = after

    def _load(self, asked: tuple[str, ...]) -> Known:
        by_key = {key: tuple(sorted(self._by_key.get(key, ()))) for key in asked}
        patients: dict[str, Patient] = {}
        for ids in by_key.values():
            for id_ in ids:
                while id_ and id_ not in patients:
                    patients[id_] = self.patients[id_]
                    id_ = patients[id_].merged_into
        links = frozenset(link for link in self.links if link[0] in by_key or link[1] in by_key)
        return Known(by_key, patients, links)
