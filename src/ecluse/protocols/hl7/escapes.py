"""Escape sequences of HL7 v2.5, 2.7."""

from __future__ import annotations

from ecluse.protocols.hl7.delimiters import STANDARD, Delimiters


def unescape(text: str, marks: Delimiters = STANDARD) -> str:
    """Replace \\F\\ \\S\\ \\T\\ \\R\\ \\E\\ and \\Xhh..\\ by what they stand for; unknown sequences stay."""
    if not marks.escape or marks.escape not in text:
        return text
    parts = text.split(marks.escape)
    known = {"F": marks.field, "S": marks.component, "T": marks.subcomponent, "R": marks.repetition, "E": marks.escape}
    out = [parts[0]]
    i = 1
    while i < len(parts):
        if i + 1 < len(parts) and parts[i] in known:
            out.append(known[parts[i]] + parts[i + 1])
            i += 2
        else:
            out.append(marks.escape + parts[i])
            i += 1
    return "".join(out)


def escape(text: str, marks: Delimiters = STANDARD) -> str:
    """Escape the delimiters in a text so that it can stand in a component."""
    text = text.replace(marks.escape, f"{marks.escape}E{marks.escape}")
    for mark, letter in zip((marks.field, marks.component, marks.repetition, marks.subcomponent), "FSRT", strict=True):
        text = text.replace(mark, f"{marks.escape}{letter}{marks.escape}")
    return text
