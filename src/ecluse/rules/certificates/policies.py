"""Which certificate policies a path is valid for: the policy graph.

A graph instead of the tree of RFC 5280 §6.1.2: the same decisions, but hostile mappings cannot make it explode.
Source: RFC 5280 §6.1.3 (d) to (f), §6.1.4 (a) and (b), §6.1.5 (g); RFC 9618 §5.
"""

from __future__ import annotations

from collections.abc import Iterable, Set
from dataclasses import dataclass, field

from ecluse.protocols.x509.extensions import ANY_POLICY

Mapping = tuple[str, str]


@dataclass
class _Node:
    """A policy at one depth. expected: what satisfies it in the next certificate. parents: policies one depth above."""

    expected: set[str]
    parents: set[str] = field(default_factory=set)


class PolicyGraph:
    """The policies for which the path read so far is valid."""

    def __init__(self) -> None:
        self._levels: list[dict[str, _Node]] = [{ANY_POLICY: _Node({ANY_POLICY})}]

    def __bool__(self) -> bool:
        return bool(self._levels and self._levels[-1])

    def clear(self) -> None:
        """No policy is left (RFC 5280 §6.1.3 (e))."""
        self._levels = []

    def add(self, policies: Set[str], any_counts: bool) -> None:
        """Takes the policies of the next certificate. any_counts: anyPolicy among them may stand for others (d)."""
        if not self:
            self.clear()
            return
        above = self._levels[-1]
        expecting: dict[str, set[str]] = {}
        for one, node in above.items():
            for policy in node.expected:
                expecting.setdefault(policy, set()).add(one)
        fallback = {ANY_POLICY} & above.keys()
        level = {}
        for policy in policies - {ANY_POLICY}:
            if parents := expecting.get(policy, fallback):
                level[policy] = _Node({policy}, set(parents))
        if any_counts and ANY_POLICY in policies:
            for policy in expecting.keys() - level.keys():
                level[policy] = _Node({policy}, expecting[policy])
        self._levels.append(level)
        self._prune()

    def map(self, mappings: Iterable[Mapping], allowed: bool) -> None:
        """Applies the mappings of an intermediate certificate, or drops what they map when they are refused (b)."""
        if not self:
            return
        level = self._levels[-1]
        targets: dict[str, set[str]] = {}
        for source, target in mappings:
            targets.setdefault(source, set()).add(target)
        for source, expected in targets.items():
            if not allowed:
                level.pop(source, None)
            elif source in level:
                level[source].expected = expected
            elif ANY_POLICY in level:
                level[source] = _Node(expected, {ANY_POLICY})
        self._prune()

    def _prune(self) -> None:
        """Drops, from the bottom up, the policies that lead to none below."""
        for above, level in zip(reversed(self._levels[:-1]), reversed(self._levels[1:]), strict=True):
            kept = set().union(*(node.parents for node in level.values())) if level else set()
            for policy in above.keys() - kept:
                del above[policy]

    def conclude(self, wanted: Set[str]) -> frozenset[str]:
        """The policies for which the whole path is valid, among those wanted (§6.1.5 (g)); empty for none."""
        if not self:
            return frozenset()
        found = {
            policy
            for level in self._levels[1:]
            for policy, node in level.items()
            if policy != ANY_POLICY and ANY_POLICY in node.parents
        }
        if ANY_POLICY in self._levels[-1]:
            found.add(ANY_POLICY)
        if ANY_POLICY in wanted:
            return frozenset(found)
        return frozenset(wanted) if ANY_POLICY in found else frozenset(found & wanted)
