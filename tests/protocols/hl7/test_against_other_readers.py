"""Two independent HL7 libraries, python-hl7 and hl7apy, find the same fields and components as this codec."""

from __future__ import annotations

import hl7
from hl7apy.consts import VALIDATION_LEVEL
from hl7apy.parser import parse_message
from hypothesis import given, settings
from hypothesis import strategies as st

from ecluse.protocols.hl7 import Message, build, segment

LEAF = st.text(st.sampled_from("abcXYZ019éÉçœ '-.|^&~\\"), max_size=8).map(str.strip)
COMPONENT = LEAF | st.lists(LEAF, min_size=2, max_size=3).map(tuple)
REPETITION = LEAF | st.lists(COMPONENT, min_size=2, max_size=5).map(tuple)
FIELD = REPETITION | st.lists(REPETITION, min_size=2, max_size=3)
SEGMENT = st.builds(
    lambda name, fields: segment(
        name, {1: "1", **fields}
    ),  # python-hl7 does not count a segment without field
    st.sampled_from(["EVN", "NK1", "PID", "PV1", "ZFD"]),
    st.dictionaries(st.integers(2, 20), FIELD, max_size=6),
)
HEADER = segment(
    "MSH",
    {
        3: "GAM",
        4: "CH",
        9: ("ADT", "A28", "ADT_A05"),
        10: "M1",
        11: "P",
        12: ("2.5", "FRA", "2.11"),
        18: "UNICODE UTF-8",
    },
)


@settings(max_examples=120, deadline=None)
@given(st.lists(SEGMENT, min_size=1, max_size=5))
def test_python_hl7_finds_the_same_fields_and_components(lines: list[str]) -> None:
    raw = build([HEADER, *lines])
    ours = Message.parse(raw)
    theirs = hl7.parse(raw.decode())
    assert ours.lines == [str(line) for line in theirs]
    for mine, other in zip(ours.segments, theirs, strict=True):
        assert mine.fields == [str(field) for field in other]
    counts: dict[str, int] = {}
    for mine in ours.segments[1:]:
        counts[mine.name] = occurrence = counts.get(mine.name, 0) + 1
        for number in range(1, len(mine.fields)):
            for repetition, text in enumerate(mine.repetitions(number), 1):
                for component, part in enumerate(text.split("^"), 1):
                    for sub in range(1, part.count("&") + 2):
                        value = ours.get(
                            f"{mine.name}[{occurrence}]-{number}[{repetition}].{component}.{sub}"
                        )
                        where = (mine.name, occurrence, number, repetition, component, sub)
                        assert value == theirs.extract_field(*where)


@settings(max_examples=30, deadline=None)
@given(FIELD, FIELD, FIELD)
def test_hl7apy_finds_the_same_repetitions(identifiers: object, names: object, addresses: object) -> None:
    pid = segment("PID", {1: "1", 3: identifiers, 5: names, 8: "F", 11: addresses})  # type: ignore[dict-item]
    raw = build([HEADER, segment("EVN", {2: "20260304101500"}), pid, segment("PV1", {2: "N"})])
    ours = Message.parse(raw).segments[2]
    theirs = parse_message(raw.decode(), validation_level=VALIDATION_LEVEL.TOLERANT, find_groups=False)
    for number, name in ((3, "pid_3"), (5, "pid_5"), (8, "pid_8"), (11, "pid_11")):
        found = [field.to_er7() for field in getattr(theirs.pid, name)]
        assert [trimmed(text) for text in ours.repetitions(number)] == [trimmed(text) for text in found]


def trimmed(repetition: str) -> str:
    """A repetition without the empty parts at the end of its components, which hl7apy does not keep."""
    return "^".join(component.rstrip("&") for component in repetition.split("^")).rstrip("^")
