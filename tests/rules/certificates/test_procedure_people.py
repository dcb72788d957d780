"""Contract, representative, mandataires, administrators: who must hold which card, and sign which form."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from ecluse.rules.certificates.establishment_kind import advise
from ecluse.rules.certificates.procedure_model import (
    PRODUCTS,
    Document,
    Procedure,
)
from ecluse.rules.certificates.procedure_steps import (
    form_413,
    next_steps,
    service_name,
)
from tests.rules.certificates import procedure_way as way_kit
from tests.rules.certificates.procedure_way import (
    ADMINISTRATOR,
    AUTH,
    CDE,
    CONTRACT,
    CPE,
    HEAD,
    MANAGER,
    SIGN,
    START,
    TECHNICIAN,
    event,
    order,
    play,
    refusal,
)


@pytest.fixture
def habilitated() -> Procedure:
    return way_kit.habilitated()


@pytest.fixture
def active() -> Procedure:
    return way_kit.active()


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
