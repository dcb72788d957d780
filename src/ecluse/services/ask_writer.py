"""Have an act done by the writer of the running gateway, over its socket in the data folder."""

from __future__ import annotations

import socket
import time
from pathlib import Path

from ecluse.services.wire import ACT, Act, ActResult, Packets, packet, reachable, read_result

START_SECONDS = 15.0
"""How long a gateway that starts may take to open its writer's socket."""
ANSWER_SECONDS = 30.0


class WriterSilent(Exception):
    """The writer did not answer; the act may or may not have been done: the journal tells."""


def ask_writer(path: Path, wanted: Act, patience: float = START_SECONDS) -> ActResult:
    """What became of an act.

    :param path: the writer's socket; patience: seconds to wait for a gateway that starts.
    :raises WriterSilent: when nobody answers in time.
    """
    end = time.monotonic() + patience
    name = reachable(path)
    while True:
        with socket.socket(socket.AF_UNIX) as connection:
            try:
                connection.connect(name)
            except OSError as error:
                if time.monotonic() > end:
                    raise WriterSilent from error
            else:
                return _exchange(connection, wanted)
        time.sleep(0.1)


def _exchange(connection: socket.socket, wanted: Act) -> ActResult:
    packets = Packets()
    try:
        connection.settimeout(ANSWER_SECONDS)
        connection.sendall(packet(ACT, wanted))
        while data := connection.recv(65_536):
            for _, body in packets.feed(data):
                return read_result(body)
    except OSError as error:
        raise WriterSilent from error
    raise WriterSilent
