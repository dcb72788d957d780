"""What the fast path accepts, the explaining checks find clean: the two can never disagree."""

from __future__ import annotations

import random
import string

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ecluse.protocols.hl7 import Message
from ecluse.protocols.pam.fast import is_clean
from ecluse.protocols.pam.profile import profile
from ecluse.protocols.pam.validate import _explain, _fast_check

from .builders import change, lines, pid, raw
from .cases import CASES

EVENTS = ("A28", "A31", "A40", "A47", "A01", "A02", "A03", "A12", "Z99")
_ODD = (
    *(
        "",
        '""',
        " ",
        "~",
        "^",
        "&",
        "^^",
        "~~",
        "\\S\\",
        "\t",
        "X",
        "9",
        "20240230",
        "20240229",
        "20241301",
        "2024",
    ),
    *(
        "202403061015",
        "20240306101500.12",
        "20240306101500+0100",
        "20240306256000",
        "M",
        "F",
        "O",
        "U",
        "N",
        "Y",
        "VALI",
    ),
    *(
        "PROV",
        "VALI~HOMA",
        "PROV~DOUT",
        "FRA",
        "BEL",
        "100",
        "99103",
        "75107",
        "2A004",
        "75107 ",
        "a" * 60,
        "A" * 300,
    ),
    *(
        "É",
        "Œuvre",
        "INO",
        "IO",
        "IC",
        "NA",
        "INSI",
        "AV",
        "K",
        "C",
        "UPDATE",
        "INSERT",
        "HMS",
        "BDL",
        "INS",
        "NH",
        "PI",
    ),
)


def _agree(text: bytes, environment: str = "production") -> bool:
    """Whether the fast path accepts; fails when it accepts what the explanations find faulty."""
    one = Message.parse(text)
    header = one.lines[0].split("|")
    check = _fast_check(header[8], header[11]) if len(header) > 11 else None
    accepted = check is not None and one.delimiters.component == "^" and is_clean(one, check, environment)
    if accepted:
        findings = _explain(one, header, None, environment).findings  # type: ignore[arg-type]
        assert not [one for one in findings if not one.rule.startswith("PAM-MRG-1-")], text
    return accepted


@pytest.mark.parametrize("event", EVENTS)
def test_one_odd_value_anywhere(event: str) -> None:
    source = random.Random(event)
    clean = lines(event)
    accepted = 0
    for _ in range(400):
        text = list(clean)
        rank = source.randrange(len(text))
        fields = text[rank].split("|")
        number = source.randrange(2, min(len(fields) + 3, 60))
        fields += [""] * (number + 1 - len(fields))
        odd = source.choice(_ODD)
        fields[number] = source.choice((odd, fields[number] + odd, odd + fields[number]))
        text[rank] = "|".join(fields)
        accepted += _agree(raw(text), source.choice(("test", "production")))
    assert accepted


@pytest.mark.parametrize("event", EVENTS)
def test_one_odd_component_anywhere(event: str) -> None:
    source = random.Random(event)
    clean = lines(event)
    for _ in range(400):
        text = list(clean)
        rank = source.randrange(1, len(text))
        fields = text[rank].split("|")
        number = source.randrange(1, len(fields))
        parts = fields[number].split("^")
        parts += [""] * source.randrange(3)
        parts[source.randrange(len(parts))] = source.choice(_ODD)
        fields[number] = "^".join(parts)
        text[rank] = "|".join(fields)
        _agree(raw(text))


def test_segments_added_removed_and_swapped() -> None:
    source = random.Random(7)
    names = [line for event in EVENTS for line in lines(event)[1:]] + [
        "PV2|||1",
        "DG1|1||||||",
        "ZZZ|1",
        "GT1|1",
    ]
    for _ in range(400):
        text = lines(source.choice(EVENTS))
        for _ in range(source.randrange(1, 3)):
            rank = source.randrange(1, len(text))
            action = source.randrange(3)
            if action == 0:
                text.insert(rank, source.choice(names))
            elif action == 1 and len(text) > 2:
                del text[rank]
            else:
                other = source.randrange(1, len(text))
                text[rank], text[other] = text[other], text[rank]
        _agree(raw(text))


def test_no_spoilt_message_is_accepted() -> None:
    for case in CASES:
        if not case.rule.startswith("PAM-MRG-1-"):
            assert not _agree(bytes(case.message), case.environment), case.rule


_COMPONENTS = st.text(alphabet=string.ascii_uppercase + string.digits + " '-^~&.\\é", max_size=40)


@settings(max_examples=150, deadline=None)
@given(
    number=st.sampled_from((3, 5, 7, 8, 11, 13, 16, 18, 24, 25, 26, 29, 30, 31, 32, 33)), value=_COMPONENTS
)
def test_any_text_in_a_field_of_pid(number: int, value: str) -> None:
    _agree(raw(change(lines("A31"), {"PID": pid(**{f"_{number}": value})})))


@pytest.mark.parametrize(
    "changes",
    [
        {"PID_3": "7001^^^CHU-ESSAI&1.2.250.1.999.7&ISO^PI", "PID_32": "PROV~DOUT"},
        {"PID_3": "7001^^^CHU-ESSAI&350000121&M^PI~88^^^DDS&1.2.250.1.999.8&ISO^PI", "PID_32": "VIDE"},
        {
            "PID_11": "1 rue Neuve^^BRUXELLES^^1000^BEL^H",
            "PID_3": "7^^^CHU&1.2.3.4&ISO^PI",
            "PID_32": "VALI~HOMA",
        },
        {"ZFA": "ZFA|FERME|20240306|20240306|||||||||", "ZFD": "ZFD||31"},
        {"ZFA": "ZFA|||||||||NA||NA|"},
        {"MSH_18": "8859/15", "EVN_6": "20240306"},
        {"NK1": None, "PD1": None, "ROL": None, "ZFA": None, "ZFD": None},
    ],
)
def test_what_is_usual_stays_on_the_fast_path(changes: dict[str, str | None]) -> None:
    assert _agree(raw(change(lines("A31"), changes)))


def test_every_event_with_one_patient_has_a_fast_check() -> None:
    for event, structure in profile("2.11").structures.items():
        assert (_fast_check(structure.structure, "2.5^FRA^2.11") is None) == (
            event in ("ACK", "A24", "A37", "A44")
        )
    assert _fast_check("ADT^A28^ADT_A05", "2.5^FRA^2.10") is not None
    assert _fast_check("ADT^A28^ADT_A05", "2.5^FRA^2.9") is None
    assert _fast_check("ADT^A28^ADT_A05", "2.5^FRA^2.12") is None
    assert _fast_check("ADT^A99^ADT_A05", "2.5^FRA^2.11") is None
