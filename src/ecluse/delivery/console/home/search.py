"""The quick search of every page: where what was typed may be found. It is posted, because it may be of a patient."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from urllib.parse import urlencode

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from ecluse.delivery.console import navigation
from ecluse.delivery.console.guard import Request, form

LONGEST = 200
_MATRICULE = re.compile(r"[0-9][0-9 ]{4}[0-9AB ]{2,}[0-9 ]{4,}")
_CONTROL = re.compile(r"(?=[!-~]*[0-9])[!-~]{2,}")

PAGES = (
    (gettext_noop("Émetteurs"), "/flux/emetteurs/", "status.read"),
    (gettext_noop("Messages"), "/flux/messages/", "messages.read"),
    (gettext_noop("Doublons et collisions"), "/patients/doublons/", "patients.read"),
    (gettext_noop("Abonnés"), "/reglages/abonnes/", "settings.read"),
    (gettext_noop("Écouteurs et TLS"), "/reglages/ecouteurs/", "settings.read"),
    (gettext_noop("Établissements, sites et domaines"), "/reglages/etablissements/", "settings.read"),
    (gettext_noop("Jetons"), "/reglages/jetons/", "settings.read"),
    (gettext_noop("Conservation"), "/reglages/conservation/", "settings.read"),
    (gettext_noop("Sauvegarde"), "/reglages/sauvegarde/", "settings.read"),
    (gettext_noop("Langues"), "/reglages/langues/", "settings.read"),
    (gettext_noop("Comptes et rôles"), "/reglages/comptes/", "users.manage"),
    (gettext_noop("Trace des accès"), "/journal/acces/", "audit.read"),
    (gettext_noop("Preuves du journal"), "/journal/preuves/", "audit.read"),
    (gettext_noop("Glossaire"), "/aide/glossaire/", ""),
    (gettext_noop("Règles"), "/aide/regles/", ""),
    (gettext_noop("Raccourcis clavier"), "/aide/clavier/", ""),
    (gettext_noop("Accessibilité"), "/accessibilite/", ""),
    (gettext_noop("Mon compte"), "/compte/", ""),
)
"""Pages beside the rooms of the bar, and what one needs to see them."""


@dataclass(frozen=True, slots=True)
class Lead:
    """A place where it may be. fields: posted to the address, since they may be of a patient; empty: a link."""

    text: str
    sign: str
    address: str
    fields: tuple[tuple[str, str], ...] = ()


@form("")
def search(request: Request) -> HttpResponse:
    """Where what was typed may be found."""
    asked = request.POST.get("q", "").strip()[:LONGEST]
    found = leads(asked, request.visitor.rights) if asked else ()
    return render(request, "console/home/search.html", {"asked": asked, "leads": found})


def leads(asked: str, rights: frozenset[str]) -> tuple[Lead, ...]:
    """Places where it may be, pages first.

    :param rights: of the visitor: a place she may not enter is not told.
    """
    found = _pages(asked, rights)
    if "messages.read" in rights and navigation.exists("/flux/messages/"):
        found += _messages(asked)
    if "patients.read" in rights and navigation.exists("/patients/"):
        found += _patients(asked)
    return tuple(found)


def _pages(asked: str, rights: frozenset[str]) -> list[Lead]:
    known = [(room.label, room.address, room.right) for room in navigation.ROOMS]
    return [
        Lead(_(label), "arrow-right", address)
        for label, address, right in (*known, *PAGES)
        if (not right or right in rights) and _plain(asked) in _plain(_(label)) and navigation.exists(address)
    ]


def _messages(asked: str) -> list[Lead]:
    found = []
    if asked.isascii() and asked.isdigit() and len(asked) <= 12:
        text = _("Message de la ligne %(line)s du journal") % {"line": asked}
        found.append(Lead(text, "mail", f"/flux/messages/{int(asked)}/"))
    if _CONTROL.fullmatch(asked) and not _MATRICULE.fullmatch(asked):
        text = _("Messages dont l’identifiant (MSH-10) est « %(text)s »") % {"text": asked}
        found.append(Lead(text, "mail", f"/flux/messages/?{urlencode({'controle': asked})}"))
    return found


def _patients(asked: str) -> list[Lead]:
    found = []
    if _MATRICULE.fullmatch(asked.upper()):
        fields = (("by", "ins"), ("matricule", asked))
        found.append(Lead(_("Patient de ce matricule INS"), "users-round", "/patients/", fields))
    fields = (("by", "identifier"), ("value", asked))
    text = _("Patients dont un identifiant local est « %(text)s »") % {"text": asked}
    found.append(Lead(text, "users-round", "/patients/", fields))
    found.append(Lead(_("Rechercher par traits : date de naissance, puis nom"), "user-search", "/patients/"))
    return found


def _plain(text: str) -> str:
    """Without accents nor capitals."""
    apart = unicodedata.normalize("NFD", text.casefold())
    return "".join(one for one in apart if not unicodedata.combining(one))
