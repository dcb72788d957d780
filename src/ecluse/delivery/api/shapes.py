"""The forms of what clients send and receive that are not those of the services."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, Literal

from ninja import Schema
from pydantic import (
    AfterValidator,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    StringConstraints,
    Tag,
)
from pydantic_core import PydanticCustomError

from ecluse.services.queries.demographics import Demographics
from ecluse.services.queries.documents import (
    DomainDocument,
    HistoryLine,
    IdentifierDocument,
    InsDocument,
    LinkDocument,
    PatientDocument,
    Reason,
    TraitsDocument,
)

Text = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f-\x9f]+$")]
"""A short text without control characters."""
Matricule = Annotated[str, StringConstraints(pattern=r"^ *[0-9](?: ?[0-9ABab]){12,14} *$", max_length=40)]
"""Thirteen characters, or fifteen with the key; blanks between them are left aside."""
Oid = Annotated[str, StringConstraints(pattern=r"^[0-2](?:\.(?:0|[1-9][0-9]*)){1,40}$", max_length=128)]
BirthDate = Annotated[str, StringConstraints(pattern=r"^[0-9]{4}(?:-[0-9]{2}(?:-[0-9]{2})?)?$")]
"""AAAA-MM-JJ, AAAA-MM or AAAA, as precise as it was received; not always a date of the calendar."""


def _three(letters: str) -> str:
    if len(letters) > 3:
        raise PydanticCustomError("three_letters", "three letters at most")
    return letters


Letters = Annotated[
    str,
    StringConstraints(min_length=1, pattern=r"^[^\x00-\x1f\x7f-\x9f]+$"),
    AfterValidator(_three),
    Field(json_schema_extra={"maxLength": 3}),
]
"""The first letters of a name: three at most (guide d'implémentation INS, EXI ID 17)."""
Cursor = Annotated[str, StringConstraints(min_length=1, max_length=400, pattern=r"^[A-Za-z0-9_-]+$")]
Limit = Annotated[int, Field(ge=1, le=100)]
Moment = Annotated[
    str,
    StringConstraints(
        pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,6})?(Z|[+-][0-9]{2}:[0-9]{2})$"
    ),
]
"""ISO 8601 with its zone."""


class Sent(Schema):
    """A body: what is not known is refused."""

    model_config = ConfigDict(extra="forbid")


class ByIns(Sent):
    """Search by INS. ins_oid: OID of the assigning authority, null: any of the environment."""

    ins: Matricule
    ins_oid: Oid | None = None


class ByIdentifier(Sent):
    """Search by local identifier. authority: name or OID of the assigning authority, null: any."""

    identifier: Text
    authority: Text | None = None


class ByTraits(Sent):
    """Search by traits: birth date first, then at most the first three letters of the name, or of the first name."""

    birth_date: BirthDate
    name: Letters | None = None
    first_name: Letters | None = None


_WAYS = {
    "ins": ("ins", "ins_oid"),
    "identifier": ("identifier", "authority"),
    "birth_date": ("birth_date", "name", "first_name"),
}
"""What is needed for each way to search, with all that goes with it."""


def _without_nulls(body: Any) -> Any:
    """A known name that is null says nothing, as in an address where it does not stand."""
    if not isinstance(body, dict):
        return body
    known = {name for names in _WAYS.values() for name in names}
    return {name: value for name, value in body.items() if value is not None or name not in known}


def _way(body: Any) -> str | None:
    """The one way to search that a body takes, so that its errors are told for that way only."""
    if isinstance(body, ByIns | ByIdentifier | ByTraits):
        return f"by:{next(iter(type(body).model_fields))}"
    given = body if isinstance(body, dict) else {}
    ways = [needed for needed, names in _WAYS.items() if any(name in given for name in names)]
    return f"by:{ways[0]}" if len(ways) == 1 and ways[0] in given else None


Search = Annotated[
    Annotated[ByIns, Tag("by:ins")]
    | Annotated[ByIdentifier, Tag("by:identifier")]
    | Annotated[ByTraits, Tag("by:birth_date")],
    Discriminator(_way, custom_error_type="search_unclear", custom_error_message="what to search by"),
    BeforeValidator(_without_nulls),
]


@dataclass(frozen=True, slots=True)
class FoundPatient:
    """A patient that a search found. ins: null unless it may be used, ins_reason then says why not; merged_into: id of
    the patient that replaced this one.
    """

    id: str
    domain: DomainDocument
    status: tuple[str, ...]
    trust: Literal["qualifiee", "validee", "provisoire"]
    ins: InsDocument | None
    ins_reason: Reason | None
    traits: TraitsDocument
    identifiers: tuple[IdentifierDocument, ...]
    merged_into: str | None
    deceased: bool


@dataclass(frozen=True, slots=True)
class Patient:
    """A patient, complete. ins: null unless it may be used, ins_reason then says why not; merged_into: id of the
    patient that replaced this one; links: identifiers declared to be the same person. Who is out of reach is not named.
    """

    id: str
    domain: DomainDocument
    status: tuple[str, ...]
    trust: Literal["qualifiee", "validee", "provisoire"]
    ins: InsDocument | None
    ins_reason: Reason | None
    traits: TraitsDocument
    identifiers: tuple[IdentifierDocument, ...]
    merged_into: str | None
    deceased: bool
    links: tuple[LinkDocument, ...]
    demographics: Demographics


@dataclass(frozen=True, slots=True)
class FoundPatients:
    """What a search found, in the order of the ids. next: cursor of the following page, null on the last one."""

    patients: tuple[FoundPatient, ...]
    next: str | None


@dataclass(frozen=True, slots=True)
class History:
    """What changed on a patient, newest first. next: cursor of the following page, null on the last one."""

    changes: tuple[HistoryLine, ...]
    next: str | None


def found(one: PatientDocument) -> FoundPatient:
    """A patient as a search shows it."""
    return FoundPatient(
        one.id, one.domain, one.status, one.trust, one.ins, one.ins_reason, one.traits, one.identifiers,
        one.merged_into, one.deceased,
    )  # fmt: skip


def complete(one: PatientDocument) -> Patient:
    """A patient, complete."""
    return Patient(
        one.id, one.domain, one.status, one.trust, one.ins, one.ins_reason, one.traits, one.identifiers,
        one.merged_into, one.deceased, one.links, one.demographics,
    )  # fmt: skip


Patients = Annotated[list[Text], Field(min_length=1, max_length=500)]
"""Ids of patients."""
