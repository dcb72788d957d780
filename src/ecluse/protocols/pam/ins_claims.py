"""Whether a repetition of any field carries an INS, however it is written.

An OID or a label of an authority of the INS, anywhere among the components, makes an INS whatever the type says, save
the billing NIR (NH) and the NIR of the insured (SS); so does a type INS without any authority.

Source: PAM France 2.11.1, PID-3, data types CX and XCN (authority and type: components 4 and 5, 9 and 13).
"""

from __future__ import annotations

import re
from functools import cache
from typing import NamedTuple

from ecluse.protocols.hl7 import NULL, Delimiters, unescape
from ecluse.protocols.pam.checks.ins import authorities, calculated
from ecluse.protocols.pam.profile import load

_PLACES = ((4, 5), (9, 13))
"""Components of the authority and of the type: CX, then XCN."""
_OTHERS = ("NH", "SS")
_TYPES = ("INS", "INS-NIR", "INS-NIA", "INS-C", "INS-A")
_LABEL = "ASIP-SANTE-INS"
"""How every label of an authority of the INS begins."""
_MATRICULE = re.compile(r"(?<![0-9A-Z])[1-8][0-9]{4}(?:[0-9]{2}|2[AB])[0-9]{8}(?![0-9A-Z])")
_MARKS = re.compile(r"[&^~|]")
_NOISE = re.compile(r"[^A-Za-z0-9.:-]")
_OTHER = re.compile(r"[^A-Za-z0-9]")
_HINT = re.compile("213|INS|NH|SS", re.IGNORECASE)
"""In every OID of an authority of the INS, in every label, in every type."""
_BODY = 13
"""Characters of a matricule without its key."""


class Claim(NamedTuple):
    """What a repetition says. values: its first component and every matricule beside it, as `compact` writes them; oid:
    of the authority, or empty; other: it is a billing NIR or that of an insured, not an INS."""

    values: tuple[str, ...]
    oid: str
    other: bool


class Claims:
    """Reads repetitions of one message: its delimiters, and the Python codec of its escapes."""

    def __init__(self, marks: Delimiters, codec: str) -> None:
        self._marks = marks
        self._codec = codec
        self._split = [mark for mark in (marks.component, marks.subcomponent, marks.escape) if mark]

    def plain(self, text: str) -> str:
        """A text without its escapes."""
        return unescape(text, self._marks, self._codec)

    def read(self, repetition: str) -> Claim | None:
        """What a repetition claims; None when it carries neither an INS nor another NIR."""
        if not any(mark in repetition for mark in self._split) or not self._may_claim(repetition):
            return None
        parts = repetition.split(self._marks.component) if self._marks.component else [repetition]
        words = [self._words(part) for part in parts]
        named = [[one for word in found if (one := _authority(word)) is not None] for found in words]
        holders = [number for number, found in enumerate(named, 1) if found]
        other = any(
            _kind(words, kind) in _OTHERS and holders in ([], [place]) for place, kind in _PLACES
        ) and all(one == _billing() for found in named for one in found)
        if not (holders or other or any(_kind(words, kind) in _TYPES for _, kind in _PLACES)):
            return None
        values = self._values(repetition, words[0], named[0])
        oid = next((one for found in named for one in found if one), "")
        return Claim(values, oid, other) if values else None

    def _may_claim(self, repetition: str) -> bool:
        """Spares the time of a closer look, most often."""
        return _HINT.search(repetition) is not None or bool(
            self._marks.escape and self._marks.escape in repetition
        )

    def matricules(self, text: str) -> list[str]:
        """Everything in the form of a matricule in a text, blanks and points inside it or not, its key right or not."""
        found = _MATRICULE.findall(re.sub(r"[ .\-]", "", text).upper()) + _MATRICULE.findall(text.upper())
        return list(dict.fromkeys(found))

    def _words(self, part: str) -> list[str]:
        """The subcomponents of a component, unescaped; a delimiter written as an escape separates too."""
        subs = part.split(self._marks.subcomponent) if self._marks.subcomponent else [part]
        return [word.strip() for sub in subs for word in _MARKS.split(self.plain(sub)) if word.strip()]

    def _values(self, repetition: str, first: list[str], named: list[str]) -> tuple[str, ...]:
        """The first component holds the value, unless it holds the authority: then what is as long as a matricule."""
        said = [compact(word) for word in first if _authority(word) is None and word != NULL]
        if not named:
            said = ["".join(said)] if said else []
        found = [word for word in said if not named or len(word) >= _BODY]
        return tuple(dict.fromkeys([*found, *self.matricules(self.plain(repetition))]))


def compact(text: str) -> str:
    """Letters and digits only, in capitals: how two writings of a matricule are compared."""
    return _OTHER.sub("", text).upper()


def names_authority(text: str) -> str | None:
    """The OID of an authority of the INS named anywhere in a text (empty for a label alone); None when none is."""
    if (found := _oids().search(text)) is not None:
        return found.group()
    return "" if _LABEL in text.upper() else None


def _authority(word: str) -> str | None:
    """The OID a word stands for, empty for a label; None when it names no authority of the INS."""
    bare = _NOISE.sub("", word).upper()
    bare = bare.removeprefix("URN:").removeprefix("OID:")
    if bare in authorities() or bare in calculated():
        return bare
    return "" if bare.startswith(_LABEL) else None


def _kind(words: list[list[str]], place: int) -> str:
    found = words[place - 1] if len(words) >= place else []
    return found[0].upper() if len(found) == 1 else ""


@cache
def _oids() -> re.Pattern[str]:
    every = "|".join(re.escape(oid) for oid in sorted((*authorities(), *calculated()), key=len, reverse=True))
    return re.compile(rf"(?<![0-9.])(?:{every})(?![0-9])")


def _billing() -> str:
    return str(load("ins.json")["billing"]["oid"])
