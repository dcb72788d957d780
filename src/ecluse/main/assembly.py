"""Put the rooms together for one process: configuration to ports, intake, acts and chores."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from ecluse.main.certificates import certificate_chores
from ecluse.main.configuration import Configuration
from ecluse.main.directory import forgetting

if TYPE_CHECKING:
    from ecluse.delivery.worker.engines import Engine
    from ecluse.delivery.worker.loop import Chore
    from ecluse.services.intake_settings import IntakeSettings
    from ecluse.services.publish_events import PublishSettings
    from ecluse.services.purge_journal import Retention
    from ecluse.services.receive_message import Intake
    from ecluse.services.wire import Act, ActResult


def write_configuration(configuration: Configuration) -> bytes:
    """A configuration as one line."""
    return msgspec.json.encode(configuration, enc_hook=str) + b"\n"


def read_configuration(line: bytes) -> Configuration:
    """The configuration in a line of `write_configuration`."""

    def path(kind: type[Any], value: Any) -> Any:
        return Path(value)

    return msgspec.json.decode(line, type=Configuration, dec_hook=path)


def intake_settings(configuration: Configuration, domains: dict[str, int]) -> IntakeSettings:
    """Settings of the intake. `domains`: identification domains by name; an unnamed listener uses the first."""
    from ecluse.services.intake_settings import IntakeSettings, ListenerRule

    rules = configuration.rules
    return IntakeSettings(
        environment=configuration.environment,
        known_patient_creation=rules.known_patient_creation,
        require_strict_traits=rules.require_strict_traits,
        require_authority=rules.require_authority,
        unvalidated_update=rules.unvalidated_update,
        wrong_key=rules.wrong_key,
        other_environment_oid=rules.other_environment_oid,
        known_release=rules.release,
        max_identifiers=rules.max_identifiers,
        stays_update_identity=rules.stays_update_identity,
        unknown_movement_update=rules.unknown_movement_update,
        unknown_movement_cancel=rules.unknown_movement_cancel,
        other_event_cancel=rules.other_event_cancel,
        future_movement=rules.future_movement_hours * 3_600_000_000,
        duplicate_window=rules.duplicate_window_hours * 3_600_000_000,
        minimum_free=configuration.minimum_free_bytes,
        folder=str(configuration.data),
        listeners={
            one.name: ListenerRule(
                domains.get(one.domain, 1),
                one.unknown_senders or "to_confirm",
                one.timezone,
                one.mutual,
            )
            for one in configuration.listeners
        },
    )


def intake(
    configuration: Configuration, standby: Callable[[], object] = lambda: None
) -> tuple[Intake, Callable[[Act, int], ActResult]]:
    """The intake of this store and the acts an operator may ask of it; waits for the writer's place on PostgreSQL.

    :param standby: called when another node has that place, before waiting for it.
    """
    from ecluse.services.acts import perform
    from ecluse.services.receive_message import Intake
    from ecluse.store.ledger import Ledger
    from ecluse.store.senders import SenderBook
    from ecluse.store.wal import WalKeeper
    from ecluse.store.writer_place import take_writer_place

    take_writer_place(standby=standby)
    senders = SenderBook()
    names = {domain.name: domain.id for domain in senders.domains.values()}
    wal = None if configuration.database_url else WalKeeper(configuration.data / "ecluse.db")
    one = Intake(Ledger(turn(configuration), wal=wal), senders, intake_settings(configuration, names))
    return one, lambda act, now: perform(one, act, now)


def turn(configuration: Configuration) -> Any:
    """The lock held for the length of a write transaction (SQLite only)."""
    from ecluse.store.turn import Turn

    return Turn(None if configuration.database_url else configuration.run / "turn")


def chores(configuration: Configuration) -> list[Chore]:
    """What the worker does by the clock."""
    from ecluse.delivery.worker.loop import Chore
    from ecluse.services.access_replay import forget_old
    from ecluse.services.accounts.sessions import forget_expired
    from ecluse.services.write_checkpoint import write_checkpoint

    def checkpoint(now: float) -> None:
        write_checkpoint(configuration.data, secrets_folder(configuration), int(now * 1_000_000))

    def forget_sessions(now: float) -> None:
        forget_expired(datetime.fromtimestamp(now, UTC))

    def forget_keys(now: float) -> None:
        forget_old(int(now * 1_000_000))

    return [
        Chore("checkpoint", 3600.0, checkpoint),
        _sealing(configuration),
        _births(configuration),
        *_worklists(configuration),
        _forgetting(configuration),
        _purged(),
        _refusals(configuration),
        Chore("keys", 3600.0, forget_keys),
        Chore("sessions", 3600.0, forget_sessions),
        forgetting(configuration),
        *_retention(configuration),
        *certificate_chores(configuration),
    ]


def _sealing(configuration: Configuration) -> Chore:
    """The seal of the access trail, every minute in which something was written."""
    from ecluse.delivery.worker.loop import Chore
    from ecluse.services.seal_trail import TrailSealer

    sealer = TrailSealer(configuration.run / "writer.sock")

    def seal(now: float) -> None:
        sealer.run()

    return Chore("seal", 60.0, seal)


def _births(configuration: Configuration) -> Chore:
    """The index of birth dates, kept so near to the journal that a search has little left to read."""
    from ecluse.delivery.worker.loop import Chore
    from ecluse.services.index_births import catch_up
    from ecluse.store.access_turn import use_turn

    use_turn(turn(configuration))

    def index(now: float) -> None:
        catch_up()

    return Chore("births", 2.0, index)


def _worklists(configuration: Configuration) -> list[Chore]:
    """The stays still open and the patients that may be one person, kept so near to the journal that no page waits."""
    from ecluse.delivery.worker.loop import Chore
    from ecluse.services import index_stays, index_suspects
    from ecluse.store.access_turn import use_turn

    use_turn(turn(configuration))

    def stays(now: float) -> None:
        index_stays.catch_up(goes=10)
        index_stays.drop_past(int(now * 1_000_000))

    def suspects(now: float) -> None:
        index_suspects.catch_up(goes=10)

    return [Chore("stays", 2.0, stays), Chore("suspects", 3.0, suspects)]


def _forgetting(configuration: Configuration) -> Chore:
    """The purge of old events of the feed."""
    from ecluse.delivery.worker.loop import Chore
    from ecluse.services.publish_events_purge import purge_events

    mine = turn(configuration)
    days = configuration.events.keep_days

    def forget(now: float) -> None:
        purge_events(mine, days, int(now * 1_000_000))

    return Chore("events", 300.0, forget)


def _purged() -> Chore:
    """What was written down of purged patients after their purge."""
    from ecluse.delivery.worker.loop import Chore
    from ecluse.services.leave_list import forget_late

    def forget(now: float) -> None:
        forget_late()

    return Chore("purged", 60.0, forget)


def _refusals(configuration: Configuration) -> Chore:
    """The groups of refusals and the tallies of the senders, kept so near to the journal that no page waits."""
    from ecluse.delivery.worker.loop import Chore
    from ecluse.services.index_refusals import catch_up
    from ecluse.store.access_turn import use_turn

    use_turn(turn(configuration))

    def index(now: float) -> None:
        catch_up()

    return Chore("refusals", 1.0, index)


def publisher(configuration: Configuration) -> Engine:
    """What the worker does all the time."""
    from ecluse.delivery.worker.engines import Engine
    from ecluse.services.publish_events import Publisher

    return Engine("publisher", Publisher(turn(configuration), publish_settings(configuration)).run)


def figures(configuration: Configuration) -> Engine:
    """What the worker counts, day after day."""
    from ecluse.delivery.worker.engines import Engine
    from ecluse.services.figures import FigureKeeper
    from ecluse.store.access_turn import use_turn

    use_turn(turn(configuration))
    rules = configuration.rules
    keeper = FigureKeeper(
        configuration.environment,
        require_strict_traits=rules.require_strict_traits,
        wrong_key=rules.wrong_key,
    )
    return Engine("figures", keeper.run)


def deliverer(configuration: Configuration) -> Engine:
    """What the deliverer does all the time."""
    import uvloop

    from ecluse.delivery.worker.engines import Engine
    from ecluse.services.deliveries.engine import Deliverer
    from ecluse.services.deliveries.workshop import DeliverySettings, workshop
    from ecluse.store.access_turn import use_turn

    use_turn(turn(configuration))
    rules, deliveries = configuration.rules, configuration.deliveries
    settings = DeliverySettings(
        environment=configuration.environment,
        secrets=secrets_folder(configuration),
        require_strict_traits=rules.require_strict_traits,
        wrong_key=rules.wrong_key,
        allowed_networks=deliveries.allowed_networks,
        authorities=deliveries.authorities,
    )
    one = Deliverer(workshop(settings), lambda: time.time_ns() // 1000, uvloop.new_event_loop)
    return Engine("deliveries", one.run)


def publish_settings(configuration: Configuration) -> PublishSettings:
    """The settings that decide whether an INS is told usable."""
    from ecluse.services.publish_events import PublishSettings

    rules = configuration.rules
    return PublishSettings(configuration.environment, rules.require_strict_traits, rules.wrong_key)


PURGES = 100
"""Acts per category of one run of the chore: what is left waits for the next one, and so do the other chores."""


def _retention(configuration: Configuration) -> list[Chore]:
    """The purge of every day, when the settings ask for one. Days are whole: after the first runs of a day have done
    it, the others of that day find nothing.
    """
    from ecluse.delivery.worker.loop import Chore
    from ecluse.services.purge_daily import DailyPurge

    days, access_days = retention(configuration), configuration.retention.access_days
    if not any(days) and not access_days:
        return []
    place = (configuration.data, secrets_folder(configuration))
    daily = DailyPurge(days, place, configuration.run / "writer.sock", PURGES, access_days)
    return [Chore("retention", 300.0, lambda now: daily.run(int(now * 1_000_000)))]


def retention(configuration: Configuration) -> Retention:
    """For how long each category is kept."""
    from ecluse.services.purge_journal import Retention

    kept = configuration.retention
    return Retention(messages=kept.raw_messages_days, unreadable=kept.unreadable_days)


def secrets_folder(configuration: Configuration) -> Path:
    """Folder of the keys, outside the data folder."""
    if configuration.secrets:
        return Path(configuration.secrets).expanduser()
    return Path("~/.config/ecluse/secrets").expanduser()
