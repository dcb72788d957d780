"""The feed of a relay: the messages that were integrated, in order of arrival."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ecluse.services.deliveries.message_keys import changed_by, holders, message_keys, survivors
from ecluse.services.deliveries.ports import Page, Parcel
from ecluse.services.deliveries.subscribers import SubscriberRecord
from ecluse.store.models import JournalEntry, RawMessage


class MessageFeed:
    """Messages answered AA, of one domain or all, of the trigger events wanted. Duplicates were sent once already.

    The order is kept by the patients that a message is about (those that hold its identifiers, those it changed, and
    whom they were merged into since) and by the identifiers themselves: two messages about one patient share a patient
    even when they name it differently.
    """

    def __init__(self, subscriber: SubscriberRecord) -> None:
        self._domain = subscriber.domain
        self._events = subscriber.options.types

    def after(self, position: int, limit: int) -> Page:
        """What follows a journal line."""
        rows = list(
            JournalEntry.objects.filter(seq__gt=position)
            .order_by("seq")
            .values_list("seq", "domain_id", "kind", "answer", "event")[:limit]
        )
        wanted = [(row[0], row[1], row[4]) for row in rows if self._wants(*row[1:])]
        return Page(self._parcels(wanted), rows[-1][0] if rows else position)

    def at(self, position: int) -> Parcel | None:
        """The message of a line; None when its bytes were purged."""
        row = (
            JournalEntry.objects.filter(seq=position)
            .values_list("seq", "domain_id", "kind", "answer", "event")
            .first()
        )
        found = self._parcels([(row[0], row[1], row[4])]) if row and self._wants(*row[1:]) else ()
        return found[0] if found else None

    def _wants(self, domain: int, kind: str, answer: str, event: str) -> bool:
        if kind != "message" or answer != "AA" or (self._events and event not in self._events):
            return False
        return self._domain in (None, domain)

    def _parcels(self, wanted: Sequence[tuple[int, int, str]]) -> tuple[Parcel, ...]:
        """Parcels in order. A line without bytes was purged: it is passed over."""
        raws = dict(
            RawMessage.objects.filter(seq__in=[one[0] for one in wanted]).values_list("seq", "received")
        )
        found: list[tuple[int, int, tuple[str, ...], bytes, str]] = []
        for seq, domain, event in wanted:
            if seq in raws:
                raw = bytes(raws[seq])
                found.append((seq, domain, message_keys(raw), raw, event))
        held = holders((domain, key) for _, domain, keys, _, _ in found for key in keys)
        changed = changed_by(one[0] for one in found)
        into = survivors({one for several in (*held.values(), *changed.values()) for one in several})
        parcels = []
        for seq, domain, keys, raw, event in found:
            about = dict.fromkeys(one for key in keys for one in held.get((domain, key), ()))
            named = tuple(f"{domain}|{key}" for key in keys) or (f"line|{seq}",)
            patients = _with_survivors([*about, *changed.get(seq, ())], into)
            parcels.append(Parcel(seq, (*patients, *named), tuple(about), (raw, event, domain)))
        return tuple(parcels)


def _with_survivors(patients: Sequence[str], into: Mapping[str, str]) -> tuple[str, ...]:
    """Patients, and those they were merged into: all of them keep the order."""
    found = dict.fromkeys(patients)
    for one in patients:
        while (one := into.get(one, "")) and one not in found:
            found[one] = None
    return tuple(found)
