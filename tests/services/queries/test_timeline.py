"""Every version of a patient with what it changed, and the card that says why a patient is trusted that far."""

from __future__ import annotations

import pytest

from ecluse.rules.identity.usability import reasons
from ecluse.services.access import Reach
from ecluse.services.queries.patient_card import PatientCard, card
from ecluse.services.queries.patient_search import ByIdentifier, ByIns, ByTraits, Unclear, search
from ecluse.services.queries.patient_words import remedies
from ecluse.services.queries.patients import PatientReader
from ecluse.services.queries.standing import WAITING
from ecluse.services.queries.timeline import Timeline, Version, timeline
from tests.services.feeding import AUTHORITY, MARIN, Gate, adt
from tests.services.stay_messages import iti31

pytestmark = pytest.mark.usefixtures("store")

READER = PatientReader("test")
EVERYWHERE = Reach(None, "")


def told(ipp: str = "7001", **asked: int) -> Timeline:
    (found,) = READER.by_identifier(ipp)
    return timeline(found.id, READER.standings(), EVERYWHERE, **asked)


def changes(version: Version) -> dict[str, tuple[str | None, str | None]]:
    return {one.what.fr: (one.before, one.after) for one in version.changes}


def shown(ipp: str = "7001", reach: Reach = EVERYWHERE) -> PatientCard:
    (found,) = READER.by_identifier(ipp)
    document = card(READER, reach, found.id)
    assert document is not None
    return document


def test_each_version_tells_what_it_changed_and_who_said_it() -> None:
    gate = Gate()
    gate.act("sender.add", application="GAM", facility="VALMONT")
    gate.receive(adt())
    gate.receive(adt("A31", "C2", ins=MARIN, status="VALI", street="2 RUE NEUVE"))
    newest, first = told().versions
    assert (first.title.fr, first.event, first.trust, first.trust_changed) == (
        "identité créée", "A28", "provisoire", True,
    )  # fmt: skip
    assert changes(first)["Nom de naissance"] == (None, "BRIAND")
    assert changes(first)["Date de naissance"] == (None, "1970-01-12")
    assert (newest.title.fr, newest.tone, newest.trust, newest.application) == (
        "INS enregistré", "ok", "qualifiee", "GAM",
    )  # fmt: skip
    assert changes(newest) == {
        "Statut (PID-32)": ("PROV", "VALI"),
        "INS": (None, "1 70 01 •• ••• •••"),
        "Adresses": (
            "1 RUE DU PORT, 29200 BREST, FRA",
            "2 RUE NEUVE, 29200 BREST, FRA",
        ),
    }  # fmt: skip


def test_no_matricule_stands_in_a_timeline() -> None:
    gate = Gate()
    gate.act("sender.add", application="GAM", facility="VALMONT")
    gate.receive(adt(ins=MARIN, status="VALI"), adt("A31", "C2", status="PROV"))
    assert MARIN[:13] not in repr(told())
    withdrawn = told().versions[0]
    assert (withdrawn.title.fr, withdrawn.tone, withdrawn.trust) == ("INS retiré", "bad", "provisoire")


def test_movements_are_told_and_change_no_trait() -> None:
    gate = Gate()
    gate.receive(adt(), iti31())
    newest = told().versions[0]
    assert newest.changes == () and not newest.trust_changed
    assert newest.title.fr == "séjour ouvert\xa0: V1" and "admission" in newest.said[0].fr


def test_pages_of_versions_follow_one_another() -> None:
    gate = Gate()
    gate.receive(adt())
    for number in range(5):
        gate.receive(adt("A31", f"U{number}", street=f"{number} RUE NEUVE"))
    first = told(limit=4)
    assert first.next is not None and len(first.versions) == 4
    second = told(limit=4, before=int(first.next))
    assert [one.number for one in (*first.versions, *second.versions)] == [6, 5, 4, 3, 2, 1]
    assert second.next is None
    assert changes(first.versions[-1])["Adresses"][0] is not None


def test_a_merge_an_act_and_a_note_are_versions_too() -> None:
    gate = Gate()
    gate.receive(adt(), adt(control="C2", ipp="2", street="9 QUAI NORD"))
    gate.receive(adt("A40", "C3", "7001", prior=f"2^^^{AUTHORITY}^PI"))
    assert told("2").versions[0].title.fr == "dossiers fusionnés"
    assert [one.identifiers[0].value for one in shown().absorbed] == ["2"]
    gate.act("patient.note", patient=shown().document.id, text="Prénom rectifié", date="2026-11-20")
    assert told().versions[0].operator == "cli:claire"
    assert "Prénom rectifié" in told().versions[0].title.fr


def test_a_card_says_why_and_what_to_do() -> None:
    gate = Gate()
    gate.receive(adt(ins=MARIN, status="VALI"))
    why = shown().why
    assert why.page == "senders" and why.remedy is not None and "émetteur" in why.said.fr
    gate.act("sender.confirm", application="GAM", facility="VALMONT")
    assert shown().why.said.fr.startswith("GAM / VALMONT, confirmé par une personne")
    assert shown().why.remedy is None


def test_a_card_names_the_traits_that_are_missing() -> None:
    gate = Gate()
    gate.act("sender.add", application="GAM", facility="VALMONT")
    gate.receive(adt(ins=MARIN, status="VALI").replace(b"~^^^^^^BDL^^29019", b""))
    assert "le code du lieu de naissance" in shown().why.said.fr


def test_every_reason_has_its_remedy() -> None:
    assert (set(reasons()) | set(WAITING) | {"domain"}) <= remedies()


def test_a_card_out_of_reach_is_none() -> None:
    gate = Gate()
    gate.receive(adt())
    assert card(READER, Reach(frozenset({2}), ""), shown().document.id) is None
    assert card(READER, EVERYWHERE, "nobody") is None and card(READER, EVERYWHERE, "\x00") is None


def test_a_search_stays_within_reach() -> None:
    gate = Gate()
    gate.act("sender.add", application="GAM", facility="VALMONT")
    gate.receive(adt(ins=MARIN, status="VALI"))
    for wanted in (
        ByIns(MARIN),
        ByIdentifier("7001"),
        ByTraits("1970-01-12", "bri"),
        ByTraits("1970-01-12", "", "elo"),
    ):
        found = search(READER, EVERYWHERE, wanted)
        assert [one.identifiers[0].value for one in found.patients] == ["7001"]
        assert search(READER, Reach(frozenset({2}), ""), wanted).patients == ()
    assert search(READER, EVERYWHERE, ByTraits("1970-01-12", "xyz")).patients == ()
    with pytest.raises(Unclear):
        search(READER, EVERYWHERE, ByTraits("1970-01-12", "bri", "elo"))
