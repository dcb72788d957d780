"""The settings of [retention]: nothing is purged unless a person wrote for how long to keep it."""

from __future__ import annotations

from pathlib import Path

import pytest

from ecluse.main.assembly import chores, retention
from ecluse.main.configuration import ConfigurationError, Retention, load
from ecluse.services.purge_journal import Wish

DAY = 86_400_000_000
NOW = 20_000 * DAY + 3_600_000_000


def kept(data: Path, *lines: str) -> Path:
    (data / "ecluse.toml").write_text("\n".join(["[retention]", *lines]), "utf-8")
    return data


def test_without_settings_everything_is_kept_and_the_worker_purges_nothing(tmp_path: Path) -> None:
    found = load(tmp_path, {})
    assert found.retention == Retention(raw_messages_days=0, unreadable_days=0)
    assert retention(found).wishes(NOW) == ()
    assert "retention" not in [chore.name for chore in chores(found)]


def test_each_category_has_its_own_duration_in_whole_days(tmp_path: Path) -> None:
    found = load(kept(tmp_path, "raw_messages_days = 400", "unreadable_days = 30"), {})
    assert retention(found).wishes(NOW) == (
        Wish("messages", 19_600 * DAY),
        Wish("unreadable", 19_970 * DAY),
    )
    assert "retention" in [chore.name for chore in chores(found)]


def test_the_access_trail_has_its_own(tmp_path: Path) -> None:
    found = load(kept(tmp_path, "access_days = 365"), {})
    assert found.retention.access_days == 365
    assert retention(found).wishes(NOW) == ()
    assert "retention" in [chore.name for chore in chores(found)]


def test_a_variable_wins_over_the_file(tmp_path: Path) -> None:
    found = load(kept(tmp_path, "unreadable_days = 30"), {"ECLUSE_RETENTION_RAW_MESSAGES_DAYS": "400"})
    assert found.retention == Retention(raw_messages_days=400, unreadable_days=30)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("raw_messages_days = -1", "0 or more"),
        ("access_days = -1", "0 or more"),
        ('unreadable_days = "30"', "a whole number"),
        ("unreadable_days = true", "a whole number"),
        ("messages_days = 30", "raw_messages_days"),
    ],
)
def test_a_wrong_duration_is_refused_with_its_line(tmp_path: Path, line: str, said: str) -> None:
    with pytest.raises(ConfigurationError) as refused:
        load(kept(tmp_path, line), {})
    assert "line 2" in str(refused.value) and said in str(refused.value)


@pytest.mark.parametrize("text", ["-1", "a year", ""])
def test_a_wrong_variable_is_named(tmp_path: Path, text: str) -> None:
    with pytest.raises(ConfigurationError, match="ECLUSE_RETENTION_UNREADABLE_DAYS"):
        load(tmp_path, {"ECLUSE_RETENTION_UNREADABLE_DAYS": text})
