"""Cut the text of a message into segments, whatever the sender ends them with.

* CR ends a segment, always (HL7 v2.5, 2.5.2).
* LF and CRLF end a segment too when a segment follows (three characters of a name, then the field separator
  or the end of the line) or when nothing but blanks follows. Otherwise they are a line break that somebody
  left inside a field, and they stay in the text of that field: cutting there would leave half a field and a
  segment without name.
* Blank lines and the blanks that indent a segment after LF are dropped; so is a final 1C, left by MLLP
  framing.
"""

from __future__ import annotations

import re
from functools import lru_cache


def split_segments(text: str, separator: str) -> list[str]:
    """Texts of the segments, in order.

    :param text: a message that begins with MSH; separator: MSH-1.
    """
    lines = text.split("\r") if "\n" not in text else _split_mixed(text, separator)
    return [line for line in lines if line and not line.isspace()]


def _split_mixed(text: str, separator: str) -> list[str]:
    """Cut a text that holds LF: at each LF before a segment, then at each CR but those of a kept CRLF."""
    opens = _segment_start(separator).match
    segments: list[list[str]] = []
    blanks: list[str] = []
    for piece in text.split("\n"):
        start = opens(piece)
        if start is not None:
            segments.append([piece[start.end() :]])
            blanks = []
        elif not piece or piece.isspace():
            blanks.append(piece)
        else:
            segments[-1] += [*blanks, piece]
            blanks = []
    return [line for pieces in segments for line in _split_at_cr(pieces)]


def _split_at_cr(pieces: list[str]) -> list[str]:
    """Segments in pieces of text that LF does not separate."""
    return pieces[0].split("\r") if len(pieces) == 1 else _LONE_CR.split("\n".join(pieces))


_LONE_CR = re.compile(r"\r(?!\n)")


@lru_cache(maxsize=64)
def _segment_start(separator: str) -> re.Pattern[str]:
    """Blanks, then what can only be the beginning of a segment."""
    return re.compile(rf"[ \t\r]*+(?=[A-Z][A-Z0-9]{{2}}(?:{re.escape(separator)}|\r|\Z))")
