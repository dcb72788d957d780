"""The documentation says what the program does: every rule, every setting, every link."""

from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path

import click
import pytest

from ecluse.main.command_line import command
from ecluse.main.configuration import TABLES, Configuration, Listener
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


@pytest.mark.parametrize("kind", [Configuration, Listener, *TABLES.values()])
def test_every_setting_is_documented(kind: type) -> None:
    """docs/reglages.md shows the file of the first start, which explains every setting."""
    file = "src/ecluse/main/default_settings.toml"
    assert f'--8<-- "{file}"' in (ROOT / "docs" / "reglages.md").read_text("utf-8")
    text = (ROOT / file).read_text("utf-8")
    for setting in fields(kind):
        if setting.name not in {"data", "listeners", "overrides", *TABLES}:
            assert re.search(rf"^#? ?{setting.name} = ", text, re.MULTILINE), setting.name


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_between_files_lead_somewhere(page: Path) -> None:
    """Links inside the project, outside code; the rule reference is made by `make docs`."""
    text = re.sub(r"```.*?```|`[^`\n]*`", "", page.read_text("utf-8"), flags=re.DOTALL)
    for target in re.findall(r"\]\(([^)#:\s]+)(?:#[^)]*)?\)", text):
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
    more = [
        ROOT / "docs" / f"{name}.md"
        for name in ("reglages", "sejours", "exploitation", "conservation", "fhir")
    ]
    for page in [*french, *more]:
        text = re.sub(r"```.*?```|`[^`]*`", "", page.read_text("utf-8"), flags=re.DOTALL)
        assert not re.findall(r"\w [:;?!»]", text), page.name
        assert "« " not in text, page.name


def _commands_named(text: str) -> set[tuple[str, ...]]:
    """Commands written as code: `ecluse journal verify` → ("journal", "verify"); words only, options aside."""
    code = re.findall(r"```(?:sh)?\n(.*?)```|`([^`\n]+)`", text, flags=re.DOTALL)
    lines = [line for block in code for part in block for line in part.splitlines()]
    found = [re.match(r"(?:\S*/)?ecluse ([a-z]+)(?: ([a-z]+))?(?= |$)", line) for line in lines]
    return {tuple(word for word in match.groups() if word) for match in found if match}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_commands_of_the_pages_exist(page: Path) -> None:
    """A command that a page tells to type is one the program knows."""
    root = command()
    context = click.Context(root)
    for first, *second in sorted(_commands_named(page.read_text("utf-8"))):
        found = root.get_command(context, first)
        assert found is not None, f"{page.name}: ecluse {first}"
        if second and isinstance(found, click.Group):
            assert found.get_command(context, second[0]), f"{page.name}: ecluse {first} {second[0]}"
