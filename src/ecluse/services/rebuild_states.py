"""Rebuild the states from the events, or tell where they differ. Events are folded again, never decided
again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from itertools import chain

from django.db import connection

from ecluse.rules.identity.fold import UnknownEvent
from ecluse.store import folding, stay_folding, trust
from ecluse.store.errors import Sentence, StoreError, StoreInUseError
from ecluse.store.folding import Difference, Folded
from ecluse.store.refusal_tables import EMPTY_REFUSALS
from ecluse.store.snapshot import Snapshot, live_snapshot, rewriting
from ecluse.store.stay_folding import FoldedStay, StayDifference
from ecluse.store.worklists import EMPTY_WORKLISTS
from ecluse.store.writer_place import WRITER

Progress = Callable[[int], None]
"""Called now and then with the number of patients folded."""

TOLD = 1000
"""Differences told one by one; further ones are only counted."""

_PROGRESS_EVERY = 1000


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """What folding the events again gave.

    patients, stays: folded; count: differences with what was stored; differences: the first of them;
    replaced: True when the stored states, keys and links were replaced.
    """

    patients: int
    count: int
    differences: tuple[Difference, ...]
    replaced: bool
    stays: int = 0

    @property
    def same(self) -> bool:
        """True when the store already was what its events say."""
        return self.count == 0


def compare_states(progress: Progress | None = None) -> Rebuilt:
    """Tell where the stored states, keys and links are not what the events say; the gateway may be at work.

    :raises StoreError: an event cannot be read by this version.
    """
    with live_snapshot() as snapshot:
        return _compared(snapshot, progress)


def rebuild_states(
    progress: Progress | None = None, turn: AbstractContextManager[None] | None = None
) -> Rebuilt:
    """Replace the stored states, keys and links by what the events say, in one transaction.

    The gateway must be stopped: its writer keeps patients in memory and would write them back. On PostgreSQL
    a writer at work on any node is noticed; on SQLite the caller holds the lock of the data folder.

    :param turn: the turn to write, held for the whole rebuild (SQLite).
    :raises StoreInUseError: a gateway is at work on this store.
    :raises StoreError: an event cannot be read by this version; nothing is changed.
    """
    with turn or nullcontext(), rewriting() as snapshot:
        if connection.vendor == "postgresql" and not snapshot.one(
            "SELECT pg_try_advisory_xact_lock(%s)", [WRITER]
        ):
            raise StoreInUseError(
                "Une passerelle travaille sur cette base : arrêtez-la avant de reconstruire les états.",
                "A gateway works on this database: stop it before rebuilding the states.",
            )
        before = _compared(snapshot, None)
        patients = 0
        for patients, _ in enumerate(folding.replace(snapshot), 1):
            if progress is not None and patients % _PROGRESS_EVERY == 0:
                progress(patients)
        stays = sum(1 for _ in stay_folding.replace_stays(snapshot))
        for statement in (*EMPTY_WORKLISTS, *EMPTY_REFUSALS):
            snapshot.raw.execute(statement)
    return Rebuilt(patients, before.count, before.differences, replaced=True, stays=stays)


def sentence(difference: Difference) -> Sentence:
    """A difference in words."""
    if difference.what in ("sender", "domain"):
        return _trust_sentence(difference)
    what_fr = {
        "state": "L’état du patient {}",
        "key": "Une clé du patient {}",
        "link": "Un lien entre identifiants{}",
        "stay": "L’état du séjour {}",
        "stay-key": "Un numéro du séjour {}",
    }
    what_en = {
        "state": "The state of patient {}",
        "key": "A key of patient {}",
        "link": "A link of identifiers{}",
        "stay": "The state of stay {}",
        "stay-key": "A number of stay {}",
    }
    how_fr = {
        "missing": "manque, alors que les événements le donnent.",
        "extra": "est enregistré sans événement qui le donne.",
        "different": "n’est pas celui que donnent les événements.",
    }
    how_en = {
        "missing": "is missing, though the events give it.",
        "extra": "is stored without an event that gives it.",
        "different": "is not the one the events give.",
    }
    return Sentence(
        f"{what_fr[difference.what].format(difference.name)} {how_fr[difference.how]}",
        f"{what_en[difference.what].format(difference.name)} {how_en[difference.how]}",
    )


def _trust_sentence(difference: Difference) -> Sentence:
    """Trust is never folded again by a rebuild: the act is done again, by a person, or a backup restored."""
    if difference.what == "sender":
        return Sentence(
            f"L’émetteur {difference.name} n’a pas le statut, le domaine ou la politique que les actes du journal lui "
            "ont donnés : refaites l’acte (ecluse sender confirm ou refuse), ou restaurez une sauvegarde.",
            f"The sender {difference.name} does not have the status, domain or policy that the acts of the journal "
            "gave it: do the act again (ecluse sender confirm or refuse), or restore a backup.",
        )
    return Sentence(
        f"Le domaine {difference.name} n’est pas celui que les actes du journal ont déclaré : restaurez une "
        "sauvegarde.",
        f"The domain {difference.name} is not as the acts of the journal declared it: restore a backup.",
    )


def _compared(snapshot: Snapshot, progress: Progress | None) -> Rebuilt:
    patients = stays = count = 0
    told: list[Difference] = []
    try:
        for one in chain(folding.compare(snapshot), _compared_stays(snapshot), trust.differences(snapshot)):
            if isinstance(one, FoldedStay):
                stays += 1
                continue
            if isinstance(one, Folded):
                patients += 1
                if progress is not None and patients % _PROGRESS_EVERY == 0:
                    progress(patients)
                continue
            count += 1
            if len(told) < TOLD:
                told.append(one)
    except (UnknownEvent, LookupError, TypeError, ValueError) as error:
        # A ValueError is also what JSON that is no longer JSON raises.
        raise StoreError(
            f"Un événement enregistré ne peut pas être relu ({error}) : vérifiez le journal (ecluse "
            "journal verify).",
            f"A stored event cannot be read again ({error}): verify the journal (ecluse journal verify).",
        ) from None
    return Rebuilt(patients, count, tuple(told), replaced=False, stays=stays)


def _compared_stays(snapshot: Snapshot) -> Iterator[Difference | FoldedStay]:
    for one in stay_folding.compare_stays(snapshot):
        if isinstance(one, StayDifference):
            yield Difference("stay" if one.what == "state" else "stay-key", one.how, one.stay)
        else:
            yield one
