"""The table [directory]: the key of the API is read from its file, and goes to an HTTPS address alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from ecluse.main.configuration import ConfigurationError, load
from ecluse.main.directory import directory_settings


def folder(place: Path, table: str) -> Path:
    (place / "ecluse.toml").write_text(f"[directory]\n{table}\n", "utf-8")
    return place


def test_key_is_read_from_its_file_beside_the_settings(tmp_path: Path) -> None:
    (tmp_path / "annuaire.key").write_text("abc-123\n")
    configuration = load(folder(tmp_path, 'api_key_file = "annuaire.key"\nkeep_days = 7'), {})
    found = directory_settings(configuration)
    assert (found.api_key, found.keep_days, found.environment) == ("abc-123", 7, "test")
    assert found.api_address.startswith("https://")


def test_without_file_the_api_is_not_called(tmp_path: Path) -> None:
    assert directory_settings(load(tmp_path, {})).api_key == ""


@pytest.mark.parametrize("content", [None, b"", b"\n", b"a\x00b", "clé".encode()])
def test_file_without_key_stops_the_start_and_names_the_line(tmp_path: Path, content: bytes | None) -> None:
    if content is not None:
        (tmp_path / "k").write_bytes(content)
    data = folder(tmp_path, 'api_key_file = "k"')
    with pytest.raises(ConfigurationError, match=r"line 2.*holds no key"):
        load(data, {})
    assert load(data, {}, serving=False).directory.api_key_file == "k"


@pytest.mark.parametrize(
    ("table", "told"),
    [
        ('api_address = "http://annuaire.example/fhir/v2"', "https://"),
        ('api_address = "annuaire"', "https://"),
        ("keep_days = -1", "0 or more"),
        ('finess_letters = "none"', "one of"),
    ],
)
def test_wrong_value_names_its_line(tmp_path: Path, table: str, told: str) -> None:
    with pytest.raises(ConfigurationError, match=rf"line 2.*{told}"):
        load(folder(tmp_path, table), {})
