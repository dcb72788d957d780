"""Passwords that are a common word, or the name of the product, of the place or of their owner, however dressed up.

What is compared is what stays once small letters were made of capitals, accents dropped, and the digits and signs that
follow taken away: `MotDePasse-2026` is `motdepasse`. Two such words side by side, or one repeated, are no better.
"""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Iterable
from functools import cache
from importlib.resources import files
from typing import Any

from django.contrib.auth.password_validation import CommonPasswordValidator
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from ecluse.store.models.access import Establishment, Site

_LOOK_ALIKE = str.maketrans({"0": "o", "1": "i", "3": "e", "4": "a", "5": "s", "@": "a", "$": "s", "!": "i"})
_TRAIL = re.compile(r"[^a-z]+$")
_RUN = re.compile("[a-z]+")
_SHORTEST = 3
"""Letters of a word of a name: `de` or `CH` alone would refuse too much."""


class CommonWords:
    """The validator: see `guessable`."""

    def validate(self, password: str, user: object = None) -> None:
        """Refuse a common word, however it is dressed.

        :raises ValidationError: it is one.
        """
        own = [str(getattr(user, name, "") or "") for name in ("username", "name", "email")]
        if guessable(password, [*own, *_places()]):
            raise ValidationError(
                _(
                    "Ce mot de passe se devine : un mot courant, le nom du logiciel, de l’établissement ou le vôtre, "
                    "même suivis de chiffres. Réunissez plusieurs mots sans lien entre eux."
                ),
                code="common_words",
            )

    def get_help_text(self) -> str:
        """Nothing to say before: the form says it in one sentence."""
        return ""


def guessable(password: str, names: Iterable[str]) -> bool:
    """Whether a password is one or two common words, or one repeated, once undressed.

    :param names: of the place and of the owner, whose words are as common here.
    """
    words = _listed() | {word for name in names for word in _words_of(name)}
    for text in {_fold(password), _fold(password).translate(_LOOK_ALIKE), _undressed(password)}:
        stem = _TRAIL.sub("", text)
        letters = "".join(_RUN.findall(stem))
        if letters and (stem in _english() or _made_of(letters, words)):
            return True
    return False


def _undressed(password: str) -> str:
    """Without what follows, then with the letters that digits and signs stand for."""
    return _TRAIL.sub("", _fold(password)).translate(_LOOK_ALIKE)


def _made_of(letters: str, words: frozenset[str]) -> bool:
    if _common(letters, words) or any(
        letters == letters[:size] * (len(letters) // size) and _common(letters[:size], words)
        for size in range(2, len(letters) // 2 + 1)
    ):
        return True
    return any(
        _common(letters[:i], words) and _common(letters[i:], words) for i in range(2, len(letters) - 1)
    )


def _common(letters: str, words: frozenset[str]) -> bool:
    return letters in words or (len(letters) > _SHORTEST and any(letters in row for row in _keyboards()))


def _fold(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text.casefold())
    return "".join(one for one in plain if not unicodedata.combining(one))


def _words_of(name: str) -> set[str]:
    """The words of a name, and the name in one word."""
    runs = _RUN.findall(_fold(name))
    return {one for one in (*runs, "".join(runs)) if len(one) >= _SHORTEST}


def _places() -> list[str]:
    return [
        *Establishment.objects.values_list("name", flat=True),
        *Site.objects.values_list("name", flat=True),
    ]


@cache
def _data() -> dict[str, Any]:
    return tomllib.loads(files("ecluse.services").joinpath("data/common_passwords.toml").read_text("utf-8"))


@cache
def _listed() -> frozenset[str]:
    return frozenset(_data()["words"]) | frozenset(_data()["product"])


@cache
def _keyboards() -> tuple[str, ...]:
    return tuple(_data()["keyboards"])


@cache
def _english() -> frozenset[str]:
    return frozenset(CommonPasswordValidator().passwords)
