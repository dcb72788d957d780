"""What an act becomes: done, with what it leaves behind, or refused with a reason."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from ecluse.rules.identity.model import Event


class ActRefused(Exception):
    """The act cannot be done; its two sentences say why and what to do. data: what the caller needs to go on."""

    def __init__(self, text_fr: str, text_en: str, data: dict[str, Any] | None = None) -> None:
        super().__init__(text_en)
        self.text_fr = text_fr
        self.text_en = text_en
        self.data = data or {}


def check_unchanged(given: Mapping[str, Any], etag: str) -> None:
    """Refuse to overwrite what the one who asks has not seen. Only in the writer does nothing change meanwhile.

    :param given: arguments of the act; `expected`: tag of what was read, empty or absent for whatever there is.
    :param etag: tag of what there is.
    :raises ActRefused: they differ; its data holds the tag.
    """
    expected = given.get("expected") or ""
    if expected and expected != etag:
        raise ActRefused(
            "Cette ressource a changé depuis que vous l’avez lue : relisez-la, puis recommencez.",
            "This resource changed since you read it: read it again, then try again.",
            {"etag": etag},
        )


class Done(NamedTuple):
    """An act that can be done: two sentences for its author, and what is to be kept with it.

    data: what the caller needs back, in JSON types; events: identity events of one `domain`, folded and stored with the
    line of the act; write: more to write in the same transaction, on Django's connection; told: what the line of the
    journal says beside the arguments, by key; shown: patients whose data is shown to its author, for the access trail.
    """

    text_fr: str
    text_en: str
    data: dict[str, Any] = {}  # noqa: RUF012  (never changed)
    events: Sequence[Event] = ()
    domain: int = 0
    write: Callable[[], None] | None = None
    told: dict[str, Any] = {}  # noqa: RUF012  (never changed)
    shown: Sequence[str] = ()
