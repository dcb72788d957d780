"""Distinguished names: read, written for people and for SAML issuers, compared.

Source: RFC 5280 §4.1.2.4 (structure) and §7.1 (comparison); RFC 4514 (string form); RFC 4518 (preparation of texts).
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

from ecluse.protocols.x509 import der
from ecluse.protocols.x509.errors import malformed

COUNTRY, STATE, LOCALITY, STREET = "2.5.4.6", "2.5.4.8", "2.5.4.7", "2.5.4.9"
ORGANIZATION, ORGANIZATIONAL_UNIT, COMMON_NAME = "2.5.4.10", "2.5.4.11", "2.5.4.3"
SURNAME, GIVEN_NAME, TITLE, SERIAL_NUMBER = "2.5.4.4", "2.5.4.42", "2.5.4.12", "2.5.4.5"
EMAIL = "1.2.840.113549.1.9.1"

KEYWORDS = {
    COMMON_NAME: "CN",
    LOCALITY: "L",
    STATE: "ST",
    ORGANIZATION: "O",
    ORGANIZATIONAL_UNIT: "OU",
    COUNTRY: "C",
    STREET: "STREET",
    "0.9.2342.19200300.100.1.25": "DC",
    "0.9.2342.19200300.100.1.1": "UID",
}
"""The only attribute types that RFC 4514 §3 writes with a word."""

_ESCAPED = frozenset('"+,;<>\\')
_REMOVED = {0x00AD, 0x034F, 0x1806, 0x200B, 0xFFFC, *range(0x180B, 0x180E), *range(0xFE00, 0xFE10)}
_TO_SPACE = {*range(0x09, 0x0E), 0x85}


class Attribute(NamedTuple):
    """One attribute of a name.

    oid: dotted type. value: its text, or `#` and the hexadecimal of its DER when it is no character string.
    encoded: the DER of the value.
    """

    oid: str
    value: str
    encoded: bytes

    @property
    def is_text(self) -> bool:
        """True when the value is a character string."""
        return self.encoded[0] in der.STRINGS


Rdn = tuple[Attribute, ...]
"""A relative distinguished name: one attribute, or several at once (persons of the IGC-Santé: GN + CN + SN)."""


@dataclass(frozen=True)
class Name:
    """A distinguished name, in the order of the certificate (country first). Compared by its encoding.

    RFC 5280 §7.1 compares differently: see `same_name`.
    """

    encoded: bytes
    rdns: tuple[Rdn, ...] = field(compare=False)

    def values(self, oid: str) -> tuple[str, ...]:
        """Every value of this attribute type, in order."""
        return tuple(one.value for rdn in self.rdns for one in rdn if one.oid == oid)

    def value(self, oid: str) -> str:
        """The last value of this attribute type (the most specific), or an empty text."""
        found = self.values(oid)
        return found[-1] if found else ""

    @cached_property
    def canonical(self) -> tuple[frozenset[tuple[str, str | bytes]], ...]:
        """The form by which two names are the same (RFC 5280 §7.1)."""
        return tuple(_canonical(rdn) for rdn in self.rdns)

    def __str__(self) -> str:
        """The RFC 4514 string."""
        return rfc4514(self)


def read_name(element: der.Element) -> Name:
    """The name that a SEQUENCE OF RelativeDistinguishedName holds. Raises `Unreadable`."""
    if element.tag != der.SEQUENCE:
        raise malformed("Name")
    return Name(element.der, tuple(read_rdn(rdn) for rdn in der.items(element)))


def read_rdn(element: der.Element) -> Rdn:
    """The attributes of one RelativeDistinguishedName, a SET (or tagged as one by its context)."""
    attributes = tuple(_attribute(one) for one in der.items(element))
    if not attributes:
        raise malformed("RelativeDistinguishedName")
    return attributes


def _attribute(element: der.Element) -> Attribute:
    if element.tag != der.SEQUENCE:
        raise malformed("AttributeTypeAndValue")
    reader = element.reader()
    oid = der.object_id(reader.take(der.OBJECT))
    value = reader.take()
    reader.done()
    shown = der.text(value) if value.tag in der.STRINGS else f"#{value.der.hex()}"
    return Attribute(oid, shown, value.der)


def write_name(rdns: tuple[Rdn, ...]) -> Name:
    """The name made of these relative names."""
    sets = b"".join(_write_rdn(rdn) for rdn in rdns)
    return Name(der.write(der.SEQUENCE, sets), rdns)


def _write_rdn(rdn: Rdn) -> bytes:
    pairs = (der.write(der.SEQUENCE, _write_object(one.oid) + one.encoded) for one in rdn)
    return der.write(der.SET, b"".join(sorted(pairs)))


def _write_object(oid: str) -> bytes:
    first, second, *arcs = (int(arc) for arc in oid.split("."))
    content = bytearray()
    for arc in (40 * first + second, *arcs):
        septets = [arc & 0x7F]
        while arc := arc >> 7:
            septets.append(0x80 | (arc & 0x7F))
        content += bytes(reversed(septets))
    return der.write(der.OBJECT, bytes(content))


def rfc4514(name: Name) -> str:
    """The string form of a name, most specific part first, as the SAML issuer of a VIHF and the logs hold it.

    Accented letters stay as they are (UTF-8); an attribute type without a word of RFC 4514 §3 is dotted and its
    value hexadecimal (§2.4). Control characters, which §2.4 leaves free, are escaped.
    """
    return ",".join("+".join(_assertion(one) for one in rdn) for rdn in reversed(name.rdns))


def _assertion(attribute: Attribute) -> str:
    keyword = KEYWORDS.get(attribute.oid)
    if keyword and attribute.is_text:
        return f"{keyword}={_escape(attribute.value)}"
    return f"{keyword or attribute.oid}=#{attribute.encoded.hex()}"


def _escape(value: str) -> str:
    """RFC 4514 §2.4: special characters, first `#`, first and last space."""
    written = []
    last = len(value) - 1
    for at, char in enumerate(value):
        if char in _ESCAPED or (char == " " and at in (0, last)) or (char == "#" and at == 0):
            written.append(f"\\{char}")
        elif ord(char) < 0x20 or ord(char) == 0x7F:
            written.append(f"\\{ord(char):02X}")
        else:
            written.append(char)
    return "".join(written)


def same_name(one: Name, other: Name) -> bool:
    """True when two names designate the same entity (RFC 5280 §7.1): case, spaces and string type do not count."""
    return one.encoded == other.encoded or one.canonical == other.canonical


def within(name: Name, base: Name) -> bool:
    """True when the name is in the subtree of `base` (RFC 5280 §7.1): it begins with all its relative names."""
    return name.canonical[: len(base.canonical)] == base.canonical


def _canonical(rdn: Rdn) -> frozenset[tuple[str, str | bytes]]:
    return frozenset((one.oid, prepared(one.value) if one.is_text else one.encoded) for one in rdn)


def prepared(text: str) -> str:
    """A text as RFC 4518 compares it: mapped, normalized (NFKC), caseless, insignificant spaces dropped."""
    kept = "".join(" " if ord(char) in _TO_SPACE else char for char in text if not _is_removed(char))
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", kept).casefold())
    return " ".join(folded.split())


def _is_removed(char: str) -> bool:
    """Characters that RFC 4518 §2.2 maps to nothing."""
    code = ord(char)
    return code in _REMOVED or (code not in _TO_SPACE and unicodedata.category(char) in ("Cc", "Cf"))
