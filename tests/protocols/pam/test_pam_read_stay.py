"""Stays as messages tell them: numbers, movement, units, what comes with it; nothing that comes raises."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from ecluse.protocols.hl7 import Message
from ecluse.protocols.pam import read
from ecluse.protocols.pam.facts import Identifier, MovementFacts, MovementId, StayFacts
from ecluse.protocols.pam.read_stay import MOST_REPETITIONS

HEAD = (
    "MSH|^~\\&|GAM|VALMONT|ECLUSE|DMN|20261118081500||ADT^{}^ADT_A01|1|P|2.5^FRA^2.11|||||FRA|UNICODE UTF-8\r"
)


def stay(event: str, *segments: str) -> StayFacts | None:
    return read(Message.parse((HEAD.format(event) + "\r".join(segments) + "\r").encode())).stay


def test_an_admission_is_read_whole() -> None:
    found = stay(
        "A01",
        "EVN||20261118081500",
        "PID|1||7001^^^VALMONT&1.2.250.1.999.7.1&ISO^PI||BRIAND^ÉLOI^ÉLOI^^^^L|||||||||||||D-9^^^VALMONT&1.2.3&ISO^AN",
        "PV1|1|I|CHIR^12^B^VALMONT&750000001&N|R|P-4^^^VALMONT|MED^3|809^RÉAULT^PAUL~810^NOÉ"
        "||||||||||||V-5^^^VALMONT&1.2.3&ISO^VN|||||||||||||||||||||||||20261118080000",
        "PV2|||||||CS|20261118|20261122",
        "ZBE|M-1^GAM^1.2.9^ISO~ALT-1^AUTRE|20261118080000||INSERT|N||Chirurgie^^^^^VALMONT&1.2&ISO^UF^^^6268|^^^^^^^^^6269|HMS^x",
        "ZFP|4|12",
        "ZFV||AMB",
        "ZFM|8|||5",
    )
    assert found is not None
    assert found.visit == Identifier("V-5", "VALMONT", "1.2.3", "ISO", "VN")
    assert found.account == Identifier("D-9", "VALMONT", "1.2.3", "ISO", "AN")
    assert found.preadmit == Identifier("P-4", "VALMONT", "", "", "")
    assert found.movements == (
        MovementFacts(
            (MovementId("M-1", "GAM", "1.2.9", "ISO"), MovementId("ALT-1", "AUTRE", "", "")),
            "20261118080000",
            "INSERT",
            "N",
            "",
            ("Chirurgie", "", "", "", "", "VALMONT&1.2&ISO", "UF", "", "", "6268"),
            ("",) * 9 + ("6269",),
            "HMS",
        ),
    )
    assert found.fields == {
        "PV1-2": (("I",),),
        "PV1-3": (("CHIR", "12", "B", "VALMONT&750000001&N"),),
        "PV1-4": (("R",),),
        "PV1-6": (("MED", "3"),),
        "PV1-7": (("809", "RÉAULT", "PAUL"), ("810", "NOÉ")),
        "PV1-44": (("20261118080000",),),
        "PV2-8": (("20261118",),),
        "PV2-9": (("20261122",),),
        "ZFP-1": (("4",),),
        "ZFP-2": (("12",),),
        "ZFV-2": (("AMB",),),
        "ZFM-1": (("8",),),
        "ZFM-4": (("5",),),
    }


def test_an_identity_message_has_no_stay() -> None:
    assert stay("A28", "PID|1||7001", "PV1||N") is None
    assert stay("A40", "PID|1||7001", "MRG|7002||D-1") is None


def test_the_account_that_moves_is_read_from_the_prior_segment() -> None:
    found = stay("A44", "EVN", "PID|1||7001|||||||||||||||D-9", "MRG|7002||D-9^^^VALMONT||V-5")
    assert found is not None
    assert found.account == Identifier("D-9", "", "", "", "")
    assert found.prior_account == Identifier("D-9", "VALMONT", "", "", "")
    assert found.prior_visit == Identifier("V-5", "", "", "", "")


def test_an_erased_field_is_told_and_an_empty_one_is_not() -> None:
    found = stay("Z99", 'PV1||I|""||||~||""', 'ZBE|M-1||||||""^^^^^^UF^^^""')
    assert found is not None
    assert found.fields == {"PV1-2": (("I",),), "PV1-3": (('""',),), "PV1-9": (('""',),)}
    assert found.movements[0].medical_unit == ('""', "", "", "", "", "", "UF", "", "", '""')


def test_repetitions_without_end_are_cut() -> None:
    ids = "~".join(f"M{n}" for n in range(500))
    found = stay("A02", f"PV1||I||||{'~'.join('D' * 500)}", *[f"ZBE|{ids}"] * 500)
    assert found is not None
    assert len(found.movements) == len(found.movements[0].ids) == MOST_REPETITIONS


PIECES = st.text(alphabet='AZ09|^~&\\"é\x00 ', max_size=60)


@settings(max_examples=150, deadline=None)
@given(
    st.sampled_from(("A01", "A44", "Z99")),
    st.lists(
        st.tuples(st.sampled_from(("PID", "PV1", "PV2", "ZBE", "ZFP", "ZFV", "ZFM", "MRG", "NTE")), PIECES),
        max_size=8,
    ),
)
def test_whatever_comes_is_read(event: str, segments: list[tuple[str, str]]) -> None:
    found = stay(event, *(f"{name}|{text}" for name, text in segments))
    assert found is not None
    assert len(found.movements) == sum(name == "ZBE" for name, _ in segments)
