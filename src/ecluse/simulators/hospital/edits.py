"""Spoils a good message in one precise way: each function makes an edit of segments or of bytes."""

from __future__ import annotations

from collections.abc import Callable, Sequence

Edit = Callable[[list[str]], list[str]]
Twist = Callable[[bytes], bytes]


def put(name: str, number: int, value: str | Callable[[str], str]) -> Edit:
    """Replace a field of a segment, by a value or by a function of the former one."""

    def edit(lines: list[str]) -> list[str]:
        return [_with_field(line, name, number, value) if line[:3] == name else line for line in lines]

    return edit


def drop(name: str) -> Edit:
    """Leave a segment out."""
    return lambda lines: [line for line in lines if line[:3] != name]


def shift(name: str, after: int, by: int) -> Edit:
    """Push the fields of a segment that follow field `after` by some ranks."""

    def edit(lines: list[str]) -> list[str]:
        out = []
        for line in lines:
            fields = line.split("|")
            if fields[0] == name:
                fields[after + 1 : after + 1] = [""] * by
            out.append("|".join(fields))
        return out

    return edit


def add(line: str) -> Edit:
    """Put one more segment at the end."""
    return lambda lines: [*lines, line]


def all_of(*edits: Edit) -> Edit:
    """Several edits, one after the other."""

    def edit(lines: list[str]) -> list[str]:
        for one in edits:
            lines = one(lines)
        return lines

    return edit


def same(lines: list[str]) -> list[str]:
    """No edit."""
    return lines


def recode(declared: str, codec: str) -> Twist:
    """Write the text of a UTF-8 message in another codec, whatever it declares."""
    return lambda raw: raw.replace(b"UNICODE UTF-8", declared.encode(), 1).decode().encode(codec, "replace")


def ends(mark: bytes) -> Twist:
    """End the segments by something else than CR."""
    return lambda raw: raw.replace(b"\r", mark)


def cut(length: int) -> Twist:
    """Keep the first bytes only."""
    return lambda raw: raw[:length]


def instead(raw: bytes) -> Twist:
    """Send other bytes altogether."""
    return lambda _: raw


def delimiters(marks: str) -> Edit:
    """Write a message with other delimiters (field, component, repetition, escape, subcomponent)."""
    table = str.maketrans("|^~\\&", marks)
    return lambda lines: [line.translate(table) for line in lines]


def _with_field(line: str, name: str, number: int, value: str | Callable[[str], str]) -> str:
    fields: list[str] = line.split("|")
    index = number - 1 if name == "MSH" else number
    fields.extend([""] * (index + 1 - len(fields)))
    fields[index] = value if isinstance(value, str) else value(fields[index])
    return "|".join(fields)


def repetitions(text: str, change: Callable[[Sequence[str]], Sequence[str]]) -> str:
    """A field whose list of repetitions is changed."""
    return "~".join(change(text.split("~")))
