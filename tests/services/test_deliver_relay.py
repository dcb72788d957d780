"""Relays on real sockets: the bytes as they came, rule 28, and what each acknowledgement means."""

from __future__ import annotations

import socket
import threading
from pathlib import Path
from typing import Any

import pytest

from ecluse.protocols.hl7 import Message
from ecluse.services.deliveries import line
from ecluse.services.deliveries.messages import MessageFeed
from ecluse.services.deliveries.subscribers import all_subscribers
from tests.services.delivering import PATIENCE, Running, relay, settings, until
from tests.services.feeding import AUTHORITY, MARIN, NIR_TEST, Gate, adt, matricule, rows
from tests.services.receivers import MllpReceiver, free_port
from tests.store.databases import StorePlace

INS = f"{MARIN}^^^{NIR_TEST}^INS"


@pytest.fixture
def secrets(tmp_path: Path) -> Path:
    return tmp_path / "secrets"


def confirmed() -> Gate:
    gate = Gate()
    gate.act("sender.add", application="GAM", facility="VALMONT")
    return gate


def sent(receiver: MllpReceiver) -> list[bytes]:
    return list(receiver.messages)


def test_integrated_messages_leave_as_they_came_and_others_stay(store: StorePlace, secrets: Path) -> None:
    gate = confirmed()
    good = [adt(ins=MARIN, status="VALI"), adt("A31", "C2", street="2 RUE NEUVE", status="VALI")]
    assert gate.codes(*good, good[0], adt("A99", "C3"), adt("A47", "C4", "", prior="")) == [
        "AA", "AA", "AA", "AR 201", "AE 100",
    ]  # fmt: skip
    with MllpReceiver() as receiver:
        relay(gate, "dpi", receiver.port)
        with Running(settings(secrets)):
            until(lambda: len(receiver.accepted) == 2)
        assert sent(receiver) == good
    assert rows("SELECT deliveries, ins_sent, withheld FROM store_delivered") == [(2, 1, 0)]


def test_the_ins_of_an_identity_that_is_not_qualified_stays(store: StorePlace, secrets: Path) -> None:
    gate = confirmed()
    raw = adt(ins=MARIN, status="PROV")
    gate.receive(raw)
    with MllpReceiver() as receiver:
        relay(gate, "dpi", receiver.port)
        with Running(settings(secrets)):
            until(lambda: receiver.accepted)
        assert sent(receiver) == [raw.replace(f"~{INS}".encode(), b"")]
    assert rows("SELECT deliveries, ins_sent, withheld FROM store_delivered") == [(1, 0, 1)]


def test_the_ins_of_a_sender_nobody_confirmed_stays(store: StorePlace, secrets: Path) -> None:
    gate = Gate()
    raw = adt(ins=MARIN, status="VALI")
    gate.receive(raw)
    with MllpReceiver() as receiver:
        relay(gate, "dpi", receiver.port)
        with Running(settings(secrets)):
            until(lambda: receiver.accepted)
        assert MARIN.encode() not in sent(receiver)[0]


@pytest.mark.parametrize(("kept", "leaves"), [("sent", True), ("withheld", False)])
def test_a_deletion_names_what_it_deletes_unless_told_otherwise(
    store: StorePlace, secrets: Path, kept: str, leaves: bool
) -> None:
    gate = confirmed()
    erased = f'7001^^^{AUTHORITY}^PI~""^^^{NIR_TEST}^INS'
    deletion = adt("A47", "C2", prior=INS).replace(f"7001^^^{AUTHORITY}^PI".encode(), erased.encode())
    assert gate.codes(adt(ins=MARIN, status="VALI"), deletion) == ["AA", "AA"]
    with MllpReceiver() as receiver:
        relay(gate, "dpi", receiver.port, options={"parallel": 1, "ins_in_deletion": kept})
        with Running(settings(secrets)):
            until(lambda: len(receiver.accepted) == 2)
        first, second = sent(receiver)
    assert MARIN.encode() not in first, "withdrawn since: it leaves no more"
    assert (f"MRG|{INS}".encode() in second) is leaves
    assert erased.encode() in second


def relayed(gate: Gate, secrets: Path, count: int, **options: object) -> list[bytes]:
    """What a receiver gets, from the beginning."""
    with MllpReceiver() as receiver:
        relay(gate, "dpi", receiver.port, options={"parallel": 1, "timeout": 5, **options})
        with Running(settings(secrets)):
            until(lambda: len(receiver.accepted) == count)
        return sent(receiver)


def test_the_ins_of_another_patient_stays(store: StorePlace, secrets: Path) -> None:
    gate = confirmed()
    stranger = adt("A28", "C2", "7002", ins=MARIN, status="PROV", name="LE GOFF")
    assert gate.codes(adt(ins=MARIN, status="VALI"), stranger) == ["AA", "AA"]
    first, second = relayed(gate, secrets, 2)
    assert MARIN.encode() in first, "qualified, and still usable"
    assert second == stranger.replace(f"~{INS}".encode(), b"")


def test_the_ins_of_a_message_that_does_not_say_vali_stays(store: StorePlace, secrets: Path) -> None:
    gate = confirmed()
    gate.receive(adt(ins=MARIN, status="PROV"), adt("A31", "C2", ins=MARIN, status="VALI"))
    first, second = relayed(gate, secrets, 2)
    assert MARIN.encode() not in first and MARIN.encode() in second


def test_the_ins_of_a_message_that_says_vali_and_doubt_stays(store: StorePlace, secrets: Path) -> None:
    gate = confirmed()
    gate.receive(adt(ins=MARIN, status="VALI~DOUT"), adt("A31", "C2", ins=MARIN, status="VALI"))
    first, second = relayed(gate, secrets, 2)
    assert MARIN.encode() not in first and MARIN.encode() in second


def test_a_former_ins_of_a_qualified_identity_leaves(store: StorePlace, secrets: Path) -> None:
    gate = confirmed()
    later = matricule("1700129123457")
    change = adt("A47", "C2", ins=later, status="VALI", prior=INS)
    assert gate.codes(adt(ins=MARIN, status="VALI"), change) == ["AA", "AA"]
    first, second = relayed(gate, secrets, 2)
    assert MARIN.encode() in first and second == change


def test_without_local_identifier_the_ins_itself_designates_the_patient(
    store: StorePlace, secrets: Path
) -> None:
    gate = confirmed()
    alone = adt("A31", "C2", ins=MARIN, status="VALI").replace(f"7001^^^{AUTHORITY}^PI~".encode(), b"")
    assert gate.codes(adt(ins=MARIN, status="VALI"), alone) == ["AA", "AA"]
    assert relayed(gate, secrets, 2)[1] == alone


def test_a_deletion_names_nobody_elses_ins(store: StorePlace, secrets: Path) -> None:
    gate = confirmed()
    other = matricule("2810735238001")
    erased = f'7001^^^{AUTHORITY}^PI~""^^^{NIR_TEST}^INS'
    deletion = adt("A47", "C2", prior=f"{other}^^^{NIR_TEST}^INS")
    deletion = deletion.replace(f"7001^^^{AUTHORITY}^PI".encode(), erased.encode())
    stranger = adt("A28", "C3", "7002", ins=other, status="VALI")
    codes = gate.codes(adt(ins=MARIN, status="VALI"), deletion, stranger)
    found = {Message.parse(one).get("MSH-10"): one for one in relayed(gate, secrets, codes.count("AA"))}
    assert codes[1] == "AA" and b"MRG|\r" in found["C2"]


def test_a_patient_named_in_two_ways_keeps_its_order(store: StorePlace, secrets: Path) -> None:
    gate = confirmed()
    both = adt(control="C1", ipp="1").replace(b"1^^^", f"1^^^{AUTHORITY}^PI~2^^^".encode(), 1)
    gate.receive(both, adt("A31", "C2", "1", street="X"), adt("A31", "C3", "2", street="Y"))
    refused: list[str] = []

    def once(message: Message) -> str:
        control = message.get("MSH-10") or ""
        if control == "C2" and not refused:
            refused.append(control)
            return "AR"
        return "AA"

    with MllpReceiver(once) as receiver:
        relay(gate, "dpi", receiver.port, options={"parallel": 4, "timeout": 5})
        with Running(settings(secrets)):
            until(lambda: len(receiver.accepted) == 3)
        assert receiver.accepted == ["C1", "C2", "C3"]


def test_messages_of_merged_patients_and_lost_identifiers_keep_one_order(store: StorePlace) -> None:
    gate = confirmed()
    gate.receive(
        adt(control="C1", ipp="1"),
        adt(control="C2", ipp="2"),
        adt("A31", "C3", "2", street="X"),
        adt("A40", "C4", "1", prior=f"2^^^{AUTHORITY}^PI"),
        adt("A47", "C5", "3", prior=f"1^^^{AUTHORITY}^PI"),
        adt("A31", "C6", "3", street="Z"),
        adt(control="C7", ipp="9"),
    )
    relay(gate, "dpi", 1)
    feed = MessageFeed(all_subscribers()[0])
    page = feed.after(0, 100)
    found = {Message.parse(one.content[0]).get("MSH-10"): set(one.keys) for one in page.parcels}
    assert set(found) == {f"C{number}" for number in range(1, 8)}
    for one in ("C1", "C2", "C3", "C4", "C5"):
        assert found[one] & found["C6"], one
    assert not found["C7"] & found["C6"]
    assert all(feed.at(one.position) == one for one in page.parcels)


def test_ae_parks_a_message_with_its_reason_and_holds_its_patient_only(
    store: StorePlace, secrets: Path
) -> None:
    gate = confirmed()
    gate.receive(adt(control="C1", ipp="1"), adt(control="C2", ipp="2"), adt("A31", "C3", "1", street="X"))
    with MllpReceiver(lambda message: "AE" if message.get("MSH-10") == "C1" else "AA") as receiver:
        relay(gate, "dpi", receiver.port)
        with Running(settings(secrets)):
            until(lambda: receiver.accepted == ["C2"])
            until(
                lambda: rows("SELECT reason FROM store_pendingdelivery WHERE parked") == [("AE 204 PID-1-3",)]
            )
        assert receiver.accepted == ["C2"]
        receiver.answer = lambda message: "AA"
        assert gate.act("subscriber.release", name="dpi").done
        with Running(settings(secrets)):
            until(lambda: receiver.accepted == ["C2", "C1", "C3"])


def test_many_parked_messages_do_not_stop_the_other_patients(
    store: StorePlace, secrets: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(line, "MOST_HELD", 3)
    monkeypatch.setattr(line, "READ_AT_ONCE", 2)
    gate = confirmed()
    for number in range(8):
        gate.receive(adt(control=f"C{number}", ipp=f"{number}"), adt("A31", f"U{number}", f"{number}"))
    gate.receive(adt(control="LAST", ipp="99"))
    with MllpReceiver(lambda message: "AA" if message.get("MSH-10") == "LAST" else "AE") as receiver:
        relay(gate, "dpi", receiver.port)
        with Running(settings(secrets)):
            until(lambda: receiver.accepted == ["LAST"])
    assert rows("SELECT COUNT(*) FROM store_pendingdelivery WHERE parked") == [(8,)]
    assert rows("SELECT COUNT(*) FROM store_pendingdelivery WHERE NOT parked") == [(8,)]


def test_ar_and_a_lost_answer_are_tried_again(store: StorePlace, secrets: Path) -> None:
    gate = confirmed()
    gate.receive(adt(control="C1", ipp="1"))
    answers = iter(["AR", "", "AA"])
    with MllpReceiver(lambda message: next(answers)) as receiver:
        relay(gate, "dpi", receiver.port)
        with Running(settings(secrets)):
            until(lambda: receiver.accepted == ["C1"])
        assert [Message.parse(one).get("MSH-10") for one in receiver.messages] == ["C1"] * 3


def test_a_name_that_hangs_is_late_for_its_own_relay_only(
    sqlite_store: StorePlace, secrets: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    end, real = threading.Event(), socket.getaddrinfo

    def hang(host: str, *given: Any, **more: Any) -> Any:
        if host == "hangs.example":
            end.wait(PATIENCE)
        return real(host, *given, **more)

    monkeypatch.setattr(socket, "getaddrinfo", hang)
    monkeypatch.setattr("ecluse.services.deliveries.relay._RESOLVE_SECONDS", 0.2)
    gate = confirmed()
    gate.receive(*(adt(control=f"C{number}", ipp=str(number)) for number in range(40)))
    with MllpReceiver() as receiver:
        options = {"parallel": 40, "timeout": 5}
        late = {"target": "hangs.example:2575", "plaintext": True, "options": options}
        done = gate.act("subscriber.add", name="late", kind="relay", position=0, **late)
        assert done.done, done.text_en
        relay(gate, "dpi", receiver.port)
        with Running(settings(secrets)):
            until(lambda: len(receiver.accepted) == 40)
            until(lambda: rows("SELECT reason FROM store_pendingdelivery WHERE reason LIKE '%not resolved%'"))
            end.set()


def test_nobody_there_keeps_everything_in_order(store: StorePlace, secrets: Path) -> None:
    gate = confirmed()
    gate.receive(*(adt("A31", f"C{number}", "1", street=f"{number} RUE") for number in range(5)))
    relay(gate, "dpi", free_port())
    with Running(settings(secrets)):
        until(lambda: rows("SELECT attempts FROM store_pendingdelivery WHERE attempts > 0"))
    positions = [row[0] for row in rows("SELECT position FROM store_pendingdelivery ORDER BY position")]
    assert positions == [2, 3, 4, 5, 6], "all that was read is written down"


def test_what_may_not_leave_says_nothing_of_the_destination(store: StorePlace, secrets: Path) -> None:
    gate = confirmed()
    assert gate.codes(adt(ins=MARIN) + f"NTE|1||INS {MARIN}\r".encode()) == ["AA"]
    relay(gate, "dpi", free_port())
    with Running(settings(secrets)):
        until(lambda: rows("SELECT parked FROM store_pendingdelivery WHERE parked"))
    assert rows("SELECT answered, failures FROM store_subscriber") == [(0, 0)]


def test_only_the_domain_and_the_events_wanted(store: StorePlace, secrets: Path) -> None:
    gate = confirmed()
    gate.receive(adt(control="C1"), adt("A31", "C2", street="X"))
    with MllpReceiver() as receiver:
        relay(gate, "dpi", receiver.port, options={"parallel": 1, "types": ["A31"]})
        with Running(settings(secrets)):
            until(lambda: receiver.accepted == ["C2"])
    other = gate.act("subscriber.add", name="x", kind="relay", target="127.0.0.1:1", domain="nowhere")
    assert not other.done and "nowhere" in other.text_en


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"target": "http://example.org/"}, "encryption"),
        ({"target": "ftp://example.org/"}, "https URL"),
        ({"target": "https://me:pass@example.org/"}, "https URL"),
        ({"target": "https://example.org/", "options": {"parallel": 0}}, "same time"),
        ({"target": "https://example.org/", "options": {"no_such": 1}}, "no_such"),
        ({"target": "https://example.org/", "options": {"full": "maybe"}}, "Wrong option"),
        ({"target": "https://example.org/", "options": {"inclusion": "x"}}, "inclusion list"),
        ({"target": "https://example.org/"}, "sealed key"),
        ({"target": ""}, "target"),
        ({"kind": "pigeon"}, "kind"),
        ({"kind": "relay", "target": "host"}, "HOST:PORT"),
        ({"kind": "relay", "target": "host:99999"}, "HOST:PORT"),
    ],
)
def test_a_wrong_subscriber_is_refused_with_what_to_do(
    sqlite_store: StorePlace, arguments: dict[str, object], said: str
) -> None:
    done = Gate().act("subscriber.add", **{"name": "s", "kind": "webhook", **arguments})
    assert not done.done and said in done.text_en
    assert rows("SELECT COUNT(*) FROM store_subscriber") == [(0,)]
