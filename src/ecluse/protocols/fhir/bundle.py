"""Bundle: the answer to a search, and the history of a resource. Source: HL7 FHIR R4, 2.36 and 3.1.0 (RESTful API)."""

from __future__ import annotations

from collections.abc import Sequence

from ecluse.protocols.fhir import Resource
from ecluse.protocols.fhir.values import without_empty


def searchset(
    base: str,
    matches: Sequence[Resource],
    *,
    self_url: str,
    next_url: str = "",
    total: int | None = None,
    outcome: Resource | None = None,
) -> Resource:
    """The answer to a search.

    :param base: address of the FHIR server, without a slash at its end.
    :param self_url: the search as it was understood; next_url: the following page, or empty.
    :param total: number of matches in all pages, None when it was not counted.
    :param outcome: warnings about the search itself (parameters that were ignored).
    """
    links = [{"relation": "self", "url": self_url}]
    if next_url:
        links.append({"relation": "next", "url": next_url})
    entries: list[Resource] = [
        {"fullUrl": _address(base, one), "resource": one, "search": {"mode": "match"}} for one in matches
    ]
    if outcome is not None:
        entries.append({"resource": outcome, "search": {"mode": "outcome"}})
    found: Resource = {"resourceType": "Bundle", "type": "searchset", "link": links, "entry": entries}
    return without_empty(found if total is None else {**found, "total": total})


def history(
    base: str, versions: Sequence[Resource], *, self_url: str, next_url: str = "", total: int
) -> Resource:
    """The versions of a resource, the latest first."""
    links = [{"relation": "self", "url": self_url}]
    if next_url:
        links.append({"relation": "next", "url": next_url})
    entries = [_version(base, one) for one in versions]
    return without_empty(
        {"resourceType": "Bundle", "type": "history", "total": total, "link": links, "entry": entries}
    )


def _version(base: str, one: Resource) -> Resource:
    number = one["meta"]["versionId"]
    made = number == "1"
    address = f"{one['resourceType']}/{one['id']}"
    return {
        "fullUrl": _address(base, one),
        "resource": one,
        "request": {"method": "POST" if made else "PUT", "url": one["resourceType"] if made else address},
        "response": {
            "status": "201" if made else "200",
            "etag": etag(number),
            "lastModified": one["meta"]["lastUpdated"],
        },
    }


def etag(number: str) -> str:
    """The ETag of a version (HL7 FHIR R4, 3.1.0.1.3)."""
    return f'W/"{number}"'


def _address(base: str, one: Resource) -> str:
    return f"{base}/{one['resourceType']}/{one['id']}"
