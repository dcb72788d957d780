"""Refusals in groups as people deal with them: owned, noted, muted, resolved until they come back."""

from __future__ import annotations

import re
import time
from html import unescape

import pytest
from django.test import Client

from ecluse.services.index_refusals import catch_up
from ecluse.services.queries.refusal_groups import GroupLine, show
from tests.delivery.console.acted import acting
from tests.delivery.console.conftest import Gateway, SignedIn
from tests.services.feeding import Gate, adt

GAM, LABO = "1-IDN-MSH-9-004", "2-IDN-MSH-9-004"


@pytest.fixture
def gate(gateway: Gateway, monkeypatch: pytest.MonkeyPatch) -> Gate:
    """A writer that has refused the A08 of two senders."""
    found = acting(monkeypatch)
    found.now = time.time_ns() // 1000  # the pages look at the clock of the machine
    found.receive(a08("R1"), a08("R2"), a08("R3", "LABO"))
    return found


def a08(control: str, application: str = "GAM") -> bytes:
    return adt(control=control, application=application).replace(b"ADT^A28^ADT_A05", b"ADT^A08^ADT_A01")


def text(client: Client, address: str, **headers: str) -> str:
    answer = client.get(address, headers=headers)
    assert answer.status_code == 200, (address, answer.status_code)
    return unescape(answer.content.decode())


def kept(group: str, now: int) -> GroupLine:
    catch_up()
    found = show(group, now)
    assert found is not None
    return found.group


def test_groups_are_listed_with_count_sender_and_state(gate: Gate, signed_in: SignedIn) -> None:
    found = text(signed_in("exploitation"), "/rejets/")
    for word in (
        "2 groupes de rejets à traiter, dont 2 sans responsable",
        "A08 est exclu en France",
        "À traiter",
    ):
        assert word in found
    assert found.count(f'href="/rejets/{GAM}/"') == 1 and f'href="/rejets/{LABO}/"' in found
    only = text(signed_in("exploitation"), "/rejets/?emetteur=2", hx_request="true")
    assert "<html" not in only and GAM not in only and LABO in only
    assert "Aucun groupe ne correspond" in text(signed_in("exploitation"), "/rejets/?regle=PAM-PID-5-U")
    assert "Aucun groupe dans cet état" in text(signed_in("exploitation"), "/rejets/?etat=muted")


def test_one_group_tells_its_messages_its_history_and_what_is_like_it(
    gate: Gate, signed_in: SignedIn
) -> None:
    found = text(signed_in("exploitation"), f"/rejets/{GAM}/")
    for word in (
        "Que faire\u00a0?", "Écrire à l’éditeur", "Premier rejet", "Rejets par jour", "PAM France",
        'href="/flux/messages/1/"', 'href="/flux/messages/2/"', f'href="/rejets/{LABO}/"', "Marquer comme résolu",
    ):  # fmt: skip
        assert word in found
    assert 'href="/flux/messages/3/"' not in found
    ids = re.findall(r'\sid="([^"]+)"', found)
    assert len(ids) == len(set(ids))


def test_a_person_takes_care_of_a_group_and_writes_about_it(gate: Gate, signed_in: SignedIn) -> None:
    visitor = signed_in("exploitation")
    assert visitor.post(f"/rejets/{GAM}/confier/", {"moi": "1"})["Location"] == f"/rejets/{GAM}/"
    visitor.post(f"/rejets/{GAM}/noter/", {"note": "Ticket 8812.\r\nRelance le 24."})
    found = text(visitor, f"/rejets/{GAM}/")
    line = kept(GAM, gate.now)
    assert (line.owner, line.note) == ("Claire Moreau", "Ticket 8812.\nRelance le 24.")
    assert "Confié à Claire Moreau" in found and "Je m’en charge" not in found
    assert "dont un sans responsable" in text(visitor, "/rejets/")
    assert LABO not in text(visitor, "/rejets/?responsable=Claire Moreau", hx_request="true")
    visitor.post(f"/rejets/{GAM}/confier/", {"owner": ""})
    assert "Plus de responsable" in text(visitor, f"/rejets/{GAM}/")


def test_a_muted_group_leaves_the_list_until_it_speaks_again(gate: Gate, signed_in: SignedIn) -> None:
    visitor = signed_in("exploitation")
    refused = visitor.post(f"/rejets/{GAM}/sourdine/", {"span": "date", "until": ""})
    assert refused.status_code == 422 and "Choisissez une date" in unescape(refused.content.decode())
    refused = visitor.post(f"/rejets/{GAM}/sourdine/", {"span": "date", "until": "2020-01-01"})
    assert refused.status_code == 422 and "dans moins de 90 jours" in unescape(refused.content.decode())
    assert visitor.post(f"/rejets/{GAM}/sourdine/", {"span": "30d"}).status_code == 302
    assert GAM not in text(visitor, "/rejets/", hx_request="true")
    assert "En sourdine jusqu’au" in text(visitor, f"/rejets/{GAM}/")
    visitor.post(f"/rejets/{GAM}/sourdine/", {"fin": "1"})
    assert GAM in text(visitor, "/rejets/", hx_request="true")


def test_a_resolved_group_comes_back_with_its_next_refusal(gate: Gate, signed_in: SignedIn) -> None:
    visitor = signed_in("exploitation")
    text(visitor, f"/rejets/{GAM}/")
    visitor.post(f"/rejets/{GAM}/resoudre/", {"note": "Version 4.2 installée.", "also": [LABO]})
    assert "Rien à traiter" in text(visitor, "/rejets/")
    assert kept(LABO, gate.now).state == "resolved"
    gate.receive(a08("R9"))
    found = text(visitor, f"/rejets/{GAM}/")
    assert "ce rejet est revenu : un message depuis" in found.replace("\xa0", " ")
    assert "Version 4.2 installée." in found and "Revenu" in found
    assert LABO not in text(visitor, "/rejets/?etat=back", hx_request="true")
    visitor.post(f"/rejets/{GAM}/rouvrir/")
    assert (kept(GAM, gate.now).state, kept(GAM, gate.now).count) == ("open", 3)


def test_another_group_is_not_resolved_by_the_way(gate: Gate, signed_in: SignedIn) -> None:
    visitor = signed_in("exploitation")
    answer = visitor.post(f"/rejets/{GAM}/resoudre/", {"also": ["9-UNKNOWN"]})
    assert answer.status_code == 422
    assert kept(GAM, gate.now).state == "open"


def test_who_may_only_read_messages_decides_nothing(gate: Gate, signed_in: SignedIn) -> None:
    carer = signed_in("soignant")
    assert carer.get("/rejets/").status_code == 403
    for verb in ("confier", "noter", "sourdine", "resoudre", "rouvrir"):
        assert carer.post(f"/rejets/{GAM}/{verb}/").status_code == 403
    assert kept(GAM, gate.now).state == "open"


def test_the_bar_counts_what_waits_and_both_languages_say_it(gate: Gate, signed_in: SignedIn) -> None:
    visitor = signed_in("identitovigilance")
    assert '<span class="count">2</span>' in text(visitor, "/rejets/")
    english = text(visitor, "/rejets/?lang=en")
    assert "2 groups of refusals to deal with, 2 of them without an owner" in english
    assert "Event A08 is excluded in France" in english
