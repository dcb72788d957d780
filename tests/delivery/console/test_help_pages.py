"""Aide: the words with their sources, a page for each rule, and what is declared of accessibility."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import resolve

from ecluse.services import glossary
from ecluse.services.accessibility import statement
from ecluse.services.queries import rules
from ecluse.services.rulebook import rules as rulebook
from tests.delivery.console.conftest import Gateway, SignedIn


@pytest.fixture
def visitor(gateway: Gateway, signed_in: SignedIn) -> Client:
    """Help asks for no right."""
    return signed_in()


def text(answer: Any) -> str:
    plain = re.sub(r"<[^>]+>", " ", answer.content.decode())
    return re.sub(r"\s+", " ", plain)


def test_every_word_has_a_source_and_both_languages() -> None:
    for one in glossary.terms("fr"):
        assert all((one.fr, one.en, one.text_fr, one.text_en, one.source)), one.id
        assert re.fullmatch(r"[a-z0-9-]+", one.id), one.id


def test_words_are_in_the_order_of_the_language(visitor: Client) -> None:
    for language in ("fr", "en"):
        letters = [glossary.letter(one, language) for one in glossary.terms(language)]
        assert letters == sorted(letters)
        page = visitor.get(f"/aide/glossaire/?lang={language}").content.decode()
        assert page.count('id="finess"') == 1


def test_a_word_is_found_by_what_it_means(visitor: Client) -> None:
    page = text(visitor.get("/aide/glossaire/?q=matricule"))
    assert "NIR" in page and "MLLP" not in page
    assert "Aucun mot ne correspond" in text(visitor.get("/aide/glossaire/?q=zzzz"))


def test_every_rule_has_its_page_in_a_group_that_lists_it(visitor: Client) -> None:
    """All documents can be made; one of each family is asked for."""
    for language in ("fr", "en"):
        listed = {one.id for group in rules.groups(language) for one in rules.listed(group.name, language)}
        assert listed == set(rulebook())
    asked: set[str] = set()
    for id_ in rulebook():
        family = id_.partition("-")[0]
        if family in asked:
            continue
        asked.add(family)
        page = text(visitor.get(f"/aide/regles/{id_}"))
        assert id_ in page and "{" not in page.partition("Fiche")[0]
    assert len(asked) >= 5


def test_a_rule_says_its_source_its_place_and_what_to_do(visitor: Client) -> None:
    page = text(visitor.get("/aide/regles/PAM-PID-3-004"))
    assert "Appendix N FR 1.8.1" in page and "PID-3" in page and "erreur de type de données" in page
    assert "⟨valeur reçue⟩" in page and "L’éditeur de l’application émettrice corrige" in page
    english = text(visitor.get("/aide/regles/PAM-PID-3-004?lang=en"))
    assert "⟨value received⟩" in english and "data type error" in english


@pytest.mark.parametrize("id_", ["PAM-NONE-1", "x", "<script>", "..", "PAM-PID-3-004%00"])
def test_a_rule_that_does_not_exist_is_not_found(visitor: Client, id_: str) -> None:
    assert visitor.get(f"/aide/regles/{id_}").status_code == 404


def test_rules_are_searched_by_their_words(visitor: Client) -> None:
    assert "PAM-PID-32-001" in text(visitor.get("/aide/regles/?q=pid-32"))
    assert "Aucune règle ne correspond" in text(visitor.get("/aide/regles/?q=zzzzz"))
    hostile = visitor.get("/aide/regles/?q=<script>").content.decode()
    assert "<script>" not in hostile.partition("<main")[2]


def test_accessibility_is_told_to_everybody(gateway: Gateway) -> None:
    page = text(gateway.browser.get("/accessibilite/"))
    assert "aucun audit RGAA n’a été fait" in page and statement().version in page


def test_the_tool_that_is_declared_is_the_one_that_checks() -> None:
    """And every page declared as checked is one that answers."""
    wanted = json.loads(Path("tests/node/package.json").read_text("utf-8"))
    listed = {**wanted.get("dependencies", {}), **wanted.get("devDependencies", {})}
    assert listed[statement().tool] == statement().version
    assert statement().pages and statement().hand and statement().gaps
    for address in statement().pages:
        resolve(address, urlconf="ecluse.main.urls")
