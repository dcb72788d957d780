"""Whatever way the bytes of a connection are cut, the same messages come out and nothing is lost."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ecluse.protocols.mllp import (
    DEFAULT_LIMIT,
    Decoder,
    Event,
    Frame,
    Noise,
    Oversized,
    Unfinished,
    UnframeableMessage,
    encode,
)
from ecluse.protocols.mllp.framing import HEAD, RESTARTS

A = b"MSH|^~\\&|GAM||||||ADT^A28|A\rPID|1\r"
B = b"MSH|^~\\&|GAM||||||ADT^A31|B\rPID|1\r"
VT, FS, CR = b"\x0b", b"\x1c", b"\r"


def feed(*reads: bytes, limit: int = DEFAULT_LIMIT) -> list[Event]:
    """Events of a connection, in its successive reads."""
    decoder = Decoder(limit)
    return [event for data in reads for event in decoder.feed(data)]


def byte_by_byte(data: bytes) -> list[bytes]:
    return [data[index : index + 1] for index in range(len(data))]


def test_a_message_is_framed_as_the_standard_says() -> None:
    assert encode(A) == VT + A + FS + CR


def test_a_message_that_would_end_its_own_frame_is_refused() -> None:
    with pytest.raises(UnframeableMessage):
        encode(b"MSH|^~\\&|\x1c\rPID")
    assert feed(encode(b"a\x1cb")) == [Frame(b"a\x1cb")]


def test_one_frame_in_one_read() -> None:
    assert feed(encode(A)) == [Frame(A)]


def test_an_empty_frame_is_a_frame() -> None:
    assert feed(encode(b"")) == [Frame(b"")]


def test_several_frames_in_one_read() -> None:
    assert feed(encode(A) + encode(B) + encode(A)) == [Frame(A), Frame(B), Frame(A)]


def test_a_frame_in_many_reads() -> None:
    assert feed(*byte_by_byte(encode(A) + encode(B))) == [Frame(A), Frame(B)]


def test_an_empty_read_changes_nothing() -> None:
    assert feed(b"", encode(A)[:5], b"", encode(A)[5:], b"") == [Frame(A)]


def test_the_last_read_may_hold_the_beginning_of_the_next_frame() -> None:
    both = encode(A) + encode(B)
    assert feed(both[:-4], both[-4:]) == [Frame(A), Frame(B)]


class TestEndOfFrame:
    def test_the_message_is_there_before_the_final_cr(self) -> None:
        decoder = Decoder()
        assert decoder.feed(VT + A + FS) == [Frame(A)]
        assert decoder.feed(CR + encode(B)) == [Frame(B)]

    def test_the_final_cr_may_be_missing(self) -> None:
        assert feed(VT + A + FS + VT + B + FS) == [Frame(A), Frame(B)]
        assert feed(VT + A + FS, VT + B + FS, encode(A)) == [Frame(A), Frame(B), Frame(A)]

    def test_the_final_cr_may_be_a_line_feed(self) -> None:
        assert feed(VT + A + FS + b"\n" + VT + B + FS + b"\r\n") == [Frame(A), Frame(B)]

    def test_a_fs_inside_the_message_is_a_character(self) -> None:
        assert feed(VT + b"MSH|a\x1cb\x1c\x1cc" + FS + CR) == [Frame(b"MSH|a\x1cb\x1c\x1cc")]
        assert feed(VT + b"MSH|a\x1cb", b"\x1cc" + FS + CR) == [Frame(b"MSH|a\x1cb\x1cc")]


class TestBytesOutsideFrames:
    def test_are_given_back(self) -> None:
        assert feed(b"hello" + encode(A) + b"world") == [Noise(b"hello"), Frame(A), Noise(b"world")]

    def test_line_ends_alone_are_dropped(self) -> None:
        assert feed(b"\r\n" + encode(A) + b"\n\r\n" + encode(B) + b"\n") == [Frame(A), Frame(B)]

    def test_a_message_without_frame_is_noise(self) -> None:
        assert feed(A) == [Noise(A)]
        assert Decoder().at_eof() == []

    def test_a_cr_is_swallowed_once(self) -> None:
        assert feed(encode(A), b"\rx", b"\ry") == [Frame(A), Noise(b"\rx"), Noise(b"\ry")]


class TestVerticalTabInsideAFrame:
    def test_is_a_character(self) -> None:
        text = b"MSH|^~\\&|a\x0bb\rOBX|1||ligne\x0bligne"
        assert feed(encode(text)) == [Frame(text)]
        assert feed(*byte_by_byte(encode(text))) == [Frame(text)]

    def test_before_msh_begins_another_message(self) -> None:
        events = [Unfinished(A[:20]), Unfinished(A[:30]), Frame(B)]
        assert feed(VT + A[:20] + VT + A[:30] + encode(B)) == events
        assert feed(*byte_by_byte(VT + A[:20] + VT + A[:30] + encode(B))) == events

    def test_many_beginnings_do_not_make_many_events(self) -> None:
        events = feed(VT + b"\x0bMSH|x" * 40_000 + FS + CR)
        assert events[:2] == [Unfinished(b"MSH|x"), Unfinished(b"MSH|x")]
        assert len(events) == RESTARTS + 1
        assert events[-2] == Unfinished(VT.join([b"MSH|x"] * (40_000 - RESTARTS)))
        assert events[-1] == Frame(b"MSH|x")

    def test_twice_at_the_beginning_is_once(self) -> None:
        assert feed(VT + VT + encode(A)) == [Frame(A)]


class TestLimit:
    def test_a_message_of_exactly_the_limit_passes(self) -> None:
        assert feed(encode(A), limit=len(A)) == [Frame(A)]
        assert feed(*byte_by_byte(encode(A)), limit=len(A)) == [Frame(A)]

    def test_a_larger_one_is_refused_with_its_beginning(self) -> None:
        assert feed(encode(A), limit=len(A) - 1) == [Oversized(len(A), A, len(A) - 1)]
        assert feed(encode(b"MSH|" + bytes(HEAD)), limit=4)[0][1] == b"MSH|" + bytes(HEAD - 4)

    def test_is_told_as_soon_as_it_is_passed(self) -> None:
        decoder = Decoder(limit=10)
        assert decoder.feed(VT + b"MSH|56789") == []
        assert decoder.buffered == 9
        assert decoder.feed(b"01") == [Oversized(11, b"MSH|5678901", 10)]
        assert decoder.buffered == 0
        assert decoder.inside

    def test_the_rest_is_skipped_without_being_kept_and_the_next_frame_is_read(self) -> None:
        decoder = Decoder(limit=len(B))
        assert [type(event) for event in decoder.feed(VT + bytes(100))] == [Oversized]
        assert decoder.feed(bytes(1000) + b"\x0bMSH") == []
        assert decoder.buffered == 0
        assert decoder.feed(b"x" + FS + CR + encode(B)) == [Frame(B)]
        assert not decoder.inside

    def test_by_default_is_16_mebibytes(self) -> None:
        assert Decoder().limit == 16 * 1024 * 1024


class TestEndOfConnection:
    def test_in_the_middle_of_a_frame_gives_what_came(self) -> None:
        decoder = Decoder()
        decoder.feed(encode(A) + VT + B[:10])
        assert decoder.inside
        assert decoder.at_eof() == [Unfinished(B[:10])]
        assert not decoder.inside
        assert decoder.feed(encode(A)) == [Frame(A)]

    @pytest.mark.parametrize("data", [b"", encode(A), encode(A)[:-1], VT, b"noise"])
    def test_between_frames_leaves_nothing(self, data: bytes) -> None:
        decoder = Decoder()
        decoder.feed(data)
        assert decoder.at_eof() == []


CONTENT = st.binary(max_size=30).map(lambda data: data.replace(FS, b"").replace(VT, b""))
CUTS = st.lists(st.integers(1, 12), min_size=1, max_size=60)


def cut(data: bytes, sizes: list[int]) -> list[bytes]:
    """The data in pieces of the given sizes, used in turn."""
    pieces, position, turn = [], 0, 0
    while position < len(data):
        size = sizes[turn % len(sizes)]
        pieces.append(data[position : position + size])
        position, turn = position + size, turn + 1
    return pieces


@settings(max_examples=200, deadline=None)
@given(st.lists(st.tuples(CONTENT, CONTENT, st.sampled_from([FS + CR, FS + b"\n", FS])), max_size=6), CUTS)
def test_the_same_messages_come_out_however_the_bytes_are_cut(
    frames: list[tuple[bytes, bytes, bytes]], sizes: list[int]
) -> None:
    stream = b"".join(
        (noise if index == 0 or frames[index - 1][2] != FS else b"") + VT + content + end
        for index, (noise, content, end) in enumerate(frames)
    )
    events = feed(*cut(stream, sizes))
    assert [event.message for event in events if isinstance(event, Frame)] == [frame[1] for frame in frames]


@settings(max_examples=200, deadline=None)
@given(
    st.lists(st.sampled_from([VT, FS, CR, b"\n", b"MSH", b"|", b"a", b"bc"]), max_size=40).map(b"".join), CUTS
)
def test_no_byte_is_lost_whatever_comes(stream: bytes, sizes: list[int]) -> None:
    decoder = Decoder()
    events = [event for data in cut(stream, sizes) for event in decoder.feed(data)] + decoder.at_eof()
    kept = b"".join(event[0] for event in events)  # type: ignore[misc]
    framing = bytes.maketrans(b"", b""), b"\x0b\x1c\r\n"
    assert kept.translate(*framing) == stream.translate(*framing)
    assert decoder.buffered == 0


@settings(max_examples=100, deadline=None)
@given(
    st.lists(st.binary(max_size=40).map(lambda data: data + FS + CR + VT), max_size=20), st.integers(0, 20)
)
def test_memory_never_holds_more_than_the_limit(reads: list[bytes], limit: int) -> None:
    decoder = Decoder(limit)
    for data in reads:
        for event in decoder.feed(data):
            assert not isinstance(event, Frame) or len(event.message) <= limit
        assert decoder.buffered <= limit
