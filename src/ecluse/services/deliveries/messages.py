"""The feed of a relay: the messages that were integrated, in order of arrival, and what of them may leave now."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec

from ecluse.protocols.hl7 import NULL, Message, UnreadableMessage
from ecluse.protocols.pam.facts import Identifier, MessageFacts
from ecluse.protocols.pam.read import read
from ecluse.protocols.pam.withhold import Withheld, withhold_ins
from ecluse.rules import ins
from ecluse.rules.identity.identifiers import MATCHING_TYPE, NEVER_KEPT
from ecluse.rules.identity.model import Patient
from ecluse.services.deliveries.ports import Page, Parcel
from ecluse.services.deliveries.subscribers import SubscriberRecord
from ecluse.services.queries.standing import Standings
from ecluse.store.models import JournalEntry, PatientKey, PatientState, RawMessage

_patient = msgspec.json.Decoder(Patient).decode
_NATIONAL = "INS"


class MessageFeed:
    """Messages answered AA, of one domain or all, of the trigger events wanted. Duplicates were sent once already."""

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
                found.append((seq, domain, _keys(raw), raw, event))
        holders = _holders({(domain, key) for _, domain, keys, _, _ in found for key in keys})
        return tuple(
            Parcel(
                seq,
                tuple(f"{domain}|{key}" for key in keys) or (f"line|{seq}",),
                tuple(dict.fromkeys(one for key in keys for one in holders.get((domain, key), ()))),
                (raw, event, domain),
            )
            for seq, domain, keys, raw, event in found
        )


class Departures:
    """What of a message may leave now (guide d'implémentation de l'INS, rule 28).

    An INS leaves when a patient of the domain holds it, or it replaced one that does not match any more, and it is
    usable: the identity is qualified here and now, whatever it was when the message came.
    """

    def __init__(
        self, environment: ins.Environment, require_strict_traits: bool, wrong_key: str, ins_in_deletion: str
    ) -> None:
        self._environment = environment
        self._require_strict_traits = require_strict_traits
        self._wrong_key = wrong_key
        self._kept_in_merge = ins_in_deletion == "sent"

    def prepare(self, raw: bytes, event: str, domain: int) -> Withheld:
        """The message as it may leave.

        :raises CannotWithhold: when it may not leave at all.
        """
        known: dict[tuple[str, str], bool] = {}

        def leaves(matricule: str, oid: str) -> bool:
            if (matricule, oid) not in known:
                known[matricule, oid] = self._usable(domain, matricule, oid)
            return known[matricule, oid]

        return withhold_ins(raw, leaves, kept_in_merge=self._kept_in_merge and event == "A47")

    def _usable(self, domain: int, matricule: str, oid: str) -> bool:
        key = f"{oid}|{_NATIONAL}|{ins.normalise(matricule)}"
        ids = PatientKey.objects.filter(domain_id=domain, key=key).values_list("patient", flat=True)
        states = PatientState.objects.filter(id__in=list(ids)).values_list("state", flat=True)
        standings = Standings(self._environment, self._require_strict_traits, self._wrong_key)  # type: ignore[arg-type]
        return any(standings.of(_patient(bytes(state)), domain).ins is not None for state in states)


def _keys(raw: bytes) -> tuple[str, ...]:
    """What keeps the order of a message: the local identifiers it is about, else its INS."""
    try:
        facts = read(Message.parse(raw))
    except UnreadableMessage:
        return ()
    local = tuple(dict.fromkeys(_key(one) for one in _identifiers(facts) if one.type in ("", MATCHING_TYPE)))
    national = (one for one in _identifiers(facts) if one.type == _NATIONAL)
    return local or tuple(
        dict.fromkeys(f"{one.oid}|{_NATIONAL}|{ins.normalise(one.value)}" for one in national)
    )


def _identifiers(facts: MessageFacts) -> list[Identifier]:
    found = [one for person in facts.persons for one in person.identifiers] + list(facts.prior)
    return [one for one in found if one.value and one.value != NULL and one.type not in NEVER_KEPT]


def _key(one: Identifier) -> str:
    """As `LocalIdentifier.key`."""
    return f"{one.oid or one.authority}|{MATCHING_TYPE}|{one.value}"


def _holders(keys: Iterable[tuple[int, str]]) -> dict[tuple[int, str], list[str]]:
    """Who carries these matching keys now: for the record of what was shared."""
    found: dict[tuple[int, str], list[str]] = {}
    wanted = set(keys)
    rows = PatientKey.objects.filter(
        domain_id__in={domain for domain, _ in wanted}, key__in={key for _, key in wanted}
    )
    for domain, key, patient in rows.values_list("domain_id", "key", "patient"):
        found.setdefault((domain, key), []).append(patient)
    return found
