"""Which revocation list speaks of which certificate, and for which reasons.

Source: RFC 5280 §6.3.3 (b) to (e), §5.2.4 (deltas), §5.2.5 (scope), §4.2.1.13 (distribution points).
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from ecluse.protocols.x509.certificate import Certificate
from ecluse.protocols.x509.crl import Crl, Scope
from ecluse.protocols.x509.crl_entries import RevokedEntry
from ecluse.protocols.x509.extensions import REASONS, DistributionPoint
from ecluse.protocols.x509.general_names import GeneralName
from ecluse.protocols.x509.names import Name, Rdn, same_name, write_name

ALL_REASONS = frozenset(REASONS[1:])
_EVERYTHING = Scope()


def points_of(certificate: Certificate) -> tuple[DistributionPoint | None, ...]:
    """The distribution points of a certificate, then None: any list of its issuer, wherever it is published."""
    return (*certificate.known.distribution_points, None)


def covers(crl: Crl, point: DistributionPoint | None, certificate: Certificate) -> bool:
    """True when the list is one that this distribution point of the certificate designates (§6.3.3 (b))."""
    scope = crl.scope or _EVERYTHING
    if point is not None and point.crl_issuer:
        if not scope.indirect or not _names_entity(point.crl_issuer, crl.issuer):
            return False
    elif not same_name(crl.issuer, certificate.issuer):
        return False
    if (scope.full_name or scope.relative) and not _same_place(scope, crl.issuer, point, certificate.issuer):
        return False
    if scope.only_attributes or (scope.only_users and certificate.is_authority):
        return False
    return certificate.is_authority or not scope.only_authorities


def reasons_of(crl: Crl, point: DistributionPoint | None) -> frozenset[str]:
    """The reasons that the list covers for this distribution point (§6.3.3 (d))."""
    listed = crl.scope.reasons if crl.scope and crl.scope.reasons is not None else ALL_REASONS
    designated = point.reasons if point is not None and point.reasons is not None else ALL_REASONS
    return listed & designated & ALL_REASONS


def _names_entity(names: Iterable[GeneralName], entity: Name) -> bool:
    return any(one.name is not None and same_name(one.name, entity) for one in names)


def _same_place(scope: Scope, crl_issuer: Name, point: DistributionPoint | None, issuer: Name) -> bool:
    """True when the list's own name is one of those of the distribution point (§6.3.3 (b)(2)(i))."""
    here_names, here = _place(scope.full_name, scope.relative, crl_issuer)
    if point is None:
        return here is not None and same_name(here, issuer)
    if not point.full_name and point.relative is None:
        return any(_same(one, other) for one in here_names for other in point.crl_issuer)
    there_names, there = _place(point.full_name, point.relative, _owner(point, issuer))
    if here is not None and there is not None and same_name(here, there):
        return True
    return any(_same(one, other) for one in here_names for other in there_names)


def _owner(point: DistributionPoint, issuer: Name) -> Name:
    """The entity to which a relative name is relative: who signs the list."""
    return next((one.name for one in point.crl_issuer if one.name is not None), issuer)


def _place(
    full_name: tuple[GeneralName, ...], relative: Rdn | None, entity: Name
) -> tuple[tuple[GeneralName, ...], Name | None]:
    """The general names of a place, and the distinguished name among them."""
    if relative is not None:
        return (), write_name((*entity.rdns, relative))
    return full_name, next((one.name for one in full_name if one.name is not None), None)


def _same(one: GeneralName, other: GeneralName) -> bool:
    if one.name is not None and other.name is not None:
        return same_name(one.name, other.name)
    return one.encoded == other.encoded


def in_force(crl: Crl, at: datetime) -> bool:
    """True when the list, already published, is still the current one; one that promises no successor never is."""
    return crl.next_update is not None and at <= crl.next_update


def published(crl: Crl, at: datetime, skew: timedelta) -> bool:
    """True when the list exists at this instant. skew: how far ahead the clock of its authority may be."""
    return crl.this_update - skew <= at


def completes(delta: Crl, crl: Crl) -> bool:
    """True when the delta completes this list (§5.2.4, §6.3.3 (c)); who signed it is judged elsewhere."""
    if delta.delta_base is None or delta.number is None or crl.number is None:
        return False
    return (
        same_name(delta.issuer, crl.issuer)
        and delta.scope == crl.scope
        and delta.authority_key_id == crl.authority_key_id
        and delta.delta_base <= crl.number < delta.number
    )


def entry_of(crl: Crl, certificate: Certificate) -> RevokedEntry | None:
    """The last entry of the list about this certificate (§6.3.3 (i) and (j)), None when it is not listed."""
    found = None
    for entry in crl.entries.find(certificate.serial):
        if entry.issuer:
            concerned = _names_entity(entry.issuer, certificate.issuer)
        else:
            concerned = same_name(crl.issuer, certificate.issuer)
        found = entry if concerned else found
    return found
