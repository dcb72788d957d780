"""Verify the journal: the chain, every digest, the seals of the access trail, a checkpoint kept elsewhere, and if asked
the states.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any

import msgspec

from ecluse.services import verify_trail
from ecluse.services.purge_proofs import Prover
from ecluse.services.rebuild_states import compare_states
from ecluse.services.rebuild_states import sentence as difference_sentence
from ecluse.services.write_checkpoint import Checkpoint, known_keys, public_half, read_checkpoint
from ecluse.store import purging, trust
from ecluse.store.checking import Checker, Problem
from ecluse.store.errors import Sentence, StoreError
from ecluse.store.models import Meta
from ecluse.store.snapshot import Snapshot, live_snapshot

Progress = Callable[[int, int], None]
"""Called with the lines read and the number of lines."""

TOLD = 1000
"""Problems told one by one; further ones are only counted."""


@dataclass(frozen=True, slots=True)
class Verification:
    """What a verification found. messages: journal lines read; count: problems; problems: the first of them.

    seq, digest: the last line and its digest (hex); checkpoint: the one compared with, when it could be read; notes:
    what the verification could not prove, which is no problem found.
    """

    ok: bool
    messages: int
    count: int
    problems: tuple[Problem, ...]
    seq: int
    digest: str
    checkpoint: Checkpoint | None = None
    notes: tuple[Sentence, ...] = ()


def summary(found: Verification) -> dict[str, Any]:
    """A verification in JSON types, for who asks later about the last one."""
    return {
        "ok": found.ok,
        "lines": found.messages,
        "count": found.count,
        "seq": found.seq,
        "digest": found.digest,
        "problems": [
            {"seq": one.seq, "code": one.code, "fr": one.sentence.fr, "en": one.sentence.en}
            for one in found.problems[:50]
        ],
        "notes": [{"fr": one.fr, "en": one.en} for one in found.notes],
    }


_DEPENDENT = Sentence(
    "Les purges ne sont prouvées que par la base elle-même (preuve non indépendante de la base) : lancez la"
    " vérification d’un compte qui lit le dossier des secrets, ou donnez --checkpoint.",
    "Purges are proved by the database alone (proof not independent of the database): verify from an account that reads"
    " the secrets folder, or give --checkpoint.",
)


def verify(
    checkpoint: Path | None = None,
    progress: Progress | None = None,
    *,
    states: bool = False,
    secrets: Path | None = None,
) -> Verification:
    """Read the whole journal again, as it is at this moment; the gateway may go on working.

    :param checkpoint: a checkpoint file kept outside the host: detects a journal cut off or written again; its key
        is one that may have signed for purges.
    :param secrets: folder of the key that signs here: the purges are compared with it, not with the database alone.
    :param states: also fold every event again and compare the patients (slower).
    """
    count = 0
    told: list[Problem] = []

    def tell(problem: Problem) -> None:
        nonlocal count
        count += 1
        if len(told) < TOLD:
            told.append(problem)

    signed = _read(checkpoint, tell)
    prover = Prover(_pinned(signed, secrets))
    with live_snapshot() as snapshot:
        total = snapshot.one("SELECT count(*) FROM store_journalentry") if progress is not None else 0
        checker = Checker(
            snapshot,
            keep=frozenset([signed.seq]) if signed is not None else frozenset(),
            progress=None if progress is None else lambda done: progress(done, total),
        )
        for problem in chain(checker.problems(), verify_trail.problems(snapshot)):
            tell(problem)
        _check_trust(snapshot, tell)
        _check_purges(snapshot, checker, prover, tell)
    if signed is not None:
        _compare(signed, checker, tell)
    if states:
        _check_states(tell)
    return Verification(
        ok=count == 0,
        messages=checker.end.lines,
        count=count,
        problems=tuple(told),
        seq=checker.end.seq,
        digest=checker.end.digest.hex(),
        checkpoint=signed,
        notes=() if prover.independent or not checker.tombstones else (_DEPENDENT,),
    )


def _pinned(signed: Checkpoint | None, secrets: Path | None) -> frozenset[str]:
    """Keys known from elsewhere than the database."""
    own = public_half(secrets) if secrets is not None else ""
    return frozenset(filter(None, (own, signed.public_key if signed is not None else "")))


def _read(file: Path | None, tell: Callable[[Problem], None]) -> Checkpoint | None:
    if file is None:
        return None
    try:
        return read_checkpoint(file)
    except StoreError as error:
        tell(Problem(None, "checkpoint_unreadable", error.sentence))
        return None


def _problem(seq: int | None, code: str, fr: str, en: str) -> Problem:
    return Problem(seq, code, Sentence(fr, en))


def _compare(signed: Checkpoint, checker: Checker, tell: Callable[[Problem], None]) -> None:
    facts = dict(Meta.objects.values_list("name", "value"))
    if (signed.installation, signed.environment) != (facts.get("installation"), facts.get("environment")):
        tell(
            _problem(
                None,
                "checkpoint_other",
                f"Ce point de contrôle vient d’une autre installation ({signed.installation}, "
                f"environnement « {signed.environment} »).",
                f"This checkpoint comes from another installation ({signed.installation}, "
                f"environment “{signed.environment}”).",
            )
        )
    elif (known := known_keys()) and signed.public_key not in known:
        tell(
            _problem(
                None,
                "checkpoint_key",
                "Ce point de contrôle est signé par une clé que cette installation n’a jamais utilisée "
                f"({signed.fingerprint}).",
                f"This checkpoint is signed by a key that this installation never used ({signed.fingerprint}).",
            )
        )
    elif signed.seq > checker.end.seq:
        tell(
            _problem(
                signed.seq,
                "cut_off",
                f"Le journal s’arrête à la ligne {checker.end.seq}, alors qu’il en comptait "
                f"{signed.seq} le "
                f"{signed.at} : la fin a été coupée.",
                f"The journal stops at line {checker.end.seq}, though it had {signed.seq} on "
                f"{signed.at}: "
                "its end was cut off.",
            )
        )
    elif signed.seq and checker.digests.get(signed.seq, b"").hex() != signed.digest:
        tell(
            _problem(
                signed.seq,
                "rewritten",
                f"La ligne {signed.seq} n’a plus l’empreinte signée le {signed.at} : le journal a "
                "été réécrit.",
                f"Line {signed.seq} no longer has the digest signed on {signed.at}: the journal "
                "was written again.",
            )
        )


def _check_purges(
    snapshot: Snapshot, checker: Checker, prover: Prover, tell: Callable[[Problem], None]
) -> None:
    """Each purge stands behind a checkpoint signed here, and the table of tombstones says what the acts say."""
    for seq in purging.differences(snapshot, checker.tombstones):
        tell(
            _problem(
                seq,
                "tombstone",
                f"La trace de la purge de la ligne {seq} manque, ou ne dit pas ce que dit son acte.",
                f"The tombstone of the purge of line {seq} is missing, or does not say what its act says.",
            )
        )
    for one in checker.tombstones:
        fault = prover.fault(one.signed, one.last)
        if fault is None and (
            one.checkpoint != purging.checkpoint_digest(one.signed)
            or one.snapshot != one.signed["seq"]
            or one.snapshot >= one.seq
            or checker.digests.get(one.snapshot, b"").hex() != one.signed["digest"]
        ):
            fault = Sentence(
                "la ligne qu’il signe n’a pas cette empreinte", "the line it signs does not have that digest"
            )
        if fault is not None:
            tell(
                _problem(
                    one.seq,
                    "purge_checkpoint",
                    f"Le point de contrôle de la purge de la ligne {one.seq} ne la couvre pas : {fault.fr}.",
                    f"The checkpoint of the purge of line {one.seq} does not cover it: {fault.en}.",
                )
            )


def _check_trust(snapshot: Snapshot, tell: Callable[[Problem], None]) -> None:
    try:
        for one in trust.differences(snapshot):
            tell(Problem(None, f"{one.what}_{one.how}", difference_sentence(one)))
    except (msgspec.MsgspecError, TypeError, ValueError) as error:
        sentence = Sentence(
            f"Les émetteurs ne peuvent pas être comparés aux actes du journal ({type(error).__name__}).",
            f"The senders cannot be compared with the acts of the journal ({type(error).__name__}).",
        )
        tell(Problem(None, "trust_unreadable", sentence))


def _check_states(tell: Callable[[Problem], None]) -> None:
    try:
        compared = compare_states()
    except StoreError as error:
        tell(Problem(None, "states_unreadable", error.sentence))
        return
    for difference in compared.differences:
        if difference.what in ("sender", "domain"):
            continue  # told already
        tell(Problem(None, f"{difference.what}_{difference.how}", difference_sentence(difference)))
