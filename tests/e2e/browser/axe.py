"""What axe-core, a narrow screen and a strict browser say of the page that is shown."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from playwright.sync_api import Page

AXE = Path(__file__).parents[2] / "node" / "node_modules" / "axe-core" / "axe.min.js"
WCAG = "{runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'best-practice']}"
CONTRAST = "{runOnly: {type: 'rule', values: ['color-contrast']}}"


def violations(page: Page, options: str) -> list[str]:
    """What axe-core finds, each with the places of the page."""
    found: dict[str, Any] = page.evaluate(f"axe.run(document, {options})")
    return [
        f"{one['id']}: {node['target']} {node['failureSummary']}"
        for one in found["violations"]
        for node in one["nodes"][:3]
    ]


def problems(page: Page, address: str) -> list[str]:
    """What is wrong with the page shown: light and wide, then dark, then on a screen of 320 px."""
    page.evaluate(AXE.read_text("utf-8"))
    found = [f"{address} axe {one}" for one in violations(page, WCAG)]
    page.emulate_media(color_scheme="dark")
    found += [f"{address} axe in dark {one}" for one in violations(page, CONTRAST)]
    page.emulate_media(color_scheme="light")
    page.set_viewport_size({"width": 320, "height": 900})
    if (width := page.evaluate("document.documentElement.scrollWidth")) > 320:
        found.append(f"{address} is {width} px wide on a narrow screen")
    page.set_viewport_size({"width": 1280, "height": 900})
    if page.locator("h1").count() != 1:
        found.append(f"{address} has {page.locator('h1').count()} h1")
    if "undefined" in page.inner_text("body") or "None" in page.inner_text("main").split():
        found.append(f"{address} shows what a program says of nothing")
    found += [f"{address} browser {one}" for one in page.wrong]  # type: ignore[attr-defined]
    page.wrong.clear()  # type: ignore[attr-defined]
    return found
