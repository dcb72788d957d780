"""The way of an establishment to its two certificates, as the ANS procedure ROC tells it."""

from __future__ import annotations

from datetime import date

import pytest

from ecluse.rules.certificates.facts import data
from ecluse.rules.certificates.procedure import EVENTS
from ecluse.rules.certificates.procedure_guards import GUARDS
from ecluse.rules.certificates.procedure_model import (
    Event,
    Procedure,
    month_before,
)
from ecluse.rules.certificates.procedure_steps import (
    causes,
    forms,
    inconsistencies,
    next_steps,
    powers,
    renewal_opens,
)
from tests.rules.certificates import procedure_way as way_kit
from tests.rules.certificates.procedure_way import (
    ADMINISTRATOR,
    AUTH,
    CONTRACT,
    CPE,
    END,
    HEAD,
    ISSUED,
    SIGN,
    START,
    TECHNICIAN,
    TESTED,
    event,
    install,
    issue,
    order,
    play,
    refusal,
    trial,
)


@pytest.fixture
def habilitated() -> Procedure:
    return way_kit.habilitated()


@pytest.fixture
def active() -> Procedure:
    return way_kit.active()


def test_from_nothing_to_both_certificates() -> None:
    """The whole way: every state of the procedure in turn."""
    procedure, states = Procedure("990000028"), []
    for one in (*CONTRACT, *ADMINISTRATOR):
        procedure = play(one, after=procedure)
        states.append(procedure.state)
    assert list(dict.fromkeys(states)) == [
        "CONTRAT_A_SIGNER", "CONTRAT_OK", "ADMIN_DESIGNE", "HABILITATION_DEMANDEE", "HABILITE"
    ]  # fmt: skip
    orders = []
    for one in (*ISSUED, *TESTED):
        procedure = play(one, after=procedure)
        orders.append(tuple(track.state(START) for track in procedure.tracks))
    assert list(dict.fromkeys(orders)) == [
        ("COMMANDE", "A_COMMANDER"),
        ("COMMANDE", "COMMANDE"),
        ("CERT_EMIS", "COMMANDE"),
        ("CERT_EMIS", "CERT_EMIS"),
        ("ACTIF", "CERT_EMIS"),
        ("ACTIF", "ACTIF"),
    ]
    assert procedure.ready_for_roc(START)
    assert procedure.level == "EJ"


def test_the_steps_lead_the_whole_way() -> None:
    """At each point, a step of the page is recorded by the event that comes."""
    procedure = Procedure("990000028")
    for one in (*CONTRACT, *ADMINISTRATOR, *ISSUED, *TESTED):
        told = {step.event for step in next_steps(procedure, START)}
        assert one.name in told | {"card_ordered"}, (one, told)
        procedure = play(one, after=procedure)
    assert [step.id for step in next_steps(procedure, START)] == ["appoint-mandataire"]


def test_one_certificate_is_not_enough(habilitated: Procedure) -> None:
    """Ready for ROC: both active. One alone is not put in service: the two must be there."""
    alone = play(order(AUTH), issue(AUTH), install(AUTH), after=habilitated)
    assert refusal(alone, trial(AUTH)) == "both-present"
    assert [step.id for step in next_steps(alone, START) if step.product == AUTH] == ["wait-for-other"]
    both = play(order(SIGN), issue(SIGN), trial(AUTH), after=alone)
    assert both.track(AUTH).state(START) == "ACTIF"
    assert not both.ready_for_roc(START)


def test_the_end_comes_by_itself(active: Procedure) -> None:
    """A month before: ALERTE, still in service; then EXPIRE, and everything is ordered anew."""
    states = {
        day: active.track(AUTH).state(day)
        for day in (date(2028, 12, 14), date(2028, 12, 15), END, date(2029, 1, 16))
    }
    assert list(states.values()) == ["ACTIF", "ALERTE", "ALERTE", "EXPIRE"]
    assert active.ready_for_roc(END)
    assert not active.ready_for_roc(date(2029, 1, 16))
    assert renewal_opens(active.track(AUTH)) == date(2028, 12, 15)
    renew = next_steps(active, date(2028, 12, 20))[0]
    assert (renew.id, renew.due, renew.contact.address) == (
        "renew",
        END,
        "https://pfc.eservices.esante.gouv.fr/",
    )
    assert "15/01/2029" in renew.text_fr
    assert next_steps(active, date(2029, 1, 16))[0].id == "order"


@pytest.mark.parametrize(
    ("day", "before"),
    [
        (date(2029, 3, 31), date(2029, 2, 28)),
        (date(2028, 3, 31), date(2028, 2, 29)),
        (date(2029, 1, 15), date(2028, 12, 15)),
    ],
)
def test_a_month_before(day: date, before: date) -> None:
    assert month_before(day) == before


def test_the_former_certificate_serves_until_the_new_one_is_tested(active: Procedure) -> None:
    """Renewal with overlap: ready all the time."""
    day, until = date(2028, 12, 20), date(2031, 12, 20)
    procedure = active
    for one in (order(AUTH, day), issue(AUTH, day, until), install(AUTH, day), trial(AUTH, day)):
        assert procedure.ready_for_roc(day)
        procedure = play(one, after=procedure)
    assert (procedure.track(AUTH).serving, procedure.track(AUTH).state(day)) == (until, "ACTIF")


def test_a_revoked_certificate_is_ordered_anew(active: Procedure) -> None:
    revoke = event("certificate_revoked", product=SIGN, cause="theft")
    revoked = play(revoke, after=active)
    assert revoked.track(SIGN).state(START) == "REVOQUE"
    assert not revoked.ready_for_roc(START)
    assert [step.id for step in next_steps(revoked, START) if step.product == SIGN] == ["order"]
    assert play(order(SIGN), after=revoked).track(SIGN).state(START) == "COMMANDE"
    assert refusal(active, revoke._replace(cause="boredom")) == "cause"
    assert refusal(revoked, revoke) == "not-issued"
    assert refusal(active, revoke._replace(on=date(2029, 2, 1))) == "not-issued"


def test_which_one_is_revoked_must_be_said_during_a_renewal(active: Procedure) -> None:
    day = date(2028, 12, 20)
    two = play(order(AUTH, day), issue(AUTH, day, date(2031, 12, 20)), after=active)
    revoke = event("certificate_revoked", day, product=AUTH, cause="error")
    assert refusal(two, revoke) == "which"
    coming = play(revoke._replace(way="coming"), after=two)
    assert (coming.track(AUTH).state(day), coming.ready_for_roc(day)) == ("ALERTE", True)
    serving = play(revoke._replace(way="serving"), after=two)
    assert (serving.track(AUTH).state(day), serving.ready_for_roc(day)) == ("CERT_EMIS", False)


def test_a_certificate_issued_and_never_installed(habilitated: Procedure) -> None:
    """Revoked, or its password lost: a new order; expired: too."""
    issued = play(order(AUTH), issue(AUTH), after=habilitated)
    revoked = play(event("certificate_revoked", product=AUTH, cause="error"), after=issued)
    assert revoked.track(AUTH).state(START) == "REVOQUE"
    assert play(event("order_abandoned", product=AUTH), order(AUTH), after=issued).track(AUTH).order
    late = date(2029, 2, 1)
    assert issued.track(AUTH).state(late) == "EXPIRE"
    assert refusal(issued, install(AUTH, late)) == "not-issued"
    assert play(order(AUTH, late), after=issued).track(AUTH).state(late) == "COMMANDE"


@pytest.mark.parametrize(
    ("one", "code"),
    [
        (order(SIGN), "auth-cli-first"),
        (order(AUTH, by=HEAD), "not-habilitated"),
        (order(AUTH, by="nobody"), "not-habilitated"),
        (order(AUTH, ready=False), "key-first"),
        (order(AUTH, way="online", ready=False), "p12-not-accepted"),
        (order(AUTH, way="pigeon"), "way"),
        (order(AUTH, service_name=" "), "service-name"),
        (order(AUTH, service_name="INSI-AUTO"), "service-name-reserved"),
        (event("certificate_ordered", product="ORG CONF"), "product"),
        (order(AUTH, date(2029, 6, 2)), "administrator-card"),
        (issue(AUTH), "not-ordered"),
        (install(AUTH), "not-issued"),
        (trial(AUTH), "not-issued"),
        (event("order_abandoned", product=AUTH), "not-ordered"),
        (event("certificate_ordered", date(2025, 1, 1)), "date-order"),
        (event("dance"), "unknown-event"),
        (event("contract_none"), "contract-state"),
        (event("contract_up_to_date", way="EJ"), "contract-state"),
        (event("representative_named", person="Autre"), "contract-state"),
        (event("contract_sent", by=HEAD, way="EJ"), "contract-state"),
        (event("habilitation_granted", person=TECHNICIAN), "habilitation-state"),
        (event("habilitation_granted", person=HEAD), "person-unknown"),
        (event("administrator_designated", person=TECHNICIAN, by=HEAD), "already-so"),
        (event("administrator_removed", person=HEAD, by=HEAD), "person-unknown"),
        (event("administrator_removed", person=TECHNICIAN, by=TECHNICIAN), "signatory-or-mandataire"),
        (event("mandataire_removed", person=TECHNICIAN, by=HEAD), "person-unknown"),
        (event("card_ordered", person=""), "person-missing"),
        (event("card_ordered", person=HEAD, way="301", by=HEAD), "card-form"),
        (event("card_ordered", person="X", way="101", by=HEAD), "card-form"),
        (event("card_ordered", person="X", way="301", by=HEAD), "documents-missing"),
        (event("card_ordered", person="X", way="tom", by="X"), "signatory-or-mandataire"),
        (event("card_received", person="X"), "card-missing"),
        (event("card_received", person="X", card=CPE._replace(until=date(2025, 1, 1))), "card-expired"),
        (event("card_opposed", person="X"), "person-unknown"),
    ],
)
def test_what_may_not_happen_says_why(habilitated: Procedure, one: Event, code: str) -> None:
    assert refusal(habilitated, one) == code


def test_an_order_waits_for_what_comes_before(habilitated: Procedure) -> None:
    ordered = play(order(AUTH), after=habilitated)
    assert refusal(ordered, order(AUTH)) == "order-running"
    assert refusal(ordered, issue(AUTH, until=START)) == "end-missing"
    issued = play(issue(AUTH), after=ordered)
    assert refusal(issued, issue(AUTH)) == "not-ordered"
    assert refusal(issued, trial(AUTH)) == "not-installed"
    assert refusal(issued, install(AUTH)._replace(ready=False)) == "intermediate"
    assert "ACI-EL-ORG" in next(step for step in next_steps(issued, START) if step.product == AUTH).text_fr
    assert refusal(play(install(AUTH), after=issued), install(AUTH)) == "already-so"


def test_a_file_made_online_has_its_authorities(habilitated: Procedure) -> None:
    """The PKCS#12 of the platform includes ACI and ACR: nothing to add."""
    issued = play(order(AUTH, way="online"), issue(AUTH), after=habilitated)
    assert play(install(AUTH)._replace(ready=False), after=issued).track(AUTH).order


def test_the_facts_of_the_procedure() -> None:
    assert set(forms()) == {"contrat", "101", "301", "413", "502", "tom"}
    assert len(powers()) == 5
    assert {one.id for one in causes()} == {"error", "loss", "theft", "end-of-activity", "change"}
    assert len(inconsistencies()) == 4
    assert set(EVENTS) == set(GUARDS)
    facts = data("procedure")
    assert {body["event"] for body in facts["steps"].values()} <= set(EVENTS)
    assert all(form in forms() for body in facts["steps"].values() for form in body.get("forms", ()))
