"""`ecluse send`: what goes on the wire, and what is told of the answers."""

from __future__ import annotations

import json
import queue
import sys
from importlib import import_module
from pathlib import Path

import pytest

from ecluse.delivery.cli.files import messages, wire_form
from ecluse.delivery.cli.send import location
from tests.delivery.cli.commands import Receiver, invoke
from tests.delivery.cli.conftest import to
from tests.delivery.cli.people import AUBERT, GIRAUD, created
from tests.e2e.gateway import Gateway

send = import_module("ecluse.delivery.cli.send")

ACCEPTED = b"MSH|^~\\&|R|R|S|S|20260302||ACK|1|P|2.5\rMSA|AA|CLI\r"
REFUSED = (
    b"MSH|^~\\&|R|R|S|S|20260302||ACK|1|P|2.5\rMSA|AE|CLI\r"
    b"ERR||PID^1^3^2^4|204^Unknown key identifier^HL70357|E|||PAM-1|Two patients.\r"
)


def test_lines_of_a_text_editor_become_segments_on_the_wire(tmp_path: Path) -> None:
    message = created(GIRAUD)
    file = tmp_path / "edited.hl7"
    file.write_bytes(message.replace(b"\r", b"\n") + b"\n\n")
    receiver = Receiver(ACCEPTED)
    assert invoke("send", str(file), receiver=receiver).exit_code == 0
    assert receiver.received == [message]


def test_raw_sends_the_bytes_of_the_file(tmp_path: Path) -> None:
    file = tmp_path / "edited.hl7"
    file.write_bytes(created(GIRAUD).replace(b"\r", b"\n") + b"\n\n")
    receiver = Receiver(ACCEPTED)
    invoke("send", "--raw", str(file), receiver=receiver)
    assert receiver.received == [file.read_bytes()]


@pytest.mark.parametrize(
    ("content", "sent"),
    [
        (b"MSH|^~\\&|A\nPID|1\n", b"MSH|^~\\&|A\rPID|1\r"),
        (b"MSH|^~\\&|A\r\nPID|1", b"MSH|^~\\&|A\rPID|1\r"),
        (b"MSH|^~\\&|A\rNTE|1||two\nlines\rPID|1\r\n", b"MSH|^~\\&|A\rNTE|1||two\nlines\rPID|1\r"),
        ("MSH|^~\\&|É\n".encode("utf-16"), "MSH|^~\\&|É\n".encode("utf-16")),
    ],
)
def test_only_ends_of_segments_are_rewritten(content: bytes, sent: bytes) -> None:
    assert wire_form(content) == sent


def test_files_hold_one_message_or_several_framed_or_not() -> None:
    one, two = created(GIRAUD), created(AUBERT)
    framed = b"".join(b"\x0b" + message + b"\x1c\r" for message in (one, two))
    assert messages(framed) == [one, two]
    assert [part.strip() for part in messages(one + b"\r\n" + two)] == [one.strip(), two.strip()]
    assert messages(one) == [one]


@pytest.mark.parametrize(
    ("erl", "path"),
    [
        ("PID^1^3^2^4", "PID-3[2].4"),
        ("PID^2^32", "PID[2]-32"),
        ("EVN", "EVN"),
        ("MSH^1^9^1^2", "MSH-9.2"),
        ("?", "?"),
        ("", ""),
    ],
)
def test_the_location_of_an_error_reads_as_a_path(erl: str, path: str) -> None:
    assert location(erl) == path


@pytest.mark.parametrize(
    ("answer", "said"),
    [(b"hello", "ne commencent pas par un segment MSH"), (b"<ACK/>", "XML"), (b"MSH|||||", "séparateurs")],
)
def test_an_answer_that_is_no_message_is_told_in_french(tmp_path: Path, answer: bytes, said: str) -> None:
    (tmp_path / "a.hl7").write_bytes(created(GIRAUD))
    done = invoke("send", str(tmp_path / "a.hl7"), receiver=Receiver(answer), locale="fr_FR.UTF-8")
    assert done.exit_code == 1 and "réponse illisible" in done.stdout and said in done.stdout


def test_a_person_who_waits_is_told_until_when(monkeypatch: pytest.MonkeyPatch) -> None:
    """The wait goes on until the line is written: nothing here depends on how fast that is."""
    told: queue.Queue[str] = queue.Queue()
    monkeypatch.setattr(send, "MOMENT", 0.0)
    monkeypatch.setattr(send.output, "note", told.put)
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    with send._patience(45.0):
        assert "45 s" in (line := told.get(timeout=20)) and "--timeout" in line


def test_a_program_that_waits_is_told_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    timers: list[object] = []
    monkeypatch.setattr(send.threading, "Timer", lambda *given: timers.append(given))
    monkeypatch.setattr(sys.stderr, "isatty", lambda: False, raising=False)
    with send._patience(45.0):
        assert timers == []


def test_json_lists_each_message_with_its_errors(tmp_path: Path) -> None:
    folder = tmp_path / "messages"
    folder.mkdir()
    for name in ("2.txt", "1.hl7", "notes.doc"):
        (folder / name).write_bytes(created(GIRAUD))
    done = invoke("send", "--format", "json", str(folder), receiver=Receiver(ACCEPTED, REFUSED))
    assert done.exit_code == 1
    first, second = json.loads(done.stdout)
    assert list(first) == ["file", "ack", "control_id", "errors", "line"] and first["line"] is None
    assert (first["file"], first["ack"], first["errors"]) == (str(folder / "1.hl7"), "AA", [])
    assert second["ack"] == "AE"
    assert second["errors"] == [{"location": "PID-3[2].4", "code": "204", "text": "Two patients."}]


def test_a_folder_is_sent_by_name_and_what_is_left_aside_is_said(tmp_path: Path) -> None:
    for name in ("b.HL7", "a.txt", "inside/c.hl7", "scan.pdf"):
        place = tmp_path / "messages" / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(created(GIRAUD).replace(b"|P|", b"|%s|P|" % name.encode()))
    folder = str(tmp_path / "messages")

    def sent(*options: str) -> tuple[list[bytes], str]:
        receiver = Receiver(*[ACCEPTED] * 3)
        done = invoke("send", *options, folder, receiver=receiver)
        return [
            next(n for n in (b"a.txt", b"b.HL7", b"inside/c.hl7") if n in one) for one in receiver.received
        ], (done.stderr)

    names, note = sent()
    assert names == [b"a.txt", b"b.HL7"]
    assert "1 folder(s) inside left aside: --recursive" in note and "1 file(s) named otherwise" in note
    names, note = sent("--recursive")
    assert names == [b"a.txt", b"b.HL7", b"inside/c.hl7"] and "folder" not in note
    done = invoke("send", str(tmp_path), receiver=Receiver())
    assert done.exit_code == 2 and "--recursive also reads its 1 folder(s)" in done.stderr


def test_an_answer_of_a_gateway_gives_its_journal_line(gateway: Gateway, file: Path) -> None:
    text = gateway.run("send", "--to", to(gateway), str(file)).stdout
    line = int(text.rpartition("journal line ")[2])
    sent = json.loads(gateway.run("send", "--to", to(gateway), "--format", "json", str(file)).stdout)
    assert sent[0]["line"] == line + 1
    shown = json.loads(gateway.run("journal", "show", str(line), "--format", "json").stdout)
    assert shown["line"]["control_id"] == sent[0]["control_id"]


@pytest.mark.parametrize("charset", ["UNICODE UTF-8", "8859/1", "ASCII"])
def test_errors_are_told_in_the_language_asked(gateway: Gateway, tmp_path: Path, charset: str) -> None:
    bad = tmp_path / "bad.hl7"
    bad.write_bytes(created(GIRAUD).replace(b"A28", b"A08").replace(b"UNICODE UTF-8", charset.encode()))
    command = ("send", "--to", to(gateway), "--format", "json", str(bad))
    (french,) = json.loads(gateway.run(*command, check=False).stdout)
    (english,) = json.loads(gateway.run(*command, "--lang", "en", check=False).stdout)
    assert "exclu en France" in french["errors"][0]["text"]
    assert english["errors"][0]["text"] == (
        "Event A08 is excluded in France: send A31 for the identity or Z99 for the stay."
    )


def test_the_errors_of_another_receiver_stay_as_they_came(file: Path) -> None:
    done = invoke("send", "--format", "json", "--lang", "en", str(file), receiver=Receiver(REFUSED))
    assert json.loads(done.stdout)[0]["errors"][0]["text"] == "Two patients."


def test_a_message_without_answer_is_told_and_the_next_one_still_goes(file: Path) -> None:
    done = invoke("send", "--format", "json", str(file), str(file), receiver=Receiver(None, ACCEPTED))
    assert done.exit_code == 1
    assert [one["ack"] for one in json.loads(done.stdout)] == [None, "AA"]


def test_an_acknowledgement_that_nobody_answers_does_not_wait_long(tmp_path: Path) -> None:
    place = tmp_path / "ack.hl7"
    place.write_bytes(ACCEPTED)
    receiver = Receiver(None)
    invoke("send", str(place), receiver=receiver)
    assert receiver.patience == [30.0, 1.0]


def test_nothing_is_sent_when_a_file_is_missing(file: Path, tmp_path: Path) -> None:
    done = invoke("send", str(file), str(tmp_path / "absent.hl7"))
    assert done.exit_code == 2 and done.stderr.count("\n") == 1


@pytest.mark.parametrize("address", ["nowhere", "127.0.0.1:99999", ":2575", "::1:2575"])
def test_a_wrong_address_exits_2_with_one_line(file: Path, address: str) -> None:
    done = invoke("send", "--to", address, str(file))
    assert done.exit_code == 2 and done.stderr.count("\n") == 1 and "HOST:PORT" in done.stderr


def test_a_real_gateway_answers(gateway: Gateway, tmp_path: Path) -> None:
    good, bad = tmp_path / "good.hl7", tmp_path / "bad.hl7"
    good.write_bytes(created(AUBERT))
    bad.write_bytes(created(AUBERT).replace(b"A28", b"A99"))
    done = gateway.run("send", "--to", to(gateway), "--format", "json", str(good), str(bad), check=False)
    assert done.returncode == 1
    first, second = json.loads(done.stdout)
    assert (first["ack"], second["ack"]) == ("AA", "AR")
    assert second["errors"][0]["code"] == "201" and second["errors"][0]["location"].startswith("MSH-9")


def test_nobody_there_exits_2_with_one_line(gateway: Gateway, file: Path) -> None:
    done = gateway.run("send", "--to", "127.0.0.1:1", str(file), check=False)
    assert done.returncode == 2 and done.stdout == "" and done.stderr.count("\n") == 1
    assert "127.0.0.1:1" in done.stderr


def test_a_receiver_that_hangs_up_does_not_stop_the_messages_that_follow(
    gateway: Gateway, tmp_path: Path
) -> None:
    noise, good = tmp_path / "noise.hl7", tmp_path / "good.hl7"
    noise.write_bytes(b"this is no message")
    good.write_bytes(created(AUBERT))
    done = gateway.run("send", "--to", to(gateway), "--format", "json", str(noise), str(good), check=False)
    assert done.returncode == 1
    assert [one["ack"] for one in json.loads(done.stdout)] == [None, "AA"]


def test_a_certificate_that_cannot_be_read_is_named(gateway: Gateway, file: Path) -> None:
    done = gateway.run("send", "--to", to(gateway), "--tls-ca", str(file), str(file), check=False)
    assert done.returncode == 2 and done.stderr.count("\n") == 1 and str(file) in done.stderr
    assert invoke("send", "--tls-key", str(file), str(file)).exit_code == 2
