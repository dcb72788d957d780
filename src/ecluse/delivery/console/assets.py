"""Style sheet and pictures of the package, served under a name that changes with their content."""

from __future__ import annotations

import hashlib
from functools import cache
from importlib.resources import files
from typing import NamedTuple

from django.http import Http404, HttpRequest, HttpResponse

_TYPES = {"css": "text/css; charset=utf-8", "svg": "image/svg+xml", "woff2": "font/woff2"}


class Asset(NamedTuple):
    """A file as it is sent."""

    content: bytes
    type: str


@cache
def _published() -> dict[str, tuple[str, Asset]]:
    """Each file by its own name: the name it is published under, and what it holds."""
    found = {}
    for file in files("ecluse.delivery.console").joinpath("static").iterdir():
        stem, _, kind = file.name.rpartition(".")
        if kind in _TYPES:
            content = file.read_bytes()
            digest = hashlib.sha256(content).hexdigest()[:12]
            found[file.name] = (f"{stem}.{digest}.{kind}", Asset(content, _TYPES[kind]))
    return found


@cache
def _by_address() -> dict[str, Asset]:
    return dict(_published().values())


def address(name: str) -> str:
    """Where a file of `static/` is served."""
    return f"/static/{_published()[name][0]}"


def serve(request: HttpRequest, name: str) -> HttpResponse:
    """A file, for a year: other content would have another name."""
    asset = _by_address().get(name)
    if asset is None:
        raise Http404
    return HttpResponse(
        asset.content,
        content_type=asset.type,
        headers={"Cache-Control": "public, max-age=31536000, immutable"},
    )
