"""Acts on grouped refusals: whose they are, what is known of them, silence for a while, done, open again.

The act is only a line of the journal: the groups are folded from it (see `index_refusals`), like the refusals are.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime
from typing import Any

from ecluse.services.acts.outcome import ActRefused, Done
from ecluse.services.queries.presentation import microseconds, moment, searchable
from ecluse.services.receive_message import Intake
from ecluse.store.models.refusals import RefusalGroup

MOST_GROUPS = 100
"""Groups of one act."""
LONGEST_NOTE = 2000
LONGEST_OWNER = 120
MOST_MUTED = 90 * 86_400_000_000
"""µs for which a group may be muted: what is forgotten must come back."""

_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")


def assign(intake: Intake, given: dict[str, Any], now: int) -> Done:
    """Say who takes care of groups: `groups` (ids), `owner` (a name; empty: nobody)."""
    owner = _text(given, "owner", LONGEST_OWNER).strip()
    if "\n" in owner:
        raise ActRefused("Écrivez le nom sur une ligne.", "Write the name on one line.")
    done = _done(given, lambda one: one.owner != owner, owner=owner)
    if owner:
        return done("Confié à {owner}.", "Assigned to {owner}.", owner=owner)
    return done("Plus personne ne s’en charge.", "Nobody takes care of it any more.")


def note(intake: Intake, given: dict[str, Any], now: int) -> Done:
    """Write what is known of groups: `groups`, `note` (replaces the note before it; empty: none)."""
    text = _text(given, "note", LONGEST_NOTE).strip()
    return _done(given, lambda one: one.note != text, note=text)("Note enregistrée.", "Note kept.")


def mute(intake: Intake, given: dict[str, Any], now: int) -> Done:
    """Ask no attention for groups until a time: `groups`, `until` (ISO 8601 with its offset; empty: no longer)."""
    text = _text(given, "until", 40)
    if not text:
        return _done(given, lambda one: one.muted_until > now, until="")(
            "Ce groupe demande de nouveau attention.", "This group asks for attention again."
        )
    try:
        when = datetime.fromisoformat(text)
        until = microseconds(when)
    except (ValueError, OverflowError):
        raise ActRefused(
            "Donnez la date et l’heure, avec leur décalage.", "Give the date and time, with their offset."
        ) from None
    if when.tzinfo is None or not now < until <= now + MOST_MUTED:
        raise ActRefused(
            "La date doit être à venir, dans moins de 90 jours.",
            "The date must be to come, in less than 90 days.",
        )
    at = moment(until)
    return _done(given, None, until=at)(
        "Mis en sourdine ; les messages continuent d’être comptés.",
        "Muted; its messages go on being counted.",
    )


def resolve(intake: Intake, given: dict[str, Any], now: int) -> Done:
    """Say that groups are mended: `groups`, `note` (what was done). What follows marks them as come back."""
    text = _text(given, "note", LONGEST_NOTE).strip()
    return _done(given, lambda one: not one.resolved or one.since > 0, note=text)(
        "Résolu. Si un nouveau rejet de ce groupe arrive, il sera signalé comme revenu.",
        "Resolved. If a new refusal of this group comes, it will be told as come back.",
    )


def reopen(intake: Intake, given: dict[str, Any], now: int) -> Done:
    """Say that groups are not mended after all: `groups`, `note` (why)."""
    text = _text(given, "note", LONGEST_NOTE).strip()
    return _done(given, lambda one: one.resolved > 0, note=text)("Rouvert.", "Open again.")


def _text(given: dict[str, Any], name: str, longest: int) -> str:
    text = given.get(name) or ""
    if not isinstance(text, str) or len(text) > longest or _CONTROL.search(text) or not searchable(text):
        raise ActRefused(
            f"Écrivez en clair, en {longest} caractères au plus.",
            f"Write plain text, {longest} characters at most.",
        )
    return text.replace("\r\n", "\n")


class _Doing:
    """The result of an act on groups that are known."""

    def __init__(self, arguments: dict[str, Any]) -> None:
        self._arguments = arguments

    def __call__(self, fr: str, en: str, **values: str) -> Done:
        return Done(fr.format(**values), en.format(**values), told={"arguments": self._arguments})


def _done(given: dict[str, Any], changes: Callable[[RefusalGroup], bool] | None, **arguments: str) -> _Doing:
    """Check the groups asked for.

    :param changes: whether the act changes a group; None: it always does. One change at least is wanted.
    :raises ActRefused: a group is unknown, or nothing would change.
    """
    ids = given.get("groups")
    named = (
        list(dict.fromkeys(ids)) if isinstance(ids, list) and all(isinstance(one, str) for one in ids) else []
    )
    if not 0 < len(named) <= MOST_GROUPS or not searchable(*named):
        raise ActRefused(
            f"Désignez de 1 à {MOST_GROUPS} groupes de rejets.",
            f"Name from 1 to {MOST_GROUPS} groups of refusals.",
        )
    found = list(RefusalGroup.objects.filter(id__in=named))
    if len(found) < len(named):
        raise ActRefused("Groupe de rejets inconnu.", "Unknown group of refusals.")
    if changes is not None and not any(map(changes, found)):
        raise ActRefused("C’était déjà le cas : rien n’a changé.", "That was so already: nothing changed.")
    return _Doing({"groups": named, **arguments})
