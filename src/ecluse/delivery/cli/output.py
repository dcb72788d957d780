"""What goes to the terminal: one JSON document or text for people on stdout, progress and notes on stderr."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NoReturn

import click
import msgspec

from ecluse.delivery.cli.language import t

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    from ecluse.services.wire import ActResult

WIDTH = 160
"""Columns used when stdout is not a terminal: wide enough for a line of a table to stay one line."""

COLOURS = {
    "error": "bold red",
    "warning": "yellow",
    "info": "cyan",
    "ok": "green",
    "unknown": "magenta",
    "AA": "green",
    "AE": "bold red",
    "AR": "bold red",
    "qualifiee": "black on green",
    "validee": "black on cyan",
    "provisoire": "black on yellow",
    "confirmed": "green",
    "to_confirm": "yellow",
    "refused": "bold red",
}
_VISIBLE = (
    {code: 0x2400 + code for code in range(32)} | {0x7F: 0x2421} | dict.fromkeys(range(0x80, 0xA0), 0xFFFD)
)


def document(value: object) -> None:
    """Print the one JSON document of a command."""
    write(msgspec.json.format(msgspec.json.encode(value), indent=2) + b"\n")


def act(result: ActResult, form: str, **more: object) -> NoReturn:
    """Tell what became of an act, and end the command: exit code 1 when it was refused.

    :param form: `text` or `json`; more: what the JSON document says besides.
    """
    text = t(result.text_fr, result.text_en)
    if form == "json":
        document({"done": result.done, "seq": result.seq, "text": text, **more})
    else:
        note(text)
    raise click.exceptions.Exit(0 if result.done else 1)


def documents(name: str, values: Iterable[object]) -> None:
    """Print `{"name": […]}`, value by value, however many there are."""
    write(b'{"%b": [' % name.encode())
    for rank, value in enumerate(values):
        write((b",\n" if rank else b"\n") + msgspec.json.encode(value))
    write(b"\n]}\n")


def write(data: bytes) -> None:
    """Bytes on stdout."""
    sys.stdout.buffer.write(data)


def note(text: str) -> None:
    """A line for people, on stderr."""
    click.echo(printable(text), err=True)


def printable(text: str) -> str:
    """A text from outside with its control characters made visible: none of them reaches the terminal."""
    return text.translate(_VISIBLE)


def console() -> Console:
    """Where text for people goes. Colours and links only on a terminal (and never with NO_COLOR)."""
    from rich.console import Console

    return Console(
        file=sys.stdout,
        width=None if sys.stdout.isatty() else WIDTH,
        highlight=False,
        markup=False,
        emoji=False,
    )


def say(text: str) -> None:
    """A line of text on stdout."""
    click.echo(printable(text))


def chip(word: str, shown: str | None = None) -> Text:
    """A word in the colour of its meaning."""
    from rich.text import Text

    style = COLOURS.get(word, "")
    text = printable(shown or word)
    return Text(f" {text} " if " on " in style else text, style)


def severity(word: str) -> Text:
    """The severity of a finding, in the language of the terminal."""
    words = {
        "error": t("erreur", "error"),
        "warning": t("avertissement", "warning"),
        "info": t("info", "info"),
    }
    return chip(word, words.get(word))


def table(*titles: str) -> Table:
    """An empty table in the style of the house."""
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    made = Table(box=SIMPLE_HEAD, header_style="bold", pad_edge=False, show_edge=False)
    for title in titles:
        made.add_column(title, overflow="fold")
    return made


@contextmanager
def progress(title: str) -> Iterator[Callable[[int, int | None], None]]:
    """A progress bar on stderr, when it is a terminal; yields a function of what is done and the total."""
    if not sys.stderr.isatty():
        yield lambda _done, _total: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns: tuple[Any, ...] = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(title, total=None)

        def tell(done: int, total: int | None) -> None:
            bar.update(task, completed=done, total=total)

        yield tell
