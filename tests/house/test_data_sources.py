"""Data that decides something says where it comes from."""

from __future__ import annotations

from pathlib import Path

import pytest

ROOMS = Path(__file__).resolve().parents[2] / "src" / "ecluse"
DECIDING = ("protocols", "rules", "transports", "simulators")
"""Rooms whose data files are rules, tables of codes and catalogues; those of the others are words for people."""

FILES = sorted(
    path.relative_to(ROOMS).as_posix()
    for room in DECIDING
    for path in (ROOMS / room).glob("**/data/*.*")
    if path.suffix in (".toml", ".json", ".yaml")
)


@pytest.mark.parametrize("name", FILES)
def test_a_data_file_names_its_sources(name: str) -> None:
    assert "source" in (ROOMS / name).read_text("utf-8").casefold()


def test_the_data_files_are_looked_at() -> None:
    """A room that moved would leave nothing to check."""
    assert {name.split("/")[0] for name in FILES} == set(DECIDING)
