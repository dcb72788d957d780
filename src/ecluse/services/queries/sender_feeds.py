"""Senders with what they sent: for the page that says whether each feed is alive."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from ecluse.services.index_refusals import catch_up
from ecluse.services.queries.presentation import moment
from ecluse.services.queries.refusal_groups import Domains
from ecluse.store.models import Domain, Sender
from ecluse.store.models.refusals import RefusalGroup, SenderTally


@dataclass(frozen=True, slots=True)
class SenderFeed:
    """A sender and its messages so far. listener: empty when declared for every listener; status, policy: see
    `store.models.Sender`; accepted, refused, rejected: lines answered AA, AE, AR; last_seq, last_at: of its last line,
    null when it sent nothing; settled: a message was integrated, so it can no longer change its domain; groups: groups
    of refusals that are not resolved. Times are ISO 8601 in UTC.
    """

    id: int
    application: str
    facility: str
    listener: str
    domain: str
    status: str
    policy: str
    timezone: str
    certificates: tuple[str, ...]
    first_seen: str
    accepted: int
    refused: int
    rejected: int
    last_seq: int | None
    last_at: str | None
    settled: bool
    groups: int

    @property
    def name(self) -> str:
        """MSH-3 / MSH-4."""
        return f"{self.application} / {self.facility}"


def every(domains: Domains = None) -> tuple[SenderFeed, ...]:
    """The senders within reach, those to confirm first, then those that sent last."""
    catch_up()
    rows = Sender.objects.select_related("domain")
    if domains is not None:
        rows = rows.filter(domain_id__in=domains)
    order = {"to_confirm": 0, "confirmed": 1, "refused": 2}
    feeds = _feeds(rows)
    return tuple(sorted(feeds, key=lambda one: (order.get(one.status, 3), -(one.last_seq or 0), one.id)))


def find(sender: int, domains: Domains = None) -> SenderFeed | None:
    """A sender within reach."""
    rows = Sender.objects.select_related("domain").filter(id=sender)
    if domains is not None:
        rows = rows.filter(domain_id__in=domains)
    catch_up()
    found = _feeds(rows)
    return found[0] if found else None


def names(domains: Domains = None) -> tuple[tuple[int, str], ...]:
    """Ids and names of the senders within reach, by name."""
    rows = Sender.objects.all() if domains is None else Sender.objects.filter(domain_id__in=domains)
    found = rows.values_list("id", "application", "facility")
    return tuple(sorted(((one, f"{app} / {place}") for one, app, place in found), key=lambda one: one[1]))


def domain_names(domains: Domains = None) -> tuple[str, ...]:
    """Names of the domains within reach."""
    rows = Domain.objects.all() if domains is None else Domain.objects.filter(id__in=domains)
    return tuple(rows.order_by("id").values_list("name", flat=True))


def _feeds(rows: Iterable[Sender]) -> list[SenderFeed]:
    senders = list(rows)
    ids = [one.id for one in senders]
    tallies = {one.sender: one for one in SenderTally.objects.filter(sender__in=ids)}
    groups: dict[int, int] = {}
    unresolved = RefusalGroup.objects.filter(sender__in=ids).exclude(resolved__gt=0, since=0)
    for sender in unresolved.values_list("sender", flat=True):
        groups[sender] = groups.get(sender, 0) + 1
    return [_feed(one, tallies.get(one.id), groups.get(one.id, 0)) for one in senders]


def _feed(row: Sender, tally: SenderTally | None, groups: int) -> SenderFeed:
    return SenderFeed(
        id=row.id,
        application=row.application,
        facility=row.facility,
        listener=row.listener,
        domain=row.domain.name,
        status=row.status,
        policy=row.policy,
        timezone=row.zone,
        certificates=tuple(row.certificates.split()),
        first_seen=moment(row.first_seen),
        accepted=tally.accepted if tally else 0,
        refused=tally.refused if tally else 0,
        rejected=tally.rejected if tally else 0,
        last_seq=tally.last_seq if tally else None,
        last_at=moment(tally.last_at) if tally else None,
        settled=tally is not None and tally.accepted > 0,
        groups=groups,
    )
