"""The day as it passes: a progress bar, the count of answers, and the last messages in words."""

from __future__ import annotations

from collections import Counter, deque
from types import TracebackType

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
from rich.table import Table
from rich.text import Text

from ecluse.delivery.cli.language import t
from ecluse.simulators.hospital import NONE, SENDERS, Answer

STYLES = {"AA": "green", "AE": "yellow", "AR": "red", NONE: "dim"}
_LINES = 8


class DayView:
    """Shows answers as they come; on something else than a terminal, prints nothing until the end."""

    def __init__(self, console: Console, total: int) -> None:
        self._console = console
        self._counts: Counter[str] = Counter()
        self._last: deque[Answer] = deque(maxlen=_LINES)
        self._progress = Progress(
            TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), console=console
        )
        self._task = self._progress.add_task(
            t("Journée de l’hôpital (simulation)", "Day of the hospital (simulation)"), total=total
        )
        self._live = (
            Live(self._render(), console=console, refresh_per_second=12) if console.is_terminal else None
        )

    def __enter__(self) -> DayView:
        if self._live is not None:
            self._live.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._live is not None:
            self._live.update(self._render())
            self._live.__exit__(kind, error, trace)

    def answered(self, answer: Answer) -> None:
        """Take one answer into account."""
        self._counts[answer.code] += 1
        self._last.append(answer)
        self._progress.advance(self._task)
        if self._live is not None:
            self._live.update(self._render())

    def _render(self) -> RenderableType:
        table = Table.grid(padding=(0, 2))
        for _ in range(4):
            table.add_column(no_wrap=True, overflow="ellipsis")
        for answer in self._last:
            sender = SENDERS[answer.message.sender].application
            table.add_row(
                Text(answer.code, STYLES.get(answer.code, "")),
                sender,
                answer.message.event,
                t(answer.message.note_fr, answer.message.note_en),
            )
        counts = Text("  ").join(
            Text(f"{code} {self._counts[code]}", STYLES[code])
            for code in ("AA", "AE", "AR")
            if self._counts[code]
        )
        return Group(self._progress, counts, table)
