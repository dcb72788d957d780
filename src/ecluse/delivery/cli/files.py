"""Read HL7 messages from files: framed by MLLP or not, lines ended in any way, one message or several."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import NamedTuple

from ecluse.delivery.cli.errors import CannotRun, because
from ecluse.delivery.cli.language import t
from ecluse.protocols.mllp import DEFAULT_LIMIT, Decoder, Frame, Unfinished

_MESSAGES = (".hl7", ".txt")
_START = b"\x0b"
_MSH = re.compile(rb"(?:\A\s*|(?<=[\r\n]))(?=MSH[^A-Za-z0-9\s\"])")
_UTF_16 = re.compile(rb"(?:\xff\xfe|\xfe\xff|M\x00S\x00H\x00|\x00M\x00S\x00H)")


def read(file: str) -> bytes:
    """Bytes of a file, or of stdin for `-`.

    :raises CannotRun: the file is missing, unreadable or larger than a message may be.
    """
    try:
        if file == "-":
            raw = sys.stdin.buffer.read(DEFAULT_LIMIT + 1)
        else:
            with Path(file).open("rb") as content:
                raw = content.read(DEFAULT_LIMIT + 1)
    except OSError as error:
        raise CannotRun(
            f"{file} ne peut pas être lu : {because(error)}. Indiquez un fichier HL7, ou « - » pour l’entrée "
            "standard.",
            f"{file} cannot be read: {because(error)}. Give an HL7 file, or “-” for standard input.",
        ) from error
    if len(raw) > DEFAULT_LIMIT:
        size = DEFAULT_LIMIT // 1024 // 1024
        raise CannotRun(f"{file} dépasse {size} Mio.", f"{file} is larger than {size} MiB.")
    return raw


def messages(raw: bytes) -> list[bytes]:
    """The messages of a file, without framing; bytes that are no message come back as they are."""
    if raw.lstrip(b"\r\n").startswith(_START):
        decoder = Decoder()
        events = [*decoder.feed(raw), *decoder.at_eof()]
        found = [
            one.message if isinstance(one, Frame) else one.data
            for one in events
            if isinstance(one, (Frame, Unfinished))
        ]
        if found:
            return found
    starts = sorted({one.end() for one in _MSH.finditer(raw)})
    if len(starts) < 2:
        return [raw]
    return [raw[start:end] for start, end in zip(starts, [*starts[1:], len(raw)], strict=True)]


def wire_form(message: bytes) -> bytes:
    """A message with its segments ended by CR, as on the wire (HL7 v2.5, 2.5.2), whatever an editor made of it.

    A line feed inside a field stays: only those before a segment, or at the end, were ends of segments.
    """
    if _UTF_16.match(message):
        return message
    message = message.strip(b" \t\r\n\x1c")
    if b"\n" in message and message.startswith(b"MSH"):
        separator = re.escape(message[3:4])
        message = re.sub(
            rb"[ \t]*\r?\n[\s]*(?=[A-Z][A-Z0-9]{2}(?:" + separator + rb"|\r|\n|\Z))", b"\r", message
        )
    return message + b"\r"


class Collected(NamedTuple):
    """Files to read, in order; others, folders: how many files and folders of the folders named were left aside."""

    files: tuple[str, ...]
    others: int = 0
    folders: int = 0


def collect(files: tuple[str, ...], *, recursive: bool = False) -> Collected:
    """The files named, and those ending in .hl7 or .txt of the folders named, sorted by name.

    :param recursive: those of the folders inside, too.
    :raises CannotRun: a folder cannot be read, or holds none.
    """
    found: list[str] = []
    others = folders = 0
    for file in files:
        path = Path(file)
        if file == "-" or not path.is_dir():
            found.append(file)
            continue
        try:
            inside = sorted(path.rglob("*") if recursive else path.iterdir())
        except OSError as error:
            raise CannotRun(
                f"le dossier {file} ne peut pas être lu : {because(error)}.",
                f"the folder {file} cannot be read: {because(error)}.",
            ) from error
        chosen = [one for one in inside if one.suffix.lower() in _MESSAGES and one.is_file()]
        aside = sum(one.is_dir() for one in inside)
        others += len(inside) - len(chosen) - aside
        folders += 0 if recursive else aside
        if not chosen:
            raise CannotRun(
                f"le dossier {file} ne contient aucun fichier .hl7 ni .txt"
                + (
                    f" ; --recursive lit aussi ses {aside} sous-dossier(s)."
                    if aside and not recursive
                    else "."
                ),
                f"the folder {file} holds no .hl7 nor .txt file"
                + (f"; --recursive also reads its {aside} folder(s)." if aside and not recursive else "."),
            )
        found += map(str, chosen)
    return Collected(tuple(found), others, folders)


def shown(file: str) -> str:
    """The name of a file for people."""
    return t("entrée standard", "standard input") if file == "-" else file
