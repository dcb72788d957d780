"""Senders recognised by their client certificates: whose a frame is, and who pretends (design: identity model)."""

from __future__ import annotations

import json

import pytest
from django.db import connection

from ecluse.services.certificates import Certificate
from ecluse.services.intake_settings import ListenerRule
from ecluse.services.queries.patients import PatientReader
from ecluse.services.queries.senders import find
from ecluse.services.read_frame import Received
from ecluse.services.rebuild_states import compare_states
from tests.services.feeding import Gate, adt, assert_sound, findings, journal, rows

pytestmark = pytest.mark.usefixtures("store")

GAM = {"application": "GAM", "facility": "VALMONT"}
LGC = {"application": "LGC", "facility": "CABINET"}
CABINET = {"domain": "cabinet", "domain_oid": "1.2.250.1.999.7.1"}
FIRST, NEXT, OTHER = "a1" * 32, "b2" * 32, "c3" * 32


def gate() -> Gate:
    return Gate(listeners={"main": ListenerRule(mutual_tls=True), "plain": ListenerRule()})


def by(desk: Gate, certificate: str, message: bytes) -> Received:
    """A message that comes by a connection with a certificate."""
    return desk.read(message)._replace(certificate=Certificate(certificate, "CN=gam"))


def bound(*certificates: str) -> Gate:
    """GAM, recognised by certificates."""
    desk = gate()
    assert desk.act("sender.add", **GAM, certificates=list(certificates)).done
    return desk


def test_a_bound_sender_is_admitted_with_its_certificate() -> None:
    desk = bound(f"sha256:{FIRST}")
    assert desk.codes(by(desk, FIRST, adt())) == ["AA"]
    assert "SRV-SND" not in findings(2)
    details = json.loads(bytes(rows("SELECT details FROM store_journalentry WHERE seq = 2")[0][0]))
    assert (details["certificate"], details["subject"]) == (FIRST, "CN=gam")
    assert_sound()


@pytest.mark.parametrize("certificate", ["", OTHER], ids=["without certificate", "with another"])
def test_whoever_takes_its_name_is_refused_and_changes_nothing(certificate: str) -> None:
    desk = bound(FIRST)
    assert desk.codes(by(desk, FIRST, adt())) == ["AA"]
    forged = adt("A31", "C2", name="AUTRE")
    assert desk.codes(by(desk, certificate, forged) if certificate else forged) == ["AR 207"]
    assert "SRV-SND-005" in findings(3)
    assert rows("SELECT sender_id FROM store_journalentry WHERE seq = 3") == [(None,)]
    (patient,) = PatientReader("test").by_identifier("7001")
    assert patient.traits.birth_name == "BRIAND"
    assert_sound()


def test_its_name_is_nobody_else_s_on_another_listener() -> None:
    desk = gate()
    desk.act("sender.add", **GAM, listener="main", certificates=[FIRST])
    assert desk.codes(desk.read(adt())._replace(listener="plain")) == ["AR 207"]
    assert len(rows("SELECT id FROM store_sender")) == 1


def test_an_answer_under_its_name_is_not_kept_as_its_own() -> None:
    desk = bound(FIRST)
    desk.receive(adt(application="GAM").replace(b"ADT^A28^ADT_A05", b"ACK^A28^ACK"))
    assert journal()[-1][0] == "ack"
    assert rows("SELECT sender_id FROM store_journalentry WHERE seq = 2") == [(None,)]


def test_a_certificate_goes_before_msh_3_and_msh_4() -> None:
    desk = gate()
    desk.act("sender.add", **LGC, **CABINET, certificates=[FIRST])
    assert desk.codes(by(desk, FIRST, adt(application="TEST"))) == ["AA"]
    (patient,) = PatientReader("test").by_identifier("7001")
    assert patient.domain.name == "cabinet"
    (note,) = [one for one in json.loads(findings(2)) if one[0] == "SRV-SND-004"]
    assert note[3:] == ["TEST / VALMONT", "LGC / CABINET"]
    assert len(rows("SELECT id FROM store_sender")) == 1, "TEST was not registered"
    assert_sound()


def test_senders_that_share_a_certificate_are_told_apart_by_their_names() -> None:
    desk = bound(FIRST)
    desk.act("sender.add", **LGC, **CABINET, certificates=[FIRST])
    sent = [
        by(desk, FIRST, adt()),
        by(desk, FIRST, adt(application="LGC", facility="CABINET", control="L1")),
        by(desk, FIRST, adt(application="TEST", control="T1")),
    ]
    assert desk.codes(*sent) == ["AA", "AA", "AR 207"]
    assert rows("SELECT sender_id FROM store_journalentry WHERE kind = 'message' ORDER BY seq") == [
        (1,), (2,), (None,)
    ]  # fmt: skip
    assert "SRV-SND-006" in findings(5)
    assert_sound()


def test_a_certificate_bound_to_nobody_proves_nothing() -> None:
    desk = gate()
    desk.act("sender.add", **LGC, certificates=[FIRST])
    assert desk.codes(by(desk, OTHER, adt())) == ["AA"]
    assert rows("SELECT status FROM store_sender ORDER BY id") == [("confirmed",), ("to_confirm",)]
    assert "SRV-SND-003" in findings(2)


def test_a_certificate_is_renewed_without_a_message_refused() -> None:
    desk = bound(FIRST)
    desk.act("sender.add", **GAM, certificates=[NEXT])
    assert find("GAM", "VALMONT")[0].certificates == (FIRST, NEXT)
    assert desk.codes(by(desk, FIRST, adt()), by(desk, NEXT, adt("A31", "C2"))) == ["AA", "AA"]
    done = desk.act("sender.forget", **GAM, certificates=[FIRST])
    assert done.done and "son certificat client" in done.text_fr
    assert desk.codes(by(desk, FIRST, adt("A31", "C3")), by(desk, NEXT, adt("A31", "C4"))) == ["AR 207", "AA"]
    assert_sound()


def test_a_sender_without_any_certificate_left_is_recognised_by_its_name_and_it_is_said() -> None:
    desk = bound(FIRST)
    done = desk.act("sender.forget", **GAM, certificates=[FIRST])
    assert (
        done.done
        and "MSH-3 et MSH-4 suffisent" in done.text_fr
        and "MSH-3 and MSH-4 are enough" in done.text_en
    )
    assert desk.codes(adt()) == ["AA"]
    assert_sound()


def test_what_cannot_be_bound_or_forgotten_is_refused() -> None:
    desk = bound(FIRST)
    assert not desk.act("sender.forget", **GAM, certificates=[OTHER]).done
    assert not desk.act("sender.forget", **GAM, certificates=[FIRST, OTHER]).done
    assert not desk.act("sender.forget", **GAM, certificates=[]).done
    assert not desk.act("sender.forget", **LGC, certificates=[FIRST]).done
    for wrong in ("sha256:abc", "d4" * 20, FIRST + "00", 7):
        assert not desk.act("sender.add", **GAM, certificates=[wrong]).done
    refused = desk.act("sender.add", **LGC, listener="plain", certificates=[FIRST])
    assert not refused.done and "tls_client_ca" in refused.text_fr and "tls_client_ca" in refused.text_en
    assert [one.certificates for one in find("GAM", "VALMONT")] == [(FIRST,)]


def test_declared_again_for_one_listener_it_keeps_its_protection() -> None:
    desk = bound(FIRST)
    desk.act("sender.add", **GAM, listener="main", policy="strict")
    assert desk.codes(adt()) == ["AR 207"]
    assert desk.codes(by(desk, FIRST, adt(control="C2"))) == ["AA"]


@pytest.mark.parametrize(
    "change", [f"certificates = '{OTHER}'", "certificates = ''", "zone = 'Indian/Reunion'"]
)
def test_a_certificate_changed_behind_the_journal_is_told(change: str) -> None:
    desk = bound(FIRST)
    desk.codes(by(desk, FIRST, adt()))
    assert_sound()
    with connection.cursor() as cursor:
        cursor.execute(f"UPDATE store_sender SET {change}")
    (found,) = compare_states().differences
    assert (found.what, found.how) == ("sender", "different")


def test_one_added_to_a_sender_that_only_came_is_told() -> None:
    desk = gate()
    desk.codes(adt())
    with connection.cursor() as cursor:
        cursor.execute(f"UPDATE store_sender SET certificates = '{OTHER}'")
    assert [(one.what, one.how) for one in compare_states().differences] == [("sender", "different")]
