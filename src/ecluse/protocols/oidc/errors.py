"""Errors of the OpenID Connect relying party. The codes and their texts are in `data/errors.toml`.

OidcError
├── MetadataRefused       a document of the provider (discovery, keys) cannot be used
├── ProviderSilent        no usable answer came from the provider (network, TLS, size, status)
├── ProviderSaysNo        the provider itself answered that it refuses
└── AnswerRefused         an answer came and must not be believed
    └── UnknownKey        it is signed by a key that was not published when the keys were last read
"""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files
from typing import NamedTuple, Self

_LONGEST_DETAIL = 80


class ErrorText(NamedTuple):
    """What a code means. source: the clause that asks for the refusal; the texts are for the person who signs in."""

    source: str
    text_fr: str
    text_en: str


@cache
def error_texts() -> dict[str, ErrorText]:
    """Every code with its texts."""
    text = files(__package__).joinpath("data/errors.toml").read_text("utf-8")
    return {code: ErrorText(**values) for code, values in tomllib.loads(text).items()}


class OidcError(Exception):
    """Root of the errors of this protocol.

    :param code: of `data/errors.toml`.
    :param detail: the claim, the member or the word at fault, for the log: never a value that tells who signed in.
    """

    def __init__(self, code: str, detail: str = "") -> None:
        self.code = code
        self.source, self.text_fr, self.text_en = error_texts()[code]
        self.detail = "".join(one if one.isprintable() else "·" for one in detail[:_LONGEST_DETAIL])
        super().__init__(f"{code} ({self.detail})" if self.detail else code)

    def again(self) -> Self:
        """The same error for somebody else, without the trace of the first."""
        return type(self)(self.code, self.detail)


class MetadataRefused(OidcError):
    """A document of the provider (discovery, keys) cannot be used."""


class ProviderSilent(OidcError):
    """No usable answer came from the provider."""


class ProviderSaysNo(OidcError):
    """The provider itself answered that it refuses; `detail` is its own code."""


class AnswerRefused(OidcError):
    """An answer came and must not be believed."""


class UnknownKey(AnswerRefused):
    """The key that signed was not published when the keys were last read: read them again, once."""
