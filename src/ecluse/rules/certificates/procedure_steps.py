"""What comes next for an establishment: who acts, by which form, with what to copy, whom to ask.

The sentences are in `data/procedure.toml`; which of them stand is decided here, from the state of the procedure.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from functools import cache
from typing import NamedTuple

from ecluse.rules.certificates.facts import data
from ecluse.rules.certificates.procedure_model import (
    PRODUCTS,
    Person,
    Procedure,
    Product,
    Track,
    month_before,
)

CARD_NOTICE = timedelta(days=60)
"""How long before its end the card of somebody who acts is to be ordered anew (decision; no source)."""


class Contact(NamedTuple):
    """Whom to ask, or where to go. address: a mailbox or a site."""

    address: str
    text_fr: str
    text_en: str


class Copy(NamedTuple):
    """A wording that a form imposes, ready to copy. where: its place in the form; text: in French only, as it is."""

    where: str
    text: str


class Step(NamedTuple):
    """Something to do now.

    id: `send-contract`…; event: what records it; who: `representative`, `mandataire`, `administrator`, `ans`,
    `gateway` (this program and who runs it), or two of them; forms: documents to attach; person, product: whom and
    what it is about; due: the day before which it must be done, None: none; copy: wordings to copy.
    """

    id: str
    event: str
    who: str
    forms: tuple[str, ...]
    person: str
    product: str
    due: date | None
    optional: bool
    contact: Contact
    copy: tuple[Copy, ...]
    text_fr: str
    text_en: str
    source: str


class Form(NamedTuple):
    """A form. signatory: who signs it."""

    id: str
    title_fr: str
    title_en: str
    signatory: str
    source: str


class Power(NamedTuple):
    """One of the powers of a mandataire, or a cause of revocation. id: empty for a power."""

    text_fr: str
    text_en: str
    source: str
    id: str = ""


@cache
def forms() -> dict[str, Form]:
    """The forms by number; the contract is `contrat`, the online service that replaces form 301 `tom`."""
    return {name: Form(name, **body) for name, body in data("procedure")["forms"].items()}


@cache
def powers() -> tuple[Power, ...]:
    """The five powers of a mandataire."""
    return tuple(Power(**one) for one in data("procedure")["powers"])


@cache
def causes() -> tuple[Power, ...]:
    """Why a certificate is revoked."""
    return tuple(Power(**one) for one in data("procedure")["causes"])


@cache
def inconsistencies() -> tuple[Power, ...]:
    """What the documents contradict themselves about, and how it is settled here."""
    return tuple(Power(**one) for one in data("procedure")["inconsistencies"])


def service_name(product: str) -> str:
    """The service name that the procedure recommends for a certificate."""
    return str(data("procedure")["form_413"]["service_names"][product])


def form_413() -> tuple[Copy, ...]:
    """The two usage texts of form 413 §4.2 and the box of §4.3, exactly as they must be."""
    wording = data("procedure")["form_413"]
    usages = (Copy(f"4.2 {product}", wording["usage_of"][product]) for product in PRODUCTS)
    return (*usages, Copy("4.3", wording["box"]))


def next_steps(procedure: Procedure, on: date) -> tuple[Step, ...]:
    """What may be done now, in its order: contract, people, certificates, then what is optional."""
    if procedure.contract != "CONTRAT_OK":
        return tuple(_contract(procedure, on))
    optional = () if procedure.mandataires else (_step("appoint-mandataire"),)
    return (*_people(procedure, on), *_orders(procedure, on), *optional)


def _contract(procedure: Procedure, on: date) -> Iterator[Step]:
    if procedure.contract == "DEBUT":
        yield _step("check-contract")
        return
    representative = procedure.representative
    if representative is None:
        yield _step("name-representative")
        return
    updating = procedure.contract == "CONTRAT_A_METTRE_A_JOUR"
    if not procedure.sent:
        yield _step("update-contract" if updating else "send-contract", person=representative.name)
    if not representative.leads(on):
        ordered = bool(representative.ordered) or (updating and not procedure.sent)
        if not ordered:
            yield _step("order-representative-card", person=representative.name)
        elif representative.ordered:
            yield _step("await-card", person=representative.name)
    elif procedure.sent:
        yield _step("await-contract", person=representative.name)


def _people(procedure: Procedure, on: date) -> Iterator[Step]:
    if procedure.representative is None:
        yield _step("name-representative")
    for person in procedure.people:
        if person.ordered:
            yield _step("await-card", person=person.name)
        elif (person.representative or person.administrator or person.mandataire) and _card_ends(person, on):
            until = person.card.until if person.card else on
            form = "101" if person.representative else "301"
            yield _step("renew-card", person=person.name, due=until, forms=(form,))
    if not procedure.administrators:
        yield _step("designate-administrator")
    for person in procedure.administrators:
        if person.habilitation == "":
            yield _step("request-habilitation", person=person.name, copy=form_413())
        elif person.habilitation == "requested":
            yield _step("await-habilitation", person=person.name)


def _card_ends(person: Person, on: date) -> bool:
    return person.card is None or on >= person.card.until - CARD_NOTICE


def _orders(procedure: Procedure, on: date) -> Iterator[Step]:
    if procedure.state != "HABILITE":
        return
    for track in procedure.tracks:
        state = track.state(on)
        if state in ("A_COMMANDER", "REVOQUE", "EXPIRE"):
            if track.product == PRODUCTS[0] or procedure.track(PRODUCTS[0]).ever_ordered:
                yield _step("order", product=track.product)
        elif state == "ALERTE":
            yield _step("renew", product=track.product, due=track.serving)
        elif state == "COMMANDE":
            yield _step("retrieve", product=track.product)
        elif state == "CERT_EMIS":
            yield _issued(procedure, track, on)


def _issued(procedure: Procedure, track: Track, on: date) -> Step:
    order = track.order
    if order is not None and not order.installed:
        return _step("install-with-intermediate" if order.way == "csr" else "install", product=track.product)
    if all(one.present(on) for one in procedure.tracks):
        return _step("test", product=track.product)
    return _step("wait-for-other", product=track.product)


def renewal_opens(track: Track) -> date | None:
    """The day from which the platform warns that a certificate in service must be renewed (one month before)."""
    return None if track.serving is None else month_before(track.serving)


def _step(
    name: str,
    *,
    person: str = "",
    product: Product | str = "",
    due: date | None = None,
    copy: tuple[Copy, ...] = (),
    forms: tuple[str, ...] = (),
) -> Step:
    body = data("procedure")["steps"][name]
    contact = data("procedure")["contacts"][body["contact"]]
    named = service_name(product) if product else ""
    values = {"person": person, "product": product, "service_name": named}
    return Step(
        id=name,
        event=body["event"],
        who=body["who"],
        forms=forms or tuple(body.get("forms", ())),
        person=person,
        product=product,
        due=due,
        optional=body.get("optional", False),
        contact=Contact(contact["address"], contact["text_fr"], contact["text_en"]),
        copy=copy,
        text_fr=body["text_fr"].format(until=f"{due:%d/%m/%Y}" if due else "", **values),
        text_en=body["text_en"].format(until=f"{due:%Y-%m-%d}" if due else "", **values),
        source=body["source"],
    )
