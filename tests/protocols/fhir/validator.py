"""The FHIR R4 validators that are not ours, behind one process for a whole test session (`tests/node`)."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

NODE = Path(__file__).resolve().parents[2] / "node"


class Validator:
    """Asks the validators of `fhir_validator.mjs`, one resource after the other."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            ["node", "fhir_validator.mjs"], cwd=NODE, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def problems(self, resource: dict[str, Any]) -> list[str]:
        """What they find wrong, and what neither looks at: an empty text or list anywhere (HL7 FHIR R4, 2.6.2)."""
        return [*self._ask(resource, ())["problems"], *_empty(resource, resource["resourceType"])]

    def values(self, resource: dict[str, Any], *paths: str) -> list[Any]:
        """The results of FHIRPath expressions on a resource."""
        found: list[Any] = self._ask(resource, paths)["values"]
        return found

    def close(self) -> None:
        """End the process."""
        self._process.communicate(timeout=10)

    def _ask(self, resource: dict[str, Any], paths: Sequence[str]) -> dict[str, Any]:
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.write(json.dumps({"resource": resource, "paths": paths}) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        assert line, "the validator ended: run « npm ci » in tests/node, or « make test » which does it"
        answer: dict[str, Any] = json.loads(line)
        return answer


def _empty(value: Any, path: str) -> Iterator[str]:
    if value in ("", [], {}) or value is None:
        yield f"{path} is empty"
    elif isinstance(value, dict):
        for name, one in value.items():
            yield from _empty(one, f"{path}.{name}")
    elif isinstance(value, list):
        for rank, one in enumerate(value):
            yield from _empty(one, f"{path}[{rank}]")
