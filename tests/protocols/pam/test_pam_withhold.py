"""Rule 28 on what is relayed: the INS goes, every other byte stays."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecluse.protocols.pam.withhold import CannotWithhold, withhold_ins

OID = "1.2.250.1.213.1.4.8"
INS = f"255086930500129^^^ASIP-SANTE-INS-NIR&{OID}&ISO^INS"
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


def test_a_deletion_may_keep_what_it_deletes() -> None:
    raw = message(f'{IPP}~""^^^ASIP-SANTE-INS-NIR&{OID}&ISO^INS', f"MRG|{INS}")
    assert withhold_ins(raw, nobody, kept_in_merge=True).raw == raw
    assert withhold_ins(raw, nobody).raw == message(f'{IPP}~""^^^ASIP-SANTE-INS-NIR&{OID}&ISO^INS', "MRG|")


def test_an_ins_in_another_segment_goes_too() -> None:
    contact = "|".join(["NK1", "1", *[""] * 31, INS])
    assert withhold_ins(message(IPP, contact), nobody).raw == message(IPP, contact.replace(INS, ""))


def test_an_ins_hidden_behind_an_escape_stops_the_message() -> None:
    with pytest.raises(CannotWithhold):
        withhold_ins(message(f"{IPP}~255086930500129^^^A&{OID}&ISO^I\\X4E\\S"), nobody)


def test_utf_16_keeps_its_mark_and_its_characters() -> None:
    text = message(f"{IPP}~{INS}").decode("iso8859-15").replace("8859/15", "UNICODE UTF-16")
    found = withhold_ins(text.encode("utf-16"), nobody)
    assert found.raw.decode("utf-16") == text.replace(f"~{INS}", "")


@given(
    st.lists(
        st.sampled_from([IPP, INS, NH, "", "X^^^&&ISO^PI", f"1^^^&{OID}", "~", "\n", " PV1", "|", "é"]),
        max_size=8,
    )
)
def test_whatever_comes_no_ins_leaves_and_nothing_is_added(parts: list[str]) -> None:
    raw = message("~".join(parts))
    try:
        found = withhold_ins(raw, nobody)
    except CannotWithhold:
        return
    assert f"&{OID}&ISO^INS".encode() not in found.raw
    assert len(found.raw) <= len(raw)
    if not found.withheld:
        assert found.raw == raw
