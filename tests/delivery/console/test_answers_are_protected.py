"""Headers, hosts and methods: what every answer carries, error pages included."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.test import override_settings

from ecluse.delivery import console
from tests.delivery.console.conftest import Gateway

FOLDER = Path(console.__file__).parent


@pytest.mark.parametrize("address", ["/", "/nowhere", "/metrics", "/health/live", "/health/ready"])
def test_every_answer_carries_the_security_headers(gateway: Gateway, address: str) -> None:
    """No script but ours on the pages and none beside, no frame, nothing from elsewhere, nothing kept."""
    answer = gateway.browser.get(address)
    policy = answer["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert ("script-src 'self'" in policy) == (address in ("/", "/nowhere"))
    assert "script-src" not in policy or address in ("/", "/nowhere")
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["X-Frame-Options"] == "DENY"
    assert answer["Referrer-Policy"] == "same-origin"
    assert answer["Cache-Control"] == "no-store"
    assert int(answer["Content-Length"]) == len(answer.content)


def test_no_page_needs_what_the_policy_forbids() -> None:
    """Neither inline script nor inline style, nor anything fetched from another host."""
    for template in (FOLDER / "templates").rglob("*.html"):
        text = template.read_text("utf-8")
        assert not re.search(r"<script(?! src=)|<style|\sstyle=|\son\w+=|javascript:|https?://", text), (
            template.name
        )
    for sheet in (FOLDER / "static" / "styles").iterdir():
        assert not re.search(r"url\((?!\"[a-z0-9-]+\.woff2\"\))|@import|https?:", sheet.read_text("utf-8")), (
            sheet.name
        )


@pytest.mark.parametrize("host", ["evil.example", "localhost.evil.example", "169.254.169.254", "a b", ""])
def test_a_name_that_is_not_ours_is_refused(gateway: Gateway, host: str) -> None:
    """DNS rebinding: a page of elsewhere may point its own name at this machine."""
    answer = gateway.browser.get("/", headers={"host": host or "[", "accept-language": "fr"})
    assert answer.status_code == 400
    assert "http_hosts" in answer.content.decode()
    assert answer["X-Frame-Options"] == "DENY"


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1:8080", "[::1]:8080", "ecluse.hopital.example"])
def test_our_names_are_admitted(gateway: Gateway, host: str) -> None:
    """This machine, and the names of the setting."""
    with override_settings(ALLOWED_HOSTS=["localhost", "127.0.0.1", "[::1]", "ecluse.hopital.example"]):
        assert gateway.browser.get("/", headers={"host": host}).status_code == 302


def test_probes_answer_to_any_name(gateway: Gateway) -> None:
    """Orchestrators call by address; the probes tell nothing of what is kept."""
    assert gateway.browser.get("/health/live", headers={"host": "10.0.0.7:8080"}).status_code == 200


@pytest.mark.parametrize("method", ["post", "put", "delete", "patch", "options"])
@pytest.mark.parametrize("address", ["/metrics", "/health/live"])
def test_nothing_can_be_sent(gateway: Gateway, method: str, address: str) -> None:
    """These pages only read."""
    answer = getattr(gateway.browser, method)(address)
    assert answer.status_code == 405
    assert answer["Allow"] == "GET, HEAD"
    assert "ne se demande pas ainsi" in answer.content.decode()


def test_an_unknown_address_gets_a_page(gateway: Gateway) -> None:
    """In the look of the others; nothing that was asked becomes a part of it."""
    answer = gateway.browser.get("/nowhere/?name=<b>290099")
    assert answer.status_code == 404
    text = answer.content.decode()
    assert "Cette page n’existe pas" in text
    assert "<b>" not in text


def test_a_failing_page_says_that_messages_still_pass(
    gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    """500: nothing of the error, and what to do."""
    from ecluse.delivery.console import metrics

    def fail(*_: object) -> None:
        raise RuntimeError("MERCIER")

    monkeypatch.setattr(metrics, "readiness", fail)
    answer = gateway.browser.get("/metrics")
    assert answer.status_code == 500
    assert "MERCIER" not in answer.content.decode()
    assert "La réception des messages n’en dépend pas." in answer.content.decode()
