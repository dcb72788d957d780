"""Who carries a local identifier: its value is known, its authority often is not."""

from __future__ import annotations

from django.db import connection
from django.db.models import Q

from ecluse.rules.identity.identifiers import MATCHING_TYPE
from ecluse.rules.identity.model import key_part
from ecluse.services.queries.presentation import searchable
from ecluse.store.models import Domain, PatientKey

_BETWEEN = f"|{MATCHING_TYPE}|"
_AUTHORITIES = 500
"""With more authorities than that in a store, reading every key is quicker than asking for one key of each.
"""


def carriers(value: str, authority: str | None = None) -> list[str]:
    """Ids of the patients with a matching key of that value, merged ones included. A matricule is none.

    :param authority: OID, or name when it has none; None: any.
    """
    if not value or not searchable(value, authority):
        return []
    exact = f"{_BETWEEN}{key_part(value)}"
    known = _authorities() if authority is None else {key_part(authority)}
    search = Q(key__endswith=exact) if known is None else Q(key__in=[f"{one}{exact}" for one in known])
    rows = PatientKey.objects.filter(search, domain_id__in=Domain.objects.values("id"))
    # The database may compare without case or accents: the identifier is compared again, exactly.
    return sorted({patient for key, patient in rows.values_list("key", "patient") if key.endswith(exact)})


def _ordered_by_bytes() -> bool:
    """Whether the index of keys is in the order of their bytes: on PostgreSQL, when migration 0006 made it so."""
    if connection.vendor == "sqlite":
        return True
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT collname FROM pg_attribute JOIN pg_collation ON pg_collation.oid = attcollation"
            " WHERE attrelid = 'store_patientkey'::regclass AND attname = 'key'"
        )
        found: tuple[str] | None = cursor.fetchone()
    return found == ("C",)


def _authorities() -> set[str] | None:
    """The authorities of all keys, by leaps over the index; None when the database does not order texts by
    bytes.
    """
    if not _ordered_by_bytes():
        return None
    found: set[str] = set()
    for domain in Domain.objects.values_list("id", flat=True):
        after = ""
        keys = PatientKey.objects.filter(domain_id=domain).order_by("key").values_list("key", flat=True)
        while (key := keys.filter(key__gte=after).first()) is not None:
            authority = key.partition(_BETWEEN)[0] if _BETWEEN in key else key.partition("|")[0]
            found.add(authority)
            if len(found) > _AUTHORITIES:
                return None
            # The next key that does not begin with this authority and a bar: the character after the bar is }.
            after = f"{authority}}}"
    return found
