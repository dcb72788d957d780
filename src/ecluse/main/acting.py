"""Have an operator's act done by the only process that may: the running gateway's writer, or else this one."""

from __future__ import annotations

import getpass
import os
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
    from ecluse.main.assembly import intake
    from ecluse.main.django_setup import set_up

    if opening.initialised(configuration):
        configuration = replace(configuration, environment=opening.read(given).environment)
    set_up(configuration)

    from ecluse.services.open_store import open_store

    open_store(configuration, opening.clock())
    _, perform = intake(configuration)
    return perform(wanted, opening.clock())
