"""Messages for measurements: distinct, conforming, of the size met in the field."""

from itertools import islice

from stdnum.fr import nir

from ecluse.protocols.hl7 import Message
from ecluse.simulators.hospital import INS_NIR, load
from ecluse.simulators.hospital.world import luhn_key


def test_same_seed_same_bytes_and_another_seed_other_patients() -> None:
    assert list(load(1, 50)) == list(load(1, 50))
    one, two = ({outgoing.patient for outgoing in load(seed, 50)} for seed in (1, 2))
    assert not one & two


def test_messages_matricules_and_control_ids_are_distinct() -> None:
    sent = list(load(1, 4000))
    assert len({outgoing.raw for outgoing in sent}) == 4000
    assert len({outgoing.control_id for outgoing in sent}) == 4000
    inses = [Message.parse(outgoing.raw).get("PID-3[2].1") for outgoing in sent if outgoing.event == "A31"]
    assert len(set(inses)) == 2000
    assert all(nir.is_valid(ins or "") for ins in inses)


def test_messages_are_of_the_usual_size() -> None:
    sizes = [len(outgoing.raw) for outgoing in load(1, 200)]
    assert 800 <= sum(sizes) / len(sizes) <= 1000


def test_each_patient_is_created_then_qualified() -> None:
    first, second, third = islice(load(1), 3)
    assert (first.event, second.event, third.event) == ("A28", "A31", "A28")
    assert first.patient == second.patient != third.patient
    creation, update = Message.parse(first.raw), Message.parse(second.raw)
    assert creation.get("PID-32") == "PROV" and creation.get("PID-3[2]") is None
    assert update.get("PID-32") == "VALI" and update.get("PID-3[2].5") == "INS"
    assert creation.get("PID-3.1") == update.get("PID-3.1")


def test_no_place_holder_is_left_and_traits_agree_with_the_matricule() -> None:
    for outgoing in load(9, 100, events=("A31",), ins_oid=INS_NIR):
        message = Message.parse(outgoing.raw)
        assert b"<" not in outgoing.raw and b"%" not in outgoing.raw
        ins = message.get("PID-3[2].1") or ""
        assert ins[0] == {"M": "1", "F": "2"}[message.get("PID-8") or ""]
        assert ins[1:5] == (message.get("PID-7") or "")[2:6]
        assert ins[5:10] == message.get("PID-11[2].9")
        assert message.get("PID-3[2].4.2") == INS_NIR
        assert message.get("MSH-10") == outgoing.control_id
        rpps = (message.get("ROL-4.1") or "")[1:]
        assert luhn_key(rpps[:-1]) == rpps[-1]


def test_going_round_a_base_says_something_new() -> None:
    first, other = list(load(1, 6, patients=3, events=("A31",)))[::3]
    assert first.patient == other.patient
    one, two = Message.parse(first.raw), Message.parse(other.raw)
    assert one.get("PID-11[1].1") != two.get("PID-11[1].1")
    assert one.get("PID-3[2].1") == two.get("PID-3[2].1")


def test_filling_then_updating_shares_no_control_id() -> None:
    filled = {outgoing.control_id for outgoing in load(1, 30, patients=30, events=("A28",))}
    updated = {outgoing.control_id for outgoing in load(1, 30, patients=30, events=("A31",))}
    assert not filled & updated
