"""Read the parameters of a search: tokens, dates, counts. Source: HL7 FHIR R4, 3.1.1 (search)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

MOST = 100
"""Resources in one page, at most."""
USUAL = 20
"""Resources in one page when the client does not say."""
MOST_VALUES = 100
"""Values of all the parameters of one search, between commas or repeated: each is looked for."""

RESULT_PARAMETERS = frozenset({"_count", "_format", "_page"})
"""Parameters that do not choose among the resources."""

_ESCAPED = re.compile(r"\\([\\,$|])")
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_WHEN = re.compile(
    r"(\d{4})(?:-(\d{2})(?:-(\d{2})(?:T(\d{2}):(\d{2})(?::(\d{2})(?:\.(\d{1,6}))?)?(Z|[+-]\d{2}:\d{2})?)?)?)?",
    re.ASCII,
)
_PREFIXES = frozenset({"eq", "gt", "ge", "lt", "le", "sa", "eb"})
_OTHERS = frozenset({"ne", "ap"})
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LONGEST = 200


class SearchError(ValueError):
    """A search that cannot be done. code: of `answers`; parameter: the one at fault."""

    def __init__(self, code: str, parameter: str) -> None:
        super().__init__(code)
        self.code = code
        self.parameter = parameter


class Token(NamedTuple):
    """A token. system: None when not given, empty for « no system » (`|value`)."""

    system: str | None
    value: str


class Between(NamedTuple):
    """A span of time, in µs since 1970: from `start` included to `end` excluded; None: without limit."""

    start: int | None
    end: int | None

    def holds(self, at: int) -> bool:
        """Whether a time is in the span."""
        return (self.start is None or at >= self.start) and (self.end is None or at < self.end)


@dataclass(frozen=True, slots=True)
class Asked:
    """The parameters of a search, sorted: known ones with their values (each repetition narrows), ignored names."""

    known: Mapping[str, tuple[str, ...]]
    ignored: tuple[str, ...]
    count: int
    page: str


def sort(pairs: Iterable[tuple[str, str]], known: Sequence[str], *, strict: bool) -> Asked:
    """Sort the parameters of a search.

    :param pairs: name and value, as decoded from the address and from the form.
    :param known: parameters of the resource type.
    :param strict: refuse what is not known instead of ignoring it.
    :raises SearchError: `modifier`, `parameter-unknown`, `too-many-values` or `value`.
    """
    found: dict[str, tuple[str, ...]] = {}
    ignored: list[str] = []
    for name, value in pairs:
        bare = re.split(r"[:.]", name, maxsplit=1)[0]
        if bare != name and bare in known:
            raise SearchError("modifier", bare)
        if name not in known and name not in RESULT_PARAMETERS:
            if strict:
                raise SearchError("parameter-unknown", name[:_LONGEST])
            ignored.append(name[:_LONGEST])
        elif value:
            found[name] = (*found.get(name, ()), value)
    count, page = found.pop("_count", ("",))[-1], found.pop("_page", ("",))[-1]
    found.pop("_format", None)
    if sum(value.count(",") + 1 for values in found.values() for value in values) > MOST_VALUES:
        raise SearchError("too-many-values", max(found, key=lambda name: sum(map(len, found[name]))))
    return Asked(found, tuple(dict.fromkeys(ignored)), _count(count), page)


def _count(value: str) -> int:
    """Resources of a page; 0 asks for the number of matches alone (HL7 FHIR R4, 3.1.1.5.2)."""
    if not value:
        return USUAL
    if not (value.isascii() and value.isdigit()) or len(value) > 9:
        raise SearchError("value", "_count")
    return min(int(value), MOST)


def alternatives(value: str) -> tuple[str, ...]:
    """The values between commas; `\\,` is a comma of the value. Still escaped."""
    parts = re.split(r"(?<!\\)((?:\\\\)*),", value)
    joined = ["".join(parts[start : start + 2]) for start in range(0, len(parts), 2)]
    return tuple(part for part in joined if part)


def token(value: str) -> Token:
    """A token: `system|value`, `|value` or `value`."""
    parts = re.split(r"(?<!\\)((?:\\\\)*)\|", value, maxsplit=1)
    if len(parts) == 1:
        return Token(None, _plain(value))
    return Token(_plain(parts[0] + parts[1]), _plain(parts[2]))


def reference(value: str, kind: str) -> str:
    """The id of a reference: `ID` or `Patient/ID`, or an address that ends so. Empty when of another type."""
    head, _, id_ = _plain(value).rpartition("/")
    return id_ if not head or head == kind or head.endswith(f"/{kind}") else ""


def text(value: str) -> str:
    """A text parameter, unescaped."""
    return _plain(value).strip()


def day(value: str, parameter: str) -> str:
    """A whole date, AAAA-MM-JJ.

    :raises SearchError: `prefix` or `value`.
    """
    if value[:2] in _PREFIXES | _OTHERS:
        prefix, value = value[:2], value[2:]
        if prefix != "eq":
            raise SearchError("prefix", parameter)
    if not _DAY.fullmatch(value):
        raise SearchError("value", parameter)
    return value


def between(values: Iterable[str], parameter: str) -> Between:
    """The span in which all values of a date parameter agree.

    :raises SearchError: `prefix` or `value`.
    """
    start: int | None = None
    end: int | None = None
    for value in values:
        low, high = _span(value, parameter)
        start = low if start is None else max(start, low) if low is not None else start
        end = high if end is None else min(end, high) if high is not None else end
    return Between(start, end)


def _span(value: str, parameter: str) -> tuple[int | None, int | None]:
    prefix = value[:2] if value[:2].isalpha() else "eq"
    if prefix in _OTHERS:
        raise SearchError("prefix", parameter)
    if prefix not in _PREFIXES:
        raise SearchError("value", parameter)
    low, high = limits(value[2:] if value[:2].isalpha() else value, parameter)
    return {
        "eq": (low, high),
        "gt": (high, None),
        "sa": (high, None),
        "ge": (low, None),
        "lt": (None, low),
        "eb": (None, low),
        "le": (None, high),
    }[prefix]


def limits(value: str, parameter: str) -> tuple[int, int]:
    """First microsecond of a date, and first one after it: a date covers as much as it does not say.

    :raises SearchError: `value`.
    """
    match = _WHEN.fullmatch(value)
    if match is None:
        raise SearchError("value", parameter)
    year, month, date, hour, minute, second, fraction, zone = match.groups()
    iso = f"{year}-{month or '01'}-{date or '01'}T{hour or '00'}:{minute or '00'}:{second or '00'}"
    try:
        low = datetime.fromisoformat(f"{iso}.{(fraction or '0').ljust(6, '0')}{zone or '+00:00'}")
        if month is None:
            high = low.replace(year=low.year + 1)
        elif date is None:
            high = low.replace(year=low.year + low.month // 12, month=low.month % 12 + 1)
        else:
            high = low + _step(hour, second, fraction)
        return _microseconds(low), _microseconds(high)
    except (ValueError, OverflowError):
        raise SearchError("value", parameter) from None


def _step(hour: str | None, second: str | None, fraction: str | None) -> timedelta:
    if hour is None:
        return timedelta(days=1)
    if second is None:
        return timedelta(minutes=1)
    return timedelta(microseconds=10 ** (6 - len(fraction))) if fraction else timedelta(seconds=1)


def _microseconds(when: datetime) -> int:
    return (when - _EPOCH) // timedelta(microseconds=1)


def _plain(value: str) -> str:
    return _ESCAPED.sub(r"\1", value)
