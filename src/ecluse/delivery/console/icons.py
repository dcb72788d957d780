"""The signs of the console: one open set (Lucide), drawn inside the page so that none appears late."""

from __future__ import annotations

import re
from functools import cache
from importlib.resources import files

from django.utils.safestring import SafeString, mark_safe

_SYMBOL = re.compile(r'<symbol id="([a-z0-9-]+)">(.*)</symbol>')


@cache
def drawings() -> dict[str, str]:
    """The drawing of each sign, by its name in the set."""
    file = files("ecluse.delivery.console").joinpath("templates", "console", "pieces", "icons.svg")
    return dict(_SYMBOL.findall(file.read_text("utf-8")))


@cache
def icon(name: str, kind: str = "") -> SafeString:
    """A sign, hidden from screen readers: the word beside it says the same.

    :param kind: classes of its own, `large` for instance.
    :raises KeyError: when the set has no sign of that name.
    """
    classes = f"icon {kind}".rstrip()
    # Drawn from our own file and named in our own templates: nothing received is in it.
    return mark_safe(
        f'<svg class="{classes}" viewBox="0 0 24 24" width="18" height="18" aria-hidden="true" focusable="false">'
        f"{drawings()[name]}</svg>"
    )
