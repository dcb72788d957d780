"""The Annuaire Santé as it is published: the open extraction PS_LibreAcces, and the FHIR API, version 2."""

from ecluse.protocols.annuaire.extraction import (
    ExtractionRefused,
    Layout,
    Row,
    is_activities,
    published,
    read_header,
    read_line,
)
from ecluse.protocols.annuaire.fhir import (
    NotABundle,
    Organization,
    Page,
    Practitioner,
    Role,
    by_finess,
    by_id,
    by_rpps,
    read_page,
    roles_of,
)

__all__ = [
    "ExtractionRefused",
    "Layout",
    "NotABundle",
    "Organization",
    "Page",
    "Practitioner",
    "Role",
    "Row",
    "by_finess",
    "by_id",
    "by_rpps",
    "is_activities",
    "published",
    "read_header",
    "read_line",
    "read_page",
    "roles_of",
]
