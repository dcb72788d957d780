"""ZFA: DMP state, feeding and consultation, never guessed from obsolete fields."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import pytest

from ecluse.rules.identity.consent import latest

from .builders import Desk, events_of, person, pi


def zfa(**fields: str) -> tuple[str, ...]:
    values = [""] * 12
    for name, value in fields.items():
        values[int(name[1:]) - 1] = value
    return tuple(values)


FULL = zfa(f1="ACTIF", f2="20260301", f9="INO", f10="20260301", f11="IC", f12="20260301")


def desk_with(consent: tuple[str, ...]) -> Desk:
    desk = Desk()
    desk.say("A28", person(pi("7001")), consent=consent)
    return desk


@pytest.mark.parametrize(
    ("feeding", "consultation"), [("INO", "IC"), ("INO", "INC"), ("IO", "INC"), ("INO", "NA"), ("NA", "NA")]
)
def test_the_national_combinations_are_kept(feeding: str, consultation: str) -> None:
    patient = desk_with(zfa(f9=feeding, f11=consultation)).patient("7001")
    assert (patient.consent[8], patient.consent[10]) == (feeding, consultation)


def test_obsolete_fields_are_ignored_and_no_opposition_is_read() -> None:
    desk = desk_with(zfa(f4="N", f6="N", f7="N"))
    assert desk.patient("7001").consent == ()


def test_an_absent_field_is_unchanged() -> None:
    desk = desk_with(FULL)
    desk.say("A31", person(pi("7001")), consent=zfa(f11="INC", f12="20260401"))
    consent = desk.patient("7001").consent
    assert (consent[0], consent[8], consent[9], consent[10], consent[11]) == (
        "ACTIF",
        "INO",
        "20260301",
        "INC",
        "20260401",
    )


def test_a_new_value_takes_its_own_date_even_an_absent_one() -> None:
    desk = desk_with(FULL)
    desk.say("A31", person(pi("7001")), consent=zfa(f9="NA"))
    assert desk.patient("7001").consent[8:10] == ("NA", "")


def test_a_null_erases() -> None:
    desk = desk_with(zfa(f1="FERME", f3="20260301", f9="INO", f10="20260301"))
    desk.say("A31", person(pi("7001")), consent=zfa(f3='""', f10='""'))
    assert desk.patient("7001").consent == zfa(f1="FERME", f9="INO")


def test_the_same_consent_said_again_changes_nothing() -> None:
    desk = desk_with(FULL)
    assert desk.say("A31", person(pi("7001")), consent=FULL).events == ()
    assert events_of(desk.say("A31", person(pi("7001")), consent=zfa(f9="IO"))) == ["consent.recorded"]


def test_a_message_without_zfa_leaves_the_consent() -> None:
    desk = desk_with(FULL)
    desk.say("A31", person(pi("7001"), sex="F"))
    assert desk.patient("7001").consent == FULL


def test_times_are_kept_with_the_offset_they_had_where_they_were_written() -> None:
    desk = Desk(zone=ZoneInfo("America/Guadeloupe"))
    said = ("", "", "", "", "", "", "", "", "IO", "20261118081500", "IC", "20261118")
    desk.say("A28", person(pi("7001"), death="Y", death_at="202611180930"), consent=said)
    kept = desk.patient("7001")
    assert (kept.consent[9], kept.consent[11]) == ("20261118081500-0400", "20261118")
    assert kept.death_at == "202611180930-0400"
    again = desk.say("A31", person(pi("7001"), death="Y", death_at="202611180930"), consent=said)
    assert events_of(again) == []
    elsewhere = desk.say(
        "A31", person(pi("7001"), death_at="202611181430+0100"), sent_at="20261118150000+0100"
    )
    assert events_of(elsewhere) == ["patient.updated"]
    desk.say("A31", person(pi("7001"), death_at="202611181431"), sent_at="20261118150000+0100")
    assert desk.patient("7001").death_at == "202611181431+0100"


def test_an_hour_that_comes_twice_is_kept_without_an_offset() -> None:
    desk = Desk(zone=ZoneInfo("Europe/Paris"))
    desk.say("A28", person(pi("7001"), death="Y", death_at="202610250230"))
    assert desk.patient("7001").death_at == "202610250230"


def test_a_code_outside_the_profile_says_nothing() -> None:
    desk = desk_with(FULL)
    desk.say("A31", person(pi("7001")), consent=zfa(f9="Y", f10="20260501", f11="OUI", f12="20260501"))
    assert desk.patient("7001").consent == FULL


def test_what_was_collected_earlier_does_not_replace_what_came_later() -> None:
    kept = zfa(f9="INO", f10="20261118", f11="INC", f12="20261118093000+0100")
    assert latest(kept, zfa(f9="IO", f10="20251118", f11="IC", f12="20261118083100+0000")) == zfa(
        f9="INO", f10="20261118", f11="IC", f12="20261118083100+0000"
    )
    assert latest(kept, zfa(f11="IC", f12="20261118082900+0000")) is None
    assert latest((), kept) == kept


def test_a_time_that_cannot_be_read_is_never_preferred() -> None:
    kept = zfa(f9="IO", f10="20261118093000+0100")
    assert latest(kept, zfa(f9="INO", f10="9990101000000+0000")) is None
    assert latest(kept, zfa(f9="INO", f10="20261399")) is None
    broken = zfa(f9="INO", f10="9990101000000+0000")
    assert latest(broken, kept) == kept
    assert latest(broken, zfa(f9="IO", f10="DEMAIN")) == zfa(f9="IO", f10="DEMAIN")


def test_times_are_compared_as_instants_and_an_offset_is_no_digit() -> None:
    kept = zfa(f9="IO", f10="20261118080000+0100")
    assert latest(kept, zfa(f9="INO", f10="20261118073000+0000")) == zfa(f9="INO", f10="20261118073000+0000")
    day = zfa(f9="IO", f10="20261118+0100")
    assert latest(day, zfa(f9="INO", f10="20261118010000+0000")) == zfa(f9="INO", f10="20261118010000+0000")
    assert latest(day, zfa(f9="INO", f10="20261117235959-0100")) is None


def test_a_choice_without_date_follows_the_order_of_arrival() -> None:
    kept = zfa(f9="IO", f10="20261118")
    assert latest(kept, zfa(f9="NA")) == zfa(f9="NA")
