"""The history of a patient: what changed, in two languages, and who said so."""

from __future__ import annotations

import pytest

from ecluse.rules.identity import vocabulary
from ecluse.rules.identity.vocabulary import event
from ecluse.rules.stay import vocabulary as of_stays
from ecluse.services.queries.documents import Sentence
from ecluse.services.queries.history_words import masked, told
from ecluse.services.queries.history_words import vocabulary as words
from ecluse.services.queries.patients import PatientReader
from ecluse.store.models import JournalEntry
from tests.services.feeding import MARIN, Gate, adt
from tests.store.databases import StorePlace
from tests.store.writing import ALIX, BORIS, NIR, Writer, adopted, created

SHORT = "2 85 03 •• ••• •••"


def plain(sentence: Sentence) -> str:
    return sentence.fr.replace("\N{NO-BREAK SPACE}", " ")


def test_a_withdrawn_ins_is_told_masked_with_the_reason() -> None:
    held: list[str] = []
    told(vocabulary.INS_ADOPTED, {"ins": [ALIX, NIR, "1", ""]}, "p1", held)
    sentence = told(vocabulary.INS_WITHDRAWN, {"reason": "deletion"}, "p1", held)
    assert plain(sentence) == f"INS retiré : {SHORT}, motif : INS supprimé par l’émetteur"
    assert sentence.en == f"INS withdrawn: {SHORT}, reason: INS deleted by the sender"
    assert held == []


def test_a_withdrawal_tells_every_ins_that_goes_the_replaced_ones_too() -> None:
    held: list[str] = []
    told(vocabulary.INS_ADOPTED, {"ins": [ALIX, NIR, "1", ""]}, "p1", held)
    told(vocabulary.INS_SUPERSEDED, {"ins": [ALIX, NIR, "1", ""]}, "p1", held)
    told(vocabulary.INS_ADOPTED, {"ins": [BORIS, NIR, "1", ""]}, "p1", held)
    sentence = told(vocabulary.INS_SUSPENDED, {"reason": "traits"}, "p1", held)
    assert plain(sentence) == "INS suspendu : 1 71 12 •• ••• •••, motif : un trait strict a changé"
    withdrawn = told(vocabulary.INS_WITHDRAWN, {"reason": "status"}, "p1", held)
    assert f"{SHORT}, 1 71 12 •• ••• •••, motif" in plain(withdrawn)


@pytest.mark.parametrize(
    ("kind", "data", "french"),
    [
        ("status.changed", {"from": ["PROV"], "to": ["VALI", "HOMA"]}, "statut changé : PROV → VALI+HOMA"),
        ("status.changed", {"from": [], "to": []}, "statut changé : – → –"),
        (
            "identifiers.changed",
            {"added": [["7002", "CH", "1.2.3", "PI", True]], "removed": [["7001", "", "1.2.3", "PI", True]]},
            "identifiants changés : ajouté 7002 (CH) ; retiré 7001 (1.2.3)",
        ),
        ("patient.updated", {"sex": "F", "details": {"PID-11": []}}, "données mises à jour : sexe, PID-11"),
        ("patients.merged", {"merged": "p1", "survivor": "p2"}, "dossiers fusionnés : dans p2"),
        ("patients.merged", {"merged": "p3", "survivor": "p1"}, "dossiers fusionnés : avec p3"),
        ("collision.flagged", {"with": ["p2"]}, "même INS sur deux patients : avec p2"),
        ("duplicate.cleared", {}, "doublon possible levé"),
        ("ins.dropped", {"reason": "obsolete"}, "INS reçu non retenu : motif : INS-C, obsolète"),
        ("ins.dropped", {"reason": ""}, "INS reçu non retenu"),
        ("stay.of-a-later-version", {"a": 1}, "stay.of-a-later-version"),
    ],
)
def test_what_changed_is_one_sentence(kind: str, data: dict[str, object], french: str) -> None:
    assert plain(told(kind, data, "p1", [])) == french


def test_a_matricule_that_stands_among_identifiers_is_masked() -> None:
    added = {"added": [[ALIX, "ASIP", NIR, "NH", True]], "removed": []}
    assert ALIX not in plain(told("identifiers.changed", added, "p1", [])) and ALIX not in masked(ALIX)


def test_every_event_and_every_reason_of_an_ins_has_its_words() -> None:
    assert words()["events"].keys() == vocabulary.VERSIONS.keys() | of_stays.VERSIONS.keys()
    assert all(one.fr and one.en for table in words().values() for one in table.values())


def test_each_line_names_its_sender(store: StorePlace) -> None:
    gate = Gate(environment="test")
    gate.act("sender.add", application="LABO", facility="NORD")
    gate.receive(adt("A28", "C1"))
    gate.receive(adt("A31", "C2", status="VALI", ins=MARIN, application="LABO", facility="NORD"))
    (patient,) = PatientReader("test").by_identifier("7001")
    senders = {(one.application, one.facility, one.operator) for one in patient.history}
    assert senders == {("GAM", "VALMONT", None), ("LABO", "NORD", None)}
    assert patient.history[0].application == "GAM" and patient.history[-1].application == "LABO"


def test_the_line_of_an_act_names_its_operator(store: StorePlace) -> None:
    writer = Writer()
    seq = writer.message(created("p1", "7001"), adopted("p1"))
    JournalEntry.objects.filter(seq=seq).update(
        kind="act", sender_id=None, details=b'{"operator":"cli:claire"}'
    )
    (patient,) = PatientReader("test").by_identifier("7001")
    assert {(one.application, one.operator) for one in patient.history} == {(None, "cli:claire")}


def test_a_later_event_type_is_no_obstacle(store: StorePlace) -> None:
    writer = Writer()
    writer.message(created("p1", "7001"), event("patient.updated", "p1", {"names": []}))
    (patient,) = PatientReader("test").by_identifier("7001")
    assert patient.history[-1].detail.en == "data updated: names"
