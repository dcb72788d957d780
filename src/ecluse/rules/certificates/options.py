"""What a verifier asks of a path, besides the standard.

Source: RFC 5280 §6.1.1 (inputs c to i); key sizes and digests: RGS annexe B1.
"""

from __future__ import annotations

from collections.abc import Set
from dataclasses import dataclass
from datetime import timedelta

from ecluse.protocols.x509.extensions import ANY_POLICY, NameConstraints
from ecluse.protocols.x509.public_key import PublicKey

MODERN_DIGESTS = frozenset({"sha256", "sha384", "sha512", "shake256"})
SMALLEST = {"rsa": 2048, "ec": 256, "ed25519": 256, "ed448": 448}


@dataclass(frozen=True)
class PathOptions:
    """Settings of a validation.

    policies: those accepted at the end, `ANY_POLICY` for all. explicit_policy, inhibit_mapping, inhibit_any: as from
    the first certificate. subtrees: names permitted and excluded from the start. understood: dotted OIDs of critical
    extensions that the caller itself applies. digests: accepted in signatures. key_bits: smallest size by kind of key;
    a kind that is absent is refused. anchor_dates: an anchor out of its dates is refused too. ocsp_lasts: how long an
    OCSP answer counts at most; clock_skew: how far ahead the clock of whoever dates lists and answers may be. longest,
    most_tries: bounds of the search for a path.
    """

    policies: Set[str] = frozenset({ANY_POLICY})
    explicit_policy: bool = False
    inhibit_mapping: bool = False
    inhibit_any: bool = False
    subtrees: NameConstraints | None = None
    understood: Set[str] = frozenset()
    digests: Set[str] = MODERN_DIGESTS
    key_bits: tuple[tuple[str, int], ...] = tuple(SMALLEST.items())
    anchor_dates: bool = True
    ocsp_lasts: timedelta = timedelta(days=1)
    clock_skew: timedelta = timedelta(minutes=5)
    longest: int = 10
    most_tries: int = 200

    def accepts_key(self, key: PublicKey) -> bool:
        """True when the key is of a kind and size that are accepted."""
        least = dict(self.key_bits).get(key.kind)
        return least is not None and key.bits >= least


DEFAULT = PathOptions()
