"""One message: its story, its tree with findings pinned, its text in pieces, its effect, the letter to its maker."""

from __future__ import annotations

import pytest

from ecluse.services.access import Reach
from ecluse.services.queries import journal
from ecluse.services.queries.decoded import decoded
from ecluse.services.queries.journal import JournalDocument
from ecluse.services.queries.message_effect import Effects, effects
from ecluse.services.queries.message_er7 import er7
from ecluse.services.queries.message_story import Step, story
from ecluse.services.queries.message_tree import Tree, tree
from ecluse.services.queries.patients import PatientReader
from ecluse.services.queries.standing import Standings
from ecluse.services.queries.vendor_letter import letter
from tests.services.fed import execute
from tests.services.feeding import AUTHORITY, MARIN, Gate, adt, odd
from tests.services.stay_messages import iti31

pytestmark = pytest.mark.usefixtures("store")


def line(seq: int) -> JournalDocument:
    found = journal.show(seq)
    assert found is not None
    return found


def effect(seq: int) -> Effects:
    return effects(line(seq), Standings("test", True), Reach(None, ""))


def told(seq: int) -> tuple[Step, ...]:
    return story(line(seq), effect(seq))


def seen(seq: int) -> Tree:
    message = decoded(seq)
    assert message is not None
    return tree(message, line(seq).findings)


def a08(control: str = "R1") -> bytes:
    return adt(control=control).replace(b"ADT^A28^ADT_A05", b"ADT^A08^ADT_A01")


def test_the_story_of_an_accepted_message() -> None:
    gate = Gate()
    gate.receive(adt(control="C1"))
    received, read, decided, changed, answered = told(1)
    assert received.said.fr == "Un A28 (création d’une identité) de GAM / VALMONT."
    assert received.said.en == "An A28 (creation of an identity) from GAM / VALMONT."
    assert "Par l’écouteur «\N{NO-BREAK SPACE}main\N{NO-BREAK SPACE}», depuis 127.0.0.1." in [
        one.fr for one in received.more
    ]
    assert (read.sign, read.tone) == ("read", "ok")
    assert (decided.tone, decided.said.fr) == ("ok", "Accepté et intégré.")
    assert changed.said.fr == "Une identité créée."
    assert changed.more[0].fr.startswith("Identité créée")
    assert answered.said.fr.startswith("Acquittement AA")


def test_the_story_of_a_refused_message_says_why() -> None:
    gate = Gate()
    gate.receive(a08())
    decided = told(1)[2]
    assert (decided.sign, decided.tone) == ("decided", "bad")
    assert decided.said.fr.startswith("Rejeté")
    assert [one.en[:9] for one in decided.more] == ["Event A08"]
    assert told(1)[-1].said.fr.startswith("Acquittement AR (201)")
    assert effect(1).nothing


def test_the_story_of_a_repetition_of_bytes_and_of_an_act() -> None:
    gate = Gate()
    gate.receive(adt(control="C1"))
    gate.receive(adt(control="C1"))
    gate.receive(odd("alien", b"GET / HTTP/1.1\r\n"))
    gate.act("sender.confirm", application="GAM", facility="VALMONT")
    assert [one.sign for one in told(2)] == ["received", "read", "decided", "answered"]
    assert told(2)[2].said.en.startswith("This very message was accepted before")
    assert [one.tone for one in told(3)] == ["info", "bad", "none"]
    assert "sans segment MSH" in told(3)[1].more[0].fr
    (act,) = told(4)
    assert act.said.en == "Act “sender.confirm”, asked by cli:claire."


def test_the_story_goes_on_when_the_bytes_are_gone() -> None:
    gate = Gate()
    gate.receive(adt(control="C1"))
    execute("DELETE FROM store_rawmessage")
    assert [one.sign for one in told(1)] == ["received", "read", "decided", "changed", "answered"]
    assert letter(line(1), "fr") is None


def test_what_a_message_changes_of_a_patient_before_and_after() -> None:
    gate = Gate()
    gate.act("sender.add", application="GAM", facility="VALMONT")
    gate.receive(adt(control="C1"))
    gate.receive(adt("A31", "C2", status="VALI", ins=MARIN, name="BRIANT"))
    (created,) = effect(2).patients
    assert (created.former, created.trust) == (None, "provisoire")
    assert ("Nom de naissance", None, "BRIAND") in [
        (one.what.fr, one.before, one.after) for one in created.changes
    ]
    (updated,) = effect(3).patients
    assert (updated.former, updated.trust) == ("provisoire", "qualifiee")
    changes = {one.what.en: (one.before, one.after) for one in updated.changes}
    assert changes["Birth name"] == ("BRIAND", "BRIANT")
    assert changes["Status (PID-32)"] == ("PROV", "VALI")
    assert changes["INS"] == (None, "1 70 01 •• ••• •••")
    assert effect(2).patients == (created,)


def test_a_merge_tells_of_both_patients() -> None:
    gate = Gate()
    gate.receive(adt(control="C1", ipp="7001"))
    gate.receive(adt(control="C2", ipp="7002"))
    gate.receive(adt("A40", "C3", ipp="7001", prior=f"7002^^^{AUTHORITY}^PI"))
    found = effect(3)
    assert len(found.patients) == 2
    assert any("dossiers fusionnés" in one.title.fr for one in found.patients)


def test_what_a_message_changes_of_a_stay() -> None:
    gate = Gate()
    gate.receive(adt(control="C1"))
    gate.receive(iti31("A01", "E1"))
    gate.receive(iti31("A02", "E2", movement="M2", start="20261118090000", uf="7001", ward="MED^3^B"))
    gate.receive(iti31("A03", "E3", movement="M3", start="20261118100000", uf="7001", ward="MED^3^B"))
    (opened,) = effect(2).stays
    assert (opened.new, opened.number) == (True, "V1")
    (moved,) = effect(3).stays
    changes = {
        one.what.fr: (one.before and one.before.fr, one.after and one.after.fr) for one in moved.changes
    }
    assert not moved.new
    assert changes["Emplacement"] == ("CHIR 12 A", "MED 3 B")
    assert changes["Unité médicale"] == ("6268 Unité 6268", "7001 Unité 7001")
    assert "Situation" not in changes
    (ended,) = effect(4).stays
    assert [
        (one.before and one.before.en, one.after and one.after.en)
        for one in ended.changes
        if one.what.en == "Situation"
    ] == [("in progress", "discharged")]


def test_a_stay_that_changed_patients_is_followed_from_its_first_owner() -> None:
    gate = Gate()
    gate.receive(adt(control="C1", ipp="7001"), adt(control="C2", ipp="7002"))
    gate.receive(iti31("A01", "E1", ipp="7001"))
    gate.receive(iti31("A44", "E2", ipp="7002", prior=f"7001^^^{AUTHORITY}^PI||D1^^^{AUTHORITY}^AN"))
    gate.receive(iti31("A03", "E3", ipp="7002", movement="M3", start="20261118100000"))
    (ended,) = effect(5).stays
    assert not ended.new
    assert "Situation" in [one.what.fr for one in ended.changes]


def test_the_tree_names_fields_and_pins_findings() -> None:
    gate = Gate()
    gate.receive(adt(control="C1").replace(b"|M|||1 RUE", b"|Z|||1 RUE"))
    found = seen(1)
    assert found.charset == "utf-8" and found.hidden == 0
    msh, _, pid, _ = found.segments
    assert (msh.name.fr, pid.name.en) == ("En-tête du message", "Patient identification")
    names = {one.path: one for one in pid.fields}
    assert names["PID-5"].name.fr == "Noms du patient"
    assert [(leaf.path, leaf.name.fr, leaf.text) for leaf in names["PID-5"].repetitions[0]][:2] == [
        ("PID-5.1", "Nom", "BRIAND"),
        ("PID-5.2", "Premier prénom", "ÉLOI"),
    ]
    assert [leaf.path for leaf in names["PID-3"].repetitions[0]][:3] == ["PID-3.1", "PID-3.4.1", "PID-3.4.2"]
    sex = names["PID-8"]
    assert (sex.text, sex.worst) == ("Z", "error")
    assert all(one.location.startswith("PID-8") for one in sex.findings)
    assert names["PID-11"].repetitions[1][0].path == "PID-11[2].7"


def test_a_field_that_is_missing_stands_in_the_tree_with_its_finding() -> None:
    gate = Gate()
    gate.receive(adt(control="C1").replace(b"EVN||20261118081500||", b"EVN||||"))
    evn = seen(1).segments[1]
    (missing,) = [one for one in evn.fields if one.path == "EVN-2"]
    assert (missing.text, missing.repetitions) == ("", ())
    assert missing.findings and evn.worst == "error"


def test_findings_about_a_segment_that_is_not_there_are_kept_loose() -> None:
    gate = Gate()
    gate.receive(adt(control="C1").replace(b"PV1||N\r", b""))
    found = seen(1)
    assert [one.location for one in found.loose] == ["PV1"]


def test_hostile_values_are_made_visible() -> None:
    gate = Gate()
    gate.receive(adt(control="C1", name="<script>\u202e\u0007"))
    names = {one.path: one for one in seen(1).segments[2].fields}
    assert names["PID-5"].repetitions[0][0].text == "<script>\\u202e\\x07".replace("\\u202e", "\\x202e")


def test_the_text_in_pieces_is_the_text() -> None:
    gate = Gate()
    gate.receive(adt(control="C1").replace(b"|M|||1 RUE", b"|Z|||1 RUE"))
    document = line(1)
    assert document.text is not None
    lines = er7(document.text, document.findings)
    assert lines is not None
    whole = "\n".join("".join(piece.text for field in one.fields for piece in field.pieces) for one in lines)
    assert whole + "\n" == document.text
    marked = [field.path for one in lines for field in one.fields if field.worst == "error"]
    assert marked == ["PID-8"]
    kinds = {piece.kind for field in lines[0].fields[:2] for piece in field.pieces}
    assert kinds == {"name", "delimiter", "text"}
    assert er7("GET / HTTP/1.1", ()) is None
    assert er7("MSH" + "x" * 200_000, ()) is None


@pytest.mark.parametrize(
    ("language", "words"),
    [("fr", ("Valeur reçue", "Valeur attendue")), ("en", ("Value received", "Value expected"))],
)
def test_the_letter_names_rule_place_values_and_source_and_nobody(
    language: str, words: tuple[str, str]
) -> None:
    gate = Gate()
    gate.receive(adt(control="C1", status="VALI", ins=MARIN).replace(b"|M|||1 RUE", b"|Z|||1 RUE"))
    found = letter(line(1), language)  # type: ignore[arg-type]
    assert found is not None
    assert "PAM-PID-8" in found.body and "PID-8" in found.body and "GAM / VALMONT" in found.body
    assert all(word in found.body for word in words)
    assert "PAM France 2.11.1" in found.body
    for secret in ("BRIAND", "ÉLOI", MARIN, "19700112", "RUE DU PORT", "7001"):
        assert secret not in found.body and secret not in found.subject
    assert "PAM-PID-8" in found.subject


def test_a_letter_about_a_merged_identifier_does_not_tell_the_identifiers() -> None:
    gate = Gate()
    gate.receive(adt(control="C1", ipp="7001"))
    gate.receive(adt(control="C2", ipp="7702"))
    gate.receive(adt("A40", "C3", ipp="7001", prior=f"7702^^^{AUTHORITY}^PI"))
    assert gate.codes(adt("A31", "C4", ipp="7702")) == ["AE 204"]
    found = letter(line(4), "fr")
    assert found is not None and "IDN-MATCH-002" in found.body
    assert "7001" not in found.body and "7702" not in found.body


def test_nothing_is_written_about_a_message_without_defects() -> None:
    gate = Gate()
    gate.act("sender.add", application="GAM", facility="VALMONT")
    gate.receive(adt(control="C1"))
    assert [one.severity for one in line(2).findings if one.severity != "info"] == []
    assert letter(line(2), "fr") is None


def test_a_patient_found_in_the_effect_is_the_one_of_the_store() -> None:
    gate = Gate()
    gate.receive(adt(control="C1"))
    (patient,) = PatientReader("test").by_identifier("7001")
    assert [one.patient for one in effect(1).patients] == [patient.id]
