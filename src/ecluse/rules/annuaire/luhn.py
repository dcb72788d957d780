"""The key of Luhn (ISO/IEC 7812-1, annex B), which ends the RPPS, FINESS, SIREN and SIRET numbers."""

from __future__ import annotations

_DOUBLED = (0, 2, 4, 6, 8, 1, 3, 5, 7, 9)
"""The digits of twice a digit, added."""


def luhn_valid(digits: str) -> bool:
    """True when the last of these decimal digits is the key of those before.

    :raises ValueError: when a character is not a digit.
    """
    return _sum(digits) % 10 == 0


def luhn_key(digits: str) -> str:
    """The key that completes these decimal digits: one digit.

    :raises ValueError: when a character is not a digit.
    """
    return str(-_sum(digits + "0") % 10)


def _sum(digits: str) -> int:
    """Digits from the right, every second one doubled."""
    return sum(map(int, digits[-1::-2])) + sum(_DOUBLED[int(one)] for one in digits[-2::-2])
