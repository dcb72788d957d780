"""`ecluse send`: send messages from files and show what is answered."""

from __future__ import annotations

import re
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass

import click

from ecluse.delivery.cli import files, options, output
from ecluse.delivery.cli.errors import CannotRun, unreadable
from ecluse.delivery.cli.language import language, t
from ecluse.delivery.cli.tools import Link, NoAnswer, Tls, tools

_LINE = re.compile("ECL([0-9]{1,18})", re.ASCII)
"""MSH-10 of the acknowledgements of Écluse (`services.answer`)."""
MOMENT = 2.0
"""Seconds before a person at a terminal is told what is awaited."""
SILENCE = 1.0
"""Seconds to wait where no answer is due: an acknowledgement is never acknowledged."""


@dataclass(frozen=True, slots=True)
class AckError:
    """An ERR segment: HL7 location, code of table 0357, sentence."""

    location: str
    code: str
    text: str


@dataclass(frozen=True, slots=True)
class Sent:
    """The fate of one message. ack: MSA-1, or null when nothing usable came back; control_id: MSH-10 sent; line: where
    a gateway Écluse kept it in its journal, null when another receiver answered.
    """

    file: str
    ack: str | None
    control_id: str
    errors: tuple[AckError, ...]
    line: int | None = None


@click.command(
    short_help=t("Envoyer des messages HL7 par MLLP.", "Send HL7 messages over MLLP."),
    help=t(
        "Envoyer des messages HL7 par MLLP et montrer les acquittements. FILE : fichier, « - », ou dossier, dont les "
        "fichiers .hl7 et .txt sont envoyés dans l’ordre de leur nom. Les fins de ligne deviennent CR (sauf --raw). "
        "Une réponse d’Écluse donne la ligne de son journal. Code de sortie : 0 tout est AA, 1 sinon.",
        "Send HL7 messages over MLLP and show the acknowledgements. FILE: a file, “-”, or a folder, whose .hl7 and "
        ".txt files are sent in the order of their names. Line ends become CR (except with --raw). An answer of "
        "Écluse gives the line of its journal. Exit code: 0 all AA, 1 otherwise.",
    ),
    epilog=options.examples(
        "ecluse send message.hl7",
        "ecluse send --to 10.0.0.5:2575 --format json messages/",
        "ecluse send --recursive --lang en messages/",
        "ecluse send --to hl7.example:2576 --tls-ca ca.pem --tls-cert me.pem --tls-key me.key message.hl7",
    ),
)
@options.data
@options.output
@options.document_lang
@click.option(
    "--to",
    default="127.0.0.1:2575",
    show_default=True,
    metavar="HOST:PORT",
    help=t("Destinataire.", "Receiver."),
)
@click.option(
    "--tls",
    "use_tls",
    is_flag=True,
    help=t("TLS, avec les autorités du système.", "TLS, with the system’s authorities."),
)
@click.option(
    "--tls-ca",
    metavar="FILE",
    default="",
    help=t("TLS : autorités de confiance (PEM).", "TLS: trusted authorities (PEM)."),
)
@click.option(
    "--tls-cert",
    metavar="FILE",
    default="",
    help=t("TLS : notre certificat (PEM).", "TLS: our certificate (PEM)."),
)
@click.option(
    "--tls-key", metavar="FILE", default="", help=t("TLS : notre clé (PEM).", "TLS: our key (PEM).")
)
@click.option(
    "--timeout",
    type=click.FloatRange(min=0.1),
    default=30.0,
    show_default=True,
    help=t("Attente d’un acquittement, en secondes.", "Wait for an acknowledgement, in seconds."),
)
@click.option(
    "--raw",
    is_flag=True,
    help=t("Envoyer les octets du fichier tels quels.", "Send the bytes of the file as they are."),
)
@click.option(
    "--recursive",
    is_flag=True,
    help=t("Envoyer aussi les fichiers des sous-dossiers.", "Send the files of the folders inside, too."),
)
@click.argument("names", metavar="FILE...", nargs=-1, required=True)
def send(
    data: str | None, form: str, lang: str | None, to: str, use_tls: bool, tls_ca: str, tls_cert: str, tls_key: str,
    timeout: float, raw: bool, recursive: bool, names: tuple[str, ...],
) -> None:  # fmt: skip
    """Send every message of every file, in order, on one connection."""
    host, port = options.address(to, "--to")
    if bool(tls_cert) != bool(tls_key):
        raise click.UsageError(
            t("--tls-cert et --tls-key vont ensemble.", "--tls-cert and --tls-key go together.")
        )
    todo = _messages(_collect(names, recursive), raw)
    told = lang or ("fr" if form == "json" else language())
    tls = Tls(tls_ca, tls_cert, tls_key) if use_tls or tls_ca or tls_cert else None
    results: list[Sent] = []
    with ExitStack() as stack:

        def connect(patience: float) -> Link:
            return stack.enter_context(closing(tools().connect(host, port, tls, patience)))

        link = connect(timeout)
        tell = stack.enter_context(output.progress(t("Envoi", "Sending")))
        for file, message in todo:
            tell(len(results), len(todo))
            results.append(_send(link, file, message, lambda: connect(min(timeout, SILENCE)), told, timeout))
            if form == "text":
                _print(results[-1])
    if form == "json":
        output.document(results)
    elif len(results) > 1:
        good = sum(one.ack == "AA" for one in results)
        output.note(
            t(f"{len(results)} messages envoyés, {good} AA.", f"{len(results)} messages sent, {good} AA.")
        )
    raise click.exceptions.Exit(0 if all(one.ack == "AA" for one in results) else 1)


def _collect(names: tuple[str, ...], recursive: bool) -> tuple[str, ...]:
    """The files to send; what is left aside in folders is said."""
    found = files.collect(names, recursive=recursive)
    if found.others:
        output.note(
            t(
                f"{found.others} fichier(s) d’un autre nom que .hl7 ou .txt laissé(s) de côté.",
                f"{found.others} file(s) named otherwise than .hl7 or .txt left aside.",
            )
        )
    if found.folders:
        output.note(
            t(
                f"{found.folders} sous-dossier(s) laissé(s) de côté : --recursive les envoie.",
                f"{found.folders} folder(s) inside left aside: --recursive sends them.",
            )
        )
    return found.files


def _messages(names: tuple[str, ...], raw: bool) -> list[tuple[str, bytes]]:
    """Every file is read before anything is sent: a missing one stops the command, not the middle of its work."""
    todo: list[tuple[str, bytes]] = []
    for name in names:
        content = files.read(name)
        if not content.strip():
            raise CannotRun(f"{files.shown(name)} est vide.", f"{files.shown(name)} is empty.")
        found = [content] if raw else [files.wire_form(one) for one in files.messages(content)]
        todo += [(name, one) for one in found]
    for name, message in todo:
        if b"\x1c\r" in message:
            raise CannotRun(
                f"{files.shown(name)} contient les octets 1C 0D, qui terminent une trame MLLP : retirez-les "
                "ou ôtez --raw.",
                f"{files.shown(name)} holds the bytes 1C 0D, which end an MLLP frame: remove them or drop "
                "--raw.",
            )
    return todo


def _send(
    link: Link, file: str, message: bytes, aside: Callable[[], Link], lang: str, timeout: float
) -> Sent:
    """Send one message; an acknowledgement, to which none is due, goes `aside`, on a connection that waits less."""
    from ecluse.protocols.hl7 import Hl7Error, Message, partial_header

    header = partial_header(message)
    control_id = header.control_id
    try:
        chosen = aside() if header.message_type.startswith("ACK") else link
        with _patience(timeout):
            answer = chosen.send(message)
    except NoAnswer as error:
        return Sent(file, None, control_id, (AckError("", "", str(error)),))
    try:
        ack = Message.parse(answer)
    except Hl7Error as error:
        return Sent(
            file,
            None,
            control_id,
            (AckError("", "", t(f"réponse illisible : {unreadable(error)}", f"unreadable answer: {error}")),),
        )
    errors = tuple(_error(ack, number, lang) for number in range(1, len(ack.all("ERR")) + 1))
    line = _LINE.fullmatch(ack.get("MSH-10") or "")
    return Sent(file, ack.get("MSA-1") or None, control_id, errors, int(line[1]) if line else None)


@contextmanager
def _patience(timeout: float) -> Iterator[None]:
    """Say on a terminal, after a moment, that an answer is awaited and until when."""
    if not sys.stderr.isatty():
        yield
        return
    text = t(
        f"En attente de l’acquittement ({timeout:g} s au plus, --timeout)…",
        f"Waiting for the acknowledgement ({timeout:g} s at most, --timeout)…",
    )
    timer = threading.Timer(MOMENT, output.note, (text,))
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def _error(ack: object, number: int, lang: str) -> AckError:
    """ERR-2 location, ERR-3 code, ERR-8 user message, else ERR-7, else the text of the code (HL7 v2.5, 2.15.5).

    In English, the sentence of the rule that ERR-5 names, when it is one of ours.
    """
    from ecluse.protocols.hl7 import Message

    assert isinstance(ack, Message)

    def part(path: str) -> str:
        return ack.get(f"ERR[{number}]-{path}") or ""

    text, place = part("8") or part("7") or part("3.2") or part("1"), location(part("2"))
    if lang == "en":
        from ecluse.services.translate_error import in_english

        text = in_english(part("5"), part("7"), place) or text
    return AckError(place, part("3.1"), text)


def location(erl: str) -> str:
    """`PID^1^3^2^4` as `PID-3[2].4` (ERL: segment, its occurrence, field, repetition, component, subcomponent)."""
    segment, occurrence, field, repetition, component, inner = (erl.split("^") + [""] * 6)[:6]
    if not re.fullmatch("[A-Z][A-Z0-9]{2}", segment):
        return erl
    path = segment if occurrence in ("", "1") else f"{segment}[{occurrence}]"
    if not field:
        return path
    path += f"-{field}" if repetition in ("", "1") else f"-{field}[{repetition}]"
    return path + "".join(f".{one}" for one in (component, inner) if one)


def _print(sent: Sent) -> None:
    from rich.text import Text

    console = output.console()
    code = sent.ack or t("aucune réponse", "no answer")
    head = Text.assemble(
        Text(output.printable(code), output.COLOURS.get(sent.ack or "AR", "")),
        f"  {output.printable(files.shown(sent.file))}",
        Text(f"  MSH-10 {output.printable(sent.control_id)}", "dim"),
    )
    if sent.line is not None:
        head.append(t(f" · ligne {sent.line} du journal", f" · journal line {sent.line}"), "dim")
    console.print(head, soft_wrap=True)
    for one in sent.errors:
        line = " · ".join(part for part in (one.code, one.location, one.text) if part)
        console.print(Text(f"    {output.printable(line)}"), soft_wrap=True)
