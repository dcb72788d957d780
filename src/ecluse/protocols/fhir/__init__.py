"""FHIR R4 (4.0.1) as FR Core shapes it: facts of this project in, resources of the standard out.

Pure: the base address, the times and the reading of FR Core are arguments. A resource is a dictionary ready for JSON,
without empty element (FHIR R4, 2.6.2). Source: HL7 FHIR R4; FR Core of Interop'Santé (`data/fr_core.toml`).
"""

from __future__ import annotations

from typing import Any

Resource = dict[str, Any]
"""A resource, or an element of one, as JSON will carry it."""

FHIR_VERSION = "4.0.1"
MEDIA_TYPE = "application/fhir+json"

__all__ = ["FHIR_VERSION", "MEDIA_TYPE", "Resource"]
