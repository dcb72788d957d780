"""Acts on senders and domains: declared, confirmed, refused."""

from __future__ import annotations

from typing import Any

from ecluse.services.acts.outcome import ActRefused, Done
from ecluse.services.columns import column
from ecluse.services.receive_message import Intake
from ecluse.store.senders import DomainRecord, SenderBook, SenderRecord
from ecluse.store.trust import DEFAULT_DOMAIN


def _name(given: dict[str, Any]) -> tuple[str, str]:
    """MSH-3 and MSH-4, as senders are registered."""
    application, facility = given.get("application"), given.get("facility")
    if not isinstance(application, str) or not isinstance(facility, str):
        raise ActRefused(
            "Indiquez l’application (MSH-3) et l’établissement (MSH-4) de l’émetteur.",
            "Give the application (MSH-3) and the facility (MSH-4) of the sender.",
        )
    return column(application), column(facility)


def _named(intake: Intake, given: dict[str, Any]) -> list[SenderRecord]:
    """The senders meant: on the listener given, else on all."""
    return [
        one
        for one in intake.senders.senders.values()
        if (one.application, one.facility) == _name(given)
        and given.get("listener") in (None, "", one.listener)
    ]


def add(intake: Intake, given: dict[str, Any], now: int) -> Done:
    book = intake.senders
    application, facility = _name(given)
    named = _named(intake, given)
    domain = _domain(intake, given)
    if not named:
        named = [
            SenderRecord(
                book.next_sender(),
                given.get("listener") or "",
                application,
                facility,
                DEFAULT_DOMAIN.id,
                "confirmed",
                "tolerant",
                now,
            )
        ]
    if domain is not None:
        for one in named:
            if one.domain != domain.id and book.has_sent(one.id):
                raise _settled(one, book.domains[one.domain])
        if domain.id not in book.domains:
            book.keep(domain)
    for one in named:
        policy = given.get("policy") or one.policy
        place = one.domain if domain is None else domain.id
        book.keep(one._replace(domain=place, status="confirmed", policy=policy))
    name = f"{application} / {facility}"
    places = ", ".join(dict.fromkeys(book.domains[_of(book, one).domain].name for one in named))
    return Done(
        f"Émetteur {name} enregistré et confirmé, domaine « {places} ».",
        f"Sender {name} registered and confirmed, domain “{places}”.",
    )


def _of(book: SenderBook, one: SenderRecord) -> SenderRecord:
    """The sender as it is now."""
    return book.senders[one.listener, one.application, one.facility]


def _settled(one: SenderRecord, domain: DomainRecord) -> ActRefused:
    """Identities stay in the domain that received them: their sender cannot leave it behind them."""
    name = f"{one.application} / {one.facility}"
    return ActRefused(
        f"L’émetteur {name} a déjà transmis des identités dans le domaine « {domain.name} » : il ne peut plus en"
        " changer. Gardez ce domaine, ou faites-le émettre sous un autre nom (MSH-3, MSH-4), déclaré dans le"
        " nouveau domaine avant son premier message ; « ecluse sender refuse » rend inutilisables les INS déjà reçues.",
        f"The sender {name} already sent identities into the domain “{domain.name}”: it cannot change any more."
        " Keep that domain, or have it send under another name (MSH-3, MSH-4), declared in the new domain before"
        " its first message; “ecluse sender refuse” makes the INS already received unusable.",
    )


def _domain(intake: Intake, given: dict[str, Any]) -> DomainRecord | None:
    """The domain asked for, not kept yet when it is new; None when none is asked for."""
    book = intake.senders
    name = given.get("domain") or ""
    if not name:
        return None
    oid, foreign = given.get("domain_oid") or "", bool(given.get("foreign", False))
    for domain in book.domains.values():
        if domain.name == name:
            if (foreign and domain.own) or (oid and oid != domain.oid):
                raise _other_domain(domain)
            return domain
    authorities = frozenset(given.get("authorities") or ([oid] if oid else []))
    return DomainRecord(book.next_domain(), name, oid, authorities or None, not foreign)


def _other_domain(domain: DomainRecord) -> ActRefused:
    whose_fr, whose_en = ("le nôtre", "ours") if domain.own else ("celui d’autrui", "foreign")
    return ActRefused(
        f"Le domaine « {domain.name} » existe déjà, comme {whose_fr} et avec l’OID « {domain.oid or 'aucun'} » :"
        " donnez un autre nom au nouveau domaine, ou retirez --domain-oid et --foreign.",
        f"The domain “{domain.name}” exists already, as {whose_en} and with the OID “{domain.oid or 'none'}”:"
        " give the new domain another name, or leave out --domain-oid and --foreign.",
    )


def _set_status(intake: Intake, given: dict[str, Any], status: str) -> SenderRecord:
    book = intake.senders
    application, facility = _name(given)
    named = _named(intake, given)
    if not named:
        raise ActRefused(
            f"Émetteur inconnu : {application} / {facility}. Voyez « ecluse sender list », ou déclarez-le par"
            " « ecluse sender add ».",
            f"Unknown sender: {application} / {facility}. See “ecluse sender list”, or declare it with"
            " “ecluse sender add”.",
        )
    for one in named:
        book.keep(one._replace(status=status, policy=given.get("policy") or one.policy))
    return named[0]


def confirm(intake: Intake, given: dict[str, Any], now: int) -> Done:
    one = _set_status(intake, given, "confirmed")
    name = f"{one.application} / {one.facility}"
    return Done(
        f"Émetteur {name} confirmé : les INS qu’il a transmis deviennent utilisables.",
        f"Sender {name} confirmed: the INS it sent become usable.",
    )


def refuse(intake: Intake, given: dict[str, Any], now: int) -> Done:
    one = _set_status(intake, given, "refused")
    name = f"{one.application} / {one.facility}"
    return Done(
        f"Émetteur {name} refusé : ses prochains messages recevront AR, les INS qu’il a transmis ne sont plus"
        " utilisables.",
        f"Sender {name} refused: its next messages will get AR, the INS it sent are no longer usable.",
    )
