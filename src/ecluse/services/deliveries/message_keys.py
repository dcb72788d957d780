"""What keeps the order of relayed messages: the patients they are about, and the identifiers they name."""

from __future__ import annotations

from collections.abc import Iterable

from ecluse.protocols.hl7 import NULL, Message, UnreadableMessage
from ecluse.protocols.pam.facts import Identifier, MessageFacts
from ecluse.protocols.pam.read import read
from ecluse.rules import ins
from ecluse.rules.identity.identifiers import MATCHING_TYPE, NEVER_KEPT
from ecluse.rules.identity.model import LocalIdentifier
from ecluse.store.chain import EVENT_SPAN
from ecluse.store.models import PatientKey, PatientState, StoredEvent

_NATIONAL = "INS"


def message_keys(raw: bytes) -> tuple[str, ...]:
    """The matching keys a message names: its local identifiers, else its INS."""
    try:
        facts = read(Message.parse(raw))
    except UnreadableMessage:
        return ()
    national = (one for one in _identifiers(facts) if one.type == _NATIONAL)
    return local_keys(facts) or tuple(
        dict.fromkeys(f"{one.oid}|{_NATIONAL}|{ins.normalise(one.value)}" for one in national)
    )


def local_keys(facts: MessageFacts) -> tuple[str, ...]:
    """Matching keys of the local identifiers of a message, MRG-1 included."""
    return tuple(
        dict.fromkeys(
            LocalIdentifier(one.value, one.authority, one.oid, MATCHING_TYPE).key
            for one in _identifiers(facts)
            if one.type in ("", MATCHING_TYPE)
        )
    )


def _identifiers(facts: MessageFacts) -> list[Identifier]:
    found = [one for person in facts.persons for one in person.identifiers] + list(facts.prior)
    return [one for one in found if one.value and one.value != NULL and one.type not in NEVER_KEPT]


def holders(keys: Iterable[tuple[int, str]]) -> dict[tuple[int, str], list[str]]:
    """Ids of the patients that carry these matching keys (domain, key) now, merged ones included."""
    found: dict[tuple[int, str], list[str]] = {}
    wanted = set(keys)
    rows = PatientKey.objects.filter(
        domain_id__in={domain for domain, _ in wanted}, key__in={key for _, key in wanted}
    )
    for domain, key, patient in rows.order_by("patient").values_list("domain_id", "key", "patient"):
        found.setdefault((domain, key), []).append(patient)
    return found


def changed_by(lines: Iterable[int]) -> dict[int, list[str]]:
    """Ids of the patients that each journal line changed: an identifier they lost since does not lead to them."""
    found: dict[int, list[str]] = {}
    wanted = sorted(lines)
    if not wanted:
        return found
    rows = StoredEvent.objects.filter(id__gte=wanted[0] * EVENT_SPAN, id__lt=(wanted[-1] + 1) * EVENT_SPAN)
    for number, patient in rows.order_by("id").values_list("id", "patient"):
        if patient and patient not in found.setdefault(number // EVENT_SPAN, []):
            found[number // EVENT_SPAN].append(patient)
    return found


def survivors(patients: Iterable[str]) -> dict[str, str]:
    """The patient that each merged one was merged into, and so on to the last survivor."""
    found: dict[str, str] = {}
    asked = set(patients)
    while asked:
        rows = (
            PatientState.objects.filter(id__in=asked).exclude(merged_into="").values_list("id", "merged_into")
        )
        found |= dict(rows)
        asked = {found[one] for one in asked if one in found} - set(found)
    return found
