"""Passwords that are refused: known from breaches, or too long to be digested at leisure.

Rules of a password here: long enough (setting), not one of those everybody uses nor one known from a breach, not the
name of its owner; no imposed mixture of characters and no date of expiry (ANSSI-PG-078; CNIL deliberation 2022-100).
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import BinaryIO

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

LONGEST = 128
_LINE = 4096


class MaximumLength:
    """A password of any length would let anybody make the server work for as long as he likes."""

    def validate(self, password: str, user: object = None) -> None:
        """Refuse a longer one.

        :raises ValidationError: it is too long.
        """
        if len(password) > LONGEST:
            raise ValidationError(
                _("Ce mot de passe dépasse %(n)d caractères.") % {"n": LONGEST}, code="too_long"
            )

    def get_help_text(self) -> str:
        """Nothing to say before."""
        return ""


class KnownFromBreaches:
    """A list of SHA-1 digests in order, one per line (`HEX` or `HEX:COUNT`), as Have I Been Pwned publishes it.

    :param file: the list, or an empty path: none is looked at.
    """

    def __init__(self, file: str = "") -> None:
        self._file = file

    def validate(self, password: str, user: object = None) -> None:
        """Refuse a password that is in the list.

        :raises ValidationError: it is, or the list cannot be read: then no password is taken.
        """
        if not self._file:
            return
        wanted = hashlib.sha1(password.encode("utf-8", "replace"), usedforsecurity=False).hexdigest().upper()
        try:
            with Path(self._file).open("rb") as file:
                known = listed(file, wanted.encode("ascii"))
        except OSError as error:
            raise ValidationError(
                _(
                    "La liste des mots de passe divulgués ne peut pas être lue (%(why)s) : prévenez l’administrateur."
                )
                % {"why": error.strerror},
                code="list_unreadable",
            ) from None
        if known:
            raise ValidationError(
                _("Ce mot de passe a été divulgué lors d’une fuite de données : choisissez-en un autre."),
                code="breached",
            )

    def get_help_text(self) -> str:
        """What the list asks."""
        return _("Un mot de passe divulgué lors d’une fuite de données est refusé.") if self._file else ""


def listed(file: BinaryIO, wanted: bytes) -> bool:
    """Whether a digest begins a line of a file in order: a search by halves, few lines read of forty gigabytes."""
    low, high = 0, file.seek(0, 2)
    while low < high:
        middle = (low + high) // 2
        file.seek(max(0, middle - 1))
        if middle:
            file.readline(_LINE)  # to the beginning of the next line
        line = file.readline(_LINE)
        if not line or line[:40].upper() >= wanted:
            if line[:40].upper() == wanted:
                return True
            high = middle
        else:
            low = file.tell() if file.tell() > middle else middle + 1
    file.seek(low)
    return file.readline(_LINE)[:40].upper() == wanted
