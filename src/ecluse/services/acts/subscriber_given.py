"""What is given of a new subscriber, checked: where it is, how it is told, and that all of it fits its kind."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping
from dataclasses import fields, replace
from typing import Any
from urllib.parse import urlsplit

import msgspec

from ecluse.rules.outward import TYPES
from ecluse.services.acts.outcome import ActRefused
from ecluse.services.deliveries.subscribers import NOTICES, Options
from ecluse.store.models.access import InclusionList

MOST_PARALLEL = 64
_NOT_GIVEN = ("former_secret", "former_until")
"""Options that only `subscriber.rotate` writes."""
_FILES = ("authorities", "certificate", "key")
_OF_RELAYS = ("tls", *_FILES, "server_name", "ins_in_deletion")
_OF_WEBHOOKS = ("inclusion", "full")
_HOST = re.compile(r"(?P<host>\[[0-9A-Fa-f:.]+\]|\w(?:[\w.-]{0,251}[\w.])?)(?::(?P<port>[0-9]{1,5})?)?")
_TRIGGER = re.compile(r"[A-Z][0-9]{2}")


def read_target(kind: str, text: str, *, plaintext: bool, tls: bool) -> str:
    """The URL of a webhook or the HOST:PORT of a relay, when it has the right form.

    :param plaintext: somebody confirmed that nothing is encrypted on the way.
    :raises ActRefused: otherwise.
    """
    return _relay(text, plaintext or tls) if kind == "relay" else _webhook(text, plaintext)


def _relay(text: str, agreed: bool) -> str:
    place = _place(text)
    if place is None or not place[1]:
        raise ActRefused("L’adresse d’un relais est HÔTE:PORT.", "The address of a relay is HOST:PORT.")
    if not agreed and not _here(place[0]):
        raise ActRefused(
            "Sans chiffrement, des données de santé seraient lisibles en route : demandez TLS (--tls), ou acceptez"
            " l’envoi sans chiffrement (--allow-plaintext) sur un réseau que vous maîtrisez.",
            "Without encryption, health data could be read on its way: ask for TLS (--tls), or accept"
            " sending without encryption (--allow-plaintext) on a network that you control.",
        )
    return text


def _webhook(text: str, plaintext: bool) -> str:
    try:
        parts = urlsplit(text)
    except ValueError:
        parts = urlsplit("")
    odd = any(char.isspace() or char == "\\" for char in text)
    if odd or parts.scheme not in ("https", "http") or _place(parts.netloc) is None:
        raise ActRefused(
            "L’adresse d’un webhook est une URL https, sans espace, ni nom, ni mot de passe.",
            "The address of a webhook is an https URL, without blank, name or password.",
        )
    if parts.scheme == "http" and not plaintext:
        raise ActRefused(
            "Sans chiffrement, des données de santé seraient lisibles en route : utilisez https, ou acceptez l’envoi"
            " sans chiffrement (--allow-plaintext) sur un réseau que vous maîtrisez.",
            "Without encryption, health data could be read on its way: use https, or accept sending"
            " without encryption (--allow-plaintext) on a network that you control.",
        )
    return text


def _place(text: str) -> tuple[str, int | None] | None:
    """Host and port; None when the text has another form."""
    found = _HOST.fullmatch(text)
    if found is None:
        return None
    host, port = found["host"], found["port"]
    if host.startswith("["):
        try:
            ipaddress.IPv6Address(host[1:-1])
        except ValueError:
            return None
    if port and not 0 < int(port) < 65_536:
        return None
    return host, int(port) if port else None


def _here(host: str) -> bool:
    """Whether a host is this machine, by its address or by the name reserved for it (RFC 6761, 6.3)."""
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host.lower().rstrip(".") == "localhost"


def read_options(kind: str, given: Any) -> Options:
    """The options of a new subscriber.

    :param given: as JSON; see `Options`. PEM files and a server name imply TLS; a relay has one message on its way at a
        time unless it is told otherwise.
    :raises ActRefused: for an option that is unknown, wrong or does not fit the kind.
    """
    if not isinstance(given, dict):
        raise ActRefused("Options illisibles.", "The options cannot be read.")
    unknown = set(given) - {one.name for one in fields(Options)} | set(given).intersection(_NOT_GIVEN)
    if unknown:
        raise ActRefused(f"Option inconnue : {min(unknown)}.", f"Unknown option: {min(unknown)}.")
    told = {"parallel": 1, **given} if kind == "relay" else given
    try:
        options = msgspec.convert(told, Options)
    except msgspec.ValidationError as error:
        raise ActRefused(f"Option invalide : {error}.", f"Wrong option: {error}.") from None
    _check_values(options)
    _check_kind(kind, options)
    _check_types(kind, options.types)
    if options.inclusion and not InclusionList.objects.filter(id=options.inclusion).exists():
        raise ActRefused("Liste d’inclusion inconnue.", "Unknown inclusion list.")
    implied = any(getattr(options, name) for name in (*_FILES, "server_name"))
    return replace(options, tls=options.tls or implied)


def _check_values(options: Options) -> None:
    if not 1 <= options.parallel <= MOST_PARALLEL or not 1 <= options.timeout <= 300:
        raise ActRefused(
            f"Envois simultanés : de 1 à {MOST_PARALLEL} ; délai : de 1 à 300 secondes.",
            f"Deliveries at the same time: from 1 to {MOST_PARALLEL}; time-out: from 1 to 300 seconds.",
        )
    for name in ("inclusion", "server_name", *_FILES):
        if not getattr(options, name).isprintable():
            raise ActRefused(f"Option invalide : {name}.", f"Wrong option: {name}.")
    if options.key and not options.certificate:
        raise ActRefused(
            "Donnez aussi le certificat de cette clé (certificate, --tls-cert).",
            "Give the certificate of this key too (certificate, --tls-cert).",
        )


def _check_kind(kind: str, options: Options) -> None:
    """Refuse what would be ignored: somebody would believe that it protects or limits."""
    unfit = [name for name in _unfit(kind) if getattr(options, name) != getattr(Options(), name)]
    if not unfit:
        return
    names = ", ".join(unfit)
    if kind == "relay":
        raise ActRefused(
            f"Un relais transmet les messages mêmes, de tous les patients de son domaine : retirez {names}, ou"
            " déclarez un webhook.",
            f"A relay sends the messages themselves, of every patient of its domain: take {names} away, or declare a"
            " webhook.",
        )
    raise ActRefused(
        f"Réservé aux relais HL7 : retirez {names}. Le TLS d’un webhook se règle dans [deliveries] authorities.",
        f"For HL7 relays only: take {names} away. The TLS of a webhook is set in [deliveries] authorities.",
    )


def _unfit(kind: str) -> tuple[str, ...]:
    return _OF_WEBHOOKS if kind == "relay" else _OF_RELAYS


def _check_types(kind: str, types: tuple[str, ...]) -> None:
    known: Mapping[str, int] = {**TYPES, **NOTICES} if kind == "webhook" else {}
    wrong = [one for one in types if one not in known and not (kind == "relay" and _TRIGGER.fullmatch(one))]
    if not wrong:
        return
    name = wrong[0][:60] if wrong[0].isprintable() else "?"
    if kind == "relay":
        raise ActRefused(
            f"« {name} » n’est pas un événement HL7 : un relais attend par exemple A28, A31 ou A40.",
            f"“{name}” is no HL7 trigger event: a relay expects for example A28, A31 or A40.",
        )
    names = ", ".join([*TYPES, *NOTICES])
    raise ActRefused(
        f"« {name} » n’est pas un type d’événement. Types possibles : {names}.",
        f"“{name}” is no type of event. Possible types: {names}.",
    )
