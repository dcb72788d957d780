"""What machines read: alive, ready, and the numbers."""

from __future__ import annotations

from dataclasses import replace

import pytest
from prometheus_client.parser import text_string_to_metric_families

from ecluse.delivery.console.metrics import admitted, family
from ecluse.delivery.console.settings import current, use
from tests.conftest import NOW
from tests.delivery.console.conftest import Gateway
from tests.store.writing import Writer


def samples(gateway: Gateway) -> dict[str, float]:
    """Metrics by name and labels, as Prometheus reads them."""
    answer = gateway.browser.get("/metrics")
    assert answer.status_code == 200
    assert answer["Content-Type"].startswith("text/plain; version=0.0.4")
    found = {}
    for one in text_string_to_metric_families(answer.content.decode()):
        assert one.documentation
        assert one.type in ("gauge", "counter")
        for sample in one.samples:
            found[sample.name + "".join(f" {value}" for value in sample.labels.values())] = sample.value
    return found


def test_alive_says_ok(gateway: Gateway) -> None:
    """Plain text, for a probe."""
    answer = gateway.browser.get("/health/live")
    assert (answer.status_code, answer.content) == (200, b"ok")
    assert answer["Content-Type"].startswith("text/plain")


def test_ready_when_everything_works(gateway: Gateway) -> None:
    """Database, writer and disk."""
    answer = gateway.browser.get("/health/ready")
    assert (answer.status_code, answer.json()) == (
        200,
        {"ready": True, "problems": [], "events": {"lag_lines": 0, "lag_seconds": 0.0}},
    )


def test_not_ready_when_the_writer_is_gone(gateway: Gateway) -> None:
    """Alive all the same: restarting this process would mend nothing."""
    gateway.writer_leaves()
    answer = gateway.browser.get("/health/ready")
    assert answer.status_code == 503
    assert [one["check"] for one in answer.json()["problems"]] == ["writer"]
    assert gateway.browser.get("/health/live").status_code == 200
    assert samples(gateway)["ecluse_up"] == 0


def test_not_ready_when_the_disk_is_full(gateway: Gateway) -> None:
    """The writer answers AR 207 then: the probe says why."""
    use(replace(current(), minimum_free_bytes=1 << 62))
    answer = gateway.browser.get("/health/ready")
    assert [one["check"] for one in answer.json()["problems"]] == ["disk"]


def test_not_ready_without_the_database(gateway: Gateway) -> None:
    """A missing store is seen, even where SQLite would make an empty one."""
    from django.db import connection

    connection.close()
    (gateway.store.data / "ecluse.db").unlink()
    answer = gateway.browser.get("/health/ready")
    assert answer.status_code == 503
    assert [one["check"] for one in answer.json()["problems"]] == ["database"]
    assert samples(gateway)["ecluse_ready database"] == 0


def test_the_metrics_follow_the_journal(gateway: Gateway) -> None:
    """Counted again after each message, without counting the journal again."""
    writer = Writer(sender="to_confirm")
    writer.message()
    assert samples(gateway)["ecluse_messages_total AA"] == 1
    writer.message(answer="AE", code="101")
    writer.message(answer="", kind="unreadable")
    writer.message(answer="", kind="act")
    found = samples(gateway)
    assert found["ecluse_messages_total AA"] == 1
    assert found["ecluse_messages_total AE"] == 1
    assert found["ecluse_messages_total none"] == 1
    assert found["ecluse_journal_seq"] == 4
    assert (found["ecluse_events_cursor"], found["ecluse_events_journal_seq"]) == (0, 0)
    assert found["ecluse_events_lag_lines"] == 4
    assert found["ecluse_events_lag_seconds"] > 0
    assert found["ecluse_senders_to_confirm"] == 1
    assert found["ecluse_up"] == 1
    assert found["ecluse_database_bytes"] > 0
    assert found["ecluse_last_message_timestamp_seconds"] == 1_795_000_003
    assert found["ecluse_identities qualifiee"] == 0
    assert (found["ecluse_identities_waiting collision"], found["ecluse_identities_colliding"]) == (0, 0)


def test_the_metrics_tell_each_subscriber_by_its_id(gateway: Gateway) -> None:
    """A name may be somebody's: only the id and the kind are given."""
    from ecluse.store.models.deliveries import PendingDelivery, Subscriber

    Writer().message()
    assert not [name for name in samples(gateway) if "subscriber" in name]
    values = {"name": "Docteur Morel", "target": "10.0.0.1:2575", "options": b"{}", "created": NOW}
    Subscriber.objects.create(
        id="sub_1", kind="relay", status="active", position=0, failures=5, until=NOW, **values
    )
    for position in (1, 2):
        PendingDelivery.objects.create(
            subscriber="sub_1",
            position=position,
            keys=b"[]",
            attempts=1,
            next_at=0,
            since=1,
            parked=position == 1,
        )
    found = {name: value for name, value in samples(gateway).items() if "subscriber" in name}
    assert found == {
        "ecluse_subscriber_behind sub_1 relay": 1,
        "ecluse_subscriber_waiting sub_1 relay": 2,
        "ecluse_subscriber_parked sub_1 relay": 1,
        "ecluse_subscriber_circuit_open sub_1 relay": 1,
        "ecluse_subscriber_active sub_1 relay": 1,
    }
    assert "Morel" not in gateway.browser.get("/metrics").content.decode()


@pytest.mark.parametrize(
    ("peer", "networks", "expected"),
    [
        ("127.0.0.1", (), True),
        ("::1", (), True),
        ("::ffff:127.0.0.1", (), True),
        ("10.1.9.4", (), False),
        ("10.1.9.4", ("10.1.9.0/24",), True),
        ("10.1.10.4", ("10.1.9.0/24",), False),
        ("fe80::1%eth0", ("fe80::/10",), True),
        ("", (), False),
    ],
)
def test_who_may_read_the_metrics(peer: str, networks: tuple[str, ...], expected: bool) -> None:
    """This machine, and the networks of `metrics_peers`."""
    assert admitted(peer, networks) is expected


def test_others_are_told_which_setting_admits_them(gateway: Gateway) -> None:
    """403, in the look of the pages."""
    answer = gateway.browser.get("/metrics", REMOTE_ADDR="10.1.9.4")
    assert answer.status_code == 403
    assert "metrics_peers" in answer.content.decode()


def test_labels_are_escaped() -> None:
    """Exposition format 0.0.4: backslash, double quote and line feed."""
    text = family("x", "gauge", "A value.", [({"a": 'b"\\\n'}, 1.5)])
    (parsed,) = text_string_to_metric_families(text)
    assert parsed.samples[0].labels == {"a": 'b"\\\n'}
    assert parsed.samples[0].value == 1.5
