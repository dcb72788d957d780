"""The open extraction is imported beside the extract in use, put in use by an act, and can be taken back."""

from __future__ import annotations

import hashlib
import io
import zipfile
from pathlib import Path

import pytest

from ecluse.rules.annuaire import finess_valid, rpps_fictive, rpps_valid
from ecluse.services.directory import importing
from ecluse.services.directory.errors import DirectoryRefused
from ecluse.services.directory.forget import forget_leaving, forget_old
from ecluse.services.directory.source import fictive, opened
from ecluse.services.queries import directory as queries
from ecluse.store.models.directory import (
    DirectoryActivity,
    DirectoryExtract,
    DirectoryLabel,
    DirectoryPerson,
    DirectoryStructure,
)
from tests.conftest import NOW
from tests.services.directory.extract import extract, line, rpps
from tests.services.feeding import Gate, journal

pytestmark = pytest.mark.usefixtures("store")

DAY = 86_400_000_000
CLAIRE, KARL = rpps(12345), rpps(54321)


def written(
    folder: Path, *lines: str, name: str = "PS_LibreAcces_Personne_activite_202611170713.txt"
) -> Path:
    place = folder / name
    place.write_bytes(extract(lines))
    return place


def load(place: Path, now: int = NOW) -> int:
    with opened(place) as source:
        return importing.load(source, lambda: now)


def in_use(gate: Gate, place: Path, **more: bool) -> int:
    number = load(place)
    result = gate.act("directory.use", extract=number, **more)
    assert result.done, result.text_fr
    return number


def rows_left() -> tuple[int, ...]:
    return tuple(
        one.objects.count()
        for one in (DirectoryPerson, DirectoryActivity, DirectoryStructure, DirectoryLabel)
    )


def test_professional_of_an_imported_extract_is_shown(tmp_path: Path) -> None:
    in_use(
        Gate(), written(tmp_path, line(number=CLAIRE), line(number=KARL, family="OSTERMANN", given="KARL"))
    )
    found = queries.person(f"8{CLAIRE}")
    assert found is not None
    assert (found.rpps, found.family, found.given) == (CLAIRE, "MARTEL", "CLAIRE")
    (activity,) = found.activities
    assert activity.profession == queries.Coded("10", "Médecin")
    assert activity.know_how == queries.Coded("SM26", "Médecine générale")
    assert activity.structure is not None
    assert (activity.structure.finess, activity.structure.finess_ej) == ("0B0100012", "0B0100004")
    status = queries.status(NOW)
    assert status.current is not None
    assert (status.current.people, status.current.activities, status.current.structures) == (2, 2, 1)
    assert (status.current.published, status.current.age_days) == ("2026-11-17T07:13:00.000Z", 1)


def test_line_of_each_know_how_is_an_activity_and_doubles_are_not(tmp_path: Path) -> None:
    usual, other = line(number=CLAIRE), line(number=CLAIRE, know_how="SM04", know_how_name="Cardiologie")
    in_use(Gate(), written(tmp_path, usual, other, usual, other, line(number=CLAIRE, mode="L")))
    found = queries.person(f"8{CLAIRE}")
    assert found is not None
    assert [(one.mode, one.know_how.code if one.know_how else "") for one in found.activities] == [
        ("L", "SM26"),
        ("S", "SM04"),
        ("S", "SM26"),
    ]
    assert [one.code for one in found.professions] == ["10"]


def test_doubles_apart_by_more_than_a_batch_are_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importing, "BATCH", 2)
    others = [line(number=rpps(20_000 + rank)) for rank in range(7)]
    in_use(Gate(), written(tmp_path, line(number=CLAIRE), *others, line(number=CLAIRE)))
    assert rows_left() == (8, 8, 1, 2)


def test_memory_holds_a_batch_whatever_lines_are_odd(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An odd line where a batch would end once let it grow without end."""
    monkeypatch.setattr(importing, "BATCH", 100)
    held: list[int] = []
    write = importing._write

    def weighed(id_: int, batch: importing._Batch, counted: importing._Counted, now: int) -> None:
        held.append(len(batch.activities))
        write(id_, batch, counted, now)

    monkeypatch.setattr(importing, "_write", weighed)
    lines = [line(number=rpps(20_000 + rank)) if rank % 100 != 99 else "odd" for rank in range(1000)]
    place = written(tmp_path, *lines)
    assert load(place) == 1
    assert max(held) <= 101
    assert sum(held) == 990


def test_structures_come_in_whatever_order_and_each_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importing, "BATCH", 2)
    monkeypatch.setattr(importing, "PLACES_HELD", 3)
    names = ["F3", "F1", "F2", "F1", "F9", "F3", "F0", "F5", "F1"]
    in_use(
        Gate(),
        written(
            tmp_path, *(line(number=rpps(20_000 + rank), structure=name) for rank, name in enumerate(names))
        ),
    )
    assert sorted(DirectoryStructure.objects.values_list("id", flat=True)) == sorted(set(names))
    found = queries.person(f"8{rpps(20_004)}")
    assert found is not None
    assert found.activities[0].structure is not None


def test_zip_of_the_agency_is_read_by_its_member(tmp_path: Path) -> None:
    place = tmp_path / "PS_LibreAcces.zip"
    with zipfile.ZipFile(place, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("PS_LibreAcces_Dipl_AutExerc_202611170713.txt", "other")
        archive.writestr("PS_LibreAcces_Personne_activite_202611170713.txt", extract([line(number=CLAIRE)]))
        archive.writestr("PS_LibreAcces_SavoirFaire_202611170713.txt", "other")
    in_use(Gate(), place)
    assert queries.person(f"8{CLAIRE}") is not None
    status = queries.status(NOW)
    assert status.current is not None
    assert status.current.name == "PS_LibreAcces_Personne_activite_202611170713.txt"


def test_act_of_use_is_a_line_of_the_journal_with_the_digest(tmp_path: Path) -> None:
    gate = Gate()
    place = written(tmp_path, line(number=CLAIRE))
    in_use(gate, place)
    status = queries.status(NOW)
    assert status.current is not None
    assert status.current.sha256 == hashlib.sha256(place.read_bytes()).hexdigest()
    assert [kind for kind, *_ in journal()] == ["act"]


def test_extract_in_use_is_read_until_the_act_and_can_be_taken_back(tmp_path: Path) -> None:
    gate = Gate()
    in_use(gate, written(tmp_path, line(number=CLAIRE)))
    number = load(written(tmp_path, line(number=KARL)))
    assert queries.person(f"8{CLAIRE}") is not None
    assert queries.person(f"8{KARL}") is None
    assert gate.act("directory.use", extract=number).done
    assert queries.person(f"8{CLAIRE}") is None
    assert queries.person(f"8{KARL}") is not None
    assert gate.act("directory.undo").done
    assert queries.person(f"8{CLAIRE}") is not None
    assert gate.act("directory.undo").done
    assert queries.person(f"8{KARL}") is not None


def test_only_two_extracts_are_kept(tmp_path: Path) -> None:
    gate = Gate()
    for rank in range(4):
        in_use(gate, written(tmp_path, line(number=rpps(30_000 + rank))))
        forget_leaving()
    assert rows_left() == (2, 2, 2, 4)
    assert sorted(DirectoryExtract.objects.values_list("state", flat=True)) == ["current", "former"]


def test_extract_much_smaller_than_the_one_in_use_is_probably_cut(tmp_path: Path) -> None:
    gate = Gate()
    in_use(gate, written(tmp_path, *(line(number=rpps(40_000 + rank)) for rank in range(10))))
    cut = load(written(tmp_path, *(line(number=rpps(40_000 + rank)) for rank in range(7))))
    refused = gate.act("directory.use", extract=cut)
    assert not refused.done
    assert "incomplet" in refused.text_fr
    assert gate.act("directory.use", extract=cut, anyway=True).done
    status = queries.status(NOW)
    assert status.current is not None
    assert status.current.people == 7


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"nom;prenom\n",
        b"\xff\xfe\x00",
        b"\x00" * 10_000,
        extract([]),
        extract(["x|y"] * 3),
        b"x" * 70_000,
    ],
)
def test_other_file_is_refused_and_leaves_nothing(tmp_path: Path, content: bytes) -> None:
    gate = Gate()
    in_use(gate, written(tmp_path, line(number=CLAIRE)))
    other = tmp_path / "other.txt"
    other.write_bytes(content)
    with pytest.raises(DirectoryRefused):
        load(other)
    assert queries.person(f"8{CLAIRE}") is not None
    forget_leaving()
    assert rows_left() == (1, 1, 1, 2)


def test_a_few_odd_lines_are_counted_and_left(tmp_path: Path) -> None:
    lines = [line(number=rpps(50_000 + rank)) for rank in range(300)]
    number = in_use(Gate(), written(tmp_path, *lines, "cut|here", line(number="9" * 50)))
    found = DirectoryExtract.objects.get(id=number)
    assert (found.lines, found.odd, found.people) == (302, 2, 300)


def test_archive_that_is_cut_is_refused(tmp_path: Path) -> None:
    content = io.BytesIO()
    lines = [line(number=rpps(60_000 + rank), family=f"NOM{rank * 7919}") for rank in range(2000)]
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("PS_LibreAcces_Personne_activite_202611170713.txt", extract(lines))
    data = bytearray(content.getvalue())
    middle = len(data) // 2
    data[middle : middle + 200] = b"\x00" * 200
    place = tmp_path / "PS_LibreAcces.zip"
    place.write_bytes(data)
    with pytest.raises(DirectoryRefused, match="damaged"):
        load(place)


def test_archive_without_the_member_is_refused(tmp_path: Path) -> None:
    place = tmp_path / "x.zip"
    with zipfile.ZipFile(place, "w") as archive:
        archive.writestr("lisezmoi.txt", "x")
    with pytest.raises(DirectoryRefused, match="does not hold"), opened(place):
        pass


def test_extract_too_old_to_be_kept_is_refused(tmp_path: Path) -> None:
    old = written(tmp_path, line(number=CLAIRE), name="PS_LibreAcces_Personne_activite_202610180000.txt")
    with pytest.raises(DirectoryRefused, match="31 days old"):
        load(old)
    undated = written(tmp_path, line(number=CLAIRE), name="PS_LibreAcces_Personne_activite_209913990000.txt")
    assert load(undated) == 1


def test_second_import_waits_for_the_first_and_follows_one_that_died(tmp_path: Path) -> None:
    DirectoryExtract.objects.create(id=1, name="x", state="loading", began=NOW, touched=NOW)
    place = written(tmp_path, line(number=CLAIRE))
    with pytest.raises(DirectoryRefused, match="under way"):
        load(place, NOW + 60_000_000)
    assert load(place, NOW + 121_000_000) == 2
    assert not DirectoryExtract.objects.filter(id=1).exists()


def test_old_extract_is_neither_kept_nor_the_fictive_one_forgotten(tmp_path: Path) -> None:
    gate = Gate()
    with fictive() as source:
        number = importing.load(source, lambda: NOW)
    assert gate.act("directory.use", extract=number).done
    in_use(gate, written(tmp_path, line(number=CLAIRE)))
    forget_old(NOW + 28 * DAY, 30)
    assert queries.person(f"8{CLAIRE}") is not None
    forget_old(NOW + 32 * DAY, 30)
    assert queries.person(f"8{CLAIRE}") is None
    assert DirectoryExtract.objects.values_list("fictive", "state").get() == (True, "former")


def test_fictive_extract_is_complete_and_nobody_real() -> None:
    with fictive() as source:
        number = importing.load(source, lambda: NOW)
    found = DirectoryExtract.objects.get(id=number)
    assert (found.people, found.activities, found.structures, found.odd) == (24, 27, 5, 0)
    for person in DirectoryPerson.objects.all():
        assert rpps_valid(person.idnps[1:]) and rpps_fictive(person.idnps[1:])
    for place in DirectoryStructure.objects.exclude(finess=""):
        assert finess_valid(place.finess)


def test_fictive_extract_is_refused_in_production() -> None:
    gate = Gate(environment="production")
    with fictive() as source:
        number = importing.load(source, lambda: NOW)
    refused = gate.act("directory.use", extract=number)
    assert not refused.done
    assert "production" in refused.text_fr


def test_progress_ends_at_the_size_of_the_file(tmp_path: Path) -> None:
    place = written(tmp_path, line(number=CLAIRE))
    told: list[tuple[int, int | None]] = []
    with opened(place) as source:
        importing.load(source, lambda: NOW, lambda done, total: told.append((done, total)))
    assert told[-1] == (place.stat().st_size, place.stat().st_size)
