"""What is set and what is not, read from the store: a step is done when its proof is there, not when it was visited."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import gettext as _

from ecluse.services.deployment_view import current
from ecluse.services.queries import journal, senders, settings


@dataclass(frozen=True, slots=True)
class Step:
    """One step. proof: why it is done, or empty: it is not."""

    name: str
    title: str
    proof: str


def steps(tried: str) -> tuple[Step, ...]:
    """The steps in order.

    :param tried: what a trial of the listener gave in this session, or empty.
    """
    return (
        Step("place", _("Établissement et site"), _place()),
        Step("domain", _("Domaine d’identification"), _domain()),
        Step("listener", _("Écouteur MLLP"), tried),
        Step("sender", _("Émetteurs"), _sender()),
        Step("feed", _("Premiers messages"), _feed()),
    )


def first_undone(found: tuple[Step, ...]) -> str:
    """Name of the first step that is not done, or empty."""
    return next((one.name for one in found if not one.proof), "")


def _place() -> str:
    sites = [one for one in settings.sites() if one.finess]
    for place in settings.establishments():
        here = [one for one in sites if one.establishment == place.id]
        if place.finess and here:
            told = {"place": place.name, "finess": place.finess, "site": here[0].name, "geo": here[0].finess}
            return _("%(place)s (FINESS %(finess)s), site %(site)s (%(geo)s).") % told
    return ""


def _domain() -> str:
    """Every domain in which messages arrive is one that says whose its numbers are: another, unused, proves nothing."""
    if incomplete_domains():
        return ""
    used = receiving()
    return " ".join(
        _("%(name)s, OID %(oid)s.") % {"name": one.name, "oid": one.oid}
        for one in settings.domains()
        if one.name in used
    )


def incomplete_domains() -> tuple[str, ...]:
    """Names of the domains in which messages arrive that have no OID, or no establishment."""
    used = receiving()
    return tuple(
        one.name for one in settings.domains() if one.name in used and not (one.oid and one.establishments)
    )


def spare_domains() -> tuple[str, ...]:
    """Names of the domains that are complete, and in which nothing arrives."""
    used = receiving()
    return tuple(one.name for one in settings.domains() if one.oid and one.name not in used)


def receiving() -> frozenset[str]:
    """Names of the domains of the senders; while there is none, of the listeners, which unknown senders enter."""
    found = {one.domain for one in senders.every() if one.status != "refused"}
    if not found:
        known = [one.name for one in settings.domains()]
        named = {one.domain for one in current().listeners} or {""}
        found = {one if one in known else known[0] for one in named if known}
    return frozenset(found)


def _sender() -> str:
    known = senders.every()
    confirmed = [one for one in known if one.status == "confirmed"]
    if not confirmed or any(one.status == "to_confirm" for one in known):
        return ""
    return _("Émetteurs confirmés : %(n)d ; aucun n’attend.") % {"n": len(confirmed)}


def _feed() -> str:
    found = journal.page(journal.Filter(answer="AA", kind="message"), limit=1).lines
    return _("Dernier message accepté : ligne %(seq)d du journal.") % {"seq": found[0].seq} if found else ""
