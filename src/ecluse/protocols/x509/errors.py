"""The one error of this protocol: bytes that are not what they are said to be."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager


class Unreadable(ValueError):
    """The bytes cannot be read as what was expected (certificate, list, answer, key, bundle).

    :param text_fr: a sentence for the person who gave the file; `text_en`: the same in English.
    """

    def __init__(self, text_fr: str, text_en: str) -> None:
        super().__init__(text_en)
        self.text_fr = text_fr
        self.text_en = text_en


def malformed(part: str) -> Unreadable:
    """The refusal of a structure that breaks its own syntax. part: its name in the standard."""
    return Unreadable(
        f"La structure est tronquée ou contraire à la norme X.509 (élément\u00a0: {part}). Redemandez le fichier.",
        f"The structure is truncated or breaks the X.509 standard (element: {part}). Ask for the file again.",
    )


def oversized(limit: int) -> Unreadable:
    """The refusal of a content larger than anything of its kind. limit: in bytes."""
    return Unreadable(
        f"Ce contenu dépasse {limit} octets\u00a0: aucun fichier de cette nature n’est aussi grand.",
        f"This content is over {limit} bytes: no file of this kind is that large.",
    )


@contextmanager
def reading(part: str) -> Iterator[None]:
    """Whatever goes wrong inside is `Unreadable`: hostile bytes raise nothing else. part: as in `malformed`."""
    try:
        yield
    except Unreadable:
        raise
    except (ValueError, LookupError, TypeError, AttributeError, ArithmeticError) as error:
        raise malformed(part) from error
