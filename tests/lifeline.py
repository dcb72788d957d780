"""Processes that tests start do not outlive them, even when pytest is killed without a chance to clean up."""

from __future__ import annotations

import ctypes
import signal
import threading
from collections.abc import Callable

_PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None)
"""Loaded before any fork: a child of a process with threads must not load anything."""


def end_with_us() -> Callable[[], None] | None:
    """`preexec_fn` of a process that Linux kills when this one dies (prctl(2), PR_SET_PDEATHSIG).

    :returns: None in a thread: the kernel watches the thread that forks, and its end is not that of the tests.
    """
    return _ask_the_kernel if threading.current_thread() is threading.main_thread() else None


def _ask_the_kernel() -> None:
    _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
