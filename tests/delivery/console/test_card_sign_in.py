"""Signing in with a CPx card: only its holder, by the declared proxy, into her own account, and with its trail."""

from __future__ import annotations

import base64
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

import pytest
from django.test import Client

from ecluse.main import web
from ecluse.services import proxies
from ecluse.services.accounts import cards as service
from ecluse.services.accounts.means import session_means
from ecluse.services.certificates import crls, settings
from ecluse.services.certificates.card_lists import card_addresses
from ecluse.simulators.pki.issued import Issued
from ecluse.simulators.pki.names import DOCTOR, EMPLOYEE, Person
from ecluse.store.models.accounts import Means, User
from tests.delivery.console.carded import HERE, PROXY, VISITOR, Cards, der_of, fingerprint_of
from tests.delivery.console.conftest import Gateway, browser
from tests.delivery.console.people import PASSWORD, make_person, sign_in
from tests.delivery.console.provided import Visit, grown_old, make_account, text, trail
from tests.pki_kit import TestPki
from tests.services.feeding import Gate

RPPS = DOCTOR.identifier[1:]
COLLEAGUE = Person("899900000029", "LOU", "AUTRE-SIMULE", "Infirmier", 60)


@pytest.fixture(scope="module")
def pkis() -> tuple[TestPki, TestPki]:
    """One that is trusted, and one that is not."""
    now = datetime.now(UTC)
    return TestPki.make(now=now), TestPki.make(seed=2, now=now)


@pytest.fixture
def cards(gateway: Gateway, pkis: tuple[TestPki, TestPki]) -> Iterator[Cards]:
    told = gateway.store.configuration
    issuer = fingerprint_of(der_of(pkis[0].hierarchy.persons.certificate))
    web.show(
        replace(
            told,
            minimum_free_bytes=1,
            secrets=str(gateway.store.secrets),
            http_proxies=(PROXY,),
            accounts=replace(told.accounts, card=True, card_authorities=(issuer,)),
            api=replace(
                told.api,
                client_certificate_header="X-Client-Certificate",
                client_certificate_proxies=(PROXY,),
            ),
        )
    )
    made = Cards(gateway, *pkis)
    made.trust()
    yield made
    proxies.use([])
    service.use(service.CardSettings())
    settings.use(settings.CertificateSettings())


def doctor(**told: Any) -> Any:
    """An account to which the RPPS of the card is bound."""
    return make_account("a.medecin", RPPS, **{"rpps_bound": "administrators", **told})


def is_in(visitor: Client) -> bool:
    return bool(visitor.get("/compte/").status_code == 200)


def refusal(cards: Cards, held: Issued | str, **more: Any) -> str:
    """The reason in the trail; the person reads a sentence, and nothing opens."""
    visitor = browser()
    answer = cards.show(held, visitor, **more)
    assert answer.status_code == 403 and "Carte refusée" in text(answer), text(answer)
    assert not is_in(visitor) and trail("session.open") == []
    [told] = trail("session.refused")
    return told.partition(" card ")[2]


def test_card_opens_the_account_of_its_rpps(cards: Cards) -> None:
    user, visitor = doctor(), browser()
    answer = cards.show(cards.pki.person(), visitor, next="/compte/")
    assert (answer.status_code, answer["Location"]) == (302, "/compte/")
    assert trail("session.open") == [f"{VISITOR} card"]
    records = visitor.session["account_authentication_methods"]
    told = session_means(records)
    assert (told.means, told.factors, told.level) == (("card",), 2, "substantial")
    assert records[0]["natures"] == ["held", "known"] and abs(records[0]["authenticated"] - time.time()) < 60
    means = Means.objects.get(user=user)
    assert (means.kind, means.factors, means.reference, means.label) == ("card", 2, DOCTOR.identifier, "CPS")
    assert means.last_used is not None and means.conformity == ""
    cards.show(cards.pki.person())
    assert Means.objects.count() == 1


def test_certificate_is_read_as_haproxy_gives_it(cards: Cards) -> None:
    doctor()
    visitor = browser()
    assert cards.show(base64.b64encode(cards.pki.person().der).decode(), visitor).status_code == 302
    assert is_in(visitor)


def test_rpps_that_is_not_bound_opens_nothing(cards: Cards) -> None:
    doctor(rpps_bound="")
    assert refusal(cards, cards.pki.person()) == "no-account"


def test_card_of_somebody_without_account_makes_none(cards: Cards) -> None:
    doctor()
    assert refusal(cards, cards.pki.person(COLLEAGUE)) == "no-account"
    assert (User.objects.count(), Means.objects.count()) == (1, 0)


def test_closed_and_locked_accounts_stay_so(cards: Cards) -> None:
    user = doctor(is_active=False)
    assert "Votre compte est fermé" in text(cards.show(cards.pki.person()))
    user.is_active, user.locked_until = True, time.time_ns() // 1000 + 60_000_000
    user.save()
    assert "Votre compte est verrouillé" in text(cards.show(cards.pki.person()))
    assert [one.rpartition(" ")[2] for one in trail("session.refused")] == ["closed", "locked"]


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (lambda kit: kit.person(authority=kit.hierarchy.unknown), "path issuer_unknown"),
        (lambda kit: kit.person(not_after=kit.now - timedelta(hours=1)), "path expired"),
        (lambda kit: kit.person(not_before=kit.now + timedelta(hours=1)), "path not_yet_valid"),
        (lambda kit: kit.person(signs=True), "not-for-sign-in"),
        (lambda kit: kit.auth_cli(), "not-a-person"),
        (lambda kit: kit.person(Person("X1", "LOU", "SANS-NUMERO", "Médecin", 10)), "holder-unreadable"),
    ],
    ids=["unknown authority", "expired", "not yet valid", "signature", "organisation", "no number"],
)  # fmt: skip
def test_certificate_that_is_no_good_card_opens_nothing(cards: Cards, make: Any, reason: str) -> None:
    doctor()
    assert refusal(cards, make(cards.pki)) == reason


def test_card_of_an_authority_of_the_same_name_opens_nothing(cards: Cards) -> None:
    doctor()
    assert refusal(cards, cards.other.person()).startswith("path ")


def test_software_certificate_of_a_person_is_no_card(cards: Cards) -> None:
    """It comes from another authority of the trust store than those that issue cards."""
    doctor()
    settings.use(replace(settings.current(), card_authorities=()))
    assert refusal(cards, cards.pki.person()) == "not-a-card"


def test_test_card_opens_nothing_in_production(cards: Cards) -> None:
    doctor()
    settings.use(replace(settings.current(), environment="production"))
    assert refusal(cards, cards.pki.person()) == "environment test"


def test_revoked_card_opens_nothing(cards: Cards) -> None:
    doctor()
    held = cards.pki.person()
    assert cards.show(held).status_code == 302
    cards.pki.revoke(held, cards.pki.now - timedelta(minutes=5))
    cards.trust()
    answer = cards.show(held)
    assert answer.status_code == 403 and "Cette carte est opposée" in text(answer)
    assert trail("session.refused") == [f"{VISITOR} card revoked"]


def test_card_whose_revocation_cannot_be_known_is_refused_unless_it_is_set_otherwise(cards: Cards) -> None:
    doctor()
    cards.trust(cards.pki.hierarchy.persons.short)
    assert refusal(cards, cards.pki.person()) == "revocation-unknown"
    service.use(replace(service.current(), hard_fail=False))
    assert cards.show(cards.pki.person()).status_code == 302


def test_list_that_only_the_card_names_is_fetched_and_stays_watched(
    cards: Cards, monkeypatch: pytest.MonkeyPatch
) -> None:
    doctor()
    persons = cards.pki.hierarchy.persons
    cards.trust(persons.short)
    asked: list[str] = []

    def fetch(address: str, _allowed: Any, **_more: Any) -> bytes:
        asked.append(address)
        return cards.pki.crl(persons)

    monkeypatch.setattr(crls, "fetch", fetch)
    held = cards.pki.person()
    assert [cards.show(held).status_code for _ in range(2)] == [302, 302]
    assert asked == [cards.pki.hierarchy.addresses.crl(persons.short)]
    assert card_addresses(settings.current()) == tuple(asked)
    assert card_addresses(replace(settings.current(), cards=False)) == ()


def test_header_of_an_undeclared_peer_is_refused(cards: Cards) -> None:
    """This machine too, when it is not named: whoever has a shell there is no proxy."""
    doctor()
    held = cards.pki.person()
    for peer in ("192.0.2.9", "127.0.0.1"):
        assert cards.show(held, peer=peer).status_code == 403
    assert trail("session.refused") == [
        "192.0.2.9 card undeclared-proxy",
        "127.0.0.1 card undeclared-proxy",
    ]


def test_other_pages_do_not_look_at_the_header(cards: Cards) -> None:
    doctor()
    told = quote(cards.pki.person().pem.decode(), safe="")
    answer = browser().get("/compte/", REMOTE_ADDR=PROXY, headers={"x-client-certificate": told})
    assert answer.status_code == 302 and answer["Location"].startswith("/connexion/")


def test_two_certificates_or_something_else_are_refused(cards: Cards) -> None:
    doctor()
    good = quote(cards.pki.person().pem.decode(), safe="")
    forged = (f"{good}, {good}", f"{good}{good}", "A" * 20_000, "%00", "AAAA", cards.pki.person().fingerprint)
    for told in forged:
        assert "chemin prévu" in text(cards.show(told))
    assert {one.rpartition(" ")[2] for one in trail("session.refused")} == {"unreadable"}


def test_no_card_is_told_and_fills_no_trail(cards: Cards) -> None:
    answer = cards.show("")
    assert answer.status_code == 403 and "Aucune carte n’a été présentée" in text(answer)
    assert trail("session.refused") == []


def test_attempts_are_limited(cards: Cards) -> None:
    held, visitor = cards.pki.person(COLLEAGUE), browser()
    told = {"x-client-certificate": quote(held.pem.decode(), safe=""), "x-forwarded-for": VISITOR}
    codes = [visitor.post(HERE, {}, REMOTE_ADDR=PROXY, headers=told).status_code for _ in range(62)]
    assert codes.count(429) == 2 and len(trail("session.refused")) == 60


def test_page_of_elsewhere_cannot_sign_in_whoever_left_a_card(cards: Cards) -> None:
    doctor()
    visitor = Client(enforce_csrf_checks=True, headers={"host": "localhost"})
    assert cards.show(cards.pki.person(), visitor).status_code == 403
    told = {"x-client-certificate": quote(cards.pki.person().pem.decode(), safe="")}
    shown = visitor.get(HERE, REMOTE_ADDR=PROXY, headers=told)
    assert shown.status_code == 200 and not is_in(visitor) and trail("session.open") == []


def test_nothing_is_offered_without_the_setting(cards: Cards) -> None:
    doctor()
    assert f'action="{HERE}"' in browser().get("/connexion/").content.decode()
    service.use(replace(service.current(), offered=False))
    assert HERE not in browser().get("/connexion/").content.decode()
    assert cards.show(cards.pki.person()).status_code == 404


def test_nothing_of_the_holder_goes_to_the_log(cards: Cards, caplog: pytest.LogCaptureFixture) -> None:
    for held in (cards.pki.person(), cards.pki.employee(), cards.pki.person(signs=True)):
        cards.show(held)
    assert caplog.text.count("sign-in by card refused") == 3
    for said in (DOCTOR.identifier, RPPS, DOCTOR.name, EMPLOYEE.name, EMPLOYEE.identifier):
        assert said not in caplog.text and all(said not in one for one in trail("session.refused"))


def test_sensitive_act_is_confirmed_by_the_card_of_the_same_person(cards: Cards) -> None:
    doctor()
    visit = Visit()
    cards.show(cards.pki.person(), visit.here)
    for _ in range(2):
        asked = visit.here.get("/compte/application/")
        assert asked["Location"] == f"{HERE}?next=%2Fcompte%2Fapplication%2F"
        assert "confirmez-le avec votre carte" in text(visit.here.get(asked["Location"]))
        other = cards.show(cards.pki.person(COLLEAGUE), visit.here, next="/compte/application/")
        assert other.status_code == 403
        assert visit.here.get("/compte/application/").status_code == 302
        back = cards.show(cards.pki.person(), visit.here, next="/compte/application/")
        assert back["Location"] == "/compte/application/"
        assert visit.here.get("/compte/application/").status_code == 200
        grown_old(visit)


def test_card_of_another_account_confirms_nothing(cards: Cards) -> None:
    doctor()
    visitor = sign_in(browser(), make_person("c.moreau", "soignant"))
    answer = cards.show(cards.pki.person(), visitor, next="/")
    assert "n’est pas celle de la personne connectée" in text(answer)
    assert trail("session.refused") == [f"{VISITOR} card other-person"]
    assert visitor.get("/compte/application/")["Location"].startswith("/compte/confirmer/")


def test_who_leaves_is_told_what_the_browser_keeps(cards: Cards) -> None:
    doctor()
    visitor = browser()
    cards.show(cards.pki.person(), visitor)
    left = visitor.post("/deconnexion/", follow=True)
    assert "retirez-la du lecteur et fermez toutes les fenêtres" in text(left)


def test_next_leads_nowhere_else(cards: Cards) -> None:
    doctor()
    assert cards.show(cards.pki.person(), next="https://elsewhere.example/")["Location"] == "/"


def test_card_of_an_employee_is_registered_by_an_administrator(cards: Cards, writer: Gate) -> None:
    admin = sign_in(browser(), make_person("root", "administration"))
    employee = make_person("c.agent", "exploitation")
    page = "/reglages/utilisateurs/c.agent/"
    assert cards.show(cards.pki.employee()).status_code == 403
    assert admin.post(f"{page}cartes/", {"holder": EMPLOYEE.identifier})["Location"].startswith(
        "/compte/confirmer/"
    )
    admin.post("/compte/confirmer/", {"password": PASSWORD})
    admin.post(f"{page}cartes/", {"holder": EMPLOYEE.identifier})
    assert EMPLOYEE.identifier in admin.get(page).content.decode()
    visitor = browser()
    assert cards.show(cards.pki.employee(), visitor).status_code == 302
    assert is_in(visitor)
    row = Means.objects.get(user_id=employee.id, kind="card")
    admin.post(f"{page}cartes/retirer/", {"means": row.pk})
    assert not is_in(visitor) and cards.show(cards.pki.employee()).status_code == 403


def test_only_a_card_without_rpps_is_registered_and_for_one_account(cards: Cards, writer: Gate) -> None:
    doctor()
    make_person("c.agent")
    make_person("d.agent")

    def said(username: str, holder: str) -> tuple[bool, str]:
        told = writer.act("user.bind-card", username=username, holder=holder)
        return told.done, told.text_en

    assert said("c.agent", DOCTOR.identifier)[1].startswith("This card bears an RPPS")
    assert said("c.agent", "whatever")[1].startswith("Write the identifier")
    assert said("a.medecin", EMPLOYEE.identifier)[1].startswith("This account has an RPPS")
    assert said("c.agent", EMPLOYEE.identifier)[0]
    assert said("d.agent", EMPLOYEE.identifier) == (False, "This card is the card of another account.")


def test_card_of_an_employee_does_not_open_an_account_with_an_rpps(cards: Cards, writer: Gate) -> None:
    """Else one administrator could lend herself the consultation of a doctor."""
    person = make_person("c.agent", "soignant")
    assert writer.act("user.bind-card", username="c.agent", holder=EMPLOYEE.identifier).done
    User.objects.filter(pk=person.id).update(rpps=RPPS, rpps_bound="psc")
    assert refusal(cards, cards.pki.employee()) == "conflict"


def test_holder_is_told_of_a_card_that_an_administrator_registered(cards: Cards, writer: Gate) -> None:
    """Whoever came with that card does not read it in her place."""
    person = make_person("c.agent", "exploitation")
    sign_in(browser(), person)
    writer.now = time.time_ns() // 1000 - 1_000_000  # each act is a second later
    assert writer.act("user.bind-card", username="c.agent", holder=EMPLOYEE.identifier).done
    other = browser()
    assert cards.show(cards.pki.employee(), other).status_code == 302
    assert "a enregistré une carte" not in text(other.get("/compte/"))
    assert "a enregistré une carte" in text(sign_in(browser(), person).get("/compte/"))
    assert "a enregistré une carte" not in text(sign_in(browser(), person).get("/compte/"))
