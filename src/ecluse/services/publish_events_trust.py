"""Who vouched for an INS at each line of the journal: senders and domains, as the lines tell them (`store.trust`)."""

from __future__ import annotations

from typing import Any, NamedTuple

import msgspec

from ecluse.services.queries.standing import Vouching
from ecluse.store.outbox import Trusted
from ecluse.store.senders import SenderRecord
from ecluse.store.trust import DEFAULT_DOMAIN

_MARKS = (b'"senders"', b'"domains"')
_decode = msgspec.json.Decoder(dict[str, Any]).decode


class Shift(NamedTuple):
    """Whose patients a line may have given another standing: senders that vouch or no longer do, domains."""

    senders: list[str]
    domains: list[int]


def read(trusted: Trusted, details: bytes) -> tuple[Trusted, Shift | None]:
    """Senders and domains after a line, and whose patients it concerns; None: nobody's.

    A sender or a domain seen for the first time has given no INS yet.

    :param details: of the journal line (JSON).
    """
    if not any(mark in details for mark in _MARKS):
        return trusted, None
    told = _decode(details)
    senders, confirmed, domains = dict(trusted.senders), set(trusted.confirmed), dict(trusted.domains)
    shift = Shift([], [])
    for row in told.get("senders", ()):
        one = SenderRecord(*row)
        id_ = str(one.id)
        before = id_ in confirmed and senders[id_]
        (confirmed.add if one.status == "confirmed" else confirmed.discard)(id_)
        after = id_ in confirmed and one.domain
        if id_ in senders and before != after:
            shift.senders.append(id_)
        senders[id_] = one.domain
    for domain, _, _, _, own in told.get("domains", ()):
        if domain in domains and domains[domain] != own:
            shift.domains.append(domain)
        domains[domain] = own
    return Trusted(senders, sorted(confirmed), domains), shift if any(shift) else None


def start() -> Trusted:
    """Before the first line: the default domain, and nobody."""
    return Trusted(domains={DEFAULT_DOMAIN.id: DEFAULT_DOMAIN.own})


def vouches(trusted: Trusted) -> Vouching:
    """The same, to work out standings."""
    own = frozenset(one for one, ours in trusted.domains.items() if ours)
    return Vouching({one: trusted.senders[one] for one in trusted.confirmed}, own)
