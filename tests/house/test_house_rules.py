"""The house rules see what they are there to see."""

from __future__ import annotations

import ast

import pytest

from scripts import house_rules
from scripts.house_rules import ROOT


@pytest.mark.parametrize(
    "line",
    ["datetime.now(UTC)", "date.today()", "uuid.uuid4()", "open('/etc/hosts')", "os.getenv('HOME')"],
)
def test_a_pure_room_may_not_reach_the_clock_or_the_machine(line: str) -> None:
    """A value that depends on the moment or the machine is passed in."""
    found = list(house_rules.purity(ROOT / "src/ecluse/rules/example.py", ast.parse(line)))
    assert len(found) == 1
    assert "may not call" in found[0]


def test_a_service_may_read_the_clock() -> None:
    """Purity is asked of protocols and rules only."""
    assert not list(
        house_rules.purity(ROOT / "src/ecluse/services/example.py", ast.parse("datetime.now(UTC)"))
    )


@pytest.mark.parametrize("package", ["requests", "django", "yaml"])
def test_a_pure_room_imports_no_other_package(package: str) -> None:
    """The list of third-party packages is closed, even for packages no contract names."""
    found = list(house_rules.purity(ROOT / "src/ecluse/protocols/example.py", ast.parse(f"import {package}")))
    assert found == [f"src/ecluse/protocols/example.py:1: protocols may not import {package}"]


def test_a_module_of_401_lines_is_too_long() -> None:
    """400 lines are read at one sitting, not 401."""
    path, tree = ROOT / "src/ecluse/example.py", ast.parse("")
    assert not list(house_rules.sizes(path, "\n" * 400, tree))
    assert list(house_rules.sizes(path, "\n" * 401, tree))


def test_a_folder_of_one_machine_is_named_nowhere() -> None:
    """Nor a network address where packages are described."""
    slash = "/"
    assert list(house_rules.wording(ROOT / "docs/example.md", f"see {slash}home{slash}someone{slash}notes"))
    assert list(
        house_rules.wording(ROOT / "requirements/example.txt", f"--index-url https:{slash}{slash}example")
    )
    assert not list(
        house_rules.wording(ROOT / "docs/example.md", f"https:{slash}{slash}example.org{slash}home{slash}x")
    )


@pytest.mark.parametrize(
    "text",
    [
        "L'INS est vide.",
        "PID-3 : vide.",
        "le code «\u00a0VALI »",
        "Voulez-vous\u202f?",
        "« VALI\u00a0»",
        "Vide!",
    ],
)
def test_a_french_text_is_set_as_french_is(text: str) -> None:
    """In the catalogues, whose texts people read in acknowledgements and in the console."""
    path = ROOT / "src/ecluse/example/rules.toml"
    assert len(list(house_rules.typography(path, f'text_fr = "{text}"'))) == 1
    assert not list(house_rules.typography(path, f'text_en = "{text}"'))


@pytest.mark.parametrize("text", ["Que faire ?", "Le code « VALI »", "L'INS est vide."])
def test_a_sentence_of_the_console_is_set_as_french_is(text: str) -> None:
    """Wherever its code says it, the catalogue of its English has it."""
    path = ROOT / "src/ecluse/example/django.po"
    assert len(list(house_rules.typography(path, f'msgid "{text}"'))) == 1
    assert not list(house_rules.typography(path, f'msgstr "{text}"'))


def test_a_mark_between_two_values_of_a_page_is_set_as_french_is() -> None:
    path = ROOT / "src/ecluse/example/page.html"
    assert list(house_rules.typography(path, "<dt>{{ one.label }} : {{ one.value }}</dt>"))
    assert not list(
        house_rules.typography(path, '<p style="a: b">{% if one != 2 %}l’un\u00a0; l’autre{% endif %}</p>')
    )


def test_a_french_text_that_is_well_set_passes() -> None:
    """No-break spaces inside guillemets and before high marks, typographic apostrophes."""
    text = "L’OID est «\u00a0{received}\u00a0»\u00a0: attendu 12:30 (a;b)."
    assert not list(house_rules.typography(ROOT / "src/ecluse/rules.toml", f'text_fr = "{text}"'))
