"""What each event of a patient changed, in words.

A matricule shows its first five digits only: enough to tell two of them apart, never enough to be used.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterable, Mapping
from functools import cache
from importlib.resources import files
from typing import Any

from ecluse.rules.identity import vocabulary as words
from ecluse.services.queries.documents import Sentence
from ecluse.services.queries.history_stays import TELLERS as OF_STAYS
from ecluse.services.queries.masking import hide, hide_identifier
from ecluse.services.queries.presentation import mask

Data = Mapping[str, Any]


@cache
def vocabulary() -> dict[str, dict[str, Sentence]]:
    """The words of `data/history.toml`, by table."""
    tables = tomllib.loads(files("ecluse.services").joinpath("data/history.toml").read_text("utf-8"))
    return {
        table: {name: Sentence(one["fr"], one["en"]) for name, one in body.items()}
        for table, body in tables.items()
    }


def told(kind: str, data: Data, patient: str, held: list[str]) -> Sentence:
    """What an event changed, as one sentence.

    :param held: matricules of the patient before the event, the current one last; brought up to date.
    :returns: the name of the event in both languages when this version has no words for it.
    """
    what = vocabulary()["events"].get(kind, Sentence(kind, kind))
    teller = _TELLERS.get(kind)
    more = teller(data, patient, held) if teller is not None else None
    if more is None or not more.fr:
        return what
    return Sentence(f"{what.fr}\N{NO-BREAK SPACE}: {more.fr}", f"{what.en}: {more.en}")


def masked(matricule: str) -> str:
    """`2 55 08 •• ••• •••`: sex, year and month; what tells a person apart stays hidden."""
    text = matricule[:5] if len(matricule) >= 13 else ""
    return f"{text[:1] or '•'} {text[1:3] or '••'} {text[3:5] or '••'} •• ••• •••"


def _same(text: str) -> Sentence:
    return Sentence(text, text)


def _reason(data: Data, shown: str = "") -> Sentence:
    """An INS and why: `2 55 08 •• ••• •••, motif : …`."""
    code = str(data.get("reason", ""))
    why = vocabulary()["reasons"].get(code, _same(code))
    if not code:
        return _same(shown)
    comma = ", " if shown else ""
    return Sentence(f"{shown}{comma}motif\N{NO-BREAK SPACE}: {why.fr}", f"{shown}{comma}reason: {why.en}")


def _adopted(data: Data, patient: str, held: list[str]) -> Sentence:
    value = str(data["ins"][0])
    held[:] = [*(one for one in held if one != value), value]
    return _same(masked(value))


def _superseded(data: Data, patient: str, held: list[str]) -> Sentence:
    """A provisional one sent beside the final one was never held: it goes below the current one."""
    value = str(data["ins"][0])
    if value not in held:
        held.insert(0, value)
    return _same(masked(value))


def _withdrawn(data: Data, patient: str, held: list[str]) -> Sentence:
    shown = ", ".join(map(masked, held))
    held.clear()
    return _reason(data, shown)


def _about_held(data: Data, patient: str, held: list[str]) -> Sentence:
    return _reason(data, masked(held[-1]) if held else "")


def _dropped(data: Data, patient: str, held: list[str]) -> Sentence:
    return _reason(data)


def _status(data: Data, patient: str, held: list[str]) -> Sentence:
    former, new = ("+".join(map(str, data.get(name, ()))) or "–" for name in ("from", "to"))
    return _same(hide(mask(f"{former} → {new}")))


def _identifiers(data: Data, patient: str, held: list[str]) -> Sentence:
    parts = [
        (fr, en, _listed(data.get(name, ())))
        for fr, en, name in (("ajouté", "added", "added"), ("retiré", "removed", "removed"))
    ]
    return Sentence(
        "\N{NO-BREAK SPACE}; ".join(f"{fr} {text}" for fr, _, text in parts if text),
        "; ".join(f"{en} {text}" for _, en, text in parts if text),
    )


def _created(data: Data, patient: str, held: list[str]) -> Sentence:
    return _same(_listed(data.get("identifiers", ())))


def _listed(identifiers: Iterable[Any]) -> str:
    return ", ".join(
        f"{hide_identifier(str(value), str(kind), str(oid))} ({authority or oid or '?'})"
        for value, authority, oid, kind, *_ in identifiers
    )


def _updated(data: Data, patient: str, held: list[str]) -> Sentence:
    """Which data, not their values: the patient shows those."""
    fields = vocabulary()["fields"]
    named = [fields.get(name, _same(name)) for name in data if name != "details"]
    named += [_same(location) for location in data.get("details", ())]
    return Sentence(", ".join(one.fr for one in named), ", ".join(one.en for one in named))


def _merged(data: Data, patient: str, held: list[str]) -> Sentence:
    if data.get("merged") == patient:
        return Sentence(f"dans {data.get('survivor')}", f"into {data.get('survivor')}")
    return Sentence(f"avec {data.get('merged')}", f"with {data.get('merged')}")


def _unmerged(data: Data, patient: str, held: list[str]) -> Sentence:
    """The reason is shown as it was written, without any matricule."""
    other = data.get("survivor") if data.get("merged") == patient else data.get("merged")
    reason = hide(mask(str(data.get("reason"))))
    return Sentence(f"d’avec {other}, motif\u00a0: {reason}", f"from {other}, reason: {reason}")


def _others(data: Data, patient: str, held: list[str]) -> Sentence:
    others = ", ".join(map(str, data.get("with", ())))
    return Sentence(f"avec {others}", f"with {others}") if others else _same("")


def _consent(data: Data, patient: str, held: list[str]) -> Sentence:
    """ZFA-9 and ZFA-11 (PAM France 2.11)."""
    fields = (*map(str, data.get("fields", ())), *[""] * 12)
    feeding, consultation = (fields[place].split("^")[0] for place in (8, 10))
    told = [(fr, en, one) for fr, en, one in (
        ("alimentation", "feeding", feeding), ("consultation", "consultation", consultation)
    ) if one]  # fmt: skip
    return Sentence(
        ", ".join(f"{fr} {one}" for fr, _, one in told), ", ".join(f"{en} {one}" for _, en, one in told)
    )


def _noted(data: Data, patient: str, held: list[str]) -> Sentence:
    """A note is shown as it was written, without any matricule."""
    text = hide(mask(f"{data.get('text')} ({data.get('date')})"))
    return _same(" ".join(text.split()))


_TELLERS: dict[str, Callable[[Data, str, list[str]], Sentence]] = {
    **OF_STAYS,
    words.CREATED: _created,
    words.UPDATED: _updated,
    words.IDENTIFIERS: _identifiers,
    words.STATUS: _status,
    words.CONSENT: _consent,
    words.MERGED: _merged,
    words.UNMERGED: _unmerged,
    words.INS_ADOPTED: _adopted,
    words.INS_REPEATED: _about_held,
    words.INS_SUPERSEDED: _superseded,
    words.INS_WITHDRAWN: _withdrawn,
    words.INS_SUSPENDED: _about_held,
    words.INS_RESTORED: _about_held,
    words.INS_DROPPED: _dropped,
    words.COLLISION_FLAGGED: _others,
    words.DUPLICATE_FLAGGED: _others,
    words.NOTED: _noted,
}
