"""What ends, at a secret address that an agenda follows."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from tests.delivery.api.conftest import Api

if TYPE_CHECKING:
    from tests.services.certificates.house import House


@pytest.fixture
def house(api: Api) -> Iterator[House]:
    """Authorities that end one day, and a card."""
    from ecluse.store.models.certificates import ProfessionalCard
    from tests.services.certificates.house import House

    one = House(api.store)
    api.gate = one.gate  # a journal has one writer
    ProfessionalCard.objects.create(
        id="crd_1",
        establishment=one.place,
        kind="CDE",
        holder="Odile Marchand",
        number="1",
        expires="2027-01-31",
    )
    yield one
    one.close()


def test_an_agenda_follows_what_ends_and_reads_nobody_s_name(api: Api, house: House) -> None:
    secret = api.token("calendar:read")
    answer = api.get(f"/calendar/{secret}.ics")
    told = answer.content.decode()
    assert (answer.status_code, answer["Content-Type"]) == (200, "text/calendar; charset=utf-8")
    assert told.startswith("BEGIN:VCALENDAR\r\n") and told.count("BEGIN:VEVENT") == 2
    assert "prend fin" in told and "Marchand" not in told
    assert "ends" in api.get(f"/calendar/{secret}.ics?lang=en").content.decode()


def test_an_address_without_a_good_secret_tells_nothing(api: Api, house: House) -> None:
    """Nor does one that holds a token for anything else: addresses are written in too many places."""
    from ecluse.store.models.access import Token

    good, expired = api.token("calendar:read"), api.token("calendar:read")
    Token.objects.filter(id=expired[4:14]).update(expires=1)
    wrong = (
        "ecl_aaaaaaaaaa_" + "A" * 43,
        "nothing",
        good[:-1] + ("A" if good[-1] != "A" else "B"),
        api.token("status:read"),
        api.token("calendar:read", "patients:read"),
        expired,
    )
    assert {api.get(f"/calendar/{one}.ics").status_code for one in wrong} == {404}


def test_a_calendar_that_cannot_be_written_does_not_log_its_address(
    api: Api, house: House, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("no store")

    monkeypatch.setattr("ecluse.delivery.api.calendar.ends_within", broken)
    secret = api.token("calendar:read")
    assert api.get(f"/calendar/{secret}.ics").status_code == 503
    assert secret not in caplog.text and "calendar" in caplog.text
