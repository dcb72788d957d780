"""How long senders wait for their acknowledgement, kept through a restart."""

from __future__ import annotations

from pathlib import Path

import pytest

from ecluse.services.answer_delays import MINUTES, Delays, delays, file_of


class Clock:
    """A clock that is set."""

    def __init__(self) -> None:
        self.now = 60_000.0

    def __call__(self) -> float:
        return self.now


def test_percentiles_are_told_minute_by_minute(tmp_path: Path) -> None:
    """Within 5 %; a minute without an answer has none."""
    clock, writer = Clock(), tmp_path / "writer.sock"
    measured = Delays(file_of(writer), clock)
    for rank in range(1, 101):
        measured.add(rank / 1000)
    measured.save()
    first, second = delays(writer, (1000, 1001))
    assert first.median == pytest.approx(50, rel=0.05)
    assert first.p95 == pytest.approx(95, rel=0.05)
    assert first.p99 == pytest.approx(99, rel=0.05)
    assert (second.median, second.p95, second.p99) == (None, None, None)


def test_a_restart_goes_on_counting(tmp_path: Path) -> None:
    """What was saved is taken up, and what is older than an hour is left."""
    clock, file = Clock(), tmp_path / "delays.json"
    before = Delays(file, clock)
    before.add(0.001)
    before.save()
    clock.now += 60 * (MINUTES - 1)
    after = Delays(file, clock)
    after.add(1.0)
    after.save()
    old, new = delays(tmp_path / "writer.sock", (1000, 1000 + MINUTES - 1))
    assert old.median == pytest.approx(1, rel=0.05)
    assert new.median == pytest.approx(1000, rel=0.05)
    clock.now += 60
    after.add(1.0)
    after.save()
    assert delays(tmp_path / "writer.sock", (1000,))[0].median is None


@pytest.mark.parametrize("content", [b"", b"[]", b'{"x": 1}', b"\xff"])
def test_a_damaged_file_is_as_none(tmp_path: Path, content: bytes) -> None:
    """These numbers are not worth a failure, neither of a listener nor of a page."""
    (tmp_path / "delays.json").write_bytes(content)
    assert delays(tmp_path / "writer.sock", (1000,))[0].median is None
    measured = Delays(tmp_path / "delays.json", Clock())
    measured.add(0.5)
    measured.save()
    assert delays(tmp_path / "writer.sock", (1000,))[0].median == pytest.approx(500, rel=0.05)


def test_a_disk_that_refuses_loses_nothing_else(tmp_path: Path) -> None:
    """The folder of the sockets may be gone: the listener goes on, and what it measured is written once it is back."""
    gone = tmp_path / "gone"
    measured = Delays(gone / "delays.json", Clock())
    measured.add(0.5)
    measured.save()
    assert delays(gone / "writer.sock", (1000,))[0].median is None
    gone.mkdir()
    measured.save()
    assert delays(gone / "writer.sock", (1000,))[0].median == pytest.approx(500, rel=0.05)
