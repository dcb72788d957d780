"""`ecluse validate`: exit codes and the JSON document that scripts rely on."""

from __future__ import annotations

import json
from pathlib import Path

from tests.delivery.cli.commands import invoke
from tests.delivery.cli.people import AUBERT, GIRAUD, created, qualified


def test_a_conforming_message_exits_0(file: Path) -> None:
    done = invoke("validate", str(file))
    assert done.exit_code == 0
    assert "Conforming" in done.stdout and "A28" in done.stdout


def test_a_finding_of_severity_error_exits_1_and_says_where_and_why(file: Path) -> None:
    file.write_bytes(created(GIRAUD).replace(b"|PROV", b"|"))
    done = invoke("validate", str(file))
    assert done.exit_code == 1
    assert "PID-32" in done.stdout and "PAM-PID-32-001" in done.stdout and "PAM France" in done.stdout


def test_json_is_the_document_of_the_design(file: Path) -> None:
    file.write_bytes(created(GIRAUD).replace(b"|PROV", b"|"))
    done = invoke("validate", "--format", "json", str(file))
    document = json.loads(done.stdout)
    assert list(document) == ["conforming", "event", "profile", "findings"]
    assert (document["conforming"], document["event"], document["profile"]) == (False, "A28", "2.11")
    assert all(
        list(one) == ["rule", "severity", "location", "text", "source"] for one in document["findings"]
    )
    assert done.stderr == ""


def test_findings_are_told_in_the_language_asked(file: Path) -> None:
    file.write_bytes(created(GIRAUD).replace(b"|PROV", b"|"))
    texts = {}
    for lang in ("fr", "en"):
        document = json.loads(invoke("validate", "--lang", lang, "--format", "json", str(file)).stdout)
        texts[lang] = document["findings"][0]["text"]
    assert "statut de l" in texts["fr"] and "status of the identity" in texts["en"]


def test_the_language_is_that_of_the_terminal_by_default(file: Path) -> None:
    assert "Conforme\N{NO-BREAK SPACE}:" in invoke("validate", str(file), locale="fr_FR.UTF-8").stdout


def test_the_profile_is_the_one_asked(file: Path) -> None:
    assert (
        json.loads(invoke("validate", "--profile", "2.10", "--format", "json", str(file)).stdout)["profile"]
        == "2.10"
    )
    done = invoke("validate", "--profile", "latest", str(file))
    assert done.exit_code == 2 and "2.11" in done.stderr


def test_a_message_comes_from_stdin_framed_or_not() -> None:
    message = qualified(AUBERT)
    for content in (message, b"\x0b" + message + b"\x1c\r", message.replace(b"\r", b"\r\n") + b"\n"):
        assert invoke("validate", "--env", "test", "-", stdin=content).exit_code == 0


def test_what_is_no_message_exits_2_with_one_line(file: Path) -> None:
    for content in (b"", b"<xml/>", b"Dear doctor", b"\x0b\x1c\r"):
        file.write_bytes(content)
        done = invoke("validate", str(file))
        assert done.exit_code == 2 and done.stdout == ""
        assert done.stderr.startswith("ecluse: ") and done.stderr.count("\n") == 1


def test_several_messages_are_not_taken_for_one(file: Path) -> None:
    file.write_bytes(created(GIRAUD) + created(AUBERT))
    done = invoke("validate", str(file))
    assert done.exit_code == 2 and "2 messages" in done.stderr


def test_a_missing_file_exits_2_with_one_line(tmp_path: Path) -> None:
    done = invoke("validate", str(tmp_path / "absent.hl7"))
    assert done.exit_code == 2 and done.stderr.count("\n") == 1 and "No such file" in done.stderr


def test_control_characters_of_a_message_never_reach_the_terminal(file: Path) -> None:
    file.write_bytes(created(GIRAUD).replace(b"|2.5^FRA^2.11|", b"|\x1b[2J|"))
    done = invoke("validate", str(file))
    assert done.exit_code == 1 and "\x1b[2J" not in done.stdout
