"""What a certificate of each IGC-Santé family says (gabarits as observed: key usages, extensions, private marks)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID

from ecluse.simulators.pki.names import Person, Structure, organisation_name, person_name

TEST_POLICY = "1.2.250.1.213.1.7.2.1.1.1.1"
"""Policy of every IGC-Santé test certificate, whatever the family."""
PRODUCTION_POLICY = "1.2.250.1.213.1.7.1.1.2.4.1"
"""Policy of production ORG certificates: only the catalogue's production-like certificate carries it."""

KIND = "1.2.250.1.71.1.2.5"
"""Private extension of the GIP-CPS: one byte, whose high bit marks TEST."""
SOFTWARE_TEST = b"\x04\x01\x83"
SOFTWARE_PRODUCTION = b"\x04\x01\x03"
CARD_TEST = b"\x04\x01\x80"
CARD_TYPE = "1.2.250.1.71.1.2.2"
CARD_NUMBER = "1.2.250.1.71.1.2.3"
PROFESSION = "1.2.250.1.71.1.2.7"


class Family(NamedTuple):
    """A family. key_usage: names of `x509.KeyUsage`; signs: a private-key usage period is written."""

    code: str
    key_usage: frozenset[str]
    extended: tuple[x509.ObjectIdentifier, ...]
    signs: bool = False


_EKU = ExtendedKeyUsageOID
AUTH_CLI = Family("ORG AUTH_CLI", frozenset({"digital_signature"}), (_EKU.CLIENT_AUTH,))
SIGN = Family(
    "ORG SIGN", frozenset({"digital_signature", "content_commitment"}), (_EKU.EMAIL_PROTECTION,), signs=True
)
CONF = Family("ORG CONF", frozenset({"key_encipherment", "data_encipherment"}), (_EKU.EMAIL_PROTECTION,))
SERV_SSL = Family(
    "SERV SSL", frozenset({"digital_signature", "key_encipherment"}), (_EKU.SERVER_AUTH, _EKU.CLIENT_AUTH)
)
CARD_AUTH = Family(
    "card authentication", frozenset({"digital_signature"}), (_EKU.CLIENT_AUTH, _EKU.SMARTCARD_LOGON)
)
CARD_SIGN = Family("card signature", frozenset({"content_commitment"}), (_EKU.EMAIL_PROTECTION,), signs=True)

FAMILIES = {"auth_cli": AUTH_CLI, "sign": SIGN, "conf": CONF, "serv": SERV_SSL}
"""Families of the software certificates that the platform sells to a structure."""


@dataclass(frozen=True, slots=True)
class Profile:
    """Everything a certificate will say, besides its key and its issuer.

    dns, upn, email: subjectAltName; marks: private extensions (OID, DER); private_key_until: end of the private-key
    usage period when it is not that of the certificate (certificates of 2016 to 2019 last a month more);
    unknown_critical: adds a critical extension that nobody knows; authority: basicConstraints CA:TRUE.
    """

    subject: x509.Name
    family: Family
    not_before: datetime
    not_after: datetime
    dns: tuple[str, ...] = ()
    upn: str = ""
    email: str = ""
    policy: str = TEST_POLICY
    marks: tuple[tuple[str, bytes], ...] = ((KIND, SOFTWARE_TEST),)
    private_key_until: datetime | None = None
    unknown_critical: bool = False
    authority: bool = False


def years_after(moment: datetime, years: int) -> datetime:
    """The same day and hour, years later; 29 February becomes the 28th."""
    day = 28 if (moment.month, moment.day) == (2, 29) else moment.day
    return moment.replace(year=moment.year + years, day=day)


def organisation(family: Family, structure: Structure, service: str, begin: datetime) -> Profile:
    """A certificate of an organisation, for three years.

    :param service: "service applicatif", free text of the order, which becomes the CN.
    """
    begin = begin.replace(microsecond=0)
    return Profile(organisation_name(structure, service), family, begin, years_after(begin, 3))


def server(structure: Structure, hosts: Sequence[str], begin: datetime) -> Profile:
    """A TLS server certificate of a structure, for three years: the CN is the first name and is repeated in the SAN."""
    begin = begin.replace(microsecond=0)
    subject = organisation_name(structure, hosts[0])
    return Profile(subject, SERV_SSL, begin, years_after(begin, 3), dns=tuple(hosts))


def card(family: Family, person: Person, structure: Structure | None, begin: datetime) -> Profile:
    """A certificate of a card: CPS of a professional, or card of an employee of a structure.

    :param family: `CARD_AUTH` or `CARD_SIGN`.
    """
    begin = begin.replace(microsecond=0)
    marks = [
        (KIND, CARD_TEST),
        (CARD_TYPE, b"\x02\x01" + (b"\x02" if structure else b"\x00")),
        (CARD_NUMBER, b"\x13\x15" + b"8025000000/0000000001"),
    ]
    if person.profession is not None:
        marks.append((PROFESSION, bytes((2, 1, person.profession))))
    account = f"{person.identifier}@carte-cps.ecluse-test.invalid"
    return Profile(
        person_name(person, structure), family, begin, years_after(begin, 3),
        upn=account if family is CARD_AUTH else "", email=account if family is CARD_SIGN else "", marks=tuple(marks),
    )  # fmt: skip
