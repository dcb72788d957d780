"""MLLP: how HL7 v2 messages follow one another on a connection."""

from ecluse.protocols.mllp.framing import (
    DEFAULT_LIMIT,
    Decoder,
    Event,
    Frame,
    Noise,
    Oversized,
    Unfinished,
    UnframeableMessage,
    encode,
)

__all__ = [
    "DEFAULT_LIMIT",
    "Decoder",
    "Event",
    "Frame",
    "Noise",
    "Oversized",
    "Unfinished",
    "UnframeableMessage",
    "encode",
]
