"""Extensions of certificates: which one they are, and what those of RFC 5280 say.

Source: RFC 5280 §4.2 (certificates), RFC 3280 §4.2.1.4 (private key usage period).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from ecluse.protocols.x509 import der
from ecluse.protocols.x509.errors import malformed
from ecluse.protocols.x509.general_names import GeneralName, read_general_name, read_general_names
from ecluse.protocols.x509.names import Rdn, read_rdn

SUBJECT_KEY_ID, KEY_USAGE, PRIVATE_KEY_USAGE_PERIOD = "2.5.29.14", "2.5.29.15", "2.5.29.16"
SUBJECT_ALTERNATIVE_NAME, ISSUER_ALTERNATIVE_NAME, BASIC_CONSTRAINTS = "2.5.29.17", "2.5.29.18", "2.5.29.19"
NAME_CONSTRAINTS, CRL_DISTRIBUTION_POINTS, CERTIFICATE_POLICIES = "2.5.29.30", "2.5.29.31", "2.5.29.32"
POLICY_MAPPINGS, AUTHORITY_KEY_ID, POLICY_CONSTRAINTS = "2.5.29.33", "2.5.29.35", "2.5.29.36"
EXTENDED_KEY_USAGE, FRESHEST_CRL, INHIBIT_ANY_POLICY = "2.5.29.37", "2.5.29.46", "2.5.29.54"
AUTHORITY_INFO_ACCESS = "1.3.6.1.5.5.7.1.1"
ANY_POLICY = "2.5.29.32.0"
ACCESS_OCSP, ACCESS_CA_ISSUERS = "1.3.6.1.5.5.7.48.1", "1.3.6.1.5.5.7.48.2"
CPS_QUALIFIER = "1.3.6.1.5.5.7.2.1"
OCSP_NO_CHECK = "1.3.6.1.5.5.7.48.1.5"
SERVER_AUTH, CLIENT_AUTH = "1.3.6.1.5.5.7.3.1", "1.3.6.1.5.5.7.3.2"
EMAIL_PROTECTION, OCSP_SIGNING = "1.3.6.1.5.5.7.3.4", "1.3.6.1.5.5.7.3.9"
ANY_EXTENDED_KEY_USAGE = "2.5.29.37.0"

KEY_USAGES = (
    "digitalSignature",
    "nonRepudiation",
    "keyEncipherment",
    "dataEncipherment",
    "keyAgreement",
    "keyCertSign",
    "cRLSign",
    "encipherOnly",
    "decipherOnly",
)
"""Words of RFC 5280 §4.2.1.3, in the order of their bits."""

REASONS = (
    "unused",
    "keyCompromise",
    "cACompromise",
    "affiliationChanged",
    "superseded",
    "cessationOfOperation",
    "certificateHold",
    "privilegeWithdrawn",
    "aACompromise",
)
"""Words of ReasonFlags (RFC 5280 §4.2.1.13), in the order of their bits."""


class Extension(NamedTuple):
    """One extension as it is written. oid: dotted. value: DER of what its OCTET STRING holds."""

    oid: str
    critical: bool
    value: bytes


class BasicConstraints(NamedTuple):
    """ca: may issue certificates. path_length: how many intermediate authorities may follow, None without limit."""

    ca: bool
    path_length: int | None


class AuthorityKeyId(NamedTuple):
    """Which key signed: its identifier, and (rare) issuer and serial number of its certificate."""

    key_id: bytes | None
    issuer: tuple[GeneralName, ...]
    serial: int | None


class Policy(NamedTuple):
    """A certificate policy: its dotted OID and the addresses of its practice statements."""

    oid: str
    statements: tuple[str, ...]


class PolicyConstraints(NamedTuple):
    """Certificates that may follow before a policy is needed, before mappings are refused; None without limit."""

    require_explicit: int | None
    inhibit_mapping: int | None


class Subtree(NamedTuple):
    """A subtree of names; RFC 5280 wants minimum 0 and no maximum."""

    base: GeneralName
    minimum: int
    maximum: int | None


class NameConstraints(NamedTuple):
    """Subtrees in which (and outside which) the names of all certificates that follow must be."""

    permitted: tuple[Subtree, ...]
    excluded: tuple[Subtree, ...]


class DistributionPoint(NamedTuple):
    """Where a list is published.

    full_name: its names; relative: its name relative to the issuer of the list; reasons: those it covers, None for
    all; crl_issuer: who signs it, when not the issuer of the certificate.
    """

    full_name: tuple[GeneralName, ...]
    relative: Rdn | None
    reasons: frozenset[str] | None
    crl_issuer: tuple[GeneralName, ...]


class KeyUsagePeriod(NamedTuple):
    """When the private key may sign; None on the side without limit."""

    not_before: datetime | None
    not_after: datetime | None


@dataclass(frozen=True)
class Known:
    """What the extensions of RFC 5280 say; None or empty when the certificate has not the extension."""

    basic_constraints: BasicConstraints | None = None
    key_usage: frozenset[str] | None = None
    extended_key_usage: tuple[str, ...] | None = None
    subject_alternative_names: tuple[GeneralName, ...] = ()
    subject_key_id: bytes | None = None
    authority_key_id: AuthorityKeyId | None = None
    policies: tuple[Policy, ...] | None = None
    policy_mappings: tuple[tuple[str, str], ...] = ()
    policy_constraints: PolicyConstraints | None = None
    inhibit_any_policy: int | None = None
    name_constraints: NameConstraints | None = None
    distribution_points: tuple[DistributionPoint, ...] = ()
    freshest: tuple[DistributionPoint, ...] = ()
    access: tuple[tuple[str, GeneralName], ...] = ()
    private_key_usage_period: KeyUsagePeriod | None = None


def read_extensions(element: der.Element) -> tuple[Extension, ...]:
    """The extensions of a SEQUENCE, each present once (RFC 5280 §4.2). Raises `Unreadable`."""
    found: dict[str, Extension] = {}
    for one in der.items(element):
        if one.tag != der.SEQUENCE:
            raise malformed("Extension")
        reader = one.reader()
        oid = der.object_id(reader.take(der.OBJECT))
        flag = reader.optional(der.BOOLEAN)
        value = reader.take(der.OCTET_STRING).content
        reader.done()
        if oid in found:
            raise malformed(f"Extension {oid}, present twice")
        found[oid] = Extension(oid, flag is not None and der.boolean(flag), value)
    return tuple(found.values())


def key_usage(value: bytes) -> frozenset[str]:
    """Words of a KeyUsage."""
    places = der.named_bits(der.only(value, der.BIT_STRING))
    return frozenset(KEY_USAGES[at] for at in places if at < len(KEY_USAGES))


def basic_constraints(value: bytes) -> BasicConstraints:
    """A BasicConstraints."""
    reader = der.only(value, der.SEQUENCE).reader()
    flag = reader.optional(der.BOOLEAN)
    length = reader.optional(der.INTEGER)
    reader.done()
    return BasicConstraints(
        flag is not None and der.boolean(flag), None if length is None else der.count(length)
    )


def object_ids(value: bytes) -> tuple[str, ...]:
    """A SEQUENCE OF OBJECT IDENTIFIER (ExtKeyUsageSyntax)."""
    return tuple(der.object_id(_tagged(one, der.OBJECT)) for one in der.items(der.only(value, der.SEQUENCE)))


def general_names(value: bytes) -> tuple[GeneralName, ...]:
    """A GeneralNames."""
    return read_general_names(der.only(value, der.SEQUENCE))


def octets(value: bytes) -> bytes:
    """A KeyIdentifier."""
    return der.only(value, der.OCTET_STRING).content


def authority_key_id(value: bytes) -> AuthorityKeyId:
    """An AuthorityKeyIdentifier."""
    reader = der.only(value, der.SEQUENCE).reader()
    key, issuer, serial = reader.optional(0x80), reader.optional(0xA1), reader.optional(0x82)
    reader.done()
    return AuthorityKeyId(
        None if key is None else key.content,
        () if issuer is None else read_general_names(issuer),
        None if serial is None else der.integer(serial),
    )


def policies(value: bytes) -> tuple[Policy, ...]:
    """A CertificatePolicies; the same policy twice is refused (RFC 5280 §4.2.1.4)."""
    found = tuple(_policy(one) for one in der.items(der.only(value, der.SEQUENCE)))
    if not found or len({one.oid for one in found}) != len(found):
        raise malformed("CertificatePolicies")
    return found


def _policy(element: der.Element) -> Policy:
    reader = _tagged(element, der.SEQUENCE).reader()
    oid = der.object_id(reader.take(der.OBJECT))
    qualifiers = reader.optional(der.SEQUENCE)
    reader.done()
    statements = []
    for one in () if qualifiers is None else der.items(qualifiers):
        inside = _tagged(one, der.SEQUENCE).reader()
        kind, qualifier = der.object_id(inside.take(der.OBJECT)), inside.take()
        if kind == CPS_QUALIFIER:
            statements.append(der.text(qualifier))
    return Policy(oid, tuple(statements))


def policy_mappings(value: bytes) -> tuple[tuple[str, str], ...]:
    """Pairs (policy of the issuer, policy of the subject) of a PolicyMappings."""
    pairs = []
    for one in der.items(der.only(value, der.SEQUENCE)):
        reader = _tagged(one, der.SEQUENCE).reader()
        pairs.append((der.object_id(reader.take(der.OBJECT)), der.object_id(reader.take(der.OBJECT))))
        reader.done()
    return tuple(pairs)


def policy_constraints(value: bytes) -> PolicyConstraints:
    """A PolicyConstraints."""
    reader = der.only(value, der.SEQUENCE).reader()
    explicit, mapping = reader.optional(0x80), reader.optional(0x81)
    reader.done()
    return PolicyConstraints(
        None if explicit is None else der.count(explicit), None if mapping is None else der.count(mapping)
    )


def inhibit_any_policy(value: bytes) -> int:
    """An InhibitAnyPolicy."""
    return der.count(der.only(value, der.INTEGER))


def name_constraints(value: bytes) -> NameConstraints:
    """A NameConstraints."""
    reader = der.only(value, der.SEQUENCE).reader()
    permitted, excluded = reader.optional(0xA0), reader.optional(0xA1)
    reader.done()
    return NameConstraints(_subtrees(permitted), _subtrees(excluded))


def _subtrees(element: der.Element | None) -> tuple[Subtree, ...]:
    return () if element is None else tuple(_subtree(one) for one in der.items(element))


def _subtree(element: der.Element) -> Subtree:
    reader = _tagged(element, der.SEQUENCE).reader()
    base = read_general_name(reader.take())
    minimum, maximum = reader.optional(0x80), reader.optional(0x81)
    reader.done()
    return Subtree(
        base, 0 if minimum is None else der.count(minimum), None if maximum is None else der.count(maximum)
    )


def distribution_points(value: bytes) -> tuple[DistributionPoint, ...]:
    """A CRLDistributionPoints (also FreshestCRL)."""
    return tuple(_distribution_point(one) for one in der.items(der.only(value, der.SEQUENCE)))


def _distribution_point(element: der.Element) -> DistributionPoint:
    reader = _tagged(element, der.SEQUENCE).reader()
    point, flags, issuer = reader.optional(0xA0), reader.optional(0x81), reader.optional(0xA2)
    reader.done()
    full_name, relative = ((), None) if point is None else distribution_point_name(point)
    return DistributionPoint(
        full_name,
        relative,
        None if flags is None else reasons(flags),
        () if issuer is None else read_general_names(issuer),
    )


def distribution_point_name(element: der.Element) -> tuple[tuple[GeneralName, ...], Rdn | None]:
    """The choice inside a DistributionPointName: full names, or a name relative to the issuer."""
    reader = element.reader()
    choice = reader.take()
    reader.done()
    if choice.tag == 0xA0:
        return read_general_names(choice), None
    if choice.tag == 0xA1:
        return (), read_rdn(choice)
    raise malformed("DistributionPointName")


def reasons(element: der.Element) -> frozenset[str]:
    """Words of a ReasonFlags."""
    return frozenset(REASONS[at] for at in der.named_bits(element) if at < len(REASONS))


def access(value: bytes) -> tuple[tuple[str, GeneralName], ...]:
    """Pairs (method, location) of an AuthorityInfoAccess."""
    pairs = []
    for one in der.items(der.only(value, der.SEQUENCE)):
        reader = _tagged(one, der.SEQUENCE).reader()
        pairs.append((der.object_id(reader.take(der.OBJECT)), read_general_name(reader.take())))
        reader.done()
    return tuple(pairs)


def private_key_usage_period(value: bytes) -> KeyUsagePeriod:
    """A PrivateKeyUsagePeriod, whose instants are GeneralizedTime under a context tag."""
    reader = der.only(value, der.SEQUENCE).reader()
    start, end = reader.optional(0x80), reader.optional(0x81)
    reader.done()
    return KeyUsagePeriod(*(None if one is None else _generalized(one) for one in (start, end)))


def _generalized(element: der.Element) -> datetime:
    return der.instant(element._replace(tag=der.GENERALIZED_TIME))


def _tagged(element: der.Element, tag: int) -> der.Element:
    if element.tag != tag:
        raise malformed(f"tag {tag:#04x}")
    return element


READERS = {
    BASIC_CONSTRAINTS: ("basic_constraints", basic_constraints),
    KEY_USAGE: ("key_usage", key_usage),
    EXTENDED_KEY_USAGE: ("extended_key_usage", object_ids),
    SUBJECT_ALTERNATIVE_NAME: ("subject_alternative_names", general_names),
    SUBJECT_KEY_ID: ("subject_key_id", octets),
    AUTHORITY_KEY_ID: ("authority_key_id", authority_key_id),
    CERTIFICATE_POLICIES: ("policies", policies),
    POLICY_MAPPINGS: ("policy_mappings", policy_mappings),
    POLICY_CONSTRAINTS: ("policy_constraints", policy_constraints),
    INHIBIT_ANY_POLICY: ("inhibit_any_policy", inhibit_any_policy),
    NAME_CONSTRAINTS: ("name_constraints", name_constraints),
    CRL_DISTRIBUTION_POINTS: ("distribution_points", distribution_points),
    FRESHEST_CRL: ("freshest", distribution_points),
    AUTHORITY_INFO_ACCESS: ("access", access),
    PRIVATE_KEY_USAGE_PERIOD: ("private_key_usage_period", private_key_usage_period),
}
"""For each extension read here: the field of `Known` and its reader."""


def read_known(extensions: tuple[Extension, ...]) -> Known:
    """What these extensions say. Raises `Unreadable` when one breaks its own syntax."""
    values = {}
    for one in extensions:
        if one.oid in READERS:
            field, reader = READERS[one.oid]
            values[field] = reader(one.value)
    return Known(**values)  # type: ignore[arg-type]
