"""An RPPS is checked in the extract in use, else by the API; a silent API never says no."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ecluse.services.directory import importing
from ecluse.services.directory import settings as directory_settings
from ecluse.services.directory.check import RppsCheck, check_rpps
from ecluse.services.directory.legal_entity import legal_entity
from ecluse.services.directory.settings import DirectorySettings
from ecluse.services.directory.source import fictive, opened
from ecluse.services.queries.directory import last_check
from ecluse.transports.annuaire import DirectoryUnavailable
from tests.conftest import NOW
from tests.services.directory.api import Api, organization, practitioner, role
from tests.services.directory.extract import extract, line, rpps
from tests.services.feeding import Gate

pytestmark = pytest.mark.usefixtures("store")

DAY = 86_400_000_000
CLAIRE, KARL = rpps(12345), rpps(54321)
SILENT = DirectoryUnavailable("timeout", "no answer in time")


@pytest.fixture(autouse=True)
def settings() -> Iterator[None]:
    before = directory_settings.used()
    yield
    directory_settings.use(before)


def set_key(key: str = "key", **more: Any) -> None:
    directory_settings.use(DirectorySettings(api_key=key, **more))


def imported(folder: Path, *lines: str) -> None:
    place = folder / "PS_LibreAcces_Personne_activite_202611170713.txt"
    place.write_bytes(extract(lines))
    with opened(place) as source:
        number = importing.load(source, lambda: NOW)
    assert Gate().act("directory.use", extract=number).done


def told(check: RppsCheck) -> tuple[str, str, str]:
    return check.state, check.source, check.text_fr


def test_professional_of_the_extract_exercises(tmp_path: Path) -> None:
    imported(tmp_path, line(number=CLAIRE))
    check = check_rpps(f"8{CLAIRE[:3]} {CLAIRE[3:]}", NOW)
    assert told(check) == ("active", "extract", "En exercice d’après l’extrait du 17/11/2026.")
    assert check.rpps == CLAIRE
    assert [one.label for one in check.professions] == ["Médecin"]
    assert not check.blocks
    kept = last_check(CLAIRE)
    assert kept is not None
    assert (kept.state, kept.source, kept.at) == ("active", "extract", check.at)


def test_professional_absent_from_the_extract_is_unknown_and_may_be_newer_than_it(tmp_path: Path) -> None:
    imported(tmp_path, line(number=CLAIRE))
    check = check_rpps(KARL, NOW)
    assert told(check) == ("unknown", "extract", "Inconnu de l’extrait du 17/11/2026.")
    assert not check.blocks


def test_number_that_cannot_be_one_is_asked_of_nobody() -> None:
    set_key()
    api = Api()
    check = check_rpps("9970012345", NOW, api)
    assert (check.state, check.text_fr) == ("wrong", "Un numéro RPPS a onze chiffres.")
    assert check.blocks
    assert api.asked == []
    assert last_check("9970012345") is None


def test_fictive_number_is_wrong_in_production() -> None:
    set_key("", environment="production")
    check = check_rpps(CLAIRE, NOW)
    assert check.state == "wrong"
    assert "fictif" in check.text_fr


def test_api_is_asked_of_whom_the_extract_does_not_know(tmp_path: Path) -> None:
    imported(tmp_path, line(number=KARL))
    set_key()
    api = Api(Practitioner=[practitioner(CLAIRE)], PractitionerRole=[role()], Organization=[organization()])
    assert check_rpps(KARL, NOW, api).source == "extract"
    assert api.asked == []
    check = check_rpps(CLAIRE, NOW, api)
    assert told(check) == ("active", "api", "En exercice d’après l’API de l’Annuaire Santé.")
    assert check.person is not None
    assert (check.person.family, check.professions[0].label) == ("Martel", "Médecin")
    assert api.asked[0] == (
        "Practitioner",
        {"identifier": CLAIRE, "_revinclude": "PractitionerRole:practitioner"},
    )


def test_inactive_record_is_a_loss_of_right() -> None:
    set_key()
    check = check_rpps(CLAIRE, NOW, Api(Practitioner=[practitioner(CLAIRE, active=False)]))
    assert told(check) == ("inactive", "api", "N’exerce plus d’après l’API de l’Annuaire Santé.")
    assert check.blocks


def test_record_in_force_wins_over_a_former_one() -> None:
    set_key()
    api = Api(Practitioner=[practitioner(CLAIRE, active=False, id_="p0"), practitioner(CLAIRE)])
    assert check_rpps(CLAIRE, NOW, api).state == "active"


def test_answer_about_somebody_else_is_no_answer() -> None:
    set_key()
    check = check_rpps(CLAIRE, NOW, Api(Practitioner=[practitioner(KARL)]))
    assert told(check) == ("unknown", "api", "Inconnu de l’API de l’Annuaire Santé.")
    assert check.blocks


def test_silent_api_blocks_nobody_and_tells_since_when() -> None:
    set_key()
    never = check_rpps(CLAIRE, NOW, Api(SILENT))
    assert told(never) == (
        "unchecked",
        "",
        "Jamais vérifié : l’API de l’Annuaire Santé ne répond pas.",
    )
    assert (never.blocks, never.at) == (False, None)
    api = Api(Practitioner=[practitioner(CLAIRE)])
    assert check_rpps(CLAIRE, NOW, api).state == "active"
    later = check_rpps(CLAIRE, NOW + 3 * DAY, Api(SILENT))
    assert later.text_fr == "Non vérifié depuis le 18/11/2026 : l’API de l’Annuaire Santé ne répond pas."
    assert later.text_en == "Not checked since 2026-11-18: the API of the Annuaire Santé does not answer."
    assert not later.blocks


def test_nothing_to_ask_says_what_to_set() -> None:
    check = check_rpps(CLAIRE, NOW)
    assert check.state == "unchecked"
    assert "aucun extrait récent" in check.text_fr


def test_extract_older_than_may_be_kept_is_not_believed(tmp_path: Path) -> None:
    imported(tmp_path, line(number=CLAIRE))
    assert check_rpps(CLAIRE, NOW + 28 * DAY).state == "active"
    assert check_rpps(CLAIRE, NOW + 30 * DAY).state == "unchecked"


def test_fictive_extract_does_not_grow_old() -> None:
    with fictive() as source:
        number = importing.load(source, lambda: NOW)
    assert Gate().act("directory.use", extract=number).done
    check = check_rpps("99700100375", NOW + 400 * DAY)
    assert told(check) == ("active", "extract", "En exercice d’après l’extrait fictif.")


def test_site_leads_to_its_legal_entity(tmp_path: Path) -> None:
    imported(tmp_path, line(number=CLAIRE))
    found = legal_entity("0B0 100 012")
    assert (found.legal, found.source) == ("0B0100004", "extract")
    assert legal_entity("0B0100020").text_fr == "L’annuaire ne connaît pas cette structure."
    assert "clé" in legal_entity("0B0100013").text_fr


def test_api_leads_to_the_legal_entity_too() -> None:
    set_key()
    api = Api(Organization=[organization("0B0100012"), organization("0B0100004", "FINEJ", "o2")])
    found = legal_entity("0B0100012", api)
    assert (found.legal, found.source) == ("0B0100004", "api")
    silent = legal_entity("0B0100012", Api(SILENT))
    assert (silent.legal, silent.text_en) == ("", "The Annuaire Santé does not answer.")
