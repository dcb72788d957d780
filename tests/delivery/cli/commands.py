"""Run a command in this process, with tools that reach no store and no network."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from click.testing import CliRunner, Result

from ecluse.delivery.cli.tools import NoAnswer, Tls, Tools
from ecluse.main.command_line import command, explain
from ecluse.main.configuration import Configuration


class Receiver:
    """A receiver of messages that keeps what it gets and answers what it is told (None: nothing)."""

    def __init__(self, *answers: bytes | None) -> None:
        self._answers = list(answers)
        self.received: list[bytes] = []
        self.patience: list[float] = []

    def connect(self, host: str, port: int, tls: Tls | None, patience: float) -> Receiver:
        """Open a connection."""
        self.patience.append(patience)
        return self

    def send(self, message: bytes) -> bytes:
        """Take a message."""
        self.received.append(message)
        answer = self._answers.pop(0)
        if answer is None:
            raise NoAnswer("closed")
        return answer

    def close(self) -> None:
        """Nothing to close."""


def _forbidden(*_arguments: Any) -> Any:
    raise AssertionError("this command must not go there")


@contextlib.contextmanager
def _no_place(*_arguments: Any) -> Iterator[Any]:
    raise AssertionError("this command must not go there")
    yield


def invoke(
    *arguments: str,
    receiver: Receiver | None = None,
    stdin: bytes = b"",
    locale: str = "C.UTF-8",
    **lent: Any,
) -> Result:
    """Run `ecluse` with arguments. lent: tools that it may use besides."""
    tools = Tools(
        settings=lambda _given: Configuration(data=Path("/nowhere")),
        read=_forbidden,
        alone=_no_place,
        act=_forbidden,
        acting=_no_place,
        retention=_forbidden,
        connect=receiver.connect if receiver else _forbidden,
        explain=explain,
        strict_traits=lambda _gateway: True,
        wrong_key=lambda _gateway: "by-environment",
        secrets=_forbidden,
        allowed_networks=_forbidden,
        invitation_hours=lambda _gateway: 72,
        directory=_forbidden,
        certificates=_forbidden,
        serving=_forbidden,
        operator=_forbidden,
        diagnose=_forbidden,
        clock=lambda: 0,
    )
    env = {"LC_ALL": locale, "LC_MESSAGES": "", "LANG": ""}
    return CliRunner(env=env).invoke(command(), list(arguments), input=stdin, obj=replace(tools, **lent))
