"""What to do this week: only what this visitor can do something about, the gravest first, each with its button."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from ecluse.delivery.console import navigation
from ecluse.delivery.console.acting import sentence
from ecluse.delivery.console.home.numbers import Numbers
from ecluse.delivery.console.settings import ConsoleSettings
from ecluse.delivery.console.words import number, shown
from ecluse.services.accounts.visitor import Visitor
from ecluse.services.queries.habilitations import ReviewClock
from ecluse.services.queries.subscribers import SubscriberDocument

SUBSCRIBERS_SHOWN = ALARMS_SHOWN = 4


@dataclass(frozen=True, slots=True)
class Task:
    """Something to do. kind: how grave; why: a sentence more; address, button: where it is done, or command: what to
    type on the machine of the gateway when no page does it.
    """

    kind: Literal["bad", "warn", "info"]
    text: str
    why: str = ""
    address: str = ""
    button: str = ""
    command: str = ""


def tasks(numbers: Numbers, settings: ConsoleSettings, visitor: Visitor) -> tuple[Task, ...]:
    """What to do, the gravest first."""
    found = [
        *_gateway(numbers, settings),
        *_identities(numbers, visitor),
        *_refusals(numbers),
        *_senders(numbers, visitor),
        *_subscribers(numbers.subscribers, visitor),
        *_consents(numbers),
        *_reviews(numbers.reviews),
        *_alarms(numbers),
    ]
    return tuple(sorted(found, key=lambda one: ("bad", "warn", "info").index(one.kind)))


def troubled(one: SubscriberDocument) -> bool:
    """Whether a person has something to do for a subscriber (as `services.queries.subscribers.alarms`)."""
    quiet = one.status == "active" and one.circuit == "closed" and not one.reason
    return bool(one.parked) or one.status == "gone" or (one.status == "active" and not quiet)


def _command(settings: ConsoleSettings, *words: str) -> str:
    data = ["--data", settings.data_option] if settings.data_option else []
    return shlex.join(["ecluse", *words, *data])


def _gateway(numbers: Numbers, settings: ConsoleSettings) -> Iterator[Task]:
    if not numbers.ready.all:
        yield Task(
            "bad",
            _("La passerelle ne prend pas les messages : cherchez ce qui manque."),
            _("À lancer sur la machine de la passerelle :"),
            command=_command(settings, "doctor"),
        )
    elif numbers.overview is not None and numbers.last is None:
        to = ["--to", settings.mllp] if settings.mllp else []
        yield Task(
            "info",
            _("Envoyez un premier message."),
            _("Depuis un émetteur de votre établissement, ou depuis cette machine :"),
            command=shlex.join(["ecluse", "send", *to, "message.hl7"]),
        )


def _identities(numbers: Numbers, visitor: Visitor) -> Iterator[Task]:
    if not visitor.may("identities.manage"):
        return
    if numbers.overview is not None and (count := numbers.overview.colliding):
        yield _linked(
            "bad",
            ngettext(
                "%(n)s identité partage son INS avec une autre, dont les traits diffèrent",
                "%(n)s identités partagent leur INS avec d’autres, dont les traits diffèrent",
                count,
            ) % {"n": number(count)},
            _("Aucune ne peut se servir de cet INS tant que la cause n’est pas corrigée."),
            "/patients/doublons/",
            _("Comparer"),
        )  # fmt: skip
    if count := numbers.suspects:
        yield _linked(
            "warn",
            ngettext("%(n)s doublon possible à regarder", "%(n)s doublons possibles à regarder", count)
            % {"n": number(count)},
            "",
            "/patients/doublons/",
            _("Comparer"),
        )


def _refusals(numbers: Numbers) -> Iterator[Task]:
    at = numbers.attention
    if at is None or not at.groups:
        return
    if at.back:
        yield _linked(
            "bad",
            ngettext(
                "%(n)s rejet résolu est revenu", "%(n)s rejets résolus sont revenus", at.back
            ) % {"n": number(at.back)},
            "",
            "/rejets/",
            _("Voir"),
        )  # fmt: skip
    if at.unowned:
        yield _linked(
            "warn",
            ngettext(
                "%(n)s rejet groupé sans propriétaire", "%(n)s rejets groupés sans propriétaire", at.unowned
            ) % {"n": number(at.unowned)},
            _("À prendre en charge, ou à signaler à l’éditeur de l’émetteur."),
            "/rejets/",
            _("Répartir"),
        )  # fmt: skip
    elif not at.back:
        yield _linked(
            "info",
            ngettext("%(n)s rejet groupé à suivre", "%(n)s rejets groupés à suivre", at.groups)
            % {"n": number(at.groups)},
            "",
            "/rejets/",
            _("Suivre"),
        )


def _senders(numbers: Numbers, visitor: Visitor) -> Iterator[Task]:
    count = sum(one.status == "to_confirm" for one in numbers.feeds)
    if count and visitor.may("senders.manage"):
        yield _linked(
            "warn",
            ngettext(
                "%(n)s émetteur attend votre décision", "%(n)s émetteurs attendent votre décision", count
            )
            % {"n": number(count)},
            _("Leurs INS ne sont pas utilisables tant qu’une personne ne les a pas confirmés."),
            "/flux/emetteurs/",
            _("Décider"),
        )


def _subscribers(found: tuple[SubscriberDocument, ...], visitor: Visitor) -> Iterator[Task]:
    if not visitor.may("settings.write"):
        return
    to_look_at = [one for one in found if troubled(one)]
    for one in to_look_at[:SUBSCRIBERS_SHOWN]:
        yield _linked("warn", *_trouble(one), "/reglages/abonnes/", _("Ouvrir"))
    if more := len(to_look_at[SUBSCRIBERS_SHOWN:]):
        text = ngettext("%(n)s autre abonné à regarder", "%(n)s autres abonnés à regarder", more)
        yield _linked("warn", text % {"n": number(more)}, "", "/reglages/abonnes/", _("Ouvrir"))


def _trouble(one: SubscriberDocument) -> tuple[str, str]:
    """What matters most first: what a person must decide, then who wants nothing, then who does not answer."""
    values = {"name": shown(one.name), "n": number(one.parked)}
    if one.parked:
        return (
            _("Abonné « %(name)s » : envois mis de côté (%(n)s)") % values,
            _("Décidez de les renvoyer ou de les passer."),
        )
    if one.status == "gone":
        return (
            _("Abonné « %(name)s » : il ne veut plus rien recevoir") % values,
            _("Reprenez ou retirez-le."),
        )
    return (
        _("Abonné « %(name)s » : il ne répond pas") % values,
        _("Rien n’est perdu ; prévenez son exploitant."),
    )


def _consents(numbers: Numbers) -> Iterator[Task]:
    if count := numbers.uncollected:
        yield _linked(
            "info",
            ngettext(
                "%(n)s patient attendu ou présent n’a pas dit sa position sur le DMP",
                "%(n)s patients attendus ou présents n’ont pas dit leur position sur le DMP",
                count,
            ) % {"n": number(count)},
            "",
            "/consentements/",
            _("Recueillir"),
        )  # fmt: skip


def _reviews(clocks: tuple[ReviewClock, ...]) -> Iterator[Task]:
    for one in clocks:
        address = f"/reglages/habilitations/{one.establishment}/"
        values = {"name": shown(one.establishment_name), "n": number(abs(one.days))}
        if one.alarm == "late":
            text = ngettext(
                "Habilitations de %(name)s : la revue a %(n)s jour de retard",
                "Habilitations de %(name)s : la revue a %(n)s jours de retard",
                abs(one.days),
            )
            yield _linked(
                "bad",
                text % values,
                _("Chaque ligne se revoit au moins une fois par an."),
                address,
                _("Revoir"),
            )
        elif one.alarm == "soon":
            text = ngettext(
                "Habilitations de %(name)s : revue annuelle dans %(n)s jour",
                "Habilitations de %(name)s : revue annuelle dans %(n)s jours",
                one.days,
            )
            yield _linked("warn", text % values, "", address, _("Préparer"))


def _alarms(numbers: Numbers) -> Iterator[Task]:
    """What ends, or does not go well around certificates: the worst, and how many more."""
    kinds: dict[str, Literal["bad", "warn", "info"]] = {"critical": "bad", "warning": "warn"}
    for one in numbers.alarms[:ALARMS_SHOWN]:
        yield _linked(kinds.get(one.level, "info"), sentence(one), "", "/certificats/", _("Voir"))
    if more := len(numbers.alarms[ALARMS_SHOWN:]):
        text = ngettext("%(n)s autre alarme de certificat", "%(n)s autres alarmes de certificats", more)
        yield _linked("info", text % {"n": number(more)}, "", "/certificats/", _("Voir"))


def _linked(kind: Literal["bad", "warn", "info"], text: str, why: str, address: str, button: str) -> Task:
    """A task of a page; a page that is not there leaves the sentence alone."""
    there = navigation.exists(address)
    return Task(kind, text, why, address if there else "", button if there else "")
