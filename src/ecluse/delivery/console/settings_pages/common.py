"""What the pages of settings share: who may change what concerns everybody, and the tabs."""

from __future__ import annotations

import time
from typing import Any, NamedTuple

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _

from ecluse.delivery.console import navigation
from ecluse.delivery.console.guard import Request, everywhere

__all__ = ["SECTIONS", "domains_of", "everywhere", "now", "on_all", "show", "tabs"]

READ, WRITE, INCLUDE = "settings.read", "settings.write", "inclusions.manage"


class Section(NamedTuple):
    """A page of settings. right: what one needs to see it, on every establishment when `wide`."""

    key: str
    label: Any
    address: str
    right: str
    sign: str
    wide: bool = False


SECTIONS = (
    Section("overview", _("Vue d’ensemble"), "/reglages/", READ, "gauge"),
    Section("places", _("Établissements"), "/reglages/etablissements/", READ, "building-2"),
    Section("listeners", _("Écouteurs"), "/reglages/ecouteurs/", READ, "plug"),
    Section("subscribers", _("Abonnés"), "/reglages/abonnes/", READ, "send"),
    Section("tokens", _("Jetons"), "/reglages/jetons/", READ, "key-round"),
    Section("lists", _("Listes"), "/reglages/listes/", INCLUDE, "clipboard-list"),
    Section("users", _("Utilisateurs"), "/reglages/utilisateurs/", "users.manage", "users", True),
    Section("habilitations", _("Habilitations"), "/reglages/habilitations/", READ, "shield-check"),
    Section("keeping", _("Conservation"), "/reglages/conservation/", READ, "archive"),
    Section("backup", _("Sauvegarde"), "/reglages/sauvegarde/", READ, "hard-drive"),
    Section("languages", _("Langues"), "/reglages/langues/", READ, "globe"),
)


def on_all(request: Request, right: str) -> bool:
    """Whether the visitor has a right on every establishment."""
    return request.visitor.everywhere(right)


def domains_of(request: Request, right: str) -> frozenset[int] | None:
    """Ids of the domains on which the visitor has a right; None: all."""
    return request.visitor.reach(right).domains


def tabs(request: Request) -> list[Section]:
    """The pages of settings that the visitor may open."""
    may = request.visitor.may
    seen = [one for one in SECTIONS if may(one.right) and (not one.wide or on_all(request, one.right))]
    return [one for one in seen if navigation.exists(one.address)]


def show(
    request: Request, section: str, template: str, values: dict[str, Any], status: int = 200
) -> HttpResponse:
    """A page of settings with its tabs."""
    shared = {"tabs": tabs(request), "section": section, "may_write": on_all(request, WRITE)}
    return render(request, f"console/settings_pages/{template}.html", {**shared, **values}, status=status)


def now() -> int:
    """µs since 1970."""
    return time.time_ns() // 1000
