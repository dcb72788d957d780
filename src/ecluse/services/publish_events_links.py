"""Links between identifiers (A24) as they were at each journal line: a patient may take a linked identifier later."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ecluse.rules.identity import vocabulary as words
from ecluse.rules.identity.model import Event, LocalIdentifier
from ecluse.store.outbox import Outbox

Side = tuple[int, str, str]
"""Domain, identifier, the identifier it is linked with."""


class Links:
    """Follows the link events; what it learns is written with the step that tells it."""

    def __init__(self, outbox: Outbox) -> None:
        self._outbox = outbox
        self._pending: dict[Side, bool] = {}
        self._any = outbox.has_links()

    def line(self, domain: int, events: Sequence[Event]) -> dict[str, int]:
        """Follow one line; by patient, how many links of earlier lines it takes with the identifiers it gains."""
        # Few stores hold links: the others are asked nothing for each patient that comes.
        gained = {id_: keys for id_, keys in _gained(events) if keys} if self._any else {}
        joined = self._joined(domain, gained, events) if gained else {}
        for event in events:
            if event.type in (words.LINKED, words.UNLINKED):
                self._any = True
                a, b = event.data["a"], event.data["b"]
                self._pending[domain, a, b] = self._pending[domain, b, a] = event.type == words.LINKED
        return joined

    def changes(self) -> dict[Side, bool]:
        """Links made (True) or undone since this was last asked."""
        changes, self._pending = self._pending, {}
        return changes

    def _joined(self, domain: int, gained: dict[str, set[str]], events: Sequence[Event]) -> dict[str, int]:
        here = {
            frozenset((event.data["a"], event.data["b"]))
            for event in events
            if event.type in (words.LINKED, words.UNLINKED)
        }
        found: dict[str, int] = {}
        for id_, keys in gained.items():
            known = self._outbox.links(domain, keys)
            for (place, key, other), kept in self._pending.items():
                if place == domain and key in keys:
                    (known.add if kept else known.discard)((key, other))
            found[id_] = sum(frozenset(link) not in here for link in known)
        return found


def _gained(events: Iterable[Event]) -> Iterable[tuple[str, set[str]]]:
    """Patients that appear or gain identifiers, with these."""
    for event in events:
        if event.type == words.CREATED:
            yield event.patient, _keys(event.data["identifiers"])
        elif event.type == words.IDENTIFIERS:
            yield event.patient, _keys(event.data["added"])


def _keys(identifiers: Iterable[Sequence[object]]) -> set[str]:
    return {LocalIdentifier(*one).key for one in identifiers}  # type: ignore[arg-type]
