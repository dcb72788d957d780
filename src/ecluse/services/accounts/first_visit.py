"""The first visit: while no account exists, a code printed where the server was started opens its creation.

The code lives in the memory of the process that serves the pages: it is in no file, and another start makes another.
"""

from __future__ import annotations

import threading

from ecluse.services.accounts.codes import digest_of, new_code, same_code
from ecluse.store.models.accounts import User

ATTEMPTS = 10
"""Wrong codes after which a new one must be made, by starting the gateway again: 100 random bits cannot be guessed, and
somebody who tries is to be noticed."""


class _Code:
    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.digest = b""
        self.left = 0


_code = _Code()


def needed() -> bool:
    """Whether nobody can sign in yet.

    :raises DatabaseError: the store does not answer.
    """
    return not User.objects.exists()


def make_code() -> str:
    """The code to print; the one before is worth nothing any more."""
    code = new_code()
    with _code.lock:
        _code.digest, _code.left = digest_of(code), ATTEMPTS
    return code


def spent() -> bool:
    """Whether no code is taken any more, right or wrong."""
    with _code.lock:
        return not _code.left


def right_code(code: str) -> bool:
    """Whether that is the code of the first visit. Each wrong one counts."""
    with _code.lock:
        if not _code.left:
            return False
        if same_code(code, _code.digest):
            return True
        _code.left -= 1
        return False


def forget_code() -> None:
    """The first account exists: the code is worth nothing any more."""
    with _code.lock:
        _code.digest, _code.left = b"", 0
