"""What is given to `ecluse subscriber`, read and checked."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

from ecluse.delivery.cli.errors import CannotRun


def options_of(given: dict[str, Any]) -> dict[str, Any]:
    """The options of a subscriber, as the act takes them."""
    from ecluse.services.queries.access import list_named

    inclusion = ""
    if given["inclusion"]:
        found = list_named(given["inclusion"])
        if found is None:
            raise CannotRun(
                f"--inclusion : aucune liste « {given['inclusion']} ».",
                f"--inclusion: no list “{given['inclusion']}”.",
            )
        inclusion = found
    return {
        "types": list(given["types"]),
        "full": given["full"],
        "inclusion": inclusion,
        **({"parallel": given["parallel"]} if given["parallel"] else {}),
        "timeout": given["timeout"],
        "tls": given["tls"],
        "authorities": _path(given["tls_ca"]),
        "certificate": _path(given["tls_cert"]),
        "key": _path(given["tls_key"]),
        "server_name": given["server_name"] or "",
        "ins_in_deletion": given["ins_in_deletion"],
    }


def _path(given: str | None) -> str:
    """The worker that opens it does not run in this folder."""
    return str(Path(given).resolve()) if given else ""


def instant(text: str) -> int:
    """Microseconds since 1970 of a date with its zone."""
    try:
        when = datetime.fromisoformat(text)
    except ValueError:
        when = None
    if when is None or when.tzinfo is None:
        raise CannotRun(
            f"--since : « {text} » n’est pas une date avec son fuseau, par exemple 2026-11-18T08:00:00+01:00.",
            f"--since: “{text}” is not a date with its zone, for example 2026-11-18T08:00:00+01:00.",
        )
    return int(when.timestamp() * 1_000_000)
