"""What the pages of the matrix share: whose matrix may be seen or changed, the words, and lines put together."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ecluse.delivery.console.guard import Request
from ecluse.delivery.console.settings_pages.common import domains_of, tabs
from ecluse.services.accounts.managing import managed
from ecluse.services.queries.directory import profession_names
from ecluse.services.queries.habilitations import LineDocument
from ecluse.services.queries.places import EstablishmentPlace, places

READ, WRITE = "settings.read", "users.manage"
ANY = "*"

RIGHTS = {
    "status.read": gettext_lazy("Voir l’état"),
    "messages.read": gettext_lazy("Lire les messages"),
    "refusals.manage": gettext_lazy("Traiter les rejets"),
    "patients.read": gettext_lazy("Voir les patients"),
    "identities.manage": gettext_lazy("Gérer les identités"),
    "consents.record": gettext_lazy("Recueillir les consentements"),
    "inclusions.manage": gettext_lazy("Gérer les inclusions"),
    "senders.manage": gettext_lazy("Gérer les émetteurs"),
    "settings.read": gettext_lazy("Lire les réglages"),
    "settings.write": gettext_lazy("Changer les réglages"),
    "users.manage": gettext_lazy("Gérer les comptes"),
    "audit.read": gettext_lazy("Lire les traces"),
}
"""The rights in the order of the columns."""


@dataclass(frozen=True, slots=True)
class Group:
    """Lines that differ by their right only: a row of the matrix. ranks: of its lines in the version; held: in force
    today."""

    profession: str
    unit: str
    site: str
    starts: str
    ends: str
    held: bool
    ranks: tuple[int, ...]
    rights: tuple[str, ...]

    @property
    def first(self) -> int:
        """Rank of the first line."""
        return self.ranks[0]

    @property
    def words(self) -> list[Any]:
        """Its rights, in words."""
        return [RIGHTS[one] for one in RIGHTS if one in self.rights]


def grouped(lines: Iterable[LineDocument], names: dict[str, str]) -> list[Group]:
    """The rows of a matrix, in its order."""
    found: dict[tuple[Any, ...], list[LineDocument]] = {}
    for one in lines:
        found.setdefault((one.site, one.unit.casefold(), one.profession, one.starts, one.ends), []).append(
            one
        )
    return [
        Group(
            profession=_("Toutes les professions")
            if one.profession == ANY
            else names.get(one.profession, one.profession),
            unit=_("Toutes les unités") if one.unit == ANY else one.unit,
            site=one.site_name or _("Tous les sites"),
            starts=one.starts,
            ends=one.ends,
            held=one.held,
            ranks=tuple(line.rank for line in lines_of),
            rights=tuple(line.right for line in lines_of),
        )
        for lines_of in found.values()
        for one in lines_of[:1]
    ]


def rows(groups: Iterable[Group]) -> tuple[list[Any], list[tuple[Group, list[tuple[Any, bool]]]]]:
    """The columns that are used, in words, and each row with its ticks."""
    groups = list(groups)
    used = [one for one in RIGHTS if any(one in group.rights for group in groups)]
    return (
        [RIGHTS[one] for one in used],
        [(group, [(RIGHTS[one], one in group.rights) for one in used]) for group in groups],
    )


def profession_words() -> dict[str, str]:
    """Names of the professions by code."""
    return {one.code: one.label or one.code for one in profession_names()}


def place_of(request: Request, id_: int, right: str) -> EstablishmentPlace:
    """An establishment on which the visitor has a right.

    :raises Http404: there is none.
    """
    if right == WRITE and not may_write(request, id_):
        raise Http404
    for one in places(None if right == WRITE else domains_of(request, right)).establishments:
        if one.establishment.id == id_:
            return one
    raise Http404


def may_write(request: Request, id_: int) -> bool:
    """Whether the visitor may change the matrix of an establishment."""
    places_of_hers = managed(request.visitor.id)
    return places_of_hers is None or id_ in places_of_hers


def shown(request: Request, template: str, values: dict[str, Any], status: int = 200) -> HttpResponse:
    """A page with the tabs of the settings."""
    shared = {"tabs": tabs(request), "section": "habilitations"}
    return render(request, f"console/habilitations/{template}.html", {**shared, **values}, status=status)


def spreadsheet(content: bytes, name: str) -> HttpResponse:
    """A table to download."""
    return HttpResponse(
        content,
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )
