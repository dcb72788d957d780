"""The open extraction: columns found by their words, odd lines told apart, other files refused by name of column."""

from __future__ import annotations

import pytest

from ecluse.protocols.annuaire import (
    ExtractionRefused,
    Layout,
    is_activities,
    published,
    read_header,
    read_line,
)
from tests.services.directory.extract import COLUMNS, line

HEADER = "|".join(COLUMNS) + "|"


def read(**values: str) -> tuple[Layout, str]:
    return read_header(HEADER), line(**values)


def test_line_of_the_file_of_today_is_read() -> None:
    layout, text = read(number="99700245667", family="MARTEL", given="CLAIRE", structure="F0B0100012")
    row = read_line(layout, text)
    assert row is not None
    assert (row.idnps, row.family, row.given) == ("899700245667", "MARTEL", "CLAIRE")
    assert (row.profession, row.profession_name, row.category) == ("10", "Médecin", "C")
    assert (row.finess, row.finess_ej, row.structure) == ("0B0100012", "0B0100004", "F0B0100012")
    assert (row.role, row.genre, row.sector) == ("FON-AU", "GENR01", "SA01")
    assert row.key == ("899700245667", "F0B0100012", "S", "SM26")


def test_file_of_before_2020_stops_at_column_52_and_is_read() -> None:
    layout = read_header("|".join(COLUMNS[:52]) + "|")
    text = "|".join(line(number="99700245667").split("|")[:52]) + "|"
    row = read_line(layout, text)
    assert row is not None
    assert (row.idnps, row.sector, row.role, row.genre) == ("899700245667", "SA01", "", "")


def test_spelling_of_the_header_moves() -> None:
    moved = (
        HEADER.upper()
        .replace("D'EXERCICE", "EXERCICE")
        .replace("(COORD. STRUCTURE)", "(coord. Structure )")
        .replace("D'", "d’")
    )
    row = read_line(read_header("\ufeff" + moved + "\r\n"), line(number="99700245667") + "\r\n")
    assert row is not None
    assert (row.family, row.postal_code, row.city) == ("MARTEL", "00000", "VALMONT")


def test_columns_may_change_places() -> None:
    names = list(reversed(COLUMNS))
    values = reversed(line(number="99700245667").split("|")[:-1])
    row = read_line(read_header("|".join(names)), "|".join(values))
    assert row is not None
    assert (row.idnps, row.family, row.finess) == ("899700245667", "MARTEL", "0B0100012")


@pytest.mark.parametrize("header", ["", "nom;prénom;rpps", "\x00", "|" * 100_000])
def test_other_file_is_refused_with_every_column_it_lacks(header: str) -> None:
    with pytest.raises(ExtractionRefused) as refused:
        read_header(header)
    assert "Identifiant PP" in refused.value.missing
    assert "Numéro FINESS établissement juridique" in refused.value.missing


def test_only_the_missing_column_is_named() -> None:
    with pytest.raises(ExtractionRefused) as refused:
        read_header(HEADER.replace("Numéro FINESS site", "Numéro du site"))
    assert refused.value.missing == ("Numéro FINESS site",)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "8|99700245667|899700245667",
        line(number="99700245667") + "x",
        line(number="99700245667") + "|",
        line(number=""),
        line(number="99700245667", idnps="899700245668"),
        line(number="99700245667", family="A\x00B"),
    ],
)
def test_line_that_is_not_of_the_file_is_odd(text: str) -> None:
    assert read_line(read_header(HEADER), text) is None


@pytest.mark.parametrize(
    ("name", "day"),
    [
        ("PS_LibreAcces_Personne_activite_202611200713.txt", "202611200713"),
        ("dossier/PS_LibreAcces_Personne_activite_20261120.txt", "20261120"),
        ("PS_LibreAcces_Personne_activite.csv", ""),
    ],
)
def test_name_of_the_file_says_when_it_was_published(name: str, day: str) -> None:
    assert is_activities(name)
    assert published(name) == day


@pytest.mark.parametrize(
    "name",
    ["PS_LibreAcces_Dipl_AutExerc_202611200713.txt", "PS_LibreAcces_SavoirFaire_202611200713.txt", "x.txt"],
)
def test_other_members_of_the_archive_are_left(name: str) -> None:
    assert not is_activities(name)
    assert published(name) == ""
