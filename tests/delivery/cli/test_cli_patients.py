"""`ecluse patients` on a real gateway: the documents of the design, and matricules that never leave by mistake."""

from __future__ import annotations

import json

from tests.delivery.cli.people import GIRAUD
from tests.e2e.gateway import Gateway

NUMBER = f"{GIRAUD.matricule}{97 - int(GIRAUD.matricule) % 97:02d}"


def test_show_is_the_document_of_the_design(gateway: Gateway) -> None:
    document = json.loads(
        gateway.run("patients", "show", "--identifier", "7712345", "--format", "json").stdout
    )
    assert list(document) == [
        "id", "domain", "status", "trust", "ins", "ins_reason", "traits", "identifiers", "dmp_consent", "merged_into",
        "links", "deceased", "history", "demographics",
    ]  # fmt: skip
    assert (
        document["trust"] == "qualifiee" and document["status"] == ["VALI"] and document["ins_reason"] is None
    )
    assert document["ins"] == {
        "matricule": NUMBER,
        "oid": "1.2.250.1.213.1.4.10",
        "kind": "NIR",
        "environment": "test",
        "key_valid": True,
    }
    assert document["traits"]["birth_date"] == "1985-04-12" and document["traits"]["birth_name"] == "GIRAUD"
    assert document["identifiers"] == [
        {"value": "7712345", "authority": {"name": "CH-EXEMPLE", "oid": "1.2.250.1.999.9.1"}, "type": "PI"}
    ]
    assert all(list(one)[:3] == ["at", "event", "message"] for one in document["history"])
    assert document["history"][0]["application"] == "GAM" and document["history"][0]["operator"] is None
    assert document["history"][0]["detail"].startswith("identité créée")
    english = gateway.run("patients", "show", "7712345", "--format", "json", "--lang", "en").stdout
    assert json.loads(english)["history"][0]["detail"].startswith("identity created: 7712345 (CH-EXEMPLE)")


def test_the_history_tells_what_changed_and_who_said_it(gateway: Gateway) -> None:
    """The matricule is masked in the history, whatever the standing of the INS."""
    shown = gateway.run("patients", "show", "7712345", "--lang", "fr").stdout
    history = shown.split("\n\n")[-1]
    assert "statut changé\xa0: PROV → VALI" in history
    assert "INS enregistré\xa0: 2 85 04 •• ••• •••" in history and NUMBER not in history
    assert history.count("· GAM / CH-EXEMPLE") == history.count("· ligne ") > 2


def test_show_finds_by_id_by_local_identifier_and_by_ins_of_stdin(gateway: Gateway) -> None:
    wanted = json.loads(gateway.run("patients", "show", "7712345", "--format", "json").stdout)
    by_id = gateway.run("patients", "show", wanted["id"], "--format", "json").stdout
    by_ins = gateway.run("patients", "show", "--ins", "-", "--format", "json", input=f"{NUMBER}\n").stdout
    assert json.loads(by_id) == json.loads(by_ins) == wanted


def test_a_matricule_on_the_command_line_is_refused_and_not_repeated(gateway: Gateway) -> None:
    done = gateway.run("patients", "show", "--ins", NUMBER, check=False)
    assert done.returncode == 2 and "--ins -" in done.stderr and NUMBER not in done.stderr


def test_nobody_found_exits_1(gateway: Gateway) -> None:
    done = gateway.run("patients", "show", "--identifier", "0000", "--format", "json", check=False)
    assert done.returncode == 1 and json.loads(done.stdout) is None


def test_text_is_for_people(gateway: Gateway) -> None:
    text = gateway.run("patients", "show", "7712345", "--lang", "en").stdout
    assert (
        "GIRAUD MANON" in text and NUMBER in text and "1.2.250.1.213.1.4.10" in text and "\x1b[" not in text
    )


def test_list_pages_by_cursor(gateway: Gateway) -> None:
    page = json.loads(gateway.run("patients", "list", "--limit", "1", "--format", "json").stdout)
    assert list(page) == ["patients", "next"]
    assert list(page["patients"][0]) == ["id", "trust", "identifiers", "merged_into"]
    found = json.loads(gateway.run("patients", "list", "--identifier", "7712345", "--format", "json").stdout)
    assert [one["identifiers"][0]["value"] for one in found["patients"]] == ["7712345"] and found[
        "next"
    ] is None


def test_export_is_complete(gateway: Gateway) -> None:
    shown = json.loads(gateway.run("patients", "show", "7712345", "--format", "json").stdout)
    exported = json.loads(gateway.run("patients", "export", "--format", "json").stdout)
    assert shown in exported["patients"]
    lines = gateway.run("patients", "export").stdout.splitlines()
    assert [json.loads(line) for line in lines] == exported["patients"]
