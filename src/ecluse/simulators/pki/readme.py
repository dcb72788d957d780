"""The README of a test PKI: what each file is, for a person who finds the folder."""

from __future__ import annotations

from datetime import datetime
from importlib.resources import files

from ecluse.simulators.pki.catalogue import catalogue
from ecluse.simulators.pki.hierarchy import Hierarchy

PASSWORD = "SIMULATION"
"""Password of every PKCS#12: there is nothing to protect."""


def readme(hierarchy: Hierarchy, now: datetime) -> str:
    """The whole text, Markdown, French and English."""
    text = files("ecluse.simulators.pki").joinpath("data/readme.md").read_text("utf-8")
    text = text.format(
        now=now.isoformat(timespec="seconds"),
        company=_cell(hierarchy.structure.company),
        identifier=_cell(hierarchy.structure.identifier),
        base=hierarchy.addresses.base,
        password=PASSWORD,
    )
    rows = (
        f"| `{one.name}` | {one.offered_as} | {one.expected} | {one.text_fr} | {one.text_en} |\n"
        for one in catalogue()
    )
    return text + "".join(rows)


def _cell(text: str) -> str:
    """A text from outside, harmless in a table."""
    return "".join(character for character in text if character.isprintable() and character not in "|`<>")
