"""Names are written as RFC 4514 wants and compared as RFC 5280 wants; cryptography and openssl are the judges."""

from __future__ import annotations

import subprocess

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.x509.oid import NameOID
from hypothesis import given, settings
from hypothesis import strategies as st

from ecluse.protocols.x509 import der, read_certificate, rfc4514, same_name
from ecluse.protocols.x509.names import Name, read_name, within
from tests.pki_kit import TestPki, throw_away_keys

TYPES = [
    NameOID.COMMON_NAME,
    NameOID.ORGANIZATION_NAME,
    NameOID.ORGANIZATIONAL_UNIT_NAME,
    NameOID.STATE_OR_PROVINCE_NAME,
    NameOID.LOCALITY_NAME,
    NameOID.STREET_ADDRESS,
    NameOID.DOMAIN_COMPONENT,
    NameOID.USER_ID,
]
ORDINARY = st.characters(exclude_categories=["Cs", "Cc"])
VALUES = st.text(st.one_of(st.sampled_from(' #,+"\\<>;=éÔ'), ORDINARY), min_size=1, max_size=20)
RDNS = st.lists(
    st.tuples(st.sampled_from(TYPES), VALUES), min_size=1, max_size=2, unique_by=lambda one: one[0]
)


def written(rdns: list[list[tuple[x509.ObjectIdentifier, str]]]) -> x509.Name:
    """The name of these attributes, all in UTF-8."""
    attributes = [
        [x509.NameAttribute(oid, value, _type=x509.name._ASN1Type.UTF8String) for oid, value in rdn]
        for rdn in rdns
    ]
    return x509.Name([x509.RelativeDistinguishedName(rdn) for rdn in attributes])


def name_of(name: x509.Name) -> Name:
    """The same name, read here."""
    return read_name(der.only(name.public_bytes()))


def name(*pairs: tuple[str, str]) -> Name:
    """A name from attribute words and values."""
    oids = {"C": NameOID.COUNTRY_NAME, "O": NameOID.ORGANIZATION_NAME, "CN": NameOID.COMMON_NAME}
    return name_of(x509.Name([x509.NameAttribute(oids[word], value) for word, value in pairs]))


@settings(max_examples=150, deadline=None)
@given(st.lists(RDNS, min_size=1, max_size=4))
def test_the_string_is_that_of_cryptography(rdns: list[list[tuple[x509.ObjectIdentifier, str]]]) -> None:
    """For every attribute type that has a word, whatever the text."""
    made = written(rdns)
    ours = name_of(made)
    mine = sorted(part for rdn in split(rfc4514(ours), ",") for part in split(rdn, "+"))
    theirs = sorted(part for rdn in split(made.rfc4514_string(), ",") for part in split(rdn, "+"))
    assert mine == theirs


def split(text: str, at: str) -> list[str]:
    """Parts of an RFC 4514 string at an unescaped mark."""
    parts, escaped = [""], False
    for char in text:
        if char == at and not escaped:
            parts.append("")
        else:
            parts[-1] += char
        escaped = char == "\\" and not escaped
    return parts


@settings(max_examples=100, deadline=None)
@given(st.lists(RDNS, min_size=1, max_size=3))
def test_the_string_gives_the_name_back(rdns: list[list[tuple[x509.ObjectIdentifier, str]]]) -> None:
    """cryptography reads our string as the same name: nothing is lost, nothing is ambiguous."""
    made = written(rdns)
    again = x509.Name.from_rfc4514_string(rfc4514(name_of(made)))
    assert [{(one.oid, one.value) for one in rdn} for rdn in again.rdns] == [
        {(one.oid, one.value) for one in rdn} for rdn in made.rdns
    ]


def test_the_string_is_that_of_openssl() -> None:
    """On a subject with every difficulty at once: accents, apostrophe, marks, spaces, hash, end of line."""
    made = written(
        [
            [(NameOID.COUNTRY_NAME, "FR")],
            [(NameOID.STATE_OR_PROVINCE_NAME, "Côte-d'Or (21)")],
            [(NameOID.ORGANIZATION_NAME, 'A, B + "C" <D>')],
            [(NameOID.ORGANIZATIONAL_UNIT_NAME, "#1750000000 ")],
            [(NameOID.COMMON_NAME, " Client;ROC\\AMC\n")],
        ]
    )
    key = throw_away_keys()[2048][0]
    now = TestPki.make().now
    certificate = (
        x509.CertificateBuilder(made, made, key.public_key(), 1, now, now)
        .sign(key, hashes.SHA256())
        .public_bytes(serialization.Encoding.DER)
    )
    command = "openssl x509 -inform DER -noout -subject -nameopt RFC2253,-esc_msb,utf8".split()
    shown = subprocess.run(command, input=certificate, capture_output=True, check=True).stdout.decode()
    assert f"subject={read_certificate(certificate).rfc4514}\n" == shown


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("rpps.tra.henix;asipsante.fr", r"CN=rpps.tra.henix\;asipsante.fr"),
        ("#début", r"CN=\#début"),
        (" a  b ", r"CN=\ a  b\ "),
        (" ", r"CN=\ "),
        ("a\x00b", r"CN=a\00b"),
        ("a=b#c", "CN=a=b#c"),
        ("Œuvre d’« art » 🏥", "CN=Œuvre d’« art » 🏥"),
    ],
)
def test_texts_of_rfc4514(value: str, expected: str) -> None:
    """Section 2.4 of RFC 4514, case by case."""
    assert rfc4514(name(("CN", value))) == expected


def test_an_attribute_without_a_word() -> None:
    """Its type is dotted and its value hexadecimal (RFC 4514 §2.4), as Java writes it too."""
    made = x509.Name([x509.NameAttribute(NameOID.EMAIL_ADDRESS, "a@b.fr")])
    assert rfc4514(name_of(made)) == "1.2.840.113549.1.9.1=#16066140622e6672"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("HOPITAL DES 3 DAMES", "Hôpital des 3 Dames".replace("ô", "o")),
        ("Hôpital", "HÔPITAL"),
        ("a  b", " a b "),
        ("Ho\u0302pital", "H\u00f4pital"),
        ("ﬁchier", "FICHIER"),
        ("Straße", "STRASSE"),
        ("a\u00adb", "ab"),
        ("a\tb", "a b"),
    ],
)
def test_names_that_are_the_same(one: str, other: str) -> None:
    """RFC 5280 §7.1: case, insignificant spaces and Unicode forms do not count."""
    assert same_name(name(("C", "FR"), ("O", one)), name(("C", "FR"), ("O", other)))


def test_names_that_differ() -> None:
    """Order, number and type of the parts count, and so do accents."""
    base = name(("C", "FR"), ("O", "A"), ("CN", "b"))
    assert not same_name(base, name(("O", "A"), ("C", "FR"), ("CN", "b")))
    assert not same_name(base, name(("C", "FR"), ("O", "A")))
    assert not same_name(base, name(("C", "FR"), ("CN", "A"), ("O", "b")))
    assert not same_name(name(("O", "Hôpital")), name(("O", "Hopital")))


def test_string_types_do_not_count() -> None:
    """The same authority written in PrintableString, then in UTF8String, is one."""
    kinds = [
        x509.name._ASN1Type.PrintableString,
        x509.name._ASN1Type.UTF8String,
        x509.name._ASN1Type.BMPString,
    ]
    one, two, three = (
        name_of(x509.Name([x509.NameAttribute(NameOID.ORGANIZATION_NAME, "ASIP-SANTE", _type=kind)]))
        for kind in kinds
    )
    assert one != two
    assert same_name(one, two)
    assert same_name(two, three)


def test_subtree_of_names() -> None:
    """A name is within its own prefixes, compared as names are, and within nothing else."""
    leaf = name(("C", "FR"), ("O", "Ville"), ("CN", "service"))
    assert within(leaf, name(("C", "fr"), ("O", "VILLE")))
    assert not within(leaf, name(("C", "FR"), ("O", "Vill")))
    assert not within(name(("C", "FR")), leaf)
