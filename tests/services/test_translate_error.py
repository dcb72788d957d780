"""A French sentence of an acknowledgement, told again in English with its values."""

from __future__ import annotations

import pytest

from ecluse.protocols.findings import Finding
from ecluse.protocols.hl7 import approximate
from ecluse.services.rulebook import describe, rules
from ecluse.services.translate_error import in_english

_VALUES = {"location": "PID-3[2].4", "received": "DE RECU", "expected": "DE VALI"}


@pytest.mark.parametrize("codec", ["utf-8", "iso8859-1", "ascii"])
def test_every_sentence_keeps_the_values_that_its_french_tells(codec: str) -> None:
    for name, rule in rules().items():
        text = approximate(describe(Finding(name, "error", *_VALUES.values())), codec)
        kept = {
            one: value if one == "location" or f"{{{one}}}" in rule.text_fr else "…"
            for one, value in _VALUES.items()
        }
        assert in_english(name, text, _VALUES["location"]) == rule.text_en.format(**kept)


def test_a_text_that_was_cut_loses_its_values_only() -> None:
    told = in_english("IDN-MSH-9-001", "Le type de mess...", "MSH-9.1")
    assert told == rules()["IDN-MSH-9-001"].text_en.format(location="MSH-9.1", received="…", expected="…")


def test_a_rule_of_somebody_else_is_left_as_it_came() -> None:
    assert in_english("PEER-1", "Deux patients.", "") is None
