"""The status page: what came in, what to do, in two languages, and nobody's data."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest

from ecluse.delivery import console
from ecluse.protocols.findings import Finding
from ecluse.rules.identity.vocabulary import event
from ecluse.services.mark_simulation import mark_simulation
from ecluse.store.models import Sender
from ecluse.store.models.deliveries import PendingDelivery, Subscriber
from ecluse.store.turn import Turn
from tests.conftest import NOW
from tests.delivery.console.conftest import Gateway
from tests.store.writing import ALIX, Writer, adopted, created

FOLDER = Path(console.__file__).parent


def page(gateway: Gateway, address: str = "/", **headers: str) -> str:
    answer = gateway.browser.get(address, headers=headers)
    assert answer.status_code == 200
    return answer.content.decode()


def refuse(writer: Writer, *findings: Finding, answer: str = "AE") -> int:
    return writer.message(answer=answer, code="101", findings=msgspec.json.encode(list(findings)))


def test_a_new_gateway_says_how_to_begin(gateway: Gateway) -> None:
    """Nothing received: the page is ready and gives the command of the first message."""
    text = page(gateway)
    assert "aucun message reçu" in text
    assert "ecluse send --to 127.0.0.1:2575 message.hl7" in text
    assert ">TEST<" in text


def test_messages_are_counted_by_answer_as_they_come(gateway: Gateway) -> None:
    """The second reading adds what came since the first."""
    writer = Writer()
    writer.message()
    assert "Tout passe." in page(gateway)
    refuse(writer, Finding("SRV-MSG-001", "error"), answer="AR")
    text = page(gateway)
    assert re.search(r">2</p>", text)
    assert text.count("50\u202f%") == 2


def test_a_sender_to_confirm_comes_with_its_command(gateway: Gateway) -> None:
    """The person on call copies one line."""
    Writer(sender="to_confirm").message()
    text = page(gateway)
    assert "un émetteur attend votre décision" in text
    assert f"ecluse sender confirm --data {gateway.store.data} GAM HOPITAL" in text


@pytest.mark.parametrize(
    ("application", "expected"),
    [
        ("GAM; rm -rf x", "&#x27;GAM; rm -rf x&#x27; HOPITAL</code>"),
        ("--help", "-- --help HOPITAL</code>"),
        ("<script>", "&lt;script&gt;"),
        ("GAM\u202eX", "GAM\\u202eX"),
        ("GAM\nrm", "GAM\\u000arm"),
    ],
)
def test_a_hostile_name_cannot_become_a_command(gateway: Gateway, application: str, expected: str) -> None:
    """MSH-3 is written by whoever reaches the port: it is quoted, escaped, or not offered as a command."""
    Writer(sender="to_confirm").message()
    Sender.objects.update(application=application)
    text = page(gateway)
    assert expected in text
    assert not re.search(r"<script(?! src=\"/static/)", text)
    if not application.isprintable():
        assert f"ecluse sender confirm --data {gateway.store.data}" not in text


def test_refusals_show_the_rule_and_no_value_of_a_patient(gateway: Gateway) -> None:
    """A finding quotes what was received; this page has no accounts, so it does not."""
    writer = Writer()
    refuse(writer, Finding("PAM-U-PID-5", "error", "PID-5", "MERCIER", "LUCIE"))
    refuse(writer, Finding("SRV-DUP-001", "error", "PID-3", ALIX, ALIX))
    refuse(writer, Finding("IDN-MSH-9-001", "error", "MSH-9", "ORU", "ADT"))
    text = page(gateway)
    assert "SRV-DUP-001 · PID-3" in text
    assert "(ligne … du journal)" in text
    assert "« ORU »" in text.replace("\u00a0", " ")
    for hidden in ("MERCIER", "LUCIE", ALIX, ALIX[:13]):
        assert hidden not in text


def test_identities_that_collide_are_something_to_do(gateway: Gateway) -> None:
    """The same INS with other traits is usable by nobody until somebody corrects it."""
    writer = Writer()
    writer.message(created("p1", "7001"), adopted("p1"), event("collision.flagged", "p1", {"with": ["p2"]}))
    text = page(gateway)
    assert "En collision : 1." in text and "INS gardés mais en attente : 1." in text
    assert f"ecluse patients list --waiting collision --data {gateway.store.data}" in text


def test_a_sender_that_repeats_itself_takes_one_line(gateway: Gateway) -> None:
    """Grouped by sender and rule, with how many times."""
    writer = Writer()
    for _ in range(12):
        refuse(writer, Finding("SRV-MSG-001", "error"))
    refuse(writer, Finding("SRV-STR-001", "error"))
    text = page(gateway)
    assert text.count("SRV-MSG-001") == 1
    assert 'data-label="Fois">12</td>' in text


def test_refusals_of_the_day_are_something_to_do(gateway: Gateway, monkeypatch: pytest.MonkeyPatch) -> None:
    """Older ones are shown, and ask for nothing any more."""
    from ecluse.delivery.console import status

    writer = Writer()
    refuse(writer, Finding("SRV-MSG-001", "error"))
    refuse(writer, Finding("SRV-STR-001", "error"))
    refuse(writer, Finding("SRV-MSG-001", "error"), answer="AR")
    received = datetime.fromtimestamp(NOW / 1_000_000, UTC)
    monkeypatch.setattr(status, "utc_now", lambda: received + timedelta(hours=1))
    text = page(gateway)
    assert f"ecluse journal list --answer AE --answer AR --data {gateway.store.data}" in text
    assert re.search(r'<a href="#refus">Lisez les refus des dernières 24.h \(2 AE, 1 AR\)', text)
    monkeypatch.setattr(status, "utc_now", lambda: received + timedelta(days=2))
    text = page(gateway)
    assert "ecluse journal list" not in text
    assert "SRV-MSG-001" in text
    assert "il y a 1 j" in text


def test_rejections_alone_are_something_to_do(gateway: Gateway, monkeypatch: pytest.MonkeyPatch) -> None:
    """An AR asks for somebody as an AE does, and the command shows it."""
    from ecluse.delivery.console import status

    refuse(Writer(), Finding("SRV-MSG-001", "error"), answer="AR")
    received = datetime.fromtimestamp(NOW / 1_000_000, UTC)
    monkeypatch.setattr(status, "utc_now", lambda: received + timedelta(hours=1))
    assert f"ecluse journal list --answer AR --data {gateway.store.data}" in page(gateway)


def test_a_store_filled_by_the_demonstration_says_so_on_every_page(gateway: Gateway) -> None:
    """Whoever looks over a shoulder must not take invented people for patients."""
    assert ">SIMULATION<" not in page(gateway)
    mark_simulation(Turn(None), "demo")
    assert ">SIMULATION<" in page(gateway)
    assert ">SIMULATION<" in gateway.browser.get("/nowhere").content.decode()


def test_english_by_preference_or_by_choice(gateway: Gateway) -> None:
    """French is the default; `?lang=` wins over the browser."""
    assert '<html lang="en"' in page(gateway, **{"accept-language": "en-GB,en;q=0.9"})
    assert '<html lang="en"' in page(gateway, "/?lang=en")
    assert '<html lang="fr"' in page(gateway, "/?lang=fr", **{"accept-language": "en"})
    assert '<html lang="fr"' in page(gateway, **{"accept-language": "de"})
    assert "Senders to confirm" in page(gateway, "/?lang=en")


def test_every_sentence_has_its_english() -> None:
    """The compiled catalogue holds every sentence of the source catalogue, which holds those of the pages."""
    import gettext

    folder = FOLDER / "locale" / "en" / "LC_MESSAGES"
    with (folder / "django.mo").open("rb") as file:
        english = gettext.GNUTranslations(file)
    source = (folder / "django.po").read_text("utf-8")
    written = re.findall(r'^msgid "(.+)"\nmsgstr "(.*)"$', source, re.MULTILINE)
    assert written
    for french, text in written:
        assert text
        assert english.gettext(french) == text
    known = {french for french, _ in written}
    for template in (FOLDER / "templates").rglob("*.html"):
        for sentence in re.findall(r'\{% translate "([^"]+)"', template.read_text("utf-8")):
            assert sentence in known, f"{template.name}: {sentence}"


def test_a_database_that_does_not_answer_is_said_not_hidden(gateway: Gateway) -> None:
    """The page itself holds: the person on call must read what is wrong."""
    (gateway.store.data / "ecluse.db").write_bytes(b"not a database" * 100)
    from django.db import connection

    connection.close()
    text = page(gateway)
    assert "Les messages ne peuvent pas être pris." in text
    assert "La base de données ne répond pas." in text
    assert "ecluse doctor" in text


def test_the_style_sheet_has_a_name_of_its_content(gateway: Gateway) -> None:
    """Kept a year by browsers; a change of content is a change of name."""
    address = re.search(r'href="(/static/console\.[0-9a-f]{12}\.css)"', page(gateway))
    assert address
    answer = gateway.browser.get(address[1])
    assert answer["Content-Type"] == "text/css; charset=utf-8"
    assert "immutable" in answer["Cache-Control"]
    assert gateway.browser.get("/static/console.css").status_code == 404
    assert gateway.browser.get("/static/..%2fstatus.py").status_code == 404


def subscribe(id_: str, **changes: object) -> None:
    values = {"id": id_, "name": id_, "kind": "webhook", "target": "https://a.example/", "options": b"{}"}
    Subscriber.objects.create(**{**values, "status": "active", "created": NOW, "position": 0, **changes})


def park(id_: str) -> None:
    PendingDelivery.objects.create(
        subscriber=id_, position=1, keys=b"[]", attempts=9, next_at=0, since=1, parked=True, reason="HTTP 422"
    )


def test_subscribers_in_trouble_are_something_to_do(gateway: Gateway) -> None:
    """One task for each, what must be decided first; those that go well or were paused by somebody are not told."""
    Writer().message()
    dead = {"failures": 5, "until": NOW * 2}
    subscribe("sub_well")
    subscribe("sub_paused", status="paused", **dead)
    assert "Tout passe." in page(gateway)
    subscribe("sub_parked", name="DMN <b>", **dead)
    park("sub_parked")
    subscribe("sub_gone", name="-rf", status="gone")
    subscribe("sub_dead", name="télésuivi", **dead)
    text = page(gateway)
    assert "des abonnés ne reçoivent pas tout" in text
    assert "«\u00a0DMN &lt;b&gt;\u00a0»\u00a0: décidez des envois mis de côté (1)." in text
    assert f"ecluse subscriber show --data {gateway.store.data} sub_gone" in text
    assert f"ecluse subscriber show --data {gateway.store.data} &#x27;télésuivi&#x27;" in text
    assert text.count("Abonné «") == 3
    english = page(gateway, "/?lang=en")
    assert "some subscribers do not get everything" in english
    assert "Abonn" not in english
    assert all(
        said in english for said in ("parked deliveries (1)", "wants nothing any more", "does not answer")
    )
    for number in range(9):
        subscribe(f"sub_more{number}", status="gone")
    assert "Other subscribers to look at: 7." in page(gateway, "/?lang=en")
