"""The way of an establishment to its two certificates, as the ANS procedure ROC tells it."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ecluse.rules.certificates.establishment_kind import advise
from ecluse.rules.certificates.facts import data
from ecluse.rules.certificates.procedure import EVENTS, apply, replay, undo
from ecluse.rules.certificates.procedure_guards import GUARDS
from ecluse.rules.certificates.procedure_model import (
    PRODUCTS,
    Card,
    Document,
    Event,
    Procedure,
    Refused,
    month_before,
)
from ecluse.rules.certificates.procedure_steps import (
    causes,
    form_413,
    forms,
    inconsistencies,
    next_steps,
    powers,
    renewal_opens,
    service_name,
)

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


def test(product: str, on: date = START) -> Event:
    return event("certificate_tested", on, product=product)


test.__test__ = False  # type: ignore[attr-defined]

ISSUED = tuple(step(product) for step in (order, issue, install) for product in PRODUCTS)
TESTED = (test(AUTH), test(SIGN))


@pytest.fixture
def habilitated() -> Procedure:
    return play(*CONTRACT, *ADMINISTRATOR)


@pytest.fixture
def active() -> Procedure:
    return play(*CONTRACT, *ADMINISTRATOR, *ISSUED, *TESTED)


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
    assert refusal(alone, test(AUTH)) == "both-present"
    assert [step.id for step in next_steps(alone, START) if step.product == AUTH] == ["wait-for-other"]
    both = play(order(SIGN), issue(SIGN), test(AUTH), after=alone)
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
    for one in (order(AUTH, day), issue(AUTH, day, until), install(AUTH, day), test(AUTH, day)):
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
        (test(AUTH), "not-issued"),
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
    assert refusal(issued, test(AUTH)) == "not-installed"
    assert refusal(issued, install(AUTH)._replace(ready=False)) == "intermediate"
    assert "ACI-EL-ORG" in next(step for step in next_steps(issued, START) if step.product == AUTH).text_fr
    assert refusal(play(install(AUTH), after=issued), install(AUTH)) == "already-so"


def test_a_file_made_online_has_its_authorities(habilitated: Procedure) -> None:
    """The PKCS#12 of the platform includes ACI and ACR: nothing to add."""
    issued = play(order(AUTH, way="online"), issue(AUTH), after=habilitated)
    assert play(install(AUTH)._replace(ready=False), after=issued).track(AUTH).order


def test_a_contract_waits_for_the_card_of_the_representative() -> None:
    sent = play(*CONTRACT[:4])
    assert refusal(sent, event("contract_processed")) == "representative-card"
    assert [step.id for step in next_steps(sent, START)] == ["await-card"]
    staff = play(event("card_received", person=HEAD, card=CPE), after=sent)
    assert refusal(staff, event("contract_processed")) == "representative-card"
    doctor = play(event("card_received", person=HEAD, card=CPE._replace(kind="CPS")), after=sent)
    assert play(event("contract_processed"), after=doctor).state == "CONTRAT_OK"


def test_a_contract_is_signed_by_the_representative_and_says_the_level() -> None:
    to_sign = play(event("contract_none"))
    send = event("contract_sent", by=HEAD, way="EJ", attached=["contrat"])
    assert refusal(to_sign, send) == "representative-unknown"
    assert refusal(to_sign, event("contract_processed")) == "contract-not-sent"
    named = play(event("representative_named", person=HEAD), after=to_sign)
    assert refusal(named, send._replace(by="Autre")) == "signatory"
    assert refusal(named, send._replace(way="")) == "level-missing"
    assert refusal(named, send._replace(documents=())) == "documents-missing"
    assert refusal(named, order(AUTH)) == "contract-not-ok"
    assert refusal(named, event("card_ordered", person="X", way="301")) == "contract-not-ok"


def test_a_new_representative_sends_contract_and_101_together(active: Procedure) -> None:
    """While the certificates go on serving."""
    changed = play(event("representative_changed", person="Nouveau"), after=active)
    assert changed.state == "CONTRAT_A_METTRE_A_JOUR"
    assert changed.ready_for_roc(START)
    [step] = next_steps(changed, START)
    assert (step.id, step.forms) == ("update-contract", ("contrat", "101"))
    send = event("contract_sent", by="Nouveau", way="EJ", attached=["contrat"])
    assert refusal(changed, send) == "update-together"
    assert refusal(changed, send._replace(by=HEAD)) == "signatory"
    sent = play(send._replace(documents=(Document("contrat"), Document("101"))), after=changed)
    assert [step.id for step in next_steps(sent, START)] == ["await-card"]
    again = play(event("card_received", person="Nouveau", card=CDE), event("contract_processed"), after=sent)
    assert again.state == "HABILITE"
    assert again.representative is not None
    assert again.representative.name == "Nouveau"


def test_a_contract_sent_under_another_name_is_signed_anew() -> None:
    renamed = play(*CONTRACT[:4], event("representative_named", person="Autre"))
    assert not renamed.sent
    assert play(*CONTRACT[:4], event("representative_named", person=HEAD)).sent


def test_a_contract_that_is_in_order() -> None:
    found = play(event("contract_up_to_date", way="EG"))
    assert (found.state, found.level) == ("CONTRAT_OK", "EG")
    assert refusal(Procedure("x"), event("contract_up_to_date")) == "level-missing"
    assert next_steps(found, START)[0].id == "name-representative"


def test_a_mandataire_holds_a_card_first(habilitated: Procedure) -> None:
    """502 with a card; 301, or TOM without paper, before."""
    appoint = event("mandataire_appointed", person=MANAGER, by=HEAD, attached=["502"])
    assert refusal(habilitated, appoint) == "mandataire-card"
    tom = play(
        event("card_ordered", person=MANAGER, way="tom", by=HEAD),
        event("card_received", person=MANAGER, card=CPE),
        after=habilitated,
    )
    assert refusal(tom, appoint._replace(by=TECHNICIAN)) == "signatory"
    assert refusal(tom, appoint._replace(documents=())) == "documents-missing"
    appointed = play(appoint, after=tom)
    assert [one.name for one in appointed.mandataires] == [MANAGER]
    assert refusal(appointed, appoint) == "already-so"
    assert play(appoint._replace(name="mandataire_removed"), after=appointed).mandataires == ()


def test_a_mandataire_authorises_administrators(habilitated: Procedure) -> None:
    """Who may belong to the editor of the software; added and removed during the three years."""
    appointed = play(
        event("card_received", person=MANAGER, card=CPE),
        event("mandataire_appointed", person=MANAGER, by=HEAD, attached=["502"]),
        event("card_received", person="Éditeur", card=CPE),
        event("administrator_designated", person="Éditeur", by=MANAGER, editor=True),
        event("administrator_removed", person=TECHNICIAN, by=MANAGER),
        after=habilitated,
    )
    assert [(one.name, one.editor) for one in appointed.administrators] == [("Éditeur", True)]
    assert appointed.state == "ADMIN_DESIGNE"
    assert refusal(appointed, order(AUTH)) == "not-habilitated"


def test_an_administrator_holds_a_nominative_card() -> None:
    contract = play(*CONTRACT)
    designate = event("administrator_designated", person=TECHNICIAN, by=HEAD)
    assert refusal(contract, designate) == "administrator-card"
    shared = play(
        event("card_received", person=TECHNICIAN, card=CPE._replace(nominative=False)), after=contract
    )
    assert refusal(shared, designate) == "administrator-card"
    mine = play(event("card_received", person=TECHNICIAN, card=CPE), after=contract)
    assert refusal(mine, designate._replace(by=TECHNICIAN)) == "signatory-or-mandataire"


def test_form_413_states_both_usages() -> None:
    designated = play(*CONTRACT, *ADMINISTRATOR[:3])
    ask = ADMINISTRATOR[3]
    assert refusal(designated, ask._replace(usages=(AUTH,))) == "both-usages"
    assert refusal(designated, ask._replace(documents=())) == "documents-missing"
    found = event("habilitation_found", person=TECHNICIAN, usages=(SIGN,))
    assert refusal(designated, found) == "rights"
    assert play(found._replace(usages=PRODUCTS), after=designated).state == "HABILITE"


def test_the_wording_of_form_413_is_reproduced_exactly() -> None:
    """ANS, procédure ROC v3.0.0, form 413 §4.2 and §4.3: to be copied as it is."""
    designated = play(*CONTRACT, *ADMINISTRATOR[:3])
    [step] = [one for one in next_steps(designated, START) if one.id == "request-habilitation"]
    assert step.copy == form_413()
    assert [one.text for one in form_413()] == [
        "Projet ROC – usage authentification TLS mutuelle pour répondre au cas d'usage de l'authentification directe "
        "d'une personne morale (ES ou assimilé) conformément aux spécifications de l'annuaire AMC. Usage visé par "
        "l'équipe projet agence du numérique en santé N3",
        "Projet ROC – usage signature d'un jeton SAML pour répondre au cas d'usage de l'authentification directe "
        "d'une personne morale (ES ou assimilé) conformément au Cadre d'interopérabilité technique des services AMC. "
        "Usage visé par l'équipe agence du numérique en santé N3",
        "Certificat ORG (Personne morale) usage AUTH_CLI, SIGN, CONF",
    ]
    assert [service_name(product) for product in PRODUCTS] == [
        "Client_ROC_Annuaire_AMC",
        "Client_ROC_WebServices_AMC",
    ]


def test_the_card_of_somebody_who_acts_is_renewed_in_time(active: Procedure) -> None:
    """Without a card nobody orders anything."""
    assert "renew-card" not in {step.id for step in next_steps(active, date(2028, 6, 1))}
    soon = [step for step in next_steps(active, date(2029, 4, 5)) if step.id == "renew-card"]
    assert [(step.person, step.forms, step.due) for step in soon] == [
        (HEAD, ("101",), CDE.until),
        (TECHNICIAN, ("301",), CPE.until),
    ]
    lost = play(event("card_opposed", person=TECHNICIAN), after=active)
    assert refusal(lost, order(AUTH)) == "administrator-card"


@pytest.mark.parametrize(
    ("signed_at", "several", "code", "level"),
    [
        ("EJ", True, "already-ej", "EJ"),
        ("EG", False, "already-eg", "EG"),
        (None, True, "several-eg", "EJ"),
        (None, False, "single-eg", "EJ"),
    ],
)
def test_who_signs_the_contract(signed_at: Any, several: bool, code: str, level: str) -> None:
    advice = advise(signed_at, several)
    assert (advice.code, advice.level) == (code, level)
    assert advice.text_fr != advice.text_en


def test_the_facts_of_the_procedure() -> None:
    assert set(forms()) == {"contrat", "101", "301", "413", "502"}
    assert len(powers()) == 5
    assert {one.id for one in causes()} == {"error", "loss", "theft", "end-of-activity", "change"}
    assert len(inconsistencies()) == 4
    assert set(EVENTS) == set(GUARDS)
    facts = data("procedure")
    assert {body["event"] for body in facts["steps"].values()} <= set(EVENTS)
    assert all(form in forms() for body in facts["steps"].values() for form in body.get("forms", ()))


# ---- whatever happens, in whatever order -----------------------------------------------------------------------------

NAMES = st.sampled_from([HEAD, TECHNICIAN, MANAGER, ""])


@st.composite
def events(draw: st.DrawFn) -> Event:
    return Event(
        draw(st.sampled_from(sorted(EVENTS))),
        draw(st.dates(START, date(2030, 1, 1))) if draw(st.integers(0, 9)) == 0 else START,
        by=draw(NAMES),
        person=draw(NAMES),
        product=draw(st.sampled_from([*PRODUCTS, ""])),
        card=draw(st.sampled_from([CDE, CPE, None])),
        way=draw(st.sampled_from(["EJ", "101", "301", "tom", "csr", "online", "coming", "serving", ""])),
        service_name=draw(st.sampled_from(["Service", ""])),
        until=draw(st.sampled_from([END, None])),
        usages=draw(st.sampled_from([PRODUCTS, ()])),
        ready=draw(st.booleans()),
        cause=draw(st.sampled_from(["loss", ""])),
        documents=tuple(Document(form) for form in forms()) if draw(st.booleans()) else (),
    )


@st.composite
def ways(draw: st.DrawFn) -> list[Event]:
    """The good way, cut and disturbed anywhere."""
    good = [*CONTRACT, *ADMINISTRATOR, *ISSUED, *TESTED]
    way = good[: draw(st.integers(0, len(good)))]
    for _ in range(draw(st.integers(0, 12))):
        way.insert(draw(st.integers(0, len(way))), draw(events()))
    for _ in range(draw(st.integers(0, 3))):
        if way:
            way.pop(draw(st.integers(0, len(way) - 1)))
    return way


@settings(max_examples=80, deadline=None)
@given(ways())
def test_no_certificate_serves_without_each_of_its_steps(way: list[Event]) -> None:
    """And undoing an event gives the procedure before it; the events alone make the procedure."""
    procedure = Procedure("990000028")
    for one in way:
        outcome = apply(procedure, one)
        if isinstance(outcome, Refused):
            continue
        assert undo(outcome) == procedure
        procedure = outcome
        check(procedure, one)
    again = replay("990000028", procedure.events)
    assert again == procedure
    assert not isinstance(again, Refused)
    assert again.people == procedure.people


def check(procedure: Procedure, last: Event) -> None:
    """What holds after every event."""
    for track in procedure.tracks:
        mine = [one.name for one in procedure.events if one.product == track.product]
        if track.active(last.on):
            stages = iter(mine)
            wanted = (
                "certificate_ordered",
                "certificate_issued",
                "certificate_installed",
                "certificate_tested",
            )
            assert all(stage in stages for stage in wanted)
    if last.name == "certificate_ordered":
        assert procedure.contract == "CONTRAT_OK"
        who = procedure.person(last.by)
        assert who is not None
        assert who.administers(last.on)
        assert who.habilitation == "granted"
    for step in next_steps(procedure, last.on):
        assert step.event in EVENTS
        assert "{" not in step.text_fr + step.text_en


@settings(max_examples=30, deadline=None)
@given(ways(), ways())
def test_establishments_know_nothing_of_one_another(one: list[Event], other: list[Event]) -> None:
    apart = [run("A", one), run("B", other)]
    together = {"A": Procedure("A"), "B": Procedure("B")}
    for at in range(max(len(one), len(other))):
        for name, way in (("B", other), ("A", one)):
            if at < len(way):
                outcome = apply(together[name], way[at])
                together[name] = together[name] if isinstance(outcome, Refused) else outcome
    assert apart == [together["A"], together["B"]]


def run(name: str, way: list[Event]) -> Procedure:
    procedure = Procedure(name)
    for one in way:
        outcome = apply(procedure, one)
        procedure = procedure if isinstance(outcome, Refused) else outcome
    return procedure


def test_nothing_is_left_to_undo() -> None:
    outcome = undo(Procedure("x"))
    assert isinstance(outcome, Refused)
    assert outcome.code == "nothing-to-undo"


def test_a_story_that_could_not_have_been_is_not_replayed() -> None:
    outcome = replay("x", [order(AUTH)])
    assert isinstance(outcome, Refused)
    assert outcome.code == "contract-not-ok"
