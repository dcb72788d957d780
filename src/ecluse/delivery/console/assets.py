"""Style sheet, scripts, fonts and pictures of the package, served under a name that changes with their content."""

from __future__ import annotations

import gzip
import hashlib
import re
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import NamedTuple

from django.http import Http404, HttpRequest, HttpResponse

_TYPES = {
    "css": "text/css; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
    "svg": "image/svg+xml",
    "woff2": "font/woff2",
}
_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
_SPACE = re.compile(r"\s+")
_NAMED = re.compile(r'url\("([a-z0-9.-]+)"\)')


class Asset(NamedTuple):
    """A file as it is sent. smaller: the same compressed, empty when that brings nothing."""

    content: bytes
    smaller: bytes
    type: str


@cache
def _published() -> dict[str, tuple[str, Asset]]:
    """Each file by its own name: the name it is published under, and what it holds."""
    folder = files("ecluse.delivery.console").joinpath("static")
    found = {}
    for file in folder.iterdir():
        stem, _, kind = file.name.rpartition(".")
        if kind in _TYPES:
            found[file.name] = _named(stem, kind, file.read_bytes())
    addresses = {name: f"/static/{published}" for name, (published, _) in found.items()}
    sheet = _style_sheet(folder.joinpath("styles"), addresses)
    found["console.css"] = _named("console", "css", sheet.encode())
    return found


def _named(stem: str, kind: str, content: bytes) -> tuple[str, Asset]:
    digest = hashlib.sha256(content).hexdigest()[:12]
    smaller = gzip.compress(content, mtime=0) if kind != "woff2" else b""
    return f"{stem}.{digest}.{kind}", Asset(content, smaller, _TYPES[kind])


def _style_sheet(folder: Traversable, addresses: dict[str, str]) -> str:
    """The files of `styles/` one after the other, in the order of their numbers, without comments; the fonts they name
    are at their published addresses."""
    sheets = sorted((one for one in folder.iterdir() if one.name.endswith(".css")), key=lambda one: one.name)
    text = "".join(_COMMENT.sub("", one.read_text("utf-8")) for one in sheets)
    return _NAMED.sub(lambda found: f"url({addresses[found[1]]})", _SPACE.sub(" ", text))


@cache
def _by_address() -> dict[str, Asset]:
    return dict(_published().values())


def address(name: str) -> str:
    """Where a file of `static/` is served; `console.css` is made of those of `styles/`.

    :raises KeyError: when there is no such file.
    """
    return f"/static/{_published()[name][0]}"


def serve(request: HttpRequest, name: str) -> HttpResponse:
    """A file, for a year: other content would have another name."""
    asset = _by_address().get(name)
    if asset is None:
        raise Http404
    headers = {"Cache-Control": "public, max-age=31536000, immutable"}
    body = asset.content
    if asset.smaller:
        headers["Vary"] = "Accept-Encoding"
        if re.search(r"\bgzip\b(?!;\s*q=0(\.0*)?\s*(,|$))", request.headers.get("Accept-Encoding", "")):
            headers["Content-Encoding"] = "gzip"
            body = asset.smaller
    return HttpResponse(body, content_type=asset.type, headers=headers)
