"""The documentation says what the program does: every rule, every setting, every link."""

from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path

import pytest

from ecluse.main.configuration import Configuration, Listener, Rules
from ecluse.services import rulebook
from scripts import rule_reference

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")])


def test_every_rule_has_its_place_in_the_reference() -> None:
    """With its two sentences and its source; the index counts them all."""
    rules = rulebook.rules()
    pages = rule_reference.pages(rules.values())
    for rule in rules.values():
        text = pages[f"{rule_reference.group(rule.id)}.md"]
        assert f"{{ #{rule.id} }}" in text
        assert rule.source, f"{rule.id} names no source"
    assert f"**{len(rules)}**" in pages["index.md"]


@pytest.mark.parametrize("kind", [Configuration, Listener, Rules])
def test_every_setting_is_documented(kind: type) -> None:
    """A setting that docs/reglages.md does not name cannot be found by who needs it."""
    text = (ROOT / "docs" / "reglages.md").read_text("utf-8")
    for setting in fields(kind):
        if setting.name not in {"data", "listeners", "rules", "overrides"}:
            assert f"`{setting.name}`" in text, f"docs/reglages.md does not name {setting.name}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_between_files_lead_somewhere(page: Path) -> None:
    """Links inside the project; the rule reference is made by `make docs`."""
    for target in re.findall(r"\]\(([^)#:\s]+)(?:#[^)]*)?\)", page.read_text("utf-8")):
        if not target.startswith("regles/"):
            assert (page.parent / target).exists(), f"{page.name} links to {target}"


@pytest.mark.parametrize("page", ["README.md", "LISEZMOI.md"])
def test_the_two_commands_stand_in_both_readmes(page: str) -> None:
    """What a newcomer types first."""
    text = (ROOT / page).read_text("utf-8")
    assert "make demo" in text
    assert "make test" in text


def test_french_pages_keep_signs_with_their_word() -> None:
    """A no-break space before « : ; ? ! » and inside guillemets, outside code."""
    french = [
        ROOT / "LISEZMOI.md",
        *(ROOT / "docs" / f"{name}.md" for name in ("index", "demarrage", "concepts")),
    ]
    for page in [*french, ROOT / "docs" / "reglages.md", ROOT / "docs" / "exploitation.md"]:
        text = re.sub(r"```.*?```|`[^`]*`", "", page.read_text("utf-8"), flags=re.DOTALL)
        assert not re.findall(r"\w [:;?!»]", text), page.name
        assert "« " not in text, page.name
