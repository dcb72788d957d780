"""Revocation lists: read once, looked into by serial number, whatever their size.

The entries stay bytes: a list of a million costs its bytes and four more per entry, and a look-up one search.
Source: RFC 5280 §5.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from ecluse.protocols.x509 import der
from ecluse.protocols.x509 import extensions as ext
from ecluse.protocols.x509.certificate import from_base64
from ecluse.protocols.x509.crl_entries import NO_ENTRIES, Entries, read_entries
from ecluse.protocols.x509.errors import malformed, oversized, reading
from ecluse.protocols.x509.general_names import GeneralName
from ecluse.protocols.x509.names import Name, Rdn, read_name
from ecluse.protocols.x509.public_key import Algorithm, read_algorithm

LARGEST = 32_000_000
"""Bytes of the largest list that is read: about a million entries; those of the IGC-Santé hold some thousands.

Reading them takes seconds: of a list that comes from a network, `read_head` is enough to know who signed it.
"""

CRL_NUMBER, DELTA_CRL_INDICATOR, ISSUING_DISTRIBUTION_POINT = "2.5.29.20", "2.5.29.27", "2.5.29.28"
_UNDERSTOOD = frozenset({CRL_NUMBER, DELTA_CRL_INDICATOR, ISSUING_DISTRIBUTION_POINT, ext.AUTHORITY_KEY_ID})
_PEM = re.compile(rb"-----BEGIN X509 CRL-----(?P<text>[^-]*)-----END X509 CRL-----")


class Scope(NamedTuple):
    """What a list covers: its IssuingDistributionPoint (RFC 5280 §5.2.5).

    full_name, relative: its own name. only_*: certificates it is limited to. reasons: those it covers, None for all.
    indirect: it also holds certificates of other issuers.
    """

    full_name: tuple[GeneralName, ...] = ()
    relative: Rdn | None = None
    only_users: bool = False
    only_authorities: bool = False
    reasons: frozenset[str] | None = None
    indirect: bool = False
    only_attributes: bool = False


@dataclass(frozen=True)
class Crl:
    """A certificate revocation list. Two are equal when their bytes are.

    this_update, next_update: aware, UTC; next_update None when the list does not promise one. number: CRLNumber.
    delta_base: number of the complete list that a delta completes, None for a complete list. scope: None when it
    covers every certificate of its issuer. unknown_critical: extensions nobody may ignore and that are not understood
    here, of the list and of its entries. freshest: where its delta is published.
    """

    der: bytes = field(repr=False)
    issuer: Name = field(compare=False)
    this_update: datetime = field(compare=False)
    next_update: datetime | None = field(compare=False)
    number: int | None = field(compare=False)
    delta_base: int | None = field(compare=False)
    scope: Scope | None = field(compare=False)
    authority_key_id: ext.AuthorityKeyId | None = field(compare=False)
    freshest: tuple[ext.DistributionPoint, ...] = field(compare=False, repr=False)
    unknown_critical: frozenset[str] = field(compare=False)
    entries: Entries = field(compare=False, repr=False)
    algorithm: Algorithm = field(compare=False, repr=False)
    signature: bytes = field(compare=False, repr=False)
    signed_part: tuple[int, int] = field(compare=False, repr=False)

    @property
    def tbs(self) -> bytes:
        """The part that is signed."""
        return self.der[slice(*self.signed_part)]

    @property
    def is_delta(self) -> bool:
        """True when it only completes another list."""
        return self.delta_base is not None


@dataclass(frozen=True)
class CrlHead:
    """Who says to have made a list, and its signature, before any of its entries is read.

    tbs: the part that is signed.
    """

    issuer: Name
    tbs: bytes = field(repr=False)
    algorithm: Algorithm = field(repr=False)
    signature: bytes = field(repr=False)


def read_head(content: bytes) -> CrlHead:
    """What tells who signed the list in these bytes, PEM or DER: quick whatever its size. Raises `Unreadable`."""
    with reading("CertificateList"):
        _, tbs, outer, signature = _opened(content)
        issuer, _ = _begin(tbs, outer)
        return CrlHead(issuer, tbs.der, outer, signature)


def read_crl(content: bytes) -> Crl:
    """The list in these bytes, PEM or DER. Raises `Unreadable`."""
    with reading("CertificateList"):
        return _read(*_opened(content))


def _opened(content: bytes) -> tuple[bytes, der.Element, Algorithm, bytes]:
    """The list in DER, its signed part, and how and with what it is signed."""
    if len(content) > LARGEST:
        raise oversized(LARGEST)
    block = _PEM.search(content)
    encoded = from_base64(block["text"]) if block else content
    whole = der.only(encoded, der.SEQUENCE).reader()
    tbs, outer, signature = whole.take(der.SEQUENCE), whole.take(), whole.take(der.BIT_STRING)
    whole.done()
    return encoded, tbs, read_algorithm(outer), der.signature(signature)


def _begin(tbs: der.Element, outer: Algorithm) -> tuple[Name, der.Reader]:
    """The issuer, and what follows it."""
    reader = tbs.reader()
    version = reader.optional(der.INTEGER)
    if version is not None and der.integer(version) != 1:
        raise malformed("version")
    if read_algorithm(reader.take()) != outer:  # RFC 5280 §5.1.1.2
        raise malformed("signature")
    return read_name(reader.take()), reader


def _read(encoded: bytes, tbs: der.Element, outer: Algorithm, signature: bytes) -> Crl:
    issuer, reader = _begin(tbs, outer)
    this_update = der.instant(reader.take())
    timed = reader.next_is(der.UTC_TIME) or reader.next_is(der.GENERALIZED_TIME)
    next_update = der.instant(reader.take()) if timed else None
    revoked, block = reader.optional(der.SEQUENCE), reader.optional(0xA0)
    reader.done()
    extensions = () if block is None else ext.read_extensions(der.only(block.content, der.SEQUENCE))
    by_oid = {one.oid: one.value for one in extensions}
    entries = NO_ENTRIES if revoked is None else read_entries(revoked)
    unknown = frozenset(one.oid for one in extensions if one.critical and one.oid not in _UNDERSTOOD)
    aki = by_oid.get(ext.AUTHORITY_KEY_ID)
    freshest = by_oid.get(ext.FRESHEST_CRL)
    point = by_oid.get(ISSUING_DISTRIBUTION_POINT)
    return Crl(
        der=encoded,
        issuer=issuer,
        this_update=this_update,
        next_update=next_update,
        number=_number(by_oid.get(CRL_NUMBER)),
        delta_base=_number(by_oid.get(DELTA_CRL_INDICATOR)),
        scope=None if point is None else _scope(point),
        authority_key_id=None if aki is None else ext.authority_key_id(aki),
        freshest=() if freshest is None else ext.distribution_points(freshest),
        unknown_critical=unknown | entries.unknown_critical,
        entries=entries,
        algorithm=outer,
        signature=signature,
        signed_part=(tbs.start, tbs.end),
    )


def _number(value: bytes | None) -> int | None:
    return None if value is None else der.count(der.only(value, der.INTEGER))


def _scope(value: bytes) -> Scope:
    reader = der.only(value, der.SEQUENCE).reader()
    point, users, authorities = reader.optional(0xA0), reader.optional(0x81), reader.optional(0x82)
    flags, indirect, attributes = reader.optional(0x83), reader.optional(0x84), reader.optional(0x85)
    reader.done()
    full_name, relative = ((), None) if point is None else ext.distribution_point_name(point)
    return Scope(
        full_name,
        relative,
        only_users=users is not None and der.boolean(users),
        only_authorities=authorities is not None and der.boolean(authorities),
        reasons=None if flags is None else ext.reasons(flags),
        indirect=indirect is not None and der.boolean(indirect),
        only_attributes=attributes is not None and der.boolean(attributes),
    )
