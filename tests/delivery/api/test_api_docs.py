"""The OpenAPI document and the page made from it."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests.delivery.api.conftest import Api


def test_the_document_is_openapi_and_names_everything(api: Api) -> None:
    """3.1, each operation in both languages with its scope, every reference defined."""
    source = api.get("/openapi.json").json()
    assert source["openapi"] == "3.1.0"
    text = str(source)
    for reference in set(re.findall(r"'\$ref': '#/([^']+)'", text)):
        place: Any = source
        for part in reference.split("/"):
            place = place[part]
    for methods in source["paths"].values():
        for one in methods.values():
            assert one["summary"] and one["x-summary-fr"] and one["description"]
            assert one["responses"]["default"]


def test_the_words_of_operations_are_used() -> None:
    """No name of an operation that is gone."""
    from ecluse.delivery.api.addresses import interface
    from ecluse.delivery.api.interface import words

    paths = interface().get_openapi_schema()["paths"].values()
    used = {one["operationId"] for methods in paths for one in methods.values()}
    assert set(words()) - {"api"} == used


@pytest.mark.parametrize("language", ["fr", "en"])
def test_the_page_needs_no_script_and_nothing_of_elsewhere(api: Api, language: str) -> None:
    """It obeys the policy of the console: no script, no inline style, nothing fetched from another host."""
    answer = api.get(f"/docs?lang={language}")
    page = answer.content.decode()
    assert answer["Content-Language"] == language
    assert f'<html lang="{language}">' in page
    assert not re.search(r"<script|<style|\sstyle=|\son\w+=|javascript:|(?:src|href)=\"(?:https?:)?//", page)
    assert "script-src" not in answer["Content-Security-Policy"]
    sheet = api.get("/docs.css")
    assert sheet["Content-Type"] == "text/css; charset=utf-8"
    assert "url(" not in sheet.content.decode()


def test_the_page_tells_every_operation_and_problem(api: Api) -> None:
    """With a link to each."""
    from ecluse.services.problems import problem_types

    page = api.get("/docs").content.decode()
    source = api.get("/openapi.json").json()
    for address, methods in source["paths"].items():
        assert address in page
        for one in methods.values():
            assert f'id="{one["operationId"]}"' in page
            assert f'href="#{one["operationId"]}"' in page
    for code in problem_types():
        assert f'id="problem-{code}"' in page
