"""`ecluse pki` in this process, on the store of a test that has an establishment and trusts a test PKI."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from click.testing import Result

from tests.delivery.cli.commands import invoke

if TYPE_CHECKING:
    from tests.services.certificates.house import House


class Desk:
    """Where somebody types. house: the store and its test PKI."""

    def __init__(self, house: House) -> None:
        self.house = house
        self._configuration = replace(house.store.configuration, secrets=str(house.store.secrets))

    def type(self, *arguments: str, stdin: bytes = b"", locale: str = "fr_FR.UTF-8") -> Result:
        """Run `ecluse pki` with arguments."""
        house = self.house

        @contextlib.contextmanager
        def acting(_given: str | None, _existing: bool = True) -> Iterator[Any]:
            yield house.ask

        return invoke(
            "pki", *arguments, stdin=stdin, locale=locale,
            settings=lambda _given: self._configuration,
            read=lambda _given: self._configuration,
            act=lambda _given, name, told: house.ask(name, told),
            acting=acting,
            alone=acting,
            certificates=lambda _gateway: None,
            serving=lambda _gateway: False,
            operator=lambda: "cli:claire",
            secrets=lambda _gateway: house.store.secrets,
            clock=lambda: house.gate.now,
        )  # fmt: skip

    def told(self, *arguments: str, code: int = 0, stdin: bytes = b"") -> Any:
        """The JSON document of a command, which ends with this code."""
        result = self.type(*arguments, "--format", "json", stdin=stdin)
        assert result.exit_code == code, result.output
        return json.loads(result.stdout)
