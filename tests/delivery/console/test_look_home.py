"""The first page: is it alive, what came, what to do, for whom, in two languages, and nobody's data."""

from __future__ import annotations

import re
import time

import msgspec
import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from ecluse.protocols.findings import Finding
from ecluse.rules.identity.vocabulary import event
from ecluse.services.mark_simulation import mark_simulation
from ecluse.store.models import Domain, JournalEntry, Sender
from ecluse.store.models.access import DomainEstablishment, Establishment
from ecluse.store.models.deliveries import PendingDelivery, Subscriber
from ecluse.store.models.figures import DailyFigure
from ecluse.store.turn import Turn
from tests.conftest import NOW
from tests.delivery.console.conftest import Gateway, SignedIn
from tests.store.writing import ALIX, Writer, adopted, created

ROLES = ("lecture", "exploitation", "identitovigilance", "soignant", "conformite", "administration")


def page(browser: Client, address: str = "/", **headers: str) -> str:
    answer = browser.get(address, headers=headers)
    assert answer.status_code == 200, answer
    return answer.content.decode().replace("\u00a0", " ").replace("\u202f", " ")


def refuse(writer: Writer, *findings: Finding, answer: str = "AE") -> int:
    return writer.message(answer=answer, code="101", findings=msgspec.json.encode(list(findings)))


def now_come() -> None:
    """Make the lines of the journal as if they had come this minute."""
    JournalEntry.objects.update(at=time.time_ns() // 1000)


def test_a_new_gateway_says_how_to_begin(signed_in: SignedIn) -> None:
    """Nothing received: the page is ready and gives the command of the first message."""
    text = page(signed_in("exploitation"))
    assert "aucun message reçu" in text
    assert "ecluse send --to 127.0.0.1:2575 message.hl7" in text
    assert ">TEST<" in text


def test_nobody_sees_it_without_a_session(gateway: Gateway, signed_in: SignedIn) -> None:
    """Once somebody has an account, the first page is behind it."""
    signed_in("lecture")
    answer = gateway.browser.get("/")
    assert answer.status_code == 302
    assert answer["Location"].startswith("/connexion/")


@pytest.mark.parametrize("role", ROLES)
def test_each_role_has_its_page(signed_in: SignedIn, role: str) -> None:
    """What a role may not know is left out; the page itself is everybody's."""
    Writer(sender="to_confirm").message()
    text = page(signed_in(role))
    assert ("1 émetteur attend votre décision" in text) == (role in ("exploitation", "administration"))
    bar = set(re.findall(r'<li(?: class="aside")?><a href="([^"]+)"', text))
    assert "/" in bar
    assert ("/patients/" in bar) <= (role in ("identitovigilance", "soignant"))
    assert ("/reglages/" in bar) <= (role not in ("soignant", "identitovigilance"))


def test_messages_of_the_last_hour_are_counted_by_answer(signed_in: SignedIn) -> None:
    """The second reading adds what came since the first."""
    writer, browser = Writer(), signed_in("exploitation")
    writer.message()
    now_come()
    text = page(browser)
    assert "Tout passe." in text
    assert "AA 100 %" in text
    assert "GAM / HOPITAL" in text
    refuse(writer, Finding("SRV-MSG-001", "error"), answer="AR")
    now_come()
    text = page(browser)
    assert "AA 50 % · AR 50 %" in text
    assert re.search(r"Acceptés \(AA\) 1 · Refusés \(AE\) 0 · Rejetés \(AR\) 1", text)


def test_refusals_of_the_day_are_told_by_rule_without_a_value(signed_in: SignedIn) -> None:
    """A finding quotes what was received: neither a name nor an identifier comes here."""
    writer = Writer()
    for _ in range(2):
        refuse(writer, Finding("PAM-U-PID-5", "error", "PID-5", "MERCIER", "LUCIE"))
    refuse(writer, Finding("SRV-DUP-001", "error", "PID-3", ALIX, ALIX))
    now_come()
    text = page(signed_in("exploitation"))
    assert re.search(r"PAM-U-PID-5 · 1 émetteur</small></th>.*?<td class=\"number\">2</td>", text)
    assert "SRV-DUP-001 · 1 émetteur" in text
    assert "2 rejets groupés sans propriétaire" in text
    for hidden in ("MERCIER", "LUCIE", ALIX, ALIX[:13]):
        assert hidden not in text


def test_refusals_of_yesterday_are_not_of_today(signed_in: SignedIn) -> None:
    """They stay something to deal with, not something of the day."""
    refuse(Writer(), Finding("SRV-MSG-001", "error"))
    JournalEntry.objects.update(at=time.time_ns() // 1000 - 2 * 86_400_000_000)
    text = page(signed_in("exploitation"))
    assert "Aucun message refusé depuis minuit." in text
    assert "1 rejet groupé sans propriétaire" in text


def test_identities_are_counted_and_followed_to_a_usable_ins(signed_in: SignedIn) -> None:
    """Each step of the funnel tells how many came so far: the collision stops one at the fourth."""
    writer = Writer()
    writer.message(created("p1", "7001"), adopted("p1"), event("collision.flagged", "p1", {"with": ["p2"]}))
    writer.message(created("p2", "7002"))
    text = page(signed_in("identitovigilance"))
    assert "1 identité partage son INS avec une autre, dont les traits diffèrent" in text
    steps = re.findall(r'<tr><th scope="row">(\w+[^<]*?) <small>.*?<td class="number">(\S+)</td>', text)
    counts = dict(steps)
    assert counts["Identités"] == "2"
    assert counts["Avec un INS"] == "1"
    assert counts["Cohérentes"] == "–"
    assert counts["Utilisables"] == "–"


@pytest.mark.parametrize(
    ("application", "expected"),
    [("<script>", "&lt;script&gt;"), ("GAM\u202eX", "GAM\\u202eX"), ("GAM\nrm", "GAM\\u000arm")],
)
def test_a_hostile_name_stays_a_name(signed_in: SignedIn, application: str, expected: str) -> None:
    """MSH-3 is written by whoever reaches the port."""
    Writer().message()
    now_come()
    Sender.objects.update(application=application)
    text = page(signed_in("lecture"))
    assert f"{expected} / HOPITAL" in text
    assert not re.search(r"<script(?! src=\"/static/)", text)


def test_a_store_filled_by_the_demonstration_says_so_on_every_page(
    gateway: Gateway, signed_in: SignedIn
) -> None:
    """Whoever looks over a shoulder must not take invented people for patients."""
    browser = signed_in("lecture")
    assert ">SIMULATION<" not in page(browser)
    mark_simulation(Turn(None), "demo")
    assert ">SIMULATION<" in page(browser)
    assert ">SIMULATION<" in gateway.browser.get("/nowhere").content.decode()
    assert ">SIMULATION<" in gateway.browser.get("/connexion/").content.decode()


def test_a_database_that_does_not_answer_is_said_not_hidden(
    signed_in: SignedIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The page itself holds: the person on call must read what is wrong."""
    from ecluse.delivery.console.home import numbers

    browser = signed_in("exploitation")
    lost = numbers.Readiness(database=False, writer=True, disk=True)
    monkeypatch.setattr(numbers, "readiness", lambda settings: lost)
    text = page(browser)
    assert "Les messages ne peuvent pas être pris." in text
    assert "La base de données ne répond pas." in text
    assert "ecluse doctor" in text


def subscribe(id_: str, **changes: object) -> None:
    values = {"id": id_, "name": id_, "kind": "webhook", "target": "https://a.example/", "options": b"{}"}
    Subscriber.objects.create(**{**values, "status": "active", "created": NOW, "position": 0, **changes})


def test_a_subscriber_that_wants_nothing_is_something_to_do(signed_in: SignedIn) -> None:
    """Who may set subscribers is asked; the others see its state."""
    Writer().message()
    subscribe("Télésuivi", status="gone")
    subscribe("Entrepôt")
    PendingDelivery.objects.create(
        subscriber="Entrepôt", position=1, keys=b"[]", parked=True, attempts=9, next_at=0, since=1, reason="HTTP 422"
    )  # fmt: skip
    text = page(signed_in("administration"))
    assert "Abonné « Télésuivi » : il ne veut plus rien recevoir" in text
    assert "Abonné « Entrepôt » : envois mis de côté (1)" in text
    text = page(signed_in("soignant"))
    assert "Abonné « Télésuivi »" not in text
    assert "Ne veut plus rien" in text


def test_english_is_spoken_when_preferred(signed_in: SignedIn) -> None:
    """Every sentence of the page, the states included."""
    Writer(sender="to_confirm").message()
    text = page(signed_in("exploitation"), "/?lang=en")
    assert "To do this week" in text
    assert "1 sender waits for your decision" in text


BIG = ("journalentry", "rawmessage", "storedevent", "patientstate", "patientkey", "refusedline")
"""Tables that have millions of rows."""


def test_the_page_reads_no_big_table_whole(signed_in: SignedIn) -> None:
    """Once counted, every question asked for a page is answered by an index."""
    writer, browser = Writer(sender="to_confirm"), signed_in("exploitation", "identitovigilance")
    refuse(writer, Finding("SRV-MSG-001", "error"))
    now_come()
    page(browser)
    with CaptureQueriesContext(connection) as asked:
        page(browser)
    assert len(asked) < 60
    for query in asked:
        sql = query["sql"]
        if not sql.startswith("SELECT"):
            continue
        with connection.cursor() as cursor:
            cursor.execute(f"EXPLAIN QUERY PLAN {sql}")
            plan = " ".join(row[3] for row in cursor.fetchall())
        for table in BIG:
            assert (
                not re.search(rf"SCAN store_{table}(?! USING (COVERING )?INDEX)\b", plan) or "LIMIT 1" in sql
            ), sql


def test_a_language_chosen_by_a_visitor_is_kept(gateway: Gateway, signed_in: SignedIn) -> None:
    """By a button that comes back to the page; for whoever has no session, a link."""
    browser = signed_in("lecture")
    text = page(browser, "/?lang=fr&x=1")
    assert re.search(r'action="/compte/langue/">.*?name="next" value="/\?x=1"', text)
    answer = browser.post("/compte/langue/", {"language": "en", "next": "/"})
    assert answer.status_code == 302 and answer["Location"] == "/"
    assert '<html lang="en"' in page(browser)
    assert 'href="?lang=en"' in gateway.browser.get("/connexion/").content.decode()


def test_refusals_of_the_week_are_crossed_by_rule_and_sender(signed_in: SignedIn) -> None:
    """Each count leads to its group; whoever may not read messages is led nowhere."""
    writer = Writer()
    Sender.objects.create(
        id=2, listener="main", application="LGC", facility="CABINET", domain_id=1, status="confirmed",
        policy="tolerant", first_seen=NOW,
    )  # fmt: skip
    for _ in range(3):
        refuse(writer, Finding("PAM-U-PID-5", "error", "PID-5"))
    JournalEntry.objects.filter(seq=3).update(sender_id=2)
    now_come()
    text = page(signed_in("exploitation"))
    assert "Refus par règle et par émetteur" in text
    assert '<a href="/rejets/1-PAM-U-PID-5/">2</a>' in text
    assert 'data-label="LGC / CABINET"><a href="/rejets/2-PAM-U-PID-5/">1</a>' in text
    assert page(signed_in("exploitation"), "/rejets/2-PAM-U-PID-5/")
    assert "/rejets/2-PAM-U-PID-5/" not in page(signed_in("soignant"))


def test_identities_are_followed_day_after_day(signed_in: SignedIn) -> None:
    browser = signed_in("lecture")
    assert "jour après jour" not in page(browser)
    today = time.time_ns() // 86_400_000_000_000
    for day, count in ((today - 1, 1200), (today, 1300)):
        DailyFigure.objects.create(day=day, domain_id=1, name="identities.qualifiee", value=count)
    text = page(browser)
    assert "Identités par niveau de confiance, jour après jour" in text
    assert re.findall(r'data-label="Qualifiée">([^<]+)<', text)[-3:] == ["–", "1 200", "1 300"]
    assert "Identities by trust level, day by day" in page(browser, "/?lang=en")


def test_numbers_of_the_page_are_those_of_the_establishment_of_the_visitor(signed_in: SignedIn) -> None:
    """Identities, messages and refusals of other domains are not hers to count."""
    Domain.objects.create(id=2, name="Autre", oid="", own=True)
    place = Establishment.objects.create(id=1, name="CH d’à côté")
    DomainEstablishment.objects.create(domain_id=2, establishment=place)
    writer = Writer()
    writer.message(created("p1", "7001"))
    refuse(writer, Finding("SRV-MSG-001", "error"))
    now_come()
    text = page(signed_in("exploitation", establishment=place.pk))
    assert "aucun message reçu" in text and "Aucun message refusé depuis minuit." in text
    assert "Aucun message dans la dernière heure." in text
    assert "Refus par règle et par émetteur" not in text
    assert '<text class="whole" x="66" y="67">0</text>' in text
    text = page(signed_in("exploitation"))
    assert "GAM / HOPITAL" in text and '<text class="whole" x="66" y="67">1</text>' in text
