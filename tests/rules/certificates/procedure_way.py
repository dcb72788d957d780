"""The whole way of an establishment to its two certificates, for the tests of the procedure."""

from __future__ import annotations

from datetime import date
from typing import Any

from ecluse.rules.certificates.procedure import apply
from ecluse.rules.certificates.procedure_model import PRODUCTS, Card, Document, Event, Procedure, Refused
from ecluse.rules.certificates.procedure_steps import service_name

START = date(2026, 1, 5)
END = date(2029, 1, 15)
AUTH, SIGN = PRODUCTS
HEAD, MANAGER, TECHNICIAN = "Directrice", "Mandataire", "Administrateur"
CDE = Card("CDE", "8025000001/2600000001", date(2029, 6, 1))
CPE = Card("CPE", "8025000001/2600000002", date(2029, 6, 1))


def event(name: str, on: date = START, **fields: Any) -> Event:
    documents = tuple(Document(form) for form in fields.pop("attached", ()))
    return Event(name, on, documents=documents, **fields)


def play(*events: Event, after: Procedure | None = None) -> Procedure:
    """The procedure after these events, none of which may be refused."""
    procedure = after or Procedure("990000028")
    for one in events:
        outcome = apply(procedure, one)
        assert not isinstance(outcome, Refused), (one, outcome)
        procedure = outcome
    return procedure


def refusal(procedure: Procedure, one: Event) -> str:
    outcome = apply(procedure, one)
    assert isinstance(outcome, Refused)
    assert outcome.text_fr != outcome.text_en
    return outcome.code


CONTRACT = (
    event("contract_none"),
    event("representative_named", person=HEAD),
    event("card_ordered", person=HEAD, way="101", by=HEAD, attached=["101"]),
    event("contract_sent", by=HEAD, way="EJ", attached=["contrat"]),
    event("card_received", person=HEAD, card=CDE),
    event("contract_processed"),
)
ADMINISTRATOR = (
    event("card_ordered", person=TECHNICIAN, way="301", by=HEAD, attached=["301"]),
    event("card_received", person=TECHNICIAN, card=CPE),
    event("administrator_designated", person=TECHNICIAN, by=HEAD),
    event("habilitation_requested", person=TECHNICIAN, by=HEAD, usages=PRODUCTS, attached=["413"]),
    event("habilitation_granted", person=TECHNICIAN),
)


def order(product: str, on: date = START, **fields: Any) -> Event:
    fields = {"by": TECHNICIAN, "way": "csr", "ready": True, "service_name": service_name(product), **fields}
    return event("certificate_ordered", on, product=product, **fields)


def issue(product: str, on: date = START, until: date = END) -> Event:
    return event("certificate_issued", on, product=product, until=until)


def install(product: str, on: date = START) -> Event:
    return event("certificate_installed", on, product=product, ready=True)


def trial(product: str, on: date = START) -> Event:
    return event("certificate_tested", on, product=product)


ISSUED = tuple(step(product) for step in (order, issue, install) for product in PRODUCTS)
TESTED = (trial(AUTH), trial(SIGN))


def habilitated() -> Procedure:
    """With a technical administrator who may order."""
    return play(*CONTRACT, *ADMINISTRATOR)


def active() -> Procedure:
    """With both certificates in service."""
    return play(*CONTRACT, *ADMINISTRATOR, *ISSUED, *TESTED)
