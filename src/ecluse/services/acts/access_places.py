"""Acts on establishments (legal entities), their sites (geographic entities) and identification domains."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any
from zoneinfo import available_timezones

from django.db.models import Max

from ecluse.services.acts.access import text
from ecluse.services.acts.outcome import ActRefused, Done, check_unchanged
from ecluse.services.queries import settings
from ecluse.services.receive_message import Intake
from ecluse.services.zones import DEFAULT_ZONE
from ecluse.store.models.access import DomainEstablishment, Establishment, Site
from ecluse.store.senders import DomainRecord

_FINESS = re.compile(r"[0-9A-Z]{9}")
"""Nine characters, the department first, which may be 2A or 2B (référentiel FINESS)."""
_OID = re.compile(r"[0-2](\.(0|[1-9][0-9]*))+")


def add_establishment(intake: Intake, given: dict[str, Any], now: int) -> Done:
    """Declare a legal entity. name; finess: of the entité juridique, or empty."""
    name, finess = text(given, "name"), _finess(given)
    _free(name)
    made = Establishment(id=_next(Establishment), name=name, finess=finess)
    return _done("Établissement", "Establishment", made.id, name, lambda: made.save(force_insert=True))


def edit_establishment(intake: Intake, given: dict[str, Any], now: int) -> Done:
    """Change a legal entity. id, and what `add_establishment` takes: all of it; expected: see `check_unchanged`."""
    found = _establishment(given.get("id"))
    _unchanged(given, settings.establishment(found.id))
    name, finess = text(given, "name"), _finess(given)
    _free(name, found.id)
    found.name, found.finess = name, finess
    return _done("Établissement", "Establishment", found.id, name, lambda: found.save(force_update=True))


def add_site(intake: Intake, given: dict[str, Any], now: int) -> Done:
    """Declare a site. establishment: id; name; finess: of the entité géographique, or empty; zone: IANA time zone."""
    establishment = _establishment(given.get("establishment"))
    name, finess, zone = text(given, "name"), _finess(given), _zone(given)
    _free_site(establishment, name)
    made = Site(id=_next(Site), establishment=establishment, name=name, finess=finess, zone=zone)
    return _done("Site", "Site", made.id, name, lambda: made.save(force_insert=True))


def edit_site(intake: Intake, given: dict[str, Any], now: int) -> Done:
    """Change a site. id, and what `add_site` takes, its establishment aside; expected: see `check_unchanged`."""
    id_ = given.get("id")
    found = Site.objects.filter(id=id_ if isinstance(id_, int) else 0).select_related("establishment").first()
    if found is None:
        raise ActRefused("Site inconnu.", "Unknown site.")
    _unchanged(given, settings.site(found.id))
    name, finess, zone = text(given, "name"), _finess(given), _zone(given)
    _free_site(found.establishment, name, found.id)
    found.name, found.finess, found.zone = name, finess, zone
    return _done("Site", "Site", found.id, name, lambda: found.save(force_update=True))


def add_domain(intake: Intake, given: dict[str, Any], now: int) -> Done:
    """Declare an identification domain. name; oid, or empty; authorities: OIDs or names accepted, empty: its OID, else
    any; foreign: its INS wait for a verification; establishments: ids of those that share it.
    """
    book = intake.senders
    name = text(given, "name")
    if any(one.name == name for one in book.domains.values()):
        raise ActRefused(f"Un domaine se nomme déjà « {name} ».", f"A domain is named “{name}” already.")
    record = _domain_record(given, book.next_domain(), name)
    establishments = _establishments(given)
    book.keep(record)
    return _done("Domaine", "Domain", record.id, name, lambda: _share(record.id, establishments), record.id)


def edit_domain(intake: Intake, given: dict[str, Any], now: int) -> Done:
    """Change a domain. id, and what `add_domain` takes, all of it, its name aside: the listeners of the settings file
    name it. Authorities hold for the messages to come; whether it is foreign, at once. expected: see `check_unchanged`.
    """
    book = intake.senders
    found = book.domains.get(given.get("id", 0))
    if found is None:
        raise ActRefused("Domaine inconnu.", "Unknown domain.")
    _unchanged(given, settings.domain(found.id))
    record = _domain_record(given, found.id, found.name)
    establishments = _establishments(given)
    book.keep(record)
    return _done(
        "Domaine", "Domain", record.id, record.name, lambda: _share(record.id, establishments), record.id
    )


def _unchanged(given: dict[str, Any], now: settings.Settings | None) -> None:
    if now is not None:
        check_unchanged(given, settings.etag(now))


def _done(fr: str, en: str, id_: int, name: str, write: Callable[[], None], domain: int = 0) -> Done:
    return Done(
        f"{fr} « {name} » enregistré.", f"{en} “{name}” kept.", data={"id": id_}, domain=domain, write=write
    )


def _domain_record(given: dict[str, Any], id_: int, name: str) -> DomainRecord:
    oid = text(given, "oid", needed=False)
    if oid and not _OID.fullmatch(oid):
        raise ActRefused(f"« {oid} » n’est pas un OID.", f"“{oid}” is not an OID.")
    listed = given.get("authorities") or ([oid] if oid else [])
    authorities = frozenset(text({"authorities": one}, "authorities") for one in listed)
    return DomainRecord(id_, name, oid, authorities or None, not given.get("foreign", False))


def _share(domain: int, establishments: list[int]) -> None:
    """Write which establishments share a domain. Inside the writer's transaction."""
    kept = set(
        DomainEstablishment.objects.filter(domain_id=domain).values_list("establishment_id", flat=True)
    )
    for one in kept - set(establishments):
        rows = DomainEstablishment.objects.filter(domain_id=domain, establishment_id=one)
        rows._raw_delete(rows.db)
    for one in sorted(set(establishments) - kept):
        DomainEstablishment(domain_id=domain, establishment_id=one).save(force_insert=True)


def _establishments(given: dict[str, Any]) -> list[int]:
    return [_establishment(one).id for one in given.get("establishments") or ()]


def _establishment(id_: Any) -> Establishment:
    found = Establishment.objects.filter(id=id_).first() if isinstance(id_, int) else None
    if found is None:
        raise ActRefused("Établissement inconnu.", "Unknown establishment.")
    return found


def _free(name: str, mine: int = 0) -> None:
    if Establishment.objects.filter(name=name).exclude(id=mine).exists():
        raise ActRefused(
            f"Un établissement se nomme déjà « {name} ».", f"An establishment is named “{name}” already."
        )


def _free_site(establishment: Establishment, name: str, mine: int = 0) -> None:
    if Site.objects.filter(establishment=establishment, name=name).exclude(id=mine).exists():
        raise ActRefused(
            f"Un site de cet établissement se nomme déjà « {name} ».",
            f"A site of this establishment is named “{name}” already.",
        )


def _finess(given: dict[str, Any]) -> str:
    finess = text(given, "finess", needed=False).upper()
    if finess and not _FINESS.fullmatch(finess):
        raise ActRefused(
            f"« {finess} » n’est pas un numéro FINESS : neuf caractères sont attendus.",
            f"“{finess}” is not a FINESS number: nine characters are expected.",
        )
    return finess


def _zone(given: dict[str, Any]) -> str:
    zone = text(given, "zone", 64, needed=False) or DEFAULT_ZONE
    if zone not in available_timezones():
        raise ActRefused(
            f"« {zone} » n’est pas un fuseau horaire connu, par exemple {DEFAULT_ZONE} ou Indian/Reunion.",
            f"“{zone}” is not a known time zone, for example {DEFAULT_ZONE} or Indian/Reunion.",
        )
    return zone


def _next(model: type[Establishment] | type[Site]) -> int:
    """A free id; only the writer makes them."""
    return 1 + (model.objects.aggregate(last=Max("id"))["last"] or 0)
