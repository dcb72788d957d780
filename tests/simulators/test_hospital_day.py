"""A day of traffic: the same for the same seed, readable by other libraries, coherent for each patient."""

from collections.abc import Iterator
from datetime import date
from itertools import pairwise

import hl7
import pytest
from hl7apy.parser import parse_message

from ecluse.protocols.hl7 import NULL, Message
from ecluse.simulators.hospital import INS_NIR, INS_NIR_TEST, SENDERS, Outgoing, day
from ecluse.simulators.hospital.people import INS_NIA
from ecluse.simulators.hospital.stories import STORIES


@pytest.fixture(scope="module")
def traffic() -> list[Outgoing]:
    return list(day(11, 150))


def parsed(traffic: list[Outgoing]) -> Iterator[tuple[Outgoing, Message]]:
    for outgoing in traffic:
        yield outgoing, Message.parse(outgoing.raw)


def inses(message: Message, path: str = "PID-3") -> list[tuple[str, str]]:
    """Matricule and OID of the repetitions of type INS."""
    found = []
    for n in range(1, 9):
        if message.get(f"{path}[{n}].5") == "INS":
            found.append((message.get(f"{path}[{n}].1") or "", message.get(f"{path}[{n}].4.2") or ""))
    return found


def test_same_seed_same_bytes() -> None:
    assert list(day(5, 40)) == list(day(5, 40))


def test_another_seed_or_day_shares_no_control_id_and_no_local_number() -> None:
    runs = [list(day(5, 30)), list(day(6, 30)), list(day(5, 30, on=date(2026, 3, 3)))]
    for what in ("control_id", "patient"):
        seen = [{getattr(outgoing, what) for outgoing in run} for run in runs]
        assert not seen[0] & seen[1] and not seen[0] & seen[2] and not seen[1] & seen[2]


def test_control_ids_are_unique_per_sender_and_short_enough(traffic: list[Outgoing]) -> None:
    ids = [(outgoing.sender, outgoing.control_id) for outgoing in traffic]
    assert len(set(ids)) == len(ids)
    assert all(0 < len(outgoing.control_id) <= 20 for outgoing in traffic)


def test_header_says_what_the_message_is(traffic: list[Outgoing]) -> None:
    for outgoing, message in parsed(traffic):
        sender = SENDERS[outgoing.sender]
        assert message.get("MSH-9.2") == outgoing.event
        assert message.get("MSH-10") == outgoing.control_id
        assert (message.get("MSH-3"), message.get("MSH-4")) == (sender.application, sender.facility)
        assert message.get("MSH-12") == f"2.5^FRA^{sender.release}"
        assert message.get("MSH-18") == sender.charset
        assert message.charset.issue is None


def test_other_libraries_read_every_message(traffic: list[Outgoing]) -> None:
    for outgoing in traffic:
        text = outgoing.raw.decode(SENDERS[outgoing.sender].codec)
        message = hl7.parse(text)
        assert str(message["MSH.F10"]) == outgoing.control_id
        assert [segment[:3] for segment in text.split("\r") if segment] == [str(s[0]) for s in message]


def test_hl7apy_reads_a_sample(traffic: list[Outgoing]) -> None:
    for outgoing in {(outgoing.sender, outgoing.event): outgoing for outgoing in traffic}.values():
        text = outgoing.raw.decode(SENDERS[outgoing.sender].codec)
        message = parse_message(text, find_groups=False)
        assert message.msh.msh_10.value == outgoing.control_id


def test_time_only_goes_forward(traffic: list[Outgoing]) -> None:
    assert all(one.at <= other.at for one, other in pairwise(traffic))


def test_three_senders_and_every_event_of_the_transaction(traffic: list[Outgoing]) -> None:
    assert {outgoing.sender for outgoing in traffic} == {"gam", "dpi", "lgc"}
    identities = [outgoing for outgoing in traffic if outgoing.stay is None]
    assert {outgoing.event for outgoing in identities} == {"A28", "A31", "A40", "A47", "A24", "A37"}


def test_a_day_of_twenty_one_patients_tells_every_story() -> None:
    assert {outgoing.story for outgoing in day(2, 21, stays=False)} == {story.__name__ for story in STORIES}


def test_one_patient_lives_the_whole_life_of_an_ins(traffic: list[Outgoing]) -> None:
    told = [outgoing for outgoing in traffic if outgoing.story == "whole_life"]
    patient = [outgoing for outgoing in told if outgoing.patient == told[0].patient]
    assert [outgoing.event for outgoing in patient] == ["A28", "A31", "A47", "A31", "A47", "A31"]


def test_nobody_bears_the_matricule_of_another(traffic: list[Outgoing]) -> None:
    bearers: dict[str, set[str]] = {}
    for _outgoing, message in parsed(traffic):
        for matricule, _ in inses(message):
            if matricule != NULL:
                traits = (
                    message.get("PID-5[1].1") or "",
                    message.get("PID-5[1].3") or "",
                    message.get("PID-7") or "",
                )
                bearers.setdefault(matricule, set()).add("/".join(traits))
    assert all(len(people) == 1 for people in bearers.values())


def test_an_ins_travels_only_with_vali(traffic: list[Outgoing]) -> None:
    for outgoing, message in parsed(traffic):
        if any(matricule != NULL for matricule, _ in inses(message)):
            assert message.get("PID-32[1]") == "VALI", outgoing.note_en


def test_mandatory_traits_go_with_an_ins(traffic: list[Outgoing]) -> None:
    for outgoing, message in parsed(traffic):
        if not inses(message) or outgoing.event == "A40":
            continue
        assert message.get("PID-5[1].7") == "L"
        assert message.get("PID-5[1].3")
        assert message.get("PID-7") and message.get("PID-8") in ("M", "F")
        births = [n for n in range(1, 4) if message.get(f"PID-11[{n}].7") == "BDL"]
        assert [message.get(f"PID-11[{n}].9") for n in births if message.get(f"PID-11[{n}].9")]


def test_a_deletion_follows_the_qualification_it_undoes(traffic: list[Outgoing]) -> None:
    sent: dict[str, set[str]] = {}
    deletions = 0
    for outgoing, message in parsed(traffic):
        if (NULL, INS_NIR_TEST) in inses(message):
            deletions += 1
            ((gone, _),) = inses(message, "MRG-1")
            assert gone in sent[outgoing.patient]
            sent[outgoing.patient].clear()
        known = sent.setdefault(outgoing.patient, set())
        known.update(matricule for matricule, _ in inses(message) if matricule != NULL)
    assert deletions >= 2


def test_a_downgrade_says_prov_and_a_deletion_keeps_the_printed_status(traffic: list[Outgoing]) -> None:
    statuses = {
        message.get("PID-32") for _, message in parsed(traffic) if (NULL, INS_NIR_TEST) in inses(message)
    }
    assert statuses == {"VALI", "PROV"}


def test_merged_and_replaced_numbers_are_never_used_again(traffic: list[Outgoing]) -> None:
    gone: set[str] = set()
    known: set[str] = set()
    for outgoing, message in parsed(traffic):
        number = message.get("PID-3[1].1") or ""
        assert number not in gone, outgoing.note_en
        known.add(number)
        if outgoing.event in ("A40", "A47") and message.get("MRG-1.5") == "PI":
            old = message.get("MRG-1.1") or ""
            assert old in known
            gone.add(old)
    assert len(gone) >= 3


def test_every_patient_is_created_before_it_is_merged_or_linked(traffic: list[Outgoing]) -> None:
    seen: set[str] = set()
    for outgoing in traffic:
        if outgoing.event in ("A40", "A24", "A37"):
            assert {outgoing.patient, *outgoing.also} <= seen
        seen.add(outgoing.patient)


def test_one_first_message_is_an_update(traffic: list[Outgoing]) -> None:
    first: dict[str, str] = {}
    for outgoing in traffic:
        first.setdefault(outgoing.patient, outgoing.event)
    assert "A31" in first.values() and "A28" in first.values()


def test_nia_becomes_nir_and_a_nia_changes(traffic: list[Outgoing]) -> None:
    oids: dict[str, list[str]] = {}
    changes = 0
    for outgoing, message in parsed(traffic):
        oids.setdefault(outgoing.patient, []).extend(oid for _, oid in inses(message))
        changes += outgoing.event == "A47" and INS_NIA in {oid for _, oid in inses(message, "MRG-1")}
    passages = [found for found in oids.values() if INS_NIA in found]
    assert all(found[-1] == INS_NIR_TEST for found in passages)
    assert passages and changes


def test_the_five_national_consents_are_said_in_creations_and_updates(traffic: list[Outgoing]) -> None:
    expected = {("INO", "IC"), ("INO", "INC"), ("IO", "INC"), ("INO", "NA"), ("NA", "NA")}
    for event in ("A28", "A31"):
        said = {
            (message.get("ZFA-9"), message.get("ZFA-11"))
            for outgoing, message in parsed(traffic)
            if outgoing.event == event and message.get("ZFA-9")
        }
        assert said == expected


def test_a_consent_not_collected_has_no_date(traffic: list[Outgoing]) -> None:
    for _, message in parsed(traffic):
        if message.get("ZFA-9"):
            assert bool(message.get("ZFA-10")) == (message.get("ZFA-9") != "NA")
            assert bool(message.get("ZFA-12")) == (message.get("ZFA-11") != "NA")


def test_newborns_have_a_mother_and_twins_a_rank(traffic: list[Outgoing]) -> None:
    names = {message.get("PID-5.2") for _, message in parsed(traffic)}
    mothers = {message.get("PID-21.1") for _, message in parsed(traffic) if message.get("PID-21")}
    ranks = {message.get("PID-25") for _, message in parsed(traffic) if message.get("PID-24") == "Y"}
    assert "NOUVEAU-NE" in names
    assert ranks == {"1", "2"}
    assert mothers <= {message.get("PID-3[1].1") for _, message in parsed(traffic)}


def test_a_mother_is_a_woman_of_an_age_to_be_one() -> None:
    ages = set()
    for seed in range(40):
        for outgoing in day(seed):
            record = outgoing.record
            if outgoing.story in ("newborn", "twins") and record is not None and not record.mother:
                assert record.person.sex == "F"
                ages.add((outgoing.at.date() - record.person.birth_date).days // 365.25)
    assert ages and min(ages) >= 16 and max(ages) < 50


def test_other_situations_of_the_field_are_there(traffic: list[Outgoing]) -> None:
    messages = [message for _, message in parsed(traffic)]
    assert any(message.get("PID-30") == "Y" and message.get("PID-29") for message in messages)
    assert any(message.get("PID-31") == "Y" for message in messages)
    assert any(message.get("ZFD-4") == "Y" and message.get("ZFD-1") for message in messages)
    assert any(message.get("PID-32") == "VALI~HOMA" for message in messages)
    assert any(message.get("PID-5[2].1") == NULL and message.get("PID-5[2].7") == "D" for message in messages)
    assert any(message.get("NK1-33") for message in messages)
    assert any(message.get("ROL-3") == "ODRP" for message in messages)
    assert any(message.get("PD1-4") for message in messages)


def test_dpi_speaks_of_the_patients_of_the_administration(traffic: list[Outgoing]) -> None:
    of = {
        name: {outgoing.patient for outgoing in traffic if outgoing.sender == name}
        for name in ("gam", "dpi", "lgc")
    }
    assert of["dpi"] and of["dpi"] <= of["gam"]
    assert of["lgc"] and not of["lgc"] & of["gam"]


def test_a_person_is_qualified_in_two_domains(traffic: list[Outgoing]) -> None:
    found: dict[str, set[str]] = {}
    for outgoing, message in parsed(traffic):
        for matricule, _ in inses(message):
            found.setdefault(matricule, set()).add(outgoing.sender)
    assert any({"gam", "lgc"} <= senders for senders in found.values())


def test_letters_outside_the_charset_are_written_as_real_senders_do() -> None:
    dpi, lgc = SENDERS["dpi"], SENDERS["lgc"]
    assert dpi.encode("LECŒUR Ÿ").decode("iso8859-15") == "LECŒUR Ÿ"
    assert lgc.encode("LECŒUR Ÿ").decode("iso8859-1") == "LECOEUR Y"


def test_production_oid_on_demand() -> None:
    oids = {oid for _, message in parsed(list(day(1, 30, ins_oid=INS_NIR))) for _, oid in inses(message)}
    assert INS_NIR in oids and INS_NIR_TEST not in oids


def test_every_message_has_its_notes_and_expects_an_acceptance(traffic: list[Outgoing]) -> None:
    for outgoing in traffic:
        assert " :" not in outgoing.note_fr, "espace insécable"
        assert outgoing.note_fr.endswith(".") and outgoing.note_en.endswith(".")
        assert outgoing.expects("AA") and not outgoing.expects("AE")
        assert bytes(outgoing) == outgoing.raw
