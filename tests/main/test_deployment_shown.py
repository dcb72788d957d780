"""What the pages of settings show of the configuration: each value with the line, or the variable, that gives it."""

from __future__ import annotations

from pathlib import Path

from ecluse.main.configuration import load, write_default
from ecluse.main.deployment_shown import view


def test_each_duration_names_its_line_commented_or_not(tmp_path: Path) -> None:
    write_default(tmp_path)
    file = tmp_path / "ecluse.toml"
    text = file.read_text("utf-8").replace("# access_days = 0", "access_days = 365", 1)
    file.write_text(text, "utf-8")
    lines = text.splitlines()
    shown = view(load(tmp_path, {}), {})
    for one in shown.retention:
        assert lines[one.line - 1].lstrip("# ").startswith(f"{one.name} ="), one
    assert {one.name: one.days for one in shown.retention} == {
        "raw_messages_days": 0, "unreadable_days": 0, "access_days": 365, "keep_days": 30,
    }  # fmt: skip
    (listener,) = shown.listeners
    assert lines[int(listener.place.rpartition(":")[2]) - 1] == "[[listener]]"


def test_a_variable_that_wins_is_named(tmp_path: Path) -> None:
    write_default(tmp_path)
    environ = {"ECLUSE_RETENTION_ACCESS_DAYS": "90"}
    shown = {one.name: one for one in view(load(tmp_path, environ), environ).retention}
    assert (shown["access_days"].days, shown["access_days"].variable) == (90, "ECLUSE_RETENTION_ACCESS_DAYS")
    assert shown["raw_messages_days"].variable == ""


def test_without_a_file_there_is_no_line(tmp_path: Path) -> None:
    shown = view(load(tmp_path, {}), {})
    assert {one.line for one in shown.retention} == {0}
    assert shown.listeners[0].place == str(tmp_path / "ecluse.toml")
    assert shown.data_option == ("--data", str(tmp_path))
