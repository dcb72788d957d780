"""What the pages of settings share: who may change what concerns everybody, and the tabs."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, NamedTuple

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _

from ecluse.delivery.console import errors, navigation
from ecluse.delivery.console.guard import Request

View = Callable[Concatenate[Request, ...], HttpResponse]

READ, WRITE, INCLUDE = "settings.read", "settings.write", "inclusions.manage"


class Section(NamedTuple):
    """A page of settings. right: what one needs to see it."""

    key: str
    label: Any
    address: str
    right: str
    sign: str


SECTIONS = (
    Section("overview", _("Vue d’ensemble"), "/reglages/", READ, "gauge"),
    Section("places", _("Établissements"), "/reglages/etablissements/", READ, "building-2"),
    Section("listeners", _("Écouteurs"), "/reglages/ecouteurs/", READ, "plug"),
    Section("subscribers", _("Abonnés"), "/reglages/abonnes/", READ, "send"),
    Section("tokens", _("Jetons"), "/reglages/jetons/", READ, "key-round"),
    Section("lists", _("Listes"), "/reglages/listes/", INCLUDE, "clipboard-list"),
    Section("users", _("Utilisateurs"), "/reglages/utilisateurs/", "users.manage", "users"),
    Section("habilitations", _("Habilitations"), "/reglages/habilitations/", READ, "shield-check"),
    Section("keeping", _("Conservation"), "/reglages/conservation/", READ, "archive"),
    Section("backup", _("Sauvegarde"), "/reglages/sauvegarde/", READ, "hard-drive"),
    Section("languages", _("Langues"), "/reglages/langues/", READ, "globe"),
)


def everywhere(right: str) -> Callable[[View], View]:
    """Below the guard: what concerns every establishment asks for the right on all of them."""

    def decorate(view: View) -> View:
        @wraps(view)
        def handle(request: Request, *args: Any, **kwargs: Any) -> HttpResponse:
            if not on_all(request, right):
                return errors.forbidden(request)
            return view(request, *args, **kwargs)

        return handle

    return decorate


def on_all(request: Request, right: str) -> bool:
    """Whether the visitor has a right on every establishment."""
    return request.visitor.may(right) and request.visitor.granted[right] is None


def domains_of(request: Request, right: str) -> frozenset[int] | None:
    """Ids of the domains on which the visitor has a right; None: all."""
    return request.visitor.granted.get(right, frozenset())


def show(
    request: Request, section: str, template: str, values: dict[str, Any], status: int = 200
) -> HttpResponse:
    """A page of settings with its tabs."""
    tabs = [one for one in SECTIONS if request.visitor.may(one.right) and navigation.exists(one.address)]
    shared = {"tabs": tabs, "section": section, "may_write": on_all(request, WRITE)}
    return render(request, f"console/settings_pages/{template}.html", {**shared, **values}, status=status)


def now() -> int:
    """µs since 1970."""
    return time.time_ns() // 1000
