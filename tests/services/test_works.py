"""Long works tell how far they are, in whose name, and what the last one found."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from contextlib import suppress
from pathlib import Path

import msgspec
import pytest

from ecluse.services import works
from ecluse.services.works import AlreadyRunning, at_work, follow, start
from tests.conftest import NOW

SECOND = 1_000_000


def test_a_work_tells_its_end_and_its_result(tmp_path: Path) -> None:
    with at_work(tmp_path, "verify", lambda: NOW) as work:
        running = follow(tmp_path, "verify")
        assert running is not None and running.running and running.pid == os.getpid()
        work.tell(3, 10)
        work.found({"ok": True})
    ended = follow(tmp_path, "verify")
    assert ended is not None and not ended.running and not ended.cut_short
    assert (ended.done, ended.total) == (3, 10)
    assert ended.last is not None and (ended.last.at, ended.last.found) == (NOW, {"ok": True})
    assert ended.by.startswith("cli:")


def test_a_work_that_fails_says_so_and_leaves_the_error_alone(tmp_path: Path) -> None:
    with pytest.raises(LookupError), at_work(tmp_path, "backup", lambda: NOW):
        raise LookupError
    ended = follow(tmp_path, "backup")
    assert ended is not None and ended.last is not None and ended.last.found is None


def test_what_the_last_one_found_stays_while_the_next_one_runs(tmp_path: Path) -> None:
    with at_work(tmp_path, "verify", lambda: NOW) as work:
        work.found({"ok": True})
    with at_work(tmp_path, "verify", lambda: NOW + SECOND):
        running = follow(tmp_path, "verify")
        assert running is not None and running.last is not None and running.last.found == {"ok": True}


def test_a_command_works_in_the_name_of_who_started_it(tmp_path: Path) -> None:
    """The process knows itself by its number."""
    program = (
        "from pathlib import Path; import sys; from ecluse.services.works import at_work\n"
        "while sys.stdin.read(): pass\n"
        f"with at_work(Path({str(tmp_path)!r}), 'verify', lambda: 5) as work: work.found({{'ok': True}})"
    )
    start(tmp_path, "verify", "user:3", [sys.executable, "-c", program], NOW)
    asked = follow(tmp_path, "verify")
    assert asked is not None and asked.by == "user:3"
    while asked.running:
        pass
    ended = follow(tmp_path, "verify")
    assert ended is not None and ended.last is not None
    assert (ended.last.by, ended.last.found) == ("user:3", {"ok": True})


def test_the_same_work_is_not_started_twice(tmp_path: Path) -> None:
    with at_work(tmp_path, "verify", lambda: NOW), pytest.raises(AlreadyRunning):
        start(tmp_path, "verify", "user:3", ["true"], NOW)


def test_a_process_that_went_away_was_cut_short(tmp_path: Path) -> None:
    start(tmp_path, "verify", "user:3", ["true"], NOW)
    asked = follow(tmp_path, "verify")
    assert asked is not None
    while asked.running:
        pass
    assert asked.cut_short


def test_a_folder_that_cannot_be_written_hinders_no_work(tmp_path: Path) -> None:
    (tmp_path / "works").write_text("a file where the folder should be")
    with at_work(tmp_path, "verify", lambda: NOW) as work:
        work.found({"ok": True})
    assert follow(tmp_path, "verify") is None


def test_two_who_ask_at_once_start_one_process(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The second looks once the first has written its own down."""
    started: list[int] = []

    class Process:
        pid = os.getpid()

        def __init__(self, *_: object, **__: object) -> None:
            started.append(1)

        def wait(self) -> None: ...

    looked = threading.Barrier(2)
    real = works.follow

    def slow(data: Path, name: str) -> works.Work | None:
        found = real(data, name)
        with suppress(threading.BrokenBarrierError):
            looked.wait(0.2)  # both have looked before either starts, when nothing keeps them apart
        return found

    monkeypatch.setattr(works, "follow", slow)
    monkeypatch.setattr(subprocess, "Popen", Process)
    refused: list[AlreadyRunning] = []

    def ask() -> None:
        try:
            start(tmp_path, "verify", "user:3", ["true"], NOW)
        except AlreadyRunning as error:
            refused.append(error)

    asking = [threading.Thread(target=ask) for _ in range(2)]
    for one in asking:
        one.start()
    for one in asking:
        one.join()
    assert (len(started), len(refused)) == (1, 1)


def test_another_process_that_was_given_its_number_is_not_taken_for_it(tmp_path: Path) -> None:
    with at_work(tmp_path, "verify", lambda: NOW):
        running = follow(tmp_path, "verify")
    assert running is not None and running.born, "the system of the tests tells when a process began"
    other = msgspec.structs.replace(running, born="1")
    assert running.running and not other.running and other.cut_short
