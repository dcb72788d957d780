"""The catalogue of faults: each is sent once, prepared as it must be, and is really faulty."""

from collections import Counter
from collections.abc import Callable

import pytest
from stdnum.fr import nir

from ecluse.protocols.hl7 import NULL, Message
from ecluse.simulators.hospital import INS_NIR, INS_NIR_TEST, Outgoing, catalogue, faults
from ecluse.simulators.hospital.faults import MAKERS


@pytest.fixture(scope="module")
def sent() -> list[Outgoing]:
    return list(faults(3))


@pytest.fixture(scope="module")
def faulty(sent: list[Outgoing]) -> dict[str, Outgoing]:
    return {outgoing.fault: outgoing for outgoing in sent if outgoing.fault}


def test_each_fault_of_the_catalogue_is_sent_once(sent: list[Outgoing]) -> None:
    assert Counter(outgoing.fault for outgoing in sent if outgoing.fault) == Counter(
        f.id for f in catalogue()
    )


def test_each_maker_has_its_line_in_the_catalogue() -> None:
    assert set(MAKERS) == {fault.id for fault in catalogue()}


def test_same_seed_same_bytes() -> None:
    assert list(faults(4)) == list(faults(4))


@pytest.mark.parametrize("fault", catalogue(), ids=lambda fault: fault.id)
def test_a_line_of_the_catalogue_is_complete(fault) -> None:  # type: ignore[no-untyped-def]
    assert fault.title_fr and fault.title_en and fault.seen and fault.source
    assert set(fault.expectation.split("|")) <= {"AA", "AE", "AR", "NONE"}
    for mark in (":", ";", "?", "!", "»"):
        assert f" {mark}" not in fault.title_fr, "espace insécable"


def test_preparations_are_ordinary_messages(sent: list[Outgoing]) -> None:
    prepared = [outgoing for outgoing in sent if not outgoing.fault]
    assert prepared
    assert all(outgoing.expectation == "AA" for outgoing in prepared)
    assert len({outgoing.control_id for outgoing in prepared}) == len(prepared)


def get(path: str) -> Callable[[Message], object]:
    return lambda message: message.get(path)


@pytest.mark.parametrize(
    ("fault", "look", "value"),
    [
        ("prov-with-ins", get("PID-3[2].5"), "INS"),
        ("prov-with-ins", get("PID-32"), "PROV"),
        ("ins-typed-nh", get("PID-3[2].5"), "NH"),
        ("ins-typed-ins-nir", get("PID-3[2].5"), "INS-NIR"),
        ("shifted-fields", get("PID-34"), "VALI"),
        ("missing-pid-32", get("PID-32"), ""),
        ("missing-pv1", get("PV1"), None),
        ("missing-evn", get("EVN"), None),
        ("a08", get("MSH-9.2"), "A08"),
        ("iti-31-admission", get("MSH-9.2"), "A01"),
        ("oru", get("MSH-9.1"), "ORU"),
        ("a40-two-groups", lambda message: len(message.all("MRG")), 2),
        ("a40-wrong-structure", get("MSH-9.3"), "ADT_A40"),
        ("a40-missing-mrg", get("MRG"), None),
        ("msh-9-two-components", get("MSH-9"), "ADT^A28"),
        ("hl7-2-3-1", get("MSH-12"), "2.3.1"),
        ("version-alone", get("MSH-12"), "2.5"),
        ("processing-d", get("MSH-11"), "D"),
        ("empty-control-id", get("MSH-10"), ""),
        ("no-identifier", get("PID-3"), ""),
        ("authority-missing", get("PID-3.4"), ""),
        ("authority-without-oid", get("PID-3.4"), "CH-VALMONT&&M"),
        ("ins-only", get("PID-3[1].5"), "INS"),
        ("ins-only", get("PID-3[2].5"), None),
        ("deletion-without-null", get("PID-3[2]"), None),
        ("deletion-without-null", get("MRG-1.5"), "INS"),
        ("a47-unknown-ins", get("PID-3[2].1"), NULL),
        ("empty-repetitions", get("PID-13[2]"), ""),
        ("other-delimiters", get("PID-5[1].7"), "L"),
        ("phone-in-xtn-1", get("PID-13[2].1"), "0639980103"),
        ("obsolete-consents", get("ZFA-4"), "N"),
        ("obsolete-consents", get("ZFA-9"), None),
        ("impossible-date", get("PID-7"), "19800230"),
        ("unknown-z-segment", get("ZZZ-3"), "42"),
        ("shifted-birth-address", get("PID-10.7"), "BDL"),
        ("shifted-birth-address", get("PID-5.3"), ""),
        ("unescaped-ampersand", get("PID-11.1.2"), " Roses"),
        ("unescaped-caret", get("PID-11.2"), "ateau"),
    ],
)
def test_the_fault_is_in_the_message(
    faulty: dict[str, Outgoing], fault: str, look: Callable[[Message], object], value: object
) -> None:
    assert look(Message.parse(faulty[fault].raw)) == value


def test_wrong_keys_are_wrong(faulty: dict[str, Outgoing]) -> None:
    for fault in ("wrong-key", "shifted-birth-address"):
        assert not nir.is_valid(Message.parse(faulty[fault].raw).get("PID-3[2].1") or "")
    message = Message.parse(faulty["sex-against-matricule"].raw)
    assert nir.is_valid(message.get("PID-3[2].1") or "")
    assert (message.get("PID-3[2].1") or "")[0] != {"M": "1", "F": "2"}[message.get("PID-8") or ""]


@pytest.mark.parametrize(
    ("fault", "declared", "codec"),
    [
        ("declared-ascii", b"|ASCII|", "utf-8"),
        ("declared-8859-1", b"|8859/1|", "utf-8"),
        ("declared-utf-8", b"|UNICODE UTF-8|", "iso8859-15"),
        ("charset-absent", b"|FRA||FR|", "utf-8"),
        ("charset-misnamed", b"|UTF-8|", "utf-8"),
    ],
)
def test_charset_lies_are_lies(faulty: dict[str, Outgoing], fault: str, declared: bytes, codec: str) -> None:
    raw = faulty[fault].raw
    assert declared in raw
    assert "LEFÈVRE-BÉNARD" in raw.decode(codec)


def test_bytes_that_are_no_usual_text(faulty: dict[str, Outgoing]) -> None:
    assert faulty["utf-16"].raw.decode("utf-16").startswith("MSH|")
    assert faulty["utf-8-bom"].raw.startswith(b"\xef\xbb\xbfMSH|")
    assert b"\r" not in faulty["lf-ends"].raw
    assert faulty["crlf-ends"].raw.count(b"\r\n") == faulty["crlf-ends"].raw.count(b"\r")
    assert len(faulty["oversized-field"].raw) > 200_000
    assert not faulty["not-hl7"].raw.startswith(b"MSH")
    assert b"PID|" not in faulty["truncated"].raw
    assert b"\rMSA|AA|" in faulty["ack-to-listener"].raw


def before(sent: list[Outgoing], fault: str) -> list[Outgoing]:
    """The messages that prepare a fault."""
    at = next(i for i, outgoing in enumerate(sent) if outgoing.fault == fault)
    start = next((i for i in range(at - 1, -1, -1) if sent[i].fault), -1)
    return sent[start + 1 : at]


def test_control_id_used_twice(sent: list[Outgoing], faulty: dict[str, Outgoing]) -> None:
    for fault, same in (("duplicate-same-bytes", True), ("duplicate-other-bytes", False)):
        (first,) = before(sent, fault)
        again = faulty[fault]
        assert again.control_id == first.control_id
        assert (again.raw == first.raw) is same


def test_merged_identifier_was_merged_before(sent: list[Outgoing], faulty: dict[str, Outgoing]) -> None:
    *_, merge = before(sent, "merged-identifier-used")
    assert merge.event == "A40"
    gone = Message.parse(merge.raw).get("MRG-1.1")
    assert Message.parse(faulty["merged-identifier-used"].raw).get("PID-3.1") == gone


def test_two_patients_are_known_before_their_numbers_meet(
    sent: list[Outgoing], faulty: dict[str, Outgoing]
) -> None:
    known = {
        Message.parse(outgoing.raw).get("PID-3.1") for outgoing in before(sent, "two-patients-identifiers")
    }
    message = Message.parse(faulty["two-patients-identifiers"].raw)
    assert {message.get("PID-3[1].1"), message.get("PID-3[2].1")} == known
    assert len(known) == 2


def test_other_environment_depends_on_the_one_spoken() -> None:
    for spoken, other in ((INS_NIR_TEST, INS_NIR), (INS_NIR, INS_NIR_TEST)):
        outgoing = next(o for o in faults(1, ins_oid=spoken) if o.fault == "other-environment")
        assert Message.parse(outgoing.raw).get("PID-3[2].4.2") == other
