"""Journal: acts and accesses searched and exported; what proves them, started and taken away."""

from __future__ import annotations

import csv
import io
import json
import re
import time
from typing import Any

import pytest
from django.test import Client

from ecluse.services import works
from ecluse.services.access_trail import Line, write
from ecluse.services.seal_trail import TrailSealer
from ecluse.services.works import at_work
from ecluse.services.write_checkpoint import write_checkpoint
from ecluse.store.models.access import AccessLine, Establishment
from ecluse.store.models.accounts import RoleGrant, User
from ecluse.store.models.journal import PatientState
from ecluse.store.models.seals import ActLine
from tests.conftest import NOW
from tests.delivery.console.conftest import Gateway, SignedIn
from tests.services.feeding import Gate, adt

_UNTIL = 1_826_701_200_000_000
"""20 November 2027, 9:00 UTC."""


@pytest.fixture
def reader(gateway: Gateway, signed_in: SignedIn) -> Client:
    return signed_in("conformite")


@pytest.fixture
def gate(gateway: Gateway) -> Gate:
    return Gate()


def text(answer: Any) -> str:
    """What the page itself says, the bar above it left out: that names the establishments one may look at."""
    page = answer.content.decode()
    plain = re.sub(r"<[^>]+>", " ", page[max(0, page.find("<main")) :])
    return re.sub(r"\s+", " ", plain)


def read(*patients: str, action: str = "patient.read", name: str = "Anne Roche") -> None:
    now = time.time_ns() // 1000
    write([Line(now, "user:77", name, "", action, one, "/patients/{id}") for one in patients])


def test_acts_are_told_in_words_with_their_chained_line(reader: Client, gate: Gate) -> None:
    gate.act("establishment.add", name="CH de Valmont", finess="")
    gate.act("sender.add", application="GAM", facility="VALMONT")
    page = text(reader.get("/journal/"))
    assert "Établissement déclaré" in page and "Émetteur déclaré" in page and "claire (commande)" in page
    one = text(reader.get("/journal/actes/1/"))
    assert "Ligne 1 du journal" in one and re.search(r"[0-9a-f]{64}", one)
    assert reader.get("/journal/actes/99/").status_code == 404


def test_acts_are_searched_by_family(reader: Client, gate: Gate) -> None:
    gate.act("establishment.add", name="CH de Valmont", finess="")
    gate.act("inclusion-list.create", name="Suivi", domain="")
    found = text(reader.get("/journal/?quoi=inclusions"))
    assert "Liste d’inclusion créée" in found and "CH de Valmont" not in found
    assert "Aucun acte ne correspond" in text(reader.get("/journal/?qui=personne"))


def test_only_the_lines_come_for_a_part_of_the_page(reader: Client, gate: Gate) -> None:
    gate.act("establishment.add", name="CH de Valmont", finess="")
    part = reader.get("/journal/", headers={"HX-Request": "true"}).content.decode()
    assert "CH de Valmont" in part and "<html" not in part


def test_pages_follow_one_another_by_a_cursor(reader: Client, gate: Gate) -> None:
    for number in range(51):
        gate.act("establishment.add", name=f"Clinique {number:02}", finess="")
    first = reader.get("/journal/").content.decode()
    (following,) = re.findall(r'rel="next" href="([^"]+)"', first)
    second = reader.get("/journal/" + following)
    assert "Clinique 00" in text(second) and "Clinique 01" not in text(second)
    assert reader.get("/journal/?apres=x").status_code == 302


def test_accesses_show_who_saw_whom_and_refused_sign_ins(reader: Client) -> None:
    read("abcdefghij0123456789")
    read("", action="session.refused")
    page = text(reader.get("/journal/acces/"))
    assert "Anne Roche" in page and "Patient lu" in page and "Connexion refusée" in page
    mine = text(reader.get("/journal/acces/?quoi=sessions"))
    assert (
        "Connexion refusée" in mine and "Patient lu" not in mine.partition("Gestes")[0].rpartition("Quand")[2]
    )


def test_a_day_that_does_not_exist_is_told(reader: Client) -> None:
    assert reader.get("/journal/?du=2026-02-31").status_code == 200
    assert "date" in text(reader.get("/journal/?du=2026-02-31")).lower()


def test_an_export_is_a_spreadsheet_that_runs_nothing_and_is_itself_traced(reader: Client) -> None:
    read("abcdefghij0123456789", name="=cmd()")
    answer = reader.get("/journal/export/?quel=accesses&format=csv&quoi=patient.read")
    assert (
        answer["Content-Type"] == "text/csv; charset=utf-8" and "attachment" in answer["Content-Disposition"]
    )
    head, line = csv.reader(io.StringIO(answer.content.decode("utf-8-sig")), delimiter=";")
    assert dict(zip(head, line, strict=True))["nom"] == "'=cmd()"
    assert AccessLine.objects.filter(action="audit.export", detail="accesses csv").count() == 1
    as_json = json.loads(reader.get("/journal/export/?quel=acts&format=json").content)
    assert as_json == {"simulation": False, "acts": [], "more": False}
    assert reader.get("/journal/export/?quel=acts&format=exe").status_code == 404


def test_what_acts_say_of_patients_is_for_who_may_read_them(
    reader: Client, signed_in: SignedIn, gate: Gate
) -> None:
    """Free text and positions are hidden; that acts about a patient were shown is written to the trail."""
    gate.receive(adt(control="C1"))
    (patient,) = PatientState.objects.values_list("id", flat=True)
    gate.act("patient.note", patient=patient, text="Suivie pour une dépression", date="2026-11-18")
    seq = ActLine.objects.get(act="patient.note").seq
    for address in ("/journal/", f"/journal/actes/{seq}/", "/journal/export/?quel=acts&format=csv"):
        page = reader.get(address).content.decode()
        assert "dépression" not in page and "•••" in page, address
    shown = AccessLine.objects.filter(action="audit.read").values_list("patient", "detail")
    assert list(shown) == [(patient, "/journal/"), (patient, "/journal/actes/{seq}/")]
    both = signed_in("conformite", "soignant")
    assert "dépression" in both.get(f"/journal/actes/{seq}/").content.decode()
    near = signed_in("conformite", "soignant", establishment=establishment_of(gate))
    RoleGrant.objects.filter(role="conformite").update(establishment=None)
    assert "dépression" not in near.get(f"/journal/actes/{seq}/").content.decode()


def establishment_of(gate: Gate) -> int:
    gate.act("establishment.add", name="CH de Valmont", finess="")
    return Establishment.objects.get().id


def test_acts_about_nobody_leave_no_line_in_the_trail(reader: Client, gate: Gate) -> None:
    gate.act("establishment.add", name="CH de Valmont", finess="")
    reader.get("/journal/")
    assert not AccessLine.objects.filter(action="audit.read").exists()


def test_who_may_not_audit_sees_no_journal(gateway: Gateway, signed_in: SignedIn) -> None:
    carer = signed_in("soignant")
    for address in ("/journal/", "/journal/acces/", "/journal/preuves/", "/journal/export/"):
        assert carer.get(address).status_code == 403, address


def test_a_checkpoint_is_signed_and_taken_away(reader: Client, gateway: Gateway, gate: Gate) -> None:
    gate.act("establishment.add", name="CH de Valmont", finess="")
    assert reader.post("/journal/preuves/signer/").status_code == 302
    (file,) = (gateway.store.data / "checkpoints").glob("*.json")
    taken = reader.get(f"/journal/preuves/{file.name}")
    assert json.loads(taken.content)["seq"] == 1 and "attachment" in taken["Content-Disposition"]
    for name in ("../ecluse.db", "checkpoint-1.json", "autre"):
        assert reader.get(f"/journal/preuves/{name}").status_code == 404, name


def test_the_seal_says_what_it_does_not_cover_yet(
    reader: Client, gateway: Gateway, gate: Gate, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "ecluse.services.seal_trail.ask_writer",
        lambda _path, act, _patience: gate.act(act.name, **act.arguments),
    )
    TrailSealer(gateway.store.data / "writer.sock").run()
    assert "Tout est scellé" in text(reader.get("/journal/preuves/"))
    read("abcdefghij0123456789")
    assert "Écrites depuis 1," in text(reader.get("/journal/preuves/"))


def test_a_verification_shows_how_far_it_is_and_what_it_found(reader: Client, gateway: Gateway) -> None:
    assert "Personne ne l’a encore vérifié" in text(reader.get("/journal/preuves/"))
    with at_work(gateway.store.data, "verify", lambda: NOW) as work:
        work._next = 0.0
        work.tell(5, 20)
        running = reader.get("/journal/preuves/")
        assert "5 lignes relues sur 20" in text(running)
        assert 'hx-trigger="every 2s"' in running.content.decode()
        work.found({"ok": False, "lines": 20, "digest": "ab" * 32, "notes": [],
                    "problems": [{"code": "line", "fr": "La ligne 3 a changé.", "en": "Line 3 changed."}]})  # fmt: skip
    page = text(reader.get("/journal/preuves/"))
    assert "Anomalies" in page and "La ligne 3 a changé." in page
    assert "Line 3 changed." in text(reader.get("/journal/preuves/?lang=en"))


def test_a_verification_is_started_in_the_name_of_who_asks(
    reader: Client, gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Any] = []
    monkeypatch.setattr(works, "start", lambda *given: asked.append(given))
    reader.post("/journal/preuves/verifier/", {"what": "journal"})
    ((data, name, by, command, _now),) = asked
    assert (data, name, by.partition(":")[0]) == (gateway.store.data, "verify", "user")
    assert command[1:] == ["-m", "ecluse", "journal", "verify", "--data", str(data), "--format", "json"]
    assert AccessLine.objects.filter(action="audit.verify").exists()


def test_the_command_that_verifies_tells_its_result(gateway: Gateway, gate: Gate) -> None:
    """What the page starts is what people type: its end is read back here."""
    import subprocess
    import sys

    gate.act("establishment.add", name="CH de Valmont", finess="")
    write_checkpoint(gateway.store.data, gateway.store.secrets, NOW)
    data = gateway.store.data
    subprocess.run(
        [sys.executable, "-m", "ecluse", "journal", "verify", "--data", str(data), "--format", "json"],
        check=True, capture_output=True, timeout=120,
    )  # fmt: skip
    work = works.follow(data, "verify")
    assert work is not None and work.last is not None and work.last.found is not None
    assert (work.last.found["ok"], work.last.found["lines"]) == (True, 1)


@pytest.mark.parametrize("query", ["du=2026-13-45", "quoi=zz", "du=2026-11-20&au=2026-11-19"])
@pytest.mark.parametrize("address", ["/journal/", "/journal/acces/"])
def test_what_cannot_be_read_searches_nothing(reader: Client, gate: Gate, address: str, query: str) -> None:
    """All the lines beside an error would be taken for those that were asked for."""
    gate.act("establishment.add", name="CH de Valmont", finess="")
    page = reader.get(f"{address}?{query}")
    assert "Rien n’a été cherché" in text(page) and "_error" in page.content.decode()
    assert "Établissement déclaré" not in text(page).split("Rien n’a été cherché")[1]
    kind = "acts" if address == "/journal/" else "accesses"
    assert reader.get(f"/journal/export/?quel={kind}&format=csv&{query}").status_code == 302


def test_people_are_found_without_their_accents(reader: Client, gate: Gate, signed_in: SignedIn) -> None:
    signed_in("soignant", username="r.ledoux")
    User.objects.filter(username="r.ledoux").update(name="Maël Ledoux")
    AccessLine.objects.filter(caller=f"user:{User.objects.get(username='r.ledoux').pk}").update(name="Maël")
    for who in ("mael", "MAËL"):
        assert "Maël" in text(reader.get(f"/journal/acces/?qui={who}")).replace(who, "", 1), who


def test_times_of_an_act_are_times_for_people_too(reader: Client, gate: Gate) -> None:
    """What an act keeps in microseconds is a time of the pages, and ISO 8601 in UTC in what is exported."""
    gate.act(
        "token.create",
        id="abcdefghij",
        digest="00" * 32,
        name="Portail",
        scopes=["settings:read"],
        expires=_UNTIL,
    )
    page = text(reader.get("/journal/actes/1/"))
    assert "expire 20/11/2027 10:00:00 CET" in page and str(_UNTIL) not in page
    for form in ("csv", "json"):
        exported = reader.get(f"/journal/export/?quel=acts&format={form}").content.decode("utf-8-sig")
        assert "2027-11-20T09:00:00.000Z" in exported and str(_UNTIL) not in exported, form
