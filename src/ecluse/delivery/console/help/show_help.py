"""Help: where to look, the words, how to read a refusal, the keys; the statement of accessibility."""

from __future__ import annotations

from itertools import groupby

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import get_language

from ecluse.delivery.console.guard import Request, page, public
from ecluse.services.accessibility import statement
from ecluse.services.glossary import letter, terms


@page("")
def index(request: Request) -> HttpResponse:
    """Where to look."""
    return render(request, "console/help/index.html", {"tab": "index"})


@page("")
def glossary(request: Request) -> HttpResponse:
    """The words, by letter, each with who says so."""
    language = get_language() or "fr"
    wanted = request.GET.get("q", "").strip()
    found = [
        one
        for one in terms(language)
        if wanted.casefold() in f"{one.fr} {one.en} {one.text_fr} {one.text_en}".casefold()
    ]
    letters = [(name, list(some)) for name, some in groupby(found, lambda one: letter(one, language))]
    return render(
        request, "console/help/glossary.html", {"tab": "glossary", "letters": letters, "wanted": wanted}
    )


@page("")
def refusal(request: Request) -> HttpResponse:
    """How to read a refusal."""
    return render(request, "console/help/refusal.html", {"tab": "refusal"})


@page("")
def keyboard(request: Request) -> HttpResponse:
    """What the keys do."""
    return render(request, "console/help/keyboard.html", {"tab": "keyboard"})


@public
def accessibility(request: HttpRequest) -> HttpResponse:
    """What was checked, by what, and what is known to be missing."""
    visitor = getattr(request, "visitor", None)
    values = {"statement": statement(), "base": "console/base.html" if visitor else "console/bare.html"}
    return render(request, "console/help/accessibility.html", values)
