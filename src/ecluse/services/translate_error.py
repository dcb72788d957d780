"""The sentence of an error in another language: acknowledgements carry it in French, with the rule that says it."""

from __future__ import annotations

import re
from functools import lru_cache
from string import Formatter

from ecluse.protocols.hl7 import approximate
from ecluse.services.rulebook import rules

_CODECS = ("utf-8", "iso8859-1", "ascii")
"""What the French sentence went through, the richest first: its quotes and accents may have become plain."""
_UNKNOWN = "…"


def in_english(rule: str, text: str, location: str) -> str | None:
    """The English sentence of an error told by Écluse.

    :param rule: ERR-5 of the acknowledgement; text: its ERR-7 or ERR-8; location: HL7 path of the error.
    :returns: the sentence with the values of the French one, or with `…` for values that cannot be found in it (a text
        that was cut, or of another release); None when the rule is not known here.
    """
    known = rules().get(rule)
    if known is None:
        return None
    values = {"location": location, "received": _UNKNOWN, "expected": _UNKNOWN}
    for codec in _CODECS:
        found = _pattern(known.text_fr, codec).fullmatch(text)
        if found is not None:
            values |= {name: value for name, value in found.groupdict().items() if name != "location"}
            break
    return known.text_en.format(**values)


@lru_cache(maxsize=256)
def _pattern(template: str, codec: str) -> re.Pattern[str]:
    """What matches the sentences of a template; a value told twice is the same twice."""
    pattern, seen = "", set[str]()
    for before, name, _, _ in Formatter().parse(template):
        pattern += re.escape(approximate(before, codec)) if before else ""
        if name:
            pattern += f"(?P={name})" if name in seen else f"(?P<{name}>.*?)"
            seen.add(name)
    return re.compile(pattern, re.DOTALL)
