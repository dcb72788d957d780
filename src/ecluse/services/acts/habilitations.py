"""Acts on the habilitation matrix of an establishment: a version of it, and its review line by line."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from django.db.models import Max

from ecluse.rules.habilitation import (
    ANY,
    EVERYWHERE,
    LONGEST_DAYS,
    Decision,
    Line,
    after_review,
    compare,
    latest_due,
    ordered,
    undecided,
    wrong_dates,
)
from ecluse.services.accounts.roles import NOT_BY_MATRIX, ON_A_SITE, RIGHTS
from ecluse.services.acts.access import text
from ecluse.services.acts.managing import check_manages
from ecluse.services.acts.outcome import ActRefused, Done
from ecluse.services.habilitations import day_of, due_day, read_lines, write_lines
from ecluse.services.receive_message import Intake
from ecluse.store.models.access import Establishment, Site
from ecluse.store.models.habilitations import HabilitationDecision, HabilitationReview, HabilitationVersion

MOST_LINES = 2_000
"""Lines of one matrix."""
_LONGEST_REASON = 500


def set_matrix(intake: Intake, given: dict[str, Any], now: int) -> Done:
    """Make a version of a matrix. establishment: id; lines: all of them, as objects of `profession`, `site`, `unit`,
    `right`, `starts`, `ends`; reason; expected: number of the version that was changed, 0 when there was none.
    """
    establishment = _establishment(given)
    lines = _lines(given, establishment)
    reason = text(given, "reason", _LONGEST_REASON)
    before = _latest(establishment)
    number = before.number if before is not None else 0
    if given.get("expected") != number:
        raise ActRefused(
            "La matrice a changé pendant que vous la modifiiez : relisez-la, puis recommencez.",
            "The matrix changed while you were changing it: read it again, then start again.",
        )
    if before is not None and read_lines(before.lines) == lines:
        raise ActRefused("Rien n’a changé.", "Nothing has changed.")
    return _version(establishment, before, lines, reason, None, given, now)


def open_review(intake: Intake, given: dict[str, Any], now: int) -> Done:
    """Begin the review of a matrix as it is. establishment: id."""
    establishment = _establishment(given)
    version = _latest(establishment)
    if version is None or not read_lines(version.lines):
        raise ActRefused(
            "Cet établissement n’a pas de matrice d’habilitations à revoir.",
            "This establishment has no habilitation matrix to review.",
        )
    if HabilitationReview.objects.filter(establishment=establishment, closed=None).exists():
        raise ActRefused("Une revue est déjà ouverte.", "A review is open already.")
    made = HabilitationReview(
        id=1 + (HabilitationReview.objects.aggregate(last=Max("id"))["last"] or 0),
        establishment=establishment,
        version=version,
        opened=now,
        opened_by=_operator(given),
        due=due_day(establishment).isoformat(),
    )
    return Done(
        "Revue ouverte : regardez chaque ligne, puis terminez-la.",
        "Review open: look at each line, then close it.",
        {"review": made.id},
        write=lambda: made.save(force_insert=True),
    )


def decide(intake: Intake, given: dict[str, Any], now: int) -> Done:
    """Say of some lines under review: keep, change or remove. review: id; ranks: of the lines; decision; note: why,
    needed for `change` and `remove`; line: what takes the place of the only one, for `change`.
    """
    review = _open(given)
    reviewed = read_lines(review.version.lines)
    ranks = given.get("ranks")
    if not isinstance(ranks, list) or not ranks or not all(_is_rank(one, reviewed) for one in ranks):
        raise ActRefused("Ligne inconnue de cette revue.", "Line unknown to this review.")
    verdict = given.get("decision")
    if verdict not in ("keep", "change", "remove"):
        raise ActRefused("Décidez : garder, modifier ou retirer.", "Decide: keep, change or remove.")
    note = text(given, "note", _LONGEST_REASON, needed=verdict != "keep")
    replacement = b""
    if verdict == "change":
        if len(ranks) != 1:
            raise ActRefused("Modifiez une ligne à la fois.", "Change one line at a time.")
        replacement = write_lines([_line(given.get("line"), review.establishment)])

    def write() -> None:
        for rank in set(ranks):
            before = HabilitationDecision.objects.filter(review_id=review.id, rank=rank)
            before._raw_delete(before.db)
            HabilitationDecision(
                review_id=review.id, rank=rank, decision=verdict, note=note, replacement=replacement, at=now,
                by=_operator(given),
            ).save(force_insert=True)  # fmt: skip

    return Done("Décision notée.", "Decision noted.", write=write)


def close_review(intake: Intake, given: dict[str, Any], now: int) -> Done:
    """End a review all of whose lines are decided: what was changed or removed becomes a version. review: id; next_due:
    day of the next one (AAAA-MM-JJ), empty: in a year.
    """
    review = _open(given)
    reviewed = read_lines(review.version.lines)
    said = {
        one.rank: Decision(_verdict(one), _replacement(one))
        for one in HabilitationDecision.objects.filter(review_id=review.id)
    }
    if left := undecided(reviewed, said):
        raise ActRefused(
            f"Droits qui restent à revoir : {len(left)}.", f"Rights left to review: {len(left)}."
        )
    following = _next_due(given, day_of(now))
    before = _latest(review.establishment)
    assert before is not None
    lines = after_review(read_lines(before.lines), reviewed, said)

    def close() -> None:
        HabilitationReview.objects.filter(id=review.id).update(
            closed=now, closed_by=_operator(given), next_due=following.isoformat()
        )

    if lines == read_lines(before.lines):
        return Done(
            f"Revue close, matrice inchangée. Prochaine revue avant le {following:%d/%m/%Y}.",
            f"Review closed, matrix unchanged. Next review before {following.isoformat()}.",
            write=close,
        )
    done = _version(review.establishment, before, lines, "Revue des habilitations", review.id, given, now)

    def write() -> None:
        close()
        assert done.write is not None
        done.write()

    return done._replace(
        text_fr=f"Revue close. {done.text_fr} Prochaine revue avant le {following:%d/%m/%Y}.",
        text_en=f"Review closed. {done.text_en} Next review before {following.isoformat()}.",
        write=write,
    )


def _version(
    establishment: Establishment, before: HabilitationVersion | None, lines: Sequence[Line], reason: str,
    review: int | None, given: dict[str, Any], now: int,
) -> Done:  # fmt: skip
    changes = compare(read_lines(before.lines) if before is not None else (), lines)
    made = HabilitationVersion(
        id=1 + (HabilitationVersion.objects.aggregate(last=Max("id"))["last"] or 0),
        establishment=establishment,
        number=1 + (before.number if before is not None else 0),
        at=now,
        by=_operator(given),
        reason=reason,
        lines=write_lines(lines),
        review=review,
    )
    added, removed = len(changes.added), len(changes.removed)
    return Done(
        f"Matrice d’habilitations, version {made.number}. Droits ajoutés : {added} ; retirés : {removed}.",
        f"Habilitation matrix, version {made.number}. Rights added: {added}; removed: {removed}.",
        {"version": made.number},
        write=lambda: made.save(force_insert=True),
    )


def _latest(establishment: Establishment) -> HabilitationVersion | None:
    return HabilitationVersion.objects.filter(establishment=establishment).order_by("-number").first()


def _open(given: dict[str, Any]) -> HabilitationReview:
    id_ = given.get("review")
    rows = HabilitationReview.objects.select_related("version", "establishment")
    found = rows.filter(id=id_ if isinstance(id_, int) else 0, closed=None).first()
    if found is None:
        raise ActRefused("Cette revue n’est pas ouverte.", "This review is not open.")
    check_manages(given, found.establishment_id)
    return found


def _establishment(given: dict[str, Any]) -> Establishment:
    id_ = given.get("establishment")
    found = Establishment.objects.filter(id=id_ if isinstance(id_, int) else 0).first()
    if found is None:
        raise ActRefused("Établissement inconnu.", "Unknown establishment.")
    check_manages(given, found.id)
    return found


def _lines(given: dict[str, Any], establishment: Establishment) -> tuple[Line, ...]:
    told = given.get("lines")
    if not isinstance(told, list) or len(told) > MOST_LINES:
        raise ActRefused(
            f"Donnez les lignes de la matrice, {MOST_LINES} au plus.",
            f"Give the lines of the matrix, {MOST_LINES} at most.",
        )
    return ordered(_line(one, establishment) for one in told)


def _line(told: Any, establishment: Establishment) -> Line:
    if not isinstance(told, dict):
        raise ActRefused("Une ligne de la matrice est illisible.", "A line of the matrix cannot be read.")
    site, right = told.get("site") or EVERYWHERE, told.get("right")
    if right not in RIGHTS:
        raise ActRefused(f"Droit inconnu : {right}.", f"Unknown right: {right}.")
    if right in NOT_BY_MATRIX:
        raise ActRefused(
            "Gérer les comptes, changer les réglages et suivre les certificats ne vont pas avec une profession : donnez"
            " un rôle aux personnes qui le font.",
            "Managing accounts, changing settings and following certificates do not go with a profession: give a role"
            " to those who do it.",
        )
    if site != EVERYWHERE and not (
        isinstance(site, int) and Site.objects.filter(id=site, establishment=establishment).exists()
    ):
        raise ActRefused("Ce site n’est pas de cet établissement.", "This site is not of this establishment.")
    if site != EVERYWHERE and right not in ON_A_SITE:
        raise ActRefused(
            "Limitée à un site, une ligne ne donne que des droits sur des patients : voir, recueillir, inclure, gérer"
            " les identités.",
            "Limited to a site, a line gives rights about patients only: see, record, include, manage identities.",
        )
    line = Line(
        profession=text(told, "profession", 10),
        site=site,
        unit=text(told, "unit"),
        right=right,
        starts=text(told, "starts", 10, needed=False),
        ends=text(told, "ends", 10, needed=False),
    )
    if wrong_dates(line):
        raise ActRefused(
            "Une date n’existe pas, ou la fin précède le début.",
            "A date is none, or the end precedes the start.",
        )
    if line.profession == ANY and line.unit == ANY:
        raise ActRefused(
            "Une ligne nomme une profession ou une unité : pour tout le monde, donnez un rôle aux comptes.",
            "A line names a profession or a unit: for everybody, give a role to the accounts.",
        )
    return line


def _is_rank(value: Any, lines: Sequence[Line]) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < len(lines)


def _verdict(row: HabilitationDecision) -> Any:
    return row.decision


def _replacement(row: HabilitationDecision) -> Line | None:
    return read_lines(row.replacement)[0] if row.replacement else None


def _next_due(given: dict[str, Any], today: date) -> date:
    told = given.get("next_due") or ""
    try:
        day = date.fromisoformat(told) if told else latest_due(today)
    except (TypeError, ValueError):
        day = today
    if not today < day <= latest_due(today):
        raise ActRefused(
            f"La prochaine revue a lieu dans les {LONGEST_DAYS} jours.",
            f"The next review is within {LONGEST_DAYS} days.",
        )
    return day


def _operator(given: dict[str, Any]) -> str:
    """Who asked, as the writer was told (`services.acts.perform`)."""
    return str(given.get("operator") or "")[:80]
