"""The reference of the rules: groups, searches, one page for each rule."""

from __future__ import annotations

from typing import Literal

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from ecluse.delivery.console.guard import Request, page
from ecluse.services.queries import rules
from ecluse.services.queries.remedies import remedy

CODES = {
    "0": gettext_lazy("accepté"),
    "100": gettext_lazy("erreur dans la suite des segments"),
    "101": gettext_lazy("champ obligatoire absent"),
    "102": gettext_lazy("erreur de type de données"),
    "103": gettext_lazy("valeur absente de la table"),
    "200": gettext_lazy("type de message non pris en charge"),
    "201": gettext_lazy("événement non pris en charge"),
    "202": gettext_lazy("mode de traitement non pris en charge"),
    "203": gettext_lazy("version non prise en charge"),
    "204": gettext_lazy("clé inconnue"),
    "205": gettext_lazy("clé en double"),
    "206": gettext_lazy("enregistrement verrouillé"),
    "207": gettext_lazy("erreur interne de l’application"),
}
"""HL7 v2.5, table 0357."""


@page("")
def every(request: Request) -> HttpResponse:
    """Groups, or what a search found."""
    wanted = request.GET.get("q", "").strip()[:100]
    language = _language()
    groups = rules.groups(language)
    values = {
        "tab": "rules",
        "wanted": wanted,
        "found": rules.search(wanted, language) if wanted else (),
        "most": rules.MOST,
        "groups": [one for one in groups if not one.segment],
        "segments": [one for one in groups if one.segment],
        "total": sum(one.rules for one in groups),
    }
    return render(request, "console/help/rules.html", values)


@page("")
def group(request: Request, name: str) -> HttpResponse:
    """The rules of a group."""
    language = _language()
    found = rules.listed(name, language)
    if not found:
        raise Http404
    title = next(one for one in rules.groups(language) if one.name == name)
    return render(request, "console/help/rule_group.html", {"tab": "rules", "group": title, "rules": found})


@page("")
def one(request: Request, id_: str) -> HttpResponse:
    """One rule: what it says, how grave it is, who says so, what to do."""
    found = rules.rule(id_, _language())
    if found is None:
        raise Http404
    values = {
        "tab": "rules",
        "rule": found,
        "other": rules.rule(id_, "en" if _language() == "fr" else "fr"),
        "code": CODES.get(found.code, ""),
        "remedy": _remedy(found),
    }
    return render(request, "console/help/rule.html", values)


def _remedy(found: rules.RuleDocument) -> str:
    advice = remedy(found.id) if found.severity != "info" else None
    if advice is None:
        return ""
    if advice.who == "vendor":
        return _(
            "L’éditeur de l’application émettrice corrige ce point ; la page du message lui écrit une lettre."
        )
    return advice.said.en if _language() == "en" else advice.said.fr


def _language() -> Literal["fr", "en"]:
    return "en" if get_language() == "en" else "fr"
