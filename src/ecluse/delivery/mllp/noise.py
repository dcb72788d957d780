"""What one connection may send outside frames: a little is kept and forgiven, as real senders pad their frames.

Source: IHE ITI TF-2 Appendix C and HL7 MLLP release 1 (bytes outside a block belong to no message).
"""

from __future__ import annotations

KEPT = 16
"""Pieces of noise of one connection that are kept."""
LIMIT = 64 * 1024
"""Bytes of noise of one connection that are kept; also those after which, without a frame, it is closed."""


class Noise:
    """The account of one connection."""

    __slots__ = ("_framed", "_kept", "_pieces", "_since")

    def __init__(self) -> None:
        self._framed = False
        self._pieces = 0
        self._kept = 0
        self._since = 0

    @property
    def too_much(self) -> bool:
        """Whether this is no sender of messages: close."""
        return self._since > LIMIT

    @property
    def alone(self) -> bool:
        """Whether noise came, and never a frame."""
        return self._since > 0 and not self._framed

    def hear(self, data: bytes) -> bytes:
        """Bytes came outside a frame; returns those to keep."""
        self._since += len(data)
        if self._pieces >= KEPT:
            return b""
        kept = data[: LIMIT - self._kept]
        self._pieces += 1
        self._kept += len(kept)
        return kept

    def frame(self) -> None:
        """A frame came."""
        self._since = 0
        self._framed = True
