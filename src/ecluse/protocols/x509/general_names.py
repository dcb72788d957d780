"""General names: what a certificate or a list may designate besides a distinguished name.

Source: RFC 5280 §4.2.1.6.
"""

from __future__ import annotations

from typing import NamedTuple

from ecluse.protocols.x509 import der
from ecluse.protocols.x509.errors import malformed
from ecluse.protocols.x509.names import Name, read_name

_KINDS = ("other", "email", "dns", "x400", "directory", "edi", "uri", "ip", "oid")


class GeneralName(NamedTuple):
    """One general name.

    kind: `other`, `email`, `dns`, `x400`, `directory`, `edi`, `uri`, `ip` or `oid`.
    text: the text of an e-mail, a DNS name or a URI; the dotted form of an OID; RFC 4514 for a directory name;
    hexadecimal octets for an address; for `other`, its dotted type.
    name: the distinguished name of a `directory`. encoded: its DER.
    """

    kind: str
    text: str
    name: Name | None
    encoded: bytes


def read_general_name(element: der.Element) -> GeneralName:
    """The general name in a context-tagged element. Raises `Unreadable`."""
    if element.tag & 0xC0 != 0x80 or element.tag & 0x1F >= len(_KINDS):
        raise malformed("GeneralName")
    kind = _KINDS[element.tag & 0x1F]
    if bool(element.tag & 0x20) != (kind in ("other", "x400", "directory", "edi")):
        raise malformed("GeneralName")
    name = None
    text = ""
    if kind in ("email", "dns", "uri"):
        text = _ia5(element.content)
    elif kind == "oid":
        text = der.object_id(element)
    elif kind == "ip":
        text = element.content.hex()
    elif kind == "other":
        text = der.object_id(element.reader().take(der.OBJECT))
    elif kind == "directory":
        inside = element.reader()
        name = read_name(inside.take())
        inside.done()
        text = str(name)
    return GeneralName(kind, text, name, element.der)


def _ia5(content: bytes) -> str:
    """Text of an IA5String; a control character in an address is no address."""
    try:
        text = content.decode("ascii")
    except UnicodeDecodeError as error:
        raise malformed("GeneralName") from error
    if any(ord(char) < 0x20 for char in text):
        raise malformed("GeneralName")
    return text


def read_general_names(element: der.Element) -> tuple[GeneralName, ...]:
    """The general names in a SEQUENCE (or tagged as one by its context)."""
    return tuple(read_general_name(one) for one in der.items(element))
