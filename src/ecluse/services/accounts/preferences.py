"""What a person prefers on the pages, and what she was told there: nothing that matters to anybody else."""

from __future__ import annotations

from ecluse.store.access_turn import writing
from ecluse.store.models.accounts import User

LANGUAGES = ("fr", "en")


def choose_language(user: int, language: str) -> None:
    """Keep the language of an account; another word changes nothing."""
    if language in LANGUAGES:
        with writing():
            User.objects.filter(pk=user).update(language=language)


def told_of_rpps(user: int) -> None:
    """Note that a person was told of the last change of her RPPS."""
    with writing():
        User.objects.filter(pk=user).update(rpps_told=True)
