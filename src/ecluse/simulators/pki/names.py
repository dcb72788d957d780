"""Names of the test hierarchy: the layout of IGC-Santé (order, one attribute per RDN), and never its own names."""

from __future__ import annotations

from typing import NamedTuple
from urllib.parse import quote

from cryptography import x509
from cryptography.x509.oid import NameOID

OWNER = "ECLUSE-TEST"
"""Organisation of every authority here; the real ones say ASIP-SANTE."""

COMPANY_LENGTH = 40
"""IGC-Santé cuts the raison sociale there (seen on real certificates)."""
MAX_BYTES = 64
"""Bytes of an attribute, in UTF-8, that the library writes."""


class Structure(NamedTuple):
    """The establishment a certificate names.

    identifier: national identifier with its type digit, as in OU (TRE_G07: `1` + FINESS, `3` + SIRET…);
    company: raison sociale; department: as IGC-Santé writes it, `Paris (75)`.
    """

    identifier: str
    company: str
    department: str


def writable(text: str) -> bool:
    """True for a text that an attribute may hold."""
    return 1 <= len(text.encode(errors="replace")) <= MAX_BYTES and text.isprintable()


STRUCTURE = Structure("1990000028", "CENTRE HOSPITALIER DE VALMONT SIMULATION", "Côte-d'Or (21)")
"""The invented establishment of the simulators; no department has the number 99."""


class Addresses(NamedTuple):
    """Where the hierarchy is served. base: `http://127.0.0.1:8089`, no final slash."""

    base: str

    def authority(self, short: str) -> str:
        """Certificate of an authority (caIssuers)."""
        return f"{self.base}/AC/{short}.cer"

    def crl(self, short: str) -> str:
        """Its CRL."""
        return f"{self.base}/CRL/{short}.crl"

    @property
    def ocsp(self) -> str:
        """The OCSP responder of all authorities."""
        return f"{self.base}/ocsp"

    @property
    def policy(self) -> str:
        """The certification policy (CPS URI)."""
        return f"{self.base}/PC%20TEST"


def authority_name(common_name: str) -> x509.Name:
    """Name of an authority: C, O, OU (SIREN of nobody), OU, CN."""
    return x509.Name(
        [
            x509.NameAttribute(NameOID.COUNTRY_NAME, "FR"),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, OWNER),
            x509.NameAttribute(NameOID.ORGANIZATIONAL_UNIT_NAME, "0002 000000000"),
            x509.NameAttribute(NameOID.ORGANIZATIONAL_UNIT_NAME, "ECLUSE-TEST SIMULATION"),
            x509.NameAttribute(NameOID.COMMON_NAME, common_name),
        ]
    )


def organisation_name(structure: Structure, common_name: str) -> x509.Name:
    """Name of an organisation's certificate: C, ST, O, OU, CN, one attribute per RDN.

    :param common_name: service applicatif (ORG) or server name (SERV).
    """
    return x509.Name([*_structure(structure), _one(NameOID.COMMON_NAME, common_name)])


class Person(NamedTuple):
    """The holder of a card.

    identifier: national identifier with its type digit (`8` + RPPS, `3` + FINESS + `/` + internal number);
    title: label of the profession, or empty; profession: its code (private extension), or None.
    """

    identifier: str
    given_name: str
    name: str
    title: str
    profession: int | None


DOCTOR = Person("899900000011", "ALIX", "MEDECIN-SIMULE", "Médecin", 10)
EMPLOYEE = Person(f"3{STRUCTURE.identifier[1:]}/ECLUSE0001", "CAMILLE", "AGENT-SIMULE", "", None)


def person_name(person: Person, structure: Structure | None) -> x509.Name:
    """Name of a card: the last RDN holds CN, SN and GN together; an employee's card also names the structure."""
    first = _structure(structure) if structure else [_one(NameOID.COUNTRY_NAME, "FR")]
    title = [_one(NameOID.TITLE, person.title)] if person.title else []
    last = x509.RelativeDistinguishedName(
        [
            x509.NameAttribute(NameOID.COMMON_NAME, person.identifier),
            x509.NameAttribute(NameOID.SURNAME, person.name),
            x509.NameAttribute(NameOID.GIVEN_NAME, person.given_name),
        ]
    )
    return x509.Name([*first, *title, last])


def ldap_address(authority: x509.Name, issuer: x509.Name, attribute: str) -> str:
    """The LDAP point that IGC-Santé writes beside the HTTP one. Its host exists nowhere (RFC 2606): text only."""
    names = [("cn", _common_name(authority))]
    if issuer != authority:
        names.append(("ou", _common_name(issuer)))
    units = [str(one.value) for one in issuer.get_attributes_for_oid(NameOID.ORGANIZATIONAL_UNIT_NAME)]
    names += [("ou", unit) for unit in reversed(units)] + [("o", OWNER), ("c", "FR")]
    name = ",".join(f"{kind}={quote(value)}" for kind, value in names)
    return f"ldap://annuaire.ecluse-test.invalid/{name}?{attribute};binary?base?objectClass=pkiCA"


def _structure(structure: Structure) -> list[x509.RelativeDistinguishedName]:
    return [
        _one(NameOID.COUNTRY_NAME, "FR"),
        _one(NameOID.STATE_OR_PROVINCE_NAME, structure.department),
        _one(NameOID.ORGANIZATION_NAME, _cut(structure.company)),
        _one(NameOID.ORGANIZATIONAL_UNIT_NAME, structure.identifier),
    ]


def _cut(company: str) -> str:
    """A raison sociale as long as it may be."""
    return company[:COMPANY_LENGTH].encode()[:MAX_BYTES].decode(errors="ignore")


def _one(kind: x509.ObjectIdentifier, value: str) -> x509.RelativeDistinguishedName:
    return x509.RelativeDistinguishedName([x509.NameAttribute(kind, value)])


def _common_name(name: x509.Name) -> str:
    return str(name.get_attributes_for_oid(NameOID.COMMON_NAME)[0].value)
