"""Have an operator's act done by the only process that may: the running gateway's writer, or else this one."""

from __future__ import annotations

import getpass
import os
import socket
import time
from dataclasses import replace
from typing import Any

from ecluse.delivery.cli.errors import CannotRun
from ecluse.main import opening
from ecluse.main.configuration import Configuration
from ecluse.services.wire import ACT, Act, ActResult, Packets, packet, reachable, read_result

START_SECONDS = 15.0
"""How long a gateway that starts may take to open its writer's socket."""
ANSWER_SECONDS = 30.0


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
    end = time.monotonic() + START_SECONDS
    path = reachable(configuration.run / "writer.sock")
    while True:
        with socket.socket(socket.AF_UNIX) as connection:
            try:
                connection.connect(path)
            except OSError as error:
                if time.monotonic() > end:
                    raise _no_answer(configuration) from error
            else:
                return _exchange(configuration, connection, wanted)
        time.sleep(0.1)


def _exchange(configuration: Configuration, connection: socket.socket, wanted: Act) -> ActResult:
    packets = Packets()
    try:
        connection.settimeout(ANSWER_SECONDS)
        connection.sendall(packet(ACT, wanted))
        while data := connection.recv(65_536):
            for _, body in packets.feed(data):
                return read_result(body)
    except OSError:
        pass
    raise _no_answer(configuration)


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
