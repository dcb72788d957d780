"""What a person prefers on the pages: nothing that matters to anybody else."""

from __future__ import annotations

from ecluse.store.access_turn import writing
from ecluse.store.models.accounts import User

LANGUAGES = ("fr", "en")


def choose_language(user: int, language: str) -> None:
    """Keep the language of an account; another word changes nothing."""
    if language in LANGUAGES:
        with writing():
            User.objects.filter(pk=user).update(language=language)
