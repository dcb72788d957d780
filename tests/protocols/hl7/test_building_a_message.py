"""What is written is read back the same, with correct escapes and without a replaced character."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ecluse.protocols.hl7 import (
    NULL,
    BuildError,
    Delimiters,
    Encoding,
    Er7,
    Message,
    Unencodable,
    approximate,
    build,
    segment,
)
from ecluse.protocols.hl7.builder import Value

OTHERS = Delimiters("!", "$", "*", "?", "%")
HEADER: dict[int, Value] = {3: "GAM", 9: ("ADT", "A28", "ADT_A05"), 10: "M1", 18: "8859/15"}


def test_lists_repeat_and_tuples_nest() -> None:
    identifiers: list[Value] = [
        ("4711", "", "", ("GAM", "1.2.250.1.999.1", "ISO"), "PI"),
        ("9", None, None, "X"),
    ]
    assert (
        segment("PID", {1: "1", 3: identifiers, 8: "F"})
        == "PID|1||4711^^^GAM&1.2.250.1.999.1&ISO^PI~9^^^X|||||F"
    )  # type: ignore[dict-item]


def test_msh_carries_its_delimiters() -> None:
    assert segment("MSH", {3: "GAM"}) == "MSH|^~\\&|GAM"
    assert segment("MSH", {3: ("A", "B")}, OTHERS) == "MSH!$*?%!A$B"


def test_nothing_gives_the_name_alone() -> None:
    assert segment("ZFA", {}) == "ZFA"
    assert segment("ZFA", {3: "", 4: None}) == "ZFA"


def test_empty_parts_at_the_end_are_not_written_and_others_are() -> None:
    assert segment("ZZZ", {1: ["", "a", ""], 2: ("", ("", "b", ""), ""), 4: ()}) == "ZZZ|~a|^&b"


def test_null_erases() -> None:
    assert segment("PID", {5: (NULL, "Zoé")}) == 'PID|||||""^Zoé'


def test_plain_text_is_escaped_and_er7_is_not() -> None:
    assert segment("NTE", {3: "A|B^C&D~E\\F"}) == "NTE|||A\\F\\B\\S\\C\\T\\D\\R\\E\\E\\F"
    assert segment("MSA", {2: Er7("a^b\\T\\c")}) == "MSA||a^b\\T\\c"
    assert segment("MSA", {2: Er7("a\rb\x1c")}) == "MSA||a\\X0D\\b\\X1C\\"


@pytest.mark.parametrize(
    ("name", "fields"),
    [
        ("pid", {}),
        ("PIDX", {}),
        ("MSH", {1: "|"}),
        ("MSH", {2: "^~\\&"}),
        ("PID", {0: "PID"}),
        ("PID", {1: 1}),
        ("PID", {1: (["a", "b"],)}),
        ("PID", {1: ("a", ("b", ("c", "d")))}),
    ],
)
def test_what_cannot_be_written_is_an_error_of_the_caller(name: str, fields: dict[int, Value]) -> None:
    with pytest.raises(BuildError):
        segment(name, fields)


def test_parts_need_a_declared_delimiter() -> None:
    with pytest.raises(BuildError):
        segment("PID", {1: ["a", "b"]}, Delimiters("|", "^", "", "", ""))


class TestBuild:
    def test_writes_the_charset_that_msh_18_says(self) -> None:
        raw = build([segment("MSH", HEADER), segment("PID", {5: ("CŒUR", "Anaïs")})])
        assert raw == b"MSH|^~\\&|GAM||||||ADT^A28^ADT_A05|M1||||||||8859/15\rPID|||||C\xbcUR^Ana\xefs\r"
        assert Message.parse(raw).get("PID-5.1") == "CŒUR"

    @pytest.mark.parametrize("charset", ["UNICODE UTF-8", Encoding("8859/15", "utf-8")])
    def test_writes_the_charset_it_is_given(self, charset: str | Encoding) -> None:
        raw = build([segment("MSH", HEADER), segment("PID", {5: "CŒUR"})], charset)
        assert "CŒUR".encode() in raw

    def test_uses_the_first_of_several(self) -> None:
        assert b"\xbc" in build([segment("MSH", {3: "Œ", 18: ["8859/15", "ASCII"]})])

    def test_writes_ascii_when_msh_18_is_absent(self) -> None:
        assert build([segment("MSH", {3: "GAM"})]) == b"MSH|^~\\&|GAM\r"
        with pytest.raises(Unencodable):
            build([segment("MSH", {3: "GAM"}), segment("PID", {5: "Zoé"})])

    def test_echoes_windows_1252(self) -> None:
        raw = b"MSH|^~\\&|C\x8cUR\x81" + b"|" * 15 + b"8859/1\r"
        message = Message.parse(raw)
        assert build([segment("MSH", {3: message.get("MSH-3"), 18: "8859/1"})], message.charset.reply) == raw

    def test_names_each_missing_character_and_its_field(self) -> None:
        lines = [
            segment("MSH", {3: "Ł", 18: "8859/15"}),
            segment("PID", {5: ["Łucja", "Ān"], 9: "ĀŁ", 8: "é"}),
        ]
        with pytest.raises(Unencodable) as caught:
            build(lines)
        assert caught.value.characters == "ŁĀ"
        assert caught.value.locations == ("MSH-3", "PID-5", "PID-9")
        assert "U+0141" in str(caught.value)
        assert "8859/15" in str(caught.value)

    def test_refuses_an_unknown_charset(self) -> None:
        with pytest.raises(BuildError):
            build([segment("MSH", {3: "GAM", 18: "EBCDIC"})])

    @pytest.mark.parametrize("lines", [[], ["PID|1"], ["MSH|"]])
    def test_needs_msh_first(self, lines: list[str]) -> None:
        with pytest.raises(BuildError):
            build(lines)


@pytest.mark.parametrize(
    ("text", "codec", "said"),
    [
        ("Identité refusée : « Cœur »", "utf-8", "Identité refusée : « Cœur »"),
        (
            "Identité refusée\u00a0: «\u202fCœur\u202f»",
            "iso8859-1",
            "Identité refusée\u00a0: « coeur »".replace("c", "C"),
        ),
        ("L’INS n’est pas qualifiée…", "ascii", "L'INS n'est pas qualifiee..."),
        ("Łódź → 中", "ascii", "?odz -> ?"),
        ("C’était", "cp1252", "C'était"),
    ],
)
def test_a_sentence_is_said_in_the_characters_there_are(text: str, codec: str, said: str) -> None:
    assert approximate(text, codec) == said


LEAF = st.text(st.sampled_from("abZé|^&~\\\r\nFSTREX0") | st.characters(codec="utf-8"), max_size=6)
COMPONENT = LEAF | st.lists(LEAF, min_size=1, max_size=3).map(tuple)
REPETITION = LEAF | st.lists(COMPONENT, min_size=1, max_size=4).map(tuple)
FIELDS = st.dictionaries(
    st.integers(1, 12), REPETITION | st.lists(REPETITION, min_size=1, max_size=3), max_size=5
)


def leaves(value: object) -> list[tuple[tuple[int, ...], str]]:
    """Path and text of every string of a field: (repetition, component, subcomponent)."""
    found = []
    for r, repetition in enumerate(value if isinstance(value, list) else [value], 1):
        for c, component in enumerate(repetition if isinstance(repetition, tuple) else (repetition,), 1):
            for s, text in enumerate(component if isinstance(component, tuple) else (component,), 1):
                found.append(((r, c, s), text))
    return found


@settings(max_examples=150, deadline=None)
@given(FIELDS, st.sampled_from([Delimiters(), OTHERS]))
def test_what_is_written_is_read_back(fields: dict[int, Value], marks: Delimiters) -> None:
    raw = build([segment("MSH", {3: "GAM", 18: "UNICODE UTF-8"}, marks), segment("ZZZ", fields, marks)])
    message = Message.parse(raw)
    assert bytes(message) == raw
    assert len(message.lines) == 2
    for number, value in fields.items():
        for (repetition, component, sub), text in leaves(value):
            assert (message.get(f"ZZZ-{number}[{repetition}].{component}.{sub}") or "") == text
