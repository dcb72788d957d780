"""CloudEvents 1.0 in JSON, structured mode: how the events of this gateway are written for readers outside.

Source: CloudEvents specification 1.0.2 (attributes, extensions), JSON event format 1.0.2 (structured mode, batch). The
data of each type is described by a JSON Schema, `cloudevents_schemas/TYPE.vN.json`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from functools import cache
from importlib.resources import files
from typing import Any, NamedTuple

CONTENT_TYPE = "application/cloudevents+json"
BATCH_CONTENT_TYPE = "application/cloudevents-batch+json"

_PREFIX = "fr.ecluse"
"""Reverse DNS form, as the specification asks of types (3.1, `type`)."""


class Told(NamedTuple):
    """An event to write.

    id: unique for its source; source: URI reference of the gateway; kind: `patient.created`; version: of the form of
    its data, from 1; subject: patient id; time: RFC 3339; number: of this event among those of its patient, from 1;
    data: JSON types.
    """

    id: str
    source: str
    kind: str
    version: int
    subject: str
    time: str
    number: int
    data: Mapping[str, Any]


def type_of(kind: str, version: int) -> str:
    """The CloudEvents type: `fr.ecluse.patient.created.v1`."""
    return f"{_PREFIX}.{kind}.v{version}"


def attributes(event: Told) -> dict[str, Any]:
    """The event as the JSON object of the structured mode. `patientversion` is an extension (integer)."""
    return {
        "specversion": "1.0",
        "id": event.id,
        "source": event.source,
        "type": type_of(event.kind, event.version),
        "subject": event.subject,
        "time": event.time,
        "datacontenttype": "application/json",
        "patientversion": event.number,
        "data": event.data,
    }


def structured(event: Told) -> bytes:
    """The event in structured mode, to be sent as CONTENT_TYPE (UTF-8)."""
    return _bytes(attributes(event))


def notice(
    identity: str, source: str, kind: str, version: int, subject: str, time: str, data: Mapping[str, Any]
) -> bytes:
    """What concerns no patient (a certificate that ends), in structured mode: as `structured`, without a number.

    The data of each type is described by `cloudevents_notices/TYPE.vN.json`.
    """
    return _bytes(
        {
            "specversion": "1.0",
            "id": identity,
            "source": source,
            "type": type_of(kind, version),
            "subject": subject,
            "time": time,
            "datacontenttype": "application/json",
            "data": data,
        }
    )


def batch(events: Iterable[Told]) -> bytes:
    """Several events as one JSON array, to be sent as BATCH_CONTENT_TYPE (UTF-8)."""
    return _bytes([attributes(one) for one in events])


@cache
def schema(kind: str, version: int) -> Mapping[str, Any]:
    """The JSON Schema (2020-12) of the data of a type.

    :raises FileNotFoundError: for a type or a version that does not exist.
    """
    found: Mapping[str, Any] = json.loads(
        files("ecluse.protocols").joinpath(f"cloudevents_schemas/{kind}.v{version}.json").read_text("utf-8")
    )
    return found


def schemas() -> tuple[str, ...]:
    """The names of all schemas: `patient.created.v1`…"""
    folder = files("ecluse.protocols").joinpath("cloudevents_schemas")
    return tuple(sorted(one.name.removesuffix(".json") for one in folder.iterdir()))


def _bytes(document: Any) -> bytes:
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()
