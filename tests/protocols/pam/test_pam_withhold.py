"""Rule 28 on what is relayed: the INS goes, every other byte stays."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecluse.protocols.pam.withhold import CannotWithhold, withhold_ins

OID = "1.2.250.1.213.1.4.8"
MATRICULE = "255086930500129"
INS = f"{MATRICULE}^^^ASIP-SANTE-INS-NIR&{OID}&ISO^INS"
IPP = "P41^^^HOPITAL&1.2.250.1.71.4.2.99&ISO^PI"
NH = f"255086930500129^^^ASIP-SANTE-NIR&{OID}&ISO^NH"
HEAD = "MSH|^~\\&|GAM|H|E|X|20261120||ADT^A31^ADT_A05|1|P|2.5^FRA^2.11||||||8859/15"


def message(pid_3: str, more: str = "", end: str = "\r") -> bytes:
    name = f"PID|1||{pid_3}||LEFÈVRE^ZOÉ^^^^^L||19550801|F"
    return (
        end.join(["MSH" + HEAD[3:], "EVN||20261120", name, *([more] if more else [])]).encode("iso8859-15")
        + b"\r"
    )


def nobody(matricule: str, oid: str) -> bool:
    return False


def everybody(matricule: str, oid: str) -> bool:
    return True


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (f"{IPP}~{INS}", IPP),
        (f"{INS}~{IPP}", IPP),
        (f"{IPP}~{INS}~{NH}", f"{IPP}~{NH}"),
        (f"{IPP}~255086930500129^^^ASIP&{OID}&ISO", IPP),
        (INS, ""),
        (f'{IPP}~""^^^ASIP-SANTE-INS-NIR&{OID}&ISO^INS', f'{IPP}~""^^^ASIP-SANTE-INS-NIR&{OID}&ISO^INS'),
        (f"{IPP}~0012^^^INSC&1.2.250.1.213.1.4.2&ISO^INS-C", IPP),
    ],
)
@pytest.mark.parametrize("end", ["\r", "\n", "\r\n"])
def test_only_the_ins_goes(before: str, after: str, end: str) -> None:
    found = withhold_ins(message(before, "PV1|1|N", end), nobody)
    assert found.raw == message(after, "PV1|1|N", end)
    assert (found.sent, found.withheld) == (0, int(before != after))


def test_a_qualified_identity_leaves_as_it_came() -> None:
    raw = message(f"{IPP}~{INS}")
    assert withhold_ins(raw, everybody) == (raw, 1, 0)


def test_each_ins_is_asked_for() -> None:
    other = INS.replace("255086930500129", "155086930500149")
    found = withhold_ins(message(f"{IPP}~{INS}~{other}"), lambda matricule, oid: matricule.startswith("1"))
    assert found == (message(f"{IPP}~{other}"), 1, 1)


def test_a_deletion_names_only_what_may_be_deleted_in_mrg_1_only() -> None:
    erased = f'{IPP}~""^^^ASIP-SANTE-INS-NIR&{OID}&ISO^INS'
    raw = message(erased, f"MRG|{INS}")
    seen = []

    def deleted(matricule: str, oid: str) -> bool:
        seen.append((matricule, oid))
        return True

    assert withhold_ins(raw, nobody, deleted=deleted).raw == raw
    assert set(seen) == {(MATRICULE, OID)}
    assert withhold_ins(raw, nobody).raw == message(erased, "MRG|")
    assert withhold_ins(message(erased, f"MRG||||{INS}"), nobody, deleted=deleted).raw == message(
        erased, "MRG||||"
    )


def test_what_a_deletion_names_does_not_keep_it_elsewhere() -> None:
    found = withhold_ins(message(f"{IPP}~{INS}", f"MRG|{INS}"), nobody, deleted=everybody)
    assert found == (message(IPP, f"MRG|{INS}"), 1, 1)


def test_an_ins_in_another_segment_goes_too() -> None:
    contact = "|".join(["NK1", "1", *[""] * 31, INS])
    assert withhold_ins(message(IPP, contact), nobody).raw == message(IPP, contact.replace(INS, ""))


HOSTILE = [
    f"{MATRICULE}^^^A&{OID}&ISO^NI",
    f"{MATRICULE}^^^A&{OID}&ISO^INS-NIR",
    f"{MATRICULE}^^^A&{OID}&ISO^ins",
    f"{MATRICULE}^^^A&{OID}&ISO^PPN",
    f"{MATRICULE}^^^ASIP-SANTE-INS-NIR",
    f"{MATRICULE}^^^asip-sante-ins-nia^PI",
    f"{MATRICULE}^^^ASIP-SANTE-INS-NIR^NH",
    f"{MATRICULE}^^^{OID}^INS",
    f"{MATRICULE}^^^{OID}",
    f"{MATRICULE}^^^A&urn:oid:{OID}&ISO^PI",
    f"{MATRICULE}^^^A&URN:OID:{OID}&ISO",
    f"{MATRICULE}^^^A\\T\\{OID}\\T\\ISO^PI",
    f"{MATRICULE}^^^A&{OID}&ISO^I\\X4E\\S",
    f"{MATRICULE}^^^&{OID[:-1]}\\X38\\&ISO^PI",
    f"2 55 08 69 305 001 29^^^A& {OID} &ISO^PI",
    f"{MATRICULE}^^^^^^^A&{OID}",
    f"{MATRICULE}^MARIN^LÉA^^^^^^ASIP-SANTE-INS-NIR&{OID}&ISO^L^^^INS",
    f"{MATRICULE}^MARIN^LÉA^^NH^^^^A&{OID}&ISO^L^^^PI",
    f"{MATRICULE}&A&{OID}",
    f"^{MATRICULE}^^A&{OID}&ISO^PI",
    f"{MATRICULE}^^^A^INS-C",
]


@pytest.mark.parametrize("form", HOSTILE)
@pytest.mark.parametrize(
    "head", ["PID|1||", "ROL|1|AD|FHCP|", "NK1|1||||||||||||||||||||||||||||||||", "ZXX|"]
)
def test_every_way_to_write_an_ins_is_one(form: str, head: str) -> None:
    found = withhold_ins(message(IPP, f"{head}{IPP}~{form}|X"), nobody)
    assert found == (message(IPP, f"{head}{IPP}|X"), 0, 1)


@pytest.mark.parametrize(
    "other",
    [
        NH,
        f"{MATRICULE}^^^ASIP-SANTE-NIR&{OID}&ISO^nh",
        f"{MATRICULE}^^^ASIP-SANTE-NIR^NH",
        f"{MATRICULE}^^^CPAM&{OID}&ISO^SS",
        f"{MATRICULE}^^^CPAM^SS",
        f"ASIP-SANTE-INS-NIR^{OID}^ISO",
        f"ASIP-SANTE-INS-NIR&{OID}&ISO",
        f'""^^^ASIP-SANTE-INS-NIR&{OID}&ISO^INS',
        "INSEE^^^INSEE^INSEE",
    ],
)
def test_what_is_no_ins_stays(other: str) -> None:
    raw = message(IPP, f"IN1|1|{other}")
    assert withhold_ins(raw, nobody) == (raw, 0, 0)
    assert withhold_ins(message(f"{IPP}~{INS}", f"IN1|1|{other}"), nobody) == (raw, 0, 1)


@pytest.mark.parametrize(
    "text",
    [
        MATRICULE,
        MATRICULE[:13],
        "INS 2 55 08 69 305 001 (29)",
        "2550869305\\X30\\0129",
        f"X^{MATRICULE[:13]}^Y",
        f"X{MATRICULE}Y",
    ],
)
@pytest.mark.parametrize("head", ["PID|1||||||||||||||||||", "NTE|1|L|", "ZXX|"])
def test_an_ins_told_again_in_a_text_stops_the_message(text: str, head: str) -> None:
    with pytest.raises(CannotWithhold):
        withhold_ins(message(f"{IPP}~{INS}", head + text), nobody)
    raw = message(f"{IPP}~{INS}", head + text)
    assert withhold_ins(raw, everybody) == (raw, 1, 0)


def test_a_matricule_beside_its_authority_in_a_text_stops_the_message() -> None:
    for text in (f"INS {MATRICULE} ({OID})", f"ASIP-SANTE-INS-NIR : {MATRICULE}"):
        with pytest.raises(CannotWithhold):
            withhold_ins(message(IPP, f"NTE|1|L|{text}"), nobody)
    raw = message(IPP, f"NTE|1|L|INS {MATRICULE} ({OID})")
    assert withhold_ins(raw, everybody).raw == raw


def test_an_ins_that_may_leave_hides_no_other() -> None:
    with_two = f"{MATRICULE}^155086930500149^^ASIP-SANTE-INS-NIR&{OID}&ISO^INS"
    found = withhold_ins(message(f"{IPP}~{with_two}"), lambda matricule, oid: matricule == MATRICULE)
    assert found == (message(IPP), 0, 1)


@pytest.mark.parametrize("codec", ["utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_utf_16_keeps_its_order_of_bytes(codec: str, mark: str) -> None:
    text = mark + message(f"{IPP}~{INS}").decode("iso8859-15").replace("8859/15", "UNICODE UTF-16")
    assert withhold_ins(text.encode(codec), nobody).raw == text.replace(f"~{INS}", "").encode(codec)


def test_utf_16_keeps_its_mark_and_its_characters() -> None:
    text = message(f"{IPP}~{INS}").decode("iso8859-15").replace("8859/15", "UNICODE UTF-16")
    found = withhold_ins(text.encode("utf-16"), nobody)
    assert found.raw.decode("utf-16") == text.replace(f"~{INS}", "")


@given(
    st.lists(
        st.sampled_from(
            [
                IPP,
                INS,
                NH,
                "",
                "X^^^&&ISO^PI",
                f"1^^^&{OID}",
                "~",
                "\n",
                " PV1",
                "|",
                "é",
                MATRICULE,
                OID,
                *HOSTILE,
            ]
        ),
        max_size=8,
    ),
    st.sampled_from(["", "PV1|1|N", f"NTE|1|L|{MATRICULE}", f"MRG|{INS}", f"ROL||||{HOSTILE[-4]}"]),
)
def test_whatever_comes_no_ins_leaves_and_nothing_is_added(parts: list[str], more: str) -> None:
    raw = message("~".join(parts), more)
    try:
        found = withhold_ins(raw, nobody)
    except CannotWithhold:
        return
    left = re.sub(rb"[|~\r\n]+", b"~", found.raw).split(b"~")
    assert not any(
        one == INS.encode() or one in {form.encode("iso8859-15") for form in HOSTILE} for one in left
    )
    assert found.sent == 0
    assert withhold_ins(found.raw, nobody) == (found.raw, 0, 0), "what left is clean"
    if not found.withheld:
        assert found.raw == raw
    elif MATRICULE.encode() in found.raw.replace(NH.encode(), b""):
        raise AssertionError("a matricule that was taken out is still there")


@given(st.lists(st.sampled_from([IPP, INS, NH, "é", *HOSTILE]), max_size=5))
def test_what_may_leave_leaves_byte_for_byte(parts: list[str]) -> None:
    raw = message("~".join(parts))
    assert withhold_ins(raw, everybody).raw == raw
