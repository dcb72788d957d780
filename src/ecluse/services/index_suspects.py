"""Keep the groups of patients that share what one person alone has: an INS, or the same strict traits.

An INS shared is flagged by the rules of identity (`rules.identity.collisions`); equal traits are looked for here, among
patients of one domain that are not merged: birth name, first given name, complete birth date and sex alike, and no
strict trait known on both sides that differs (RNIV: doublon, collision).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from hashlib import sha256
from typing import NamedTuple

import msgspec

from ecluse.rules.identity import vocabulary as words
from ecluse.rules.identity.model import Patient
from ecluse.rules.identity.names import BIRTH_NAME, folded
from ecluse.rules.identity.traits import contradict, traits
from ecluse.services.follow_events import Follower, Told
from ecluse.services.follow_events import catch_up as follow
from ecluse.services.follow_events import keep_near as follow_near
from ecluse.store.chain import EVENT_SPAN
from ecluse.store.models import JournalEntry, PatientKey, PatientState
from ecluse.store.models.reviews import StrictTraits, SuspectGroup, SuspectMember, SuspectReview
from ecluse.store.worklists import SUSPECTS

MOST_MEMBERS = 50
"""Members of a group that are compared; those beyond, in the order of their ids, are not told."""

_PARTS = 200
_QUIET = frozenset({words.CONSENT, words.NOTED, words.LINKED, words.UNLINKED, words.INS_REPEATED})
"""Events that change neither what patients share nor who they are."""
_decode = msgspec.json.Decoder(Patient).decode


class _Key(NamedTuple):
    """What patients may share. kind: `ins` or `traits`; text: the matching key of the INS, or the traits."""

    kind: str
    domain: int
    text: str

    @property
    def digest(self) -> str:
        """The same, telling nothing of it."""
        return sha256(
            "\x1f".join((self.kind, str(self.domain), self.text)).encode("utf-8", "replace")
        ).hexdigest()[:32]


class _Held(NamedTuple):
    domain: int
    patient: Patient


class _Group(NamedTuple):
    kind: str
    domain: int
    members: tuple[str, ...]
    seen: str


def catch_up(goes: int = 5) -> bool:
    """Follow what was stored since the last time. False when more is left than that many goes can do.

    :raises DatabaseError: the store does not answer, or cannot be written.
    """
    return follow(FOLLOWER, goes)


def keep_near() -> bool:
    """The same for a page: False, and nothing done, when more than a little is left."""
    return follow_near(FOLLOWER)


def fingerprint(members: Iterable[Patient]) -> str:
    """What a person compared: changes with any strict trait, any INS and any member."""
    told = sorted((one.id, *traits(one), one.ins.key if one.ins else "") for one in members)
    return sha256(msgspec.json.encode(told)).hexdigest()[:32]


def _concerns(kind: str) -> bool:
    return not kind.startswith("stay.") and kind not in _QUIET


def _prepare(told: Sequence[Told]) -> Callable[[], None]:
    moved = {one.patient for one in told if one.patient}
    held = _held(moved)
    keys: dict[str, _Key | None] = {}
    named: set[tuple[str, str]] = set()
    for one in held.values():
        for key in _keys(one):
            keys[key.digest] = key
            if key.kind == "traits":
                named.add((key.digest, one.patient.id))
    for part in _parts(moved):
        rows = SuspectMember.objects.filter(patient__in=part).values_list("group__digest", flat=True)
        for digest in rows:
            keys.setdefault(digest, None)
    new = named - _known(named)
    groups = _groups(keys, named)
    # Most keys have no group and never had one: the writer does not wait while each is asked.
    kept = (
        SuspectGroup.objects.filter(digest__in=part).values_list("digest", flat=True) for part in _parts(keys)
    )
    concerned = sorted({*groups, *(digest for part in kept for digest in part)})
    at = _time(told[-1].id)

    def write() -> None:
        StrictTraits.objects.bulk_create(
            [StrictTraits(key=key, patient=patient) for key, patient in sorted(new)], ignore_conflicts=True
        )
        for digest in concerned:
            _put(digest, groups.get(digest), at)

    return write


FOLLOWER = Follower(SUSPECTS, _concerns, 500, _prepare)


def _held(ids: Iterable[str]) -> dict[str, _Held]:
    """Patients by id, those merged left out."""
    found: dict[str, _Held] = {}
    for part in _parts(ids):
        rows = PatientState.objects.filter(id__in=part, merged_into="").values_list(
            "id", "domain_id", "state"
        )
        found.update((id_, _Held(domain, _decode(bytes(state)))) for id_, domain, state in rows)
    return found


def _keys(one: _Held) -> Iterator[_Key]:
    patient = one.patient
    if patient.ins is not None and (patient.collides_with or patient.duplicates):
        yield _Key("ins", one.domain, patient.ins.key)
    text = _identity(patient)
    if text:
        yield _Key("traits", one.domain, text)


def _identity(patient: Patient) -> str:
    """The traits that nearly every record of one person has alike; empty when one of them is missing."""
    name = next((one for one in patient.names if one.type == BIRTH_NAME), None)
    date = patient.birth_date[:8]
    if name is None or patient.sex not in ("M", "F") or len(date) != 8 or not date.isdigit():
        return ""
    family, given = folded(name.family), folded(name.given or name.given_list.split(" ")[0])
    return "\x1f".join((family, given, date, patient.sex)) if family and given else ""


def _known(named: Iterable[tuple[str, str]]) -> set[tuple[str, str]]:
    found: set[tuple[str, str]] = set()
    for part in _parts({key for key, _ in named}):
        found.update(StrictTraits.objects.filter(key__in=part).values_list("key", "patient"))
    return found


def _groups(keys: Mapping[str, _Key | None], named: Iterable[tuple[str, str]]) -> dict[str, _Group]:
    """The groups there are now under these digests; an unknown key is one that its last holder just left."""
    candidates: dict[str, set[str]] = defaultdict(set)
    for part in _parts(keys):
        rows = SuspectMember.objects.filter(group__digest__in=part)
        for digest, patient in (
            *rows.values_list("group__digest", "patient"),
            *StrictTraits.objects.filter(key__in=part).values_list("key", "patient"),
        ):
            candidates[digest].add(patient)
    for digest, patient in named:
        candidates[digest].add(patient)
    for digest, key in keys.items():
        if key is not None and key.kind == "ins":
            rows_ = PatientKey.objects.filter(domain_id=key.domain, key=key.text).values_list(
                "patient", flat=True
            )
            candidates[digest].update(rows_)
    held = _held({one for ids in candidates.values() if len(ids) > 1 for one in ids})
    found = {}
    for digest, ids in candidates.items():
        members = [held[one] for one in sorted(ids) if one in held][: MOST_MEMBERS * 4]
        group = _group(digest, members)
        if group is not None:
            found[digest] = group
    return found


def _group(digest: str, members: Sequence[_Held]) -> _Group | None:
    sharing = [one for one in members if any(key.digest == digest for key in _keys(one))]
    if not sharing:
        return None
    kind = next(key.kind for key in _keys(sharing[0]) if key.digest == digest)
    patients = [one.patient for one in sharing]
    if kind == "ins":
        key = patients[0].ins.key if patients[0].ins else ""
        # A former holder carries no flag itself: its superseded INS designates it all the same.
        patients += [
            one.patient
            for one in members
            if one not in sharing
            and key in {ins.key for ins in (*one.patient.superseded, one.patient.ins) if ins}
        ]
        name = "collision" if any(one.collides_with for one in patients) else "duplicate"
    else:
        patients = _agreeing(patients)
        name = "traits"
        if len({one.ins.key if one.ins else one.id for one in patients}) == 1:
            return None  # they share their INS: the group of that INS tells them
    patients = sorted(patients, key=lambda one: one.id)[:MOST_MEMBERS]
    if len(patients) < 2:
        return None
    return _Group(name, sharing[0].domain, tuple(one.id for one in patients), fingerprint(patients))


def _agreeing(patients: Sequence[Patient]) -> list[Patient]:
    """Those that contradict not all of the others."""
    some = patients[: MOST_MEMBERS * 2]
    return [
        one
        for one in some
        if any(other is not one and not contradict(traits(one), traits(other)) for other in some)
    ]


def _put(digest: str, group: _Group | None, at: int) -> None:
    """Write a group as it is now; that nobody shares any more takes it away."""
    row = SuspectGroup.objects.filter(digest=digest).first()
    if group is None:
        if row is not None:
            row.delete()
        return
    if row is not None and (row.kind, row.seen) == (group.kind, group.seen):
        return
    if row is None:
        row = SuspectGroup(digest=digest, domain_id=group.domain, found=at)
    row.kind, row.seen, row.size = group.kind, group.seen, len(group.members)
    row.looked = int(SuspectReview.objects.filter(digest=digest, seen=group.seen).exists())
    row.save()
    SuspectMember.objects.filter(group=row).exclude(patient__in=group.members).delete()
    SuspectMember.objects.bulk_create(
        [SuspectMember(group=row, patient=one) for one in group.members], ignore_conflicts=True
    )


def _time(event: int) -> int:
    """When an event was stored (µs since 1970)."""
    return JournalEntry.objects.filter(seq=event // EVENT_SPAN).values_list("at", flat=True).first() or 0


def _parts(values: Iterable[str]) -> Iterator[list[str]]:
    ids = sorted(values)
    return (ids[start : start + _PARTS] for start in range(0, len(ids), _PARTS))
