"""Says what a certificate of the IGC-Santé is: its family, its environment, whom it names, what may be done with it.

What cannot be told is said to be unknown. Source: note IGC-Santé §1 to §4, by way of `data/igc_sante.toml`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from ecluse.protocols.x509 import Certificate, Name, Unreadable, der
from ecluse.protocols.x509.extensions import READERS, SERVER_AUTH
from ecluse.protocols.x509.names import (
    COMMON_NAME,
    GIVEN_NAME,
    ORGANIZATION,
    ORGANIZATIONAL_UNIT,
    STATE,
    SURNAME,
    TITLE,
)
from ecluse.rules.certificates.facts import (
    Authority,
    Confidence,
    Environment,
    Family,
    Form,
    Meaning,
    authority_of_fingerprint,
    authority_of_name,
    card_kind,
    data,
    families,
    person_forms,
    policies,
    private_extensions,
    structure_forms,
)

_TEST_BIT, _CARD_KIND = "1.2.250.1.71.1.2.5", "1.2.250.1.71.1.2.2"
_CARD_NUMBER, _PROFESSION = "1.2.250.1.71.1.2.3", "1.2.250.1.71.1.2.7"


class Structure(NamedTuple):
    """A structure named by an OU.

    kind: `finess`, `siren`, `siret`, `rpps-rang`, `adeli`…; prefix: its type digit (TRE_G07); value: the number
    without it; whole: the "identifiant national de structure" (IDNST), prefix included.
    """

    kind: str
    prefix: str
    value: str
    text_fr: str
    text_en: str

    @property
    def whole(self) -> str:
        """Type digit and number."""
        return self.prefix + self.value


class Person(NamedTuple):
    """A natural person.

    kind: `rpps`, `adeli`, `finess-employee` or `unknown`; number: hers, without its type digit (an internal number
    for an employee); structure: FINESS of the employer, else empty; title: profession label; profession: code of the
    private extension, None: not said.
    """

    kind: str
    number: str
    structure: str
    surname: str
    given_name: str
    title: str
    profession: int | None


class Card(NamedTuple):
    """The card that holds the key. kind: `CPS`, `CPE`, empty when not known; number: issuer and number."""

    kind: str
    number: str


class Mark(NamedTuple):
    """Something that tells the environment. where: `extension`, `policy` or `issuer`."""

    where: str
    environment: Environment


class Period(NamedTuple):
    """When the private key may sign; the ends are included."""

    start: datetime
    end: datetime


@dataclass(frozen=True)
class Description:
    """What a certificate says.

    confidence: how sure the family is (`observed`, `documented`, `inferred`). environment: `unknown` when nothing
    tells it or when marks contradict one another; see `marks`. structure: None when no OU is an identifier; units:
    the OU as they are. service_name: CN of an organisation ("service applicatif") or of a server. authority: the
    national authority whose certificate it is, by fingerprint. issued_by: the national authority whose name the
    issuer has, which proves nothing. signing: when its key may sign. unknown_*: OIDs of which nothing is known here.
    """

    family: Family
    confidence: Confidence | None
    environment: Environment
    marks: tuple[Mark, ...]
    structure: Structure | None
    organisation: str
    department: str
    units: tuple[str, ...]
    service_name: str
    person: Person | None
    card: Card | None
    authority: Authority | None
    issued_by: Authority | None
    subject: str
    issuer: str
    signing: Period
    policies: tuple[Meaning, ...]
    unknown_policies: tuple[str, ...]
    private_extensions: tuple[Meaning, ...]
    unknown_extensions: tuple[str, ...]
    dns_names: tuple[str, ...]
    crl_addresses: tuple[str, ...]
    delta_addresses: tuple[str, ...]
    ocsp_addresses: tuple[str, ...]
    issuer_addresses: tuple[str, ...]

    @property
    def contradictory(self) -> bool:
        """True when two marks of the environment contradict each other: somebody made a strange certificate."""
        return len({mark.environment for mark in self.marks}) > 1


def describe(certificate: Certificate) -> Description:
    """What a certificate is, of the IGC-Santé or not."""
    marks = _marks(certificate)
    said = {mark.environment for mark in marks}
    person = _person(certificate)
    family, confidence = _family(certificate, person)
    known = [policies()[one.oid] for one in certificate.policies if one.oid in policies()]
    subject = certificate.subject
    units = subject.values(ORGANIZATIONAL_UNIT)
    oids = [one.oid for one in certificate.extensions]
    return Description(
        family=family,
        confidence=confidence,
        environment=said.pop() if len(said) == 1 else "unknown",
        marks=marks,
        structure=None if certificate.is_authority else _structure_among(units),
        organisation=subject.value(ORGANIZATION),
        department=subject.value(STATE),
        units=units,
        service_name="" if person or certificate.is_authority else subject.value(COMMON_NAME),
        person=person,
        card=_card(certificate),
        authority=authority_of_fingerprint(certificate.fingerprint),
        issued_by=authority_of_name(certificate.issuer.value(COMMON_NAME)),
        subject=certificate.rfc4514,
        issuer=str(certificate.issuer),
        signing=signing_period(certificate),
        policies=tuple(known),
        unknown_policies=tuple(one.oid for one in certificate.policies if one.oid not in policies()),
        private_extensions=tuple(private_extensions()[oid] for oid in oids if oid in private_extensions()),
        unknown_extensions=tuple(oid for oid in oids if oid not in {*private_extensions(), *READERS}),
        dns_names=certificate.dns_names,
        crl_addresses=certificate.crl_addresses,
        delta_addresses=certificate.delta_addresses,
        ocsp_addresses=certificate.ocsp_addresses,
        issuer_addresses=certificate.issuer_addresses,
    )


def structure_of(text: str) -> Structure | None:
    """The structure that an "identifiant national de structure" designates (TRE_G07), None when it has no such form."""
    for form in structure_forms():
        if text.startswith(form.prefix) and form.pattern.fullmatch(text[len(form.prefix) :]):
            return Structure(form.kind, form.prefix, text[len(form.prefix) :], form.text_fr, form.text_en)
    return None


def signing_period(certificate: Certificate) -> Period:
    """When the private key may sign: its own period where there is one, never outside the validity (note §1)."""
    period = certificate.private_key_usage_period
    start = period.not_before if period and period.not_before else certificate.not_before
    end = period.not_after if period and period.not_after else certificate.not_after
    return Period(max(start, certificate.not_before), min(end, certificate.not_after))


def environment_of_name(name: Name) -> Environment:
    """The environment that the name of an authority tells (note §4); `unknown` for an authority of elsewhere."""
    marks = data("igc_sante")["issuer_marks"]
    units = name.values(ORGANIZATIONAL_UNIT)
    if marks["test_unit"] in units or name.value(COMMON_NAME).startswith(marks["test_prefix"]):
        return "test"
    known = authority_of_name(name.value(COMMON_NAME))
    if known is not None and marks["production_unit"] in units:
        return known.environment
    return "unknown"


def _family(certificate: Certificate, person: Person | None) -> tuple[Family, Confidence | None]:
    """Usages first, then the subject: an organisation has an OU that identifies it, a person has a name (note §1)."""
    known = families()
    if certificate.is_authority:
        return known["authority"], None
    if person is not None:
        return known["person"], None
    usages = certificate.key_usage or frozenset()
    extended = frozenset(certificate.extended_key_usage or ())
    if _structure_among(certificate.subject.values(ORGANIZATIONAL_UNIT)) is not None:
        for family in known.values():
            for combination in family.combinations:
                if (combination.key_usage, combination.extended) == (usages, extended):
                    return family, combination.confidence
    return known["other server" if SERVER_AUTH in extended else "unknown"], None


def _structure_among(units: tuple[str, ...]) -> Structure | None:
    return next((found for unit in units if (found := structure_of(unit)) is not None), None)


def _marks(certificate: Certificate) -> tuple[Mark, ...]:
    """Test bit, policy, issuer: all that tell the environment."""
    marks = []
    bit = _test_bit(certificate)
    if bit is not None:
        marks.append(Mark("extension", "test" if bit else "production"))
    for policy in certificate.policies:
        meaning = policies().get(policy.oid)
        if meaning is not None and meaning.environment != "unknown":
            marks.append(Mark("policy", meaning.environment))
    by_name = environment_of_name(certificate.issuer)
    if by_name != "unknown":
        marks.append(Mark("issuer", by_name))
    return tuple(marks)


def _test_bit(certificate: Certificate) -> bool | None:
    """Whether the high bit of the private extension marks a test certificate; None: absent or of unknown value."""
    value = _private(certificate, _TEST_BIT, der.OCTET_STRING)
    facts = data("igc_sante")["test_bit"]
    if value is None or len(value) != 1 or value[0] not in facts["known"]:
        return None
    return bool(value[0] & facts["test"])


def _person(certificate: Certificate) -> Person | None:
    """The natural person, known by her name, her title or the form of her number (note §2)."""
    subject = certificate.subject
    name = subject.value(COMMON_NAME)
    surname, given_name, title = subject.value(SURNAME), subject.value(GIVEN_NAME), subject.value(TITLE)
    form, found = _matched(name)
    in_one = any({COMMON_NAME, SURNAME} <= {one.oid for one in rdn} for rdn in subject.rdns)
    named = in_one or title or (surname and given_name)
    if not named and (form is None or _structure_among(subject.values(ORGANIZATIONAL_UNIT)) is not None):
        return None
    return Person(
        form.kind if form else "unknown",
        found.get("number", "") if form else name,
        found.get("structure", ""),
        surname,
        given_name,
        title,
        _integer(certificate, _PROFESSION),
    )


def _matched(name: str) -> tuple[Form | None, dict[str, str]]:
    for form in person_forms():
        if match := form.pattern.fullmatch(name):
            return form, match.groupdict()
    return None, {}


def _card(certificate: Certificate) -> Card | None:
    kind = _integer(certificate, _CARD_KIND)
    number = _private(certificate, _CARD_NUMBER, 0x13)
    if kind is None and number is None:
        return None
    return Card("" if kind is None else card_kind(kind), (number or b"").decode("ascii", "replace"))


def _integer(certificate: Certificate, oid: str) -> int | None:
    value = _private(certificate, oid, der.INTEGER)
    return int.from_bytes(value, "big", signed=True) if value else None


def _private(certificate: Certificate, oid: str, tag: int) -> bytes | None:
    """Contents of a private extension that is one value of this type; None when absent or of another form."""
    extension = certificate.extension(oid)
    if extension is None:
        return None
    try:
        return der.only(extension.value, tag).content
    except Unreadable:
        return None
