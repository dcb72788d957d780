"""What a browser loads with a page: little, kept for a year, and nothing from elsewhere."""

from __future__ import annotations

import gzip
import re
from pathlib import Path

from ecluse.delivery import console
from ecluse.delivery.console import icons
from tests.delivery.console.conftest import Gateway, SignedIn

FOLDER = Path(console.__file__).parent
FIRST_LOAD = 150_000
"""Bytes of a page visited for the first time."""


def loaded(text: str) -> set[str]:
    """What a page asks for at once."""
    return set(re.findall(r'(?:href|src)="(/static/[^"]+)"', text))


def test_a_first_visit_loads_little(gateway: Gateway, signed_in: SignedIn) -> None:
    """The page, its style, its scripts and every font that French may need, as they travel."""
    browser = signed_in("exploitation")
    page = browser.get("/")
    size = len(page.content)
    names = loaded(page.content.decode())
    for sheet in [one for one in names if one.endswith(".css")]:
        style = gateway.browser.get(sheet).content.decode()
        names |= {one for one in re.findall(r"url\((/static/[^)]+)\)", style) if "inter-ext" not in one}
    assert len([one for one in names if one.endswith(".woff2")]) == 2
    for name in names:
        size += len(gateway.browser.get(name, headers={"accept-encoding": "gzip"}).content)
    assert size <= FIRST_LOAD


def test_a_file_has_a_name_of_its_content(gateway: Gateway) -> None:
    """Kept a year by browsers; a change of content is a change of name."""
    names = loaded(gateway.browser.get("/nowhere").content.decode())
    (style,) = [one for one in names if one.endswith(".css")]
    assert re.fullmatch(r"/static/console\.[0-9a-f]{12}\.css", style)
    answer = gateway.browser.get(style)
    assert answer["Content-Type"] == "text/css; charset=utf-8"
    assert "immutable" in answer["Cache-Control"]
    for other in ("/static/console.css", "/static/..%2fpage.py", "/static/licences"):
        assert gateway.browser.get(other).status_code == 404


def test_a_file_travels_compressed_to_whoever_takes_it(gateway: Gateway) -> None:
    """The same bytes once opened; plain for whoever refuses gzip, and caches are told."""
    names = loaded(gateway.browser.get("/nowhere").content.decode())
    (script,) = [one for one in names if "/htmx." in one]
    plain = gateway.browser.get(script)
    assert "Content-Encoding" not in plain
    small = gateway.browser.get(script, headers={"accept-encoding": "br, gzip;q=0.8"})
    assert small["Content-Encoding"] == "gzip"
    assert "Accept-Encoding" in small["Vary"]
    assert gzip.decompress(small.content) == plain.content
    assert len(small.content) < len(plain.content) / 2
    refused = gateway.browser.get(script, headers={"accept-encoding": "gzip;q=0, identity"})
    assert "Content-Encoding" not in refused


def test_every_font_named_by_the_style_is_served(gateway: Gateway) -> None:
    """Under its published name, as a font."""
    names = loaded(gateway.browser.get("/nowhere").content.decode())
    (style,) = [one for one in names if one.endswith(".css")]
    fonts = re.findall(r"url\(([^)]+)\)", gateway.browser.get(style).content.decode())
    assert len(fonts) == 3
    for font in fonts:
        answer = gateway.browser.get(font)
        assert answer.status_code == 200
        assert answer["Content-Type"] == "font/woff2"


def test_every_sign_that_a_template_names_is_drawn() -> None:
    """A sign that is not in the set would break its page."""
    for template in FOLDER.rglob("*.html"):
        for name in re.findall(r'\{% icon "([^"]+)"', template.read_text("utf-8")):
            assert name in icons.drawings(), f"{template.name}: {name}"


def test_each_state_has_the_same_room_in_light_and_dark() -> None:
    """A colour of the light appearance has its twin: in the choice of the visitor and in that of the system."""
    tokens = (FOLDER / "static" / "styles" / "10-tokens.css").read_text("utf-8")
    chosen = re.search(r':root\[data-theme="dark"\] \{(.*?)\}', tokens, re.DOTALL)
    system = re.search(r':root\[data-theme="auto"\] \{(.*?)\}', tokens, re.DOTALL)
    assert chosen and system
    assert chosen[1].split() == system[1].split()


def contrast(one: str, other: str) -> float:
    """Contrast of two colours (WCAG 2.1, 1.4.3)."""

    def light(colour: str) -> float:
        parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
        red, green, blue = (x / 12.92 if x <= 0.03928 else ((x + 0.055) / 1.055) ** 2.4 for x in parts)
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    high, low = sorted((light(one), light(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def test_text_is_readable_on_every_ground() -> None:
    """4.5:1 at least, in both appearances, on the page, on cards, on tinted grounds and on buttons."""
    tokens = (FOLDER / "static" / "styles" / "10-tokens.css").read_text("utf-8")
    for block in re.findall(r":root(?:\[data-theme=\"dark\"\])? \{(.*?)\}", tokens, re.DOTALL):
        colour = dict(re.findall(r"--([a-z-]+): (#[0-9A-F]{6})", block))
        pairs = [
            (text, ground) for text in ("ink", "soft", "canal") for ground in ("ground", "surface", "sunken")
        ]
        pairs += [(state, f"{state}-tint") for state in ("ok", "warn", "bad", "info", "none")]
        pairs += [(state, "surface") for state in ("ok", "warn", "bad", "info")]
        pairs += [("on-canal", "canal"), ("band-ink", "band"), ("band-soft", "band"), ("canal", "tint")]
        for text, ground in pairs:
            assert contrast(colour[text], colour[ground]) >= 4.5, (text, ground, colour[text], colour[ground])
