"""Have an operator's act done by the only process that may: the running gateway's writer, or else this one."""

from __future__ import annotations

import getpass
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from ecluse.delivery.cli.errors import CannotRun
from ecluse.main import opening
from ecluse.main.configuration import Configuration
from ecluse.services.ask_writer import WriterSilent, ask_writer
from ecluse.services.wire import Act, ActResult


def act(given: str | None, name: str, arguments: dict[str, Any]) -> ActResult:
    """Do an act on a data folder.

    :param given: `--data`; name: name of the act (`sender.confirm`); arguments: see `services.acts`.
    :raises CannotRun: when nobody could do it.
    """
    from ecluse.main.supervisor import ServeError, prepare

    configuration = opening.settings(given)
    if name != "sender.add":
        opening.require_store(configuration)
    wanted = Act(operator(), name, arguments)
    try:
        lock = prepare(configuration)
    except ServeError:
        if opening.served(configuration) is None:
            raise
        return _ask_writer(configuration, wanted)
    try:
        return _do_here(given, configuration, wanted)
    finally:
        lock.release()


@contextmanager
def acting(given: str | None) -> Iterator[Callable[[str, dict[str, Any]], ActResult]]:
    """Several acts one after the other on a store that exists: by the running gateway, or here, opened once.

    :param given: `--data`.
    :raises CannotRun: from an act that nobody could do.
    """
    from ecluse.main.supervisor import ServeError, prepare

    configuration = opening.settings(given)
    opening.require_store(configuration)
    try:
        lock = prepare(configuration)
    except ServeError:
        if opening.served(configuration) is None:
            raise
        yield lambda name, arguments: _ask_writer(configuration, Act(operator(), name, arguments))
        return
    try:
        perform = _writer_here(given, configuration)
        yield lambda name, arguments: perform(Act(operator(), name, arguments), opening.clock())
    finally:
        lock.release()


def operator() -> str:
    """Who asks, for the journal: the account of the system."""
    try:
        return f"cli:{getpass.getuser()}"
    except (KeyError, OSError):
        return f"cli:{os.getuid()}"


def _ask_writer(configuration: Configuration, wanted: Act) -> ActResult:
    try:
        return ask_writer(configuration.run / "writer.sock", wanted)
    except WriterSilent as silent:
        raise _no_answer(configuration) from silent


def _no_answer(configuration: Configuration) -> CannotRun:
    return CannotRun(
        f"la passerelle qui sert {configuration.data} n’a pas répondu : regardez son journal d’exécution, "
        "puis vérifiez "
        "par « ecluse sender list » si l’acte a été fait.",
        f"the gateway that serves {configuration.data} did not answer: look at its log, then check with "
        "“ecluse sender "
        "list” whether the act was done.",
    )


def _do_here(given: str | None, configuration: Configuration, wanted: Act) -> ActResult:
    """Be the writer for one act; the caller holds the lock of the data folder."""
    return _writer_here(given, configuration)(wanted, opening.clock())


def _writer_here(given: str | None, configuration: Configuration) -> Callable[[Act, int], ActResult]:
    """The acts of a writer in this process; the caller holds the lock of the data folder."""
    from ecluse.main.assembly import intake
    from ecluse.main.django_setup import set_up

    if opening.initialised(configuration):
        configuration = replace(configuration, environment=opening.read(given).environment)
    set_up(configuration)

    from ecluse.services.open_store import open_store

    open_store(configuration, opening.clock())
    return intake(configuration)[1]
