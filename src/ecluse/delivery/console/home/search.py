"""The quick search of every page: where what was typed may be found. It is posted, because it may be of a patient."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from ecluse.delivery.console import navigation
from ecluse.delivery.console.guard import Request, form
from ecluse.services.accounts.visitor import Visitor
from ecluse.services.queries import message_search
from ecluse.services.queries.message_search import MessageFilter

LONGEST = 200
_MOST = 5
"""Messages of one identifier that are told: senders may use the same, and few do."""
_MATRICULE = re.compile(r"[0-9][0-9 ]{4}[0-9AB ]{2,}[0-9 ]{4,}")
_CONTROL = re.compile(r"(?=[!-~]*[0-9])[!-~]{2,}")

_EVERYWHERE = True

PAGES = (
    (gettext_noop("Émetteurs"), "/flux/emetteurs/", "status.read", False),
    (gettext_noop("Messages"), "/flux/messages/", "messages.read", False),
    (gettext_noop("Doublons et collisions"), "/patients/doublons/", "patients.read", False),
    (gettext_noop("Abonnés"), "/reglages/abonnes/", "settings.read", False),
    (gettext_noop("Écouteurs et TLS"), "/reglages/ecouteurs/", "settings.read", False),
    (gettext_noop("Établissements, sites et domaines"), "/reglages/etablissements/", "settings.read", False),
    (gettext_noop("Jetons"), "/reglages/jetons/", "settings.read", False),
    (gettext_noop("Listes d’inclusion"), "/reglages/listes/", "inclusions.manage", False),
    (gettext_noop("Comptes et rôles"), "/reglages/utilisateurs/", "users.manage", _EVERYWHERE),
    (gettext_noop("Habilitations"), "/reglages/habilitations/", "settings.read", False),
    (gettext_noop("Conservation"), "/reglages/conservation/", "settings.read", False),
    (gettext_noop("Sauvegarde"), "/reglages/sauvegarde/", "settings.read", False),
    (gettext_noop("Langues"), "/reglages/langues/", "settings.read", False),
    (gettext_noop("Première visite"), "/premiere-visite/etapes/", "settings.write", _EVERYWHERE),
    (gettext_noop("Trace des accès"), "/journal/acces/", "audit.read", _EVERYWHERE),
    (gettext_noop("Preuves du journal"), "/journal/preuves/", "audit.read", _EVERYWHERE),
    (gettext_noop("Glossaire"), "/aide/glossaire/", "", False),
    (gettext_noop("Règles"), "/aide/regles/", "", False),
    (gettext_noop("Raccourcis clavier"), "/aide/clavier/", "", False),
    (gettext_noop("Accessibilité"), "/accessibilite/", "", False),
    (gettext_noop("Mon compte"), "/compte/", "", False),
)
"""Pages beside the rooms of the bar, what one needs to see them, and whether that is needed on every establishment."""


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
    found = leads(asked, request.visitor) if asked else ()
    return render(request, "console/home/search.html", {"asked": asked, "leads": found})


def leads(asked: str, visitor: Visitor) -> tuple[Lead, ...]:
    """Places where it may be, pages first. A place that the visitor may not enter is not told."""
    found = _pages(asked, visitor)
    if visitor.may("messages.read") and navigation.exists("/flux/messages/"):
        found += _messages(asked, visitor)
    if visitor.may("patients.read") and navigation.exists("/patients/"):
        found += _patients(asked)
    return tuple(found)


def _pages(asked: str, visitor: Visitor) -> list[Lead]:
    known = [(room.label, room.address, room.right, room.address == "/journal/") for room in navigation.ROOMS]
    return [
        Lead(_(label), "arrow-right", address)
        for label, address, right, wide in (*known, *PAGES)
        if (not right or visitor.may(right))
        and not (wide and visitor.granted[right] is not None)
        and _plain(asked) in _plain(_(label))
        and navigation.exists(address)
    ]


def _messages(asked: str, visitor: Visitor) -> list[Lead]:
    """Messages that are there, each by its line: what was typed may be of a patient, and stands in no address."""
    reach = visitor.reach("messages.read").domains
    found = []
    if asked.isascii() and asked.isdigit() and len(asked) <= 12:
        line = int(asked)
        seen = message_search.search(MessageFilter(domains=reach), str(line + 1), 1).lines
        if seen and seen[0].seq == line:
            text = _("Message de la ligne %(line)s du journal") % {"line": line}
            found.append(Lead(text, "mail", f"/flux/messages/{line}/"))
    if _CONTROL.fullmatch(asked) and not _MATRICULE.fullmatch(asked.upper()):
        wanted = MessageFilter(domains=reach, control=asked)
        for one in message_search.search(wanted, None, _MOST).lines:
            told = {"text": asked, "line": one.seq}
            text = _("Message dont l’identifiant (MSH-10) est « %(text)s », ligne %(line)s") % told
            found.append(Lead(text, "mail", f"/flux/messages/{one.seq}/"))
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
