"""The settings of [rules] and of listeners: written in ecluse.toml, they are those messages are decided with."""

from __future__ import annotations

from pathlib import Path

import pytest

from ecluse.main.assembly import intake_settings
from ecluse.main.configuration import ConfigurationError, load
from ecluse.services.intake_settings import policy_of
from ecluse.store.senders import SenderRecord

SENDER = SenderRecord(
    id=7,
    listener="main",
    application="GAM",
    facility="CHEXEMPLE",
    domain=1,
    status="confirmed",
    policy="strict",
    first_seen=0,
)

WRITTEN = {
    "known_patient_creation": '"refuse"',
    "require_strict_traits": "false",
    "require_authority": "false",
    "unvalidated_update": '"keep-unusable"',
    "wrong_key": '"never-usable"',
    "other_environment_oid": '"refuse"',
    "known_release": '"2.12"',
    "max_identifiers": "50",
    "stays_update_identity": "true",
    "unknown_movement_update": '"refuse"',
    "unknown_movement_cancel": '"ignore"',
    "other_event_cancel": '"accept"',
}


def rules(data: Path, *lines: str) -> Path:
    (data / "ecluse.toml").write_text("\n".join(["[rules]", *lines]), "utf-8")
    return data


def test_each_rule_reaches_the_decisions(tmp_path: Path) -> None:
    data = rules(tmp_path, *[f"{name} = {value}" for name, value in WRITTEN.items()])
    settings = intake_settings(load(data, {}), {})
    assert settings.future_movement == 24 * 3600 * 1_000_000
    policy = policy_of(settings, SENDER, frozenset({"CHEXEMPLE"}))
    assert {name: getattr(policy, name) for name in WRITTEN} == {
        "known_patient_creation": "refuse",
        "require_strict_traits": False,
        "require_authority": False,
        "unvalidated_update": "keep-unusable",
        "wrong_key": "never-usable",
        "other_environment_oid": "refuse",
        "known_release": (2, 12),
        "max_identifiers": 50,
        "stays_update_identity": True,
        "unknown_movement_update": "refuse",
        "unknown_movement_cancel": "ignore",
        "other_event_cancel": "accept",
    }
    assert (policy.sender, policy.sender_confirmed, policy.strict) == ("7", True, True)
    assert policy.authorities == {"CHEXEMPLE"}


def test_without_settings_the_documented_defaults_hold(tmp_path: Path) -> None:
    policy = policy_of(intake_settings(load(tmp_path, {}), {}), SENDER, None)
    assert (policy.unvalidated_update, policy.wrong_key) == ("withdraw", "by-environment")
    assert (policy.other_environment_oid, policy.require_authority) == ("set-aside", True)
    assert (policy.known_release, policy.known_patient_creation) == ((2, 11), "update")


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ('unvalidated_update = "forget"', '"withdraw", "keep-unusable"'),
        ('wrong_key = "accept"', '"by-environment", "never-usable", "warn"'),
        ('other_environment_oid = "keep"', '"set-aside", "refuse"'),
        ('require_authority = "no"', "true or false"),
        ("max_identifiers = 5", "10 or more"),
        ("future_movement_hours = -1", "0 or more"),
        ("known_release = 2.11", "a text between double quotes"),
        ('known_release = "2"', 'such as "2.11"'),
        ('known_release = "latest"', 'such as "2.11"'),
    ],
)
def test_a_wrong_rule_is_refused_with_its_line_and_what_to_write(
    tmp_path: Path, line: str, said: str
) -> None:
    with pytest.raises(ConfigurationError) as refused:
        load(rules(tmp_path, line), {})
    assert "line 2" in str(refused.value)
    assert said in str(refused.value)


def test_the_zone_of_a_listener_and_whether_it_asks_for_certificates_reach_the_intake(tmp_path: Path) -> None:
    (tmp_path / "ecluse.toml").write_text(
        '[[listener]]\nname = "main"\ntimezone = "America/Guadeloupe"\ntls_client_ca = "ca.pem"\n'
        '[[listener]]\nname = "paris"\naddress = "127.0.0.1:2576"\n',
        "utf-8",
    )
    settings = intake_settings(load(tmp_path, {}, serving=False), {})
    found = {name: (rule.zone, rule.mutual_tls) for name, rule in settings.listeners.items()}
    assert found == {"main": ("America/Guadeloupe", True), "paris": ("Europe/Paris", False)}
    policy = policy_of(settings, SENDER, None)
    assert str(policy.zone) == "America/Guadeloupe"


@pytest.mark.parametrize("name", ["Paris", "+01:00", "europe/paris", ""])
def test_a_listener_in_an_unknown_zone_is_refused_with_its_line(tmp_path: Path, name: str) -> None:
    (tmp_path / "ecluse.toml").write_text(f'[[listener]]\ntimezone = "{name}"\n', "utf-8")
    with pytest.raises(ConfigurationError) as refused:
        load(tmp_path, {})
    assert "line 2" in str(refused.value) and "America/Guadeloupe" in str(refused.value)
