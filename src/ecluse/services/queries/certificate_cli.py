"""What the command line asks about files of certificates, and its own way of telling what is wrong.

`describe_file` and `verify_file` need no store; the rest reads the one that is open.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from hashlib import sha1
from typing import TYPE_CHECKING, Literal

from ecluse.protocols.x509.bundle_words import Note
from ecluse.protocols.x509.certificate import Certificate, read_certificates
from ecluse.protocols.x509.crl import Crl, read_crl
from ecluse.protocols.x509.errors import Unreadable
from ecluse.protocols.x509.keys import matches
from ecluse.protocols.x509.names import same_name
from ecluse.protocols.x509.pkcs12 import is_pkcs12, read_pkcs12
from ecluse.protocols.x509.signature import signed_by
from ecluse.rules.certificates.describe import Card, Description, Structure, describe
from ecluse.rules.certificates.describe import Person as Holder
from ecluse.rules.certificates.judge import Check, Evidence, Expected, judge
from ecluse.rules.certificates.path import Path, validate
from ecluse.rules.certificates.procedure_model import Person
from ecluse.rules.certificates.procedure_steps import Step
from ecluse.rules.certificates.refusals import Refusal
from ecluse.rules.certificates.revocation import Material, statuses
from ecluse.rules.certificates.slots import uses, uses_of_family
from ecluse.transports.crl_fetch import NotFetched, fetch
from ecluse.transports.destinations import networks

if TYPE_CHECKING:
    from ecluse.services.certificates.checking import Checked, Item
    from ecluse.services.certificates.settings import CertificateSettings

__all__ = [
    "Check", "Described", "FileCertificate", "Note", "Person", "Question", "Step", "Verified", "describe_file", "probe",
    "told", "verify_file",
]  # fmt: skip

_NO_KEY = frozenset({"key", "structure"})
"""Checks that only an import can make: they need a key, and an establishment."""
_OF_A_SLOT = frozenset({"family", "service-name", "names"})
_KEY_IN_PEM = re.compile(rb"-----BEGIN [A-Z ]*PRIVATE KEY-----")


@dataclass(frozen=True, slots=True)
class FileCertificate:
    """One certificate of a file, as it says itself; nothing here is verified.

    confidence: how sure the family is; key: a private key of the file is its own; fingerprint, sha1: of the DER;
    signing_from, signing_until: when its key may sign; renewable_until: its end; crl, delta, ocsp, issuers: addresses.
    """

    family: str
    confidence: str
    environment: str
    contradictory: bool
    authority: str
    structure: dict[str, str] | None
    organisation: str
    department: str
    service: str
    person: dict[str, str] | None
    card: dict[str, str] | None
    subject: str
    issuer: str
    issued_by: str
    serial: str
    not_before: str
    not_after: str
    signing_from: str
    signing_until: str
    key_kind: str
    key_bits: int
    key: bool
    signature: str
    names: tuple[str, ...]
    policies: tuple[str, ...]
    crl: tuple[str, ...]
    delta: tuple[str, ...]
    ocsp: tuple[str, ...]
    issuers: tuple[str, ...]
    fingerprint: str
    sha1: str


@dataclass(frozen=True, slots=True)
class Described:
    """A file. kind: `pkcs12` or `certificates`; keys: how many private keys it holds; notes: worth knowing."""

    kind: str
    keys: int
    certificates: tuple[FileCertificate, ...]
    notes: tuple[Note, ...] = ()


@dataclass(frozen=True, slots=True, repr=False)
class Question:
    """What is to be verified. content: of the file; password: of a PKCS#12; store: trust store of this gateway, or
    empty; authorities: content of a file of authorities instead of it; lists: contents of files of CRLs; at: aware;
    use: of `rules.certificates.slots`, or empty; online: the lists that the certificates name are fetched.
    """

    content: bytes
    at: datetime
    password: str | None = None
    store: str = ""
    authorities: bytes = b""
    lists: tuple[bytes, ...] = ()
    use: str = ""
    environment: Literal["", "test", "production"] = ""
    online: bool = False
    allowed_networks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Verified:
    """The answer. chain: subjects up to the authority that is trusted, empty when there is no path; checks: as an
    import shows them; notes: lists that could not be fetched.
    """

    ok: bool
    fingerprint: str
    subject: str
    chain: tuple[str, ...]
    checks: tuple[Check, ...]
    notes: tuple[Note, ...] = field(default=())


def describe_file(content: bytes, password: str | None = None) -> Described:
    """What the certificates of a file are: PEM, DER, PKCS#7, PKCS#12. Nothing is verified, nothing is asked.

    :raises Unreadable: it holds no certificate; `WrongPassword`: its password is not the one.
    """
    if not is_pkcs12(content):
        found = read_certificates(content)
        keys = len(_KEY_IN_PEM.findall(content))
        return Described("certificates", keys, tuple(_told(one, key=False) for one in found))
    bundle = read_pkcs12(content, password)
    told = tuple(_told(one, key=any(matches(key, one) for key in bundle.keys)) for one in bundle.certificates)
    return Described("pkcs12", len(bundle.keys), told, bundle.notes)


def told(certificate: Certificate, *, key: bool) -> FileCertificate:
    """A certificate as `describe_file` tells it."""
    return _told(certificate, key=key)


def _told(one: Certificate, *, key: bool) -> FileCertificate:
    said = describe(one)
    return FileCertificate(
        family=said.family.id,
        confidence=said.confidence or "",
        environment=said.environment,
        contradictory=said.contradictory,
        authority=said.authority.short if said.authority else "",
        structure=_structure(said.structure),
        organisation=said.organisation,
        department=said.department,
        service=said.service_name,
        person=_person(said.person),
        card=_card(said.card),
        subject=said.subject,
        issuer=said.issuer,
        issued_by=said.issued_by.short if said.issued_by else "",
        serial=f"{one.serial:x}",
        not_before=_iso(one.not_before),
        not_after=_iso(one.not_after),
        signing_from=_iso(said.signing.start),
        signing_until=_iso(said.signing.end),
        key_kind=one.public_key.kind,
        key_bits=one.public_key.bits,
        key=key,
        signature=one.algorithm.oid,
        names=said.dns_names,
        policies=tuple(policy.oid for policy in one.policies),
        crl=said.crl_addresses,
        delta=said.delta_addresses,
        ocsp=said.ocsp_addresses,
        issuers=said.issuer_addresses,
        fingerprint=one.fingerprint,
        sha1=sha1(one.der, usedforsecurity=False).hexdigest(),
    )


def _structure(one: Structure | None) -> dict[str, str] | None:
    return None if one is None else {"kind": one.kind, "value": one.value, "whole": one.whole}


def _person(one: Holder | None) -> dict[str, str] | None:
    return None if one is None else {"kind": one.kind, "number": one.number, "structure": one.structure}


def _card(one: Card | None) -> dict[str, str] | None:
    return None if one is None else {"kind": one.kind, "number": one.number}


def _iso(when: datetime) -> str:
    return f"{when:%Y-%m-%dT%H:%M:%SZ}"


def verify_file(question: Question) -> Verified:
    """Verify a certificate: its path under the authorities given, its dates, its family, its revocation.

    :raises Unreadable: a file cannot be read, or no authority was given, or the use is unknown.
    """
    leaf, given = _leaf_of(question)
    anchors, known = _authorities(question)
    path = validate(leaf, (*given, *known), anchors, question.at)
    lists, notes = _lists(question, path)
    found = (
        statuses(path, Material(lists, {}, (*given, *known)), question.at) if isinstance(path, Path) else ()
    )
    said = describe(leaf)
    use, left_out = _judged_as(question, said)
    environment = question.environment or (said.environment if said.environment != "unknown" else "test")
    expected = Expected(uses()[use], environment, frozenset(), question.at)
    verdict = judge(leaf, expected, Evidence(None, path, found))
    checks = tuple(one for one in verdict.checks if one.name not in left_out)
    chain = tuple(one.rfc4514 for one in path.chain) if isinstance(path, Path) else ()
    ok = all(one.ok or not one.blocking for one in checks)
    return Verified(ok, leaf.fingerprint, leaf.rfc4514, chain, checks, notes)


def _leaf_of(question: Question) -> tuple[Certificate, tuple[Certificate, ...]]:
    """The certificate to verify: that of a key, else the one that issued no other; and the others of its file."""
    if is_pkcs12(question.content):
        bundle = read_pkcs12(question.content, question.password)
        everyone = bundle.certificates
        of_key = [one for one in everyone if any(matches(key, one) for key in bundle.keys)]
    else:
        everyone, of_key = read_certificates(question.content), []
    if not everyone:
        raise Unreadable("Ce fichier ne contient aucun certificat.", "This file holds no certificate.")
    issuers = [one.issuer for one in everyone if not one.is_self_issued]
    leaves = [one for one in everyone if not any(same_name(one.subject, name) for name in issuers)]
    leaf = (of_key or leaves or list(everyone))[0]
    return leaf, tuple(one for one in everyone if one != leaf)


def _authorities(question: Question) -> tuple[tuple[Certificate, ...], tuple[Certificate, ...]]:
    """Where the path may end, and the authorities that may be on the way."""
    if question.authorities:
        everyone = read_certificates(question.authorities)
        roots = tuple(one for one in everyone if one.is_self_issued and signed_by(one, one))
        return (roots, tuple(one for one in everyone if one not in roots)) if roots else (everyone, ())
    from ecluse.services.certificates.trust import trust_store

    store = trust_store(question.store)
    if not store.anchors:
        raise Unreadable(
            f"Le magasin de confiance {question.store} est vide : importez ses autorités (ecluse pki authority add),"
            " ou donnez un fichier d’autorités (--ca).",
            f"The trust store {question.store} is empty: import its authorities (ecluse pki authority add), or give a"
            " file of authorities (--ca).",
        )
    return store.anchors, store.intermediates


def _judged_as(question: Question, said: Description) -> tuple[str, frozenset[str]]:
    """The use whose rules hold, and the checks that do not count."""
    if question.use:
        if question.use not in uses():
            raise Unreadable(
                f"L’usage « {question.use[:40]} » n’existe pas. Usages : {', '.join(uses())}.",
                f"There is no use “{question.use[:40]}”. Uses: {', '.join(uses())}.",
            )
        return question.use, _NO_KEY
    suited = uses_of_family(said.family.id)
    left_out = _NO_KEY | _OF_A_SLOT | (frozenset() if question.environment else {"environment"})
    return (suited[0].id if suited else next(iter(uses()))), left_out


def _lists(question: Question, path: Path | Refusal) -> tuple[tuple[Crl, ...], tuple[Note, ...]]:
    """The lists given, those kept here, and those the path names; an address is called only once the path is valid."""
    found = [read_crl(one) for one in question.lists]
    if question.store:
        from ecluse.services.certificates.crls import kept

        found += kept()
    notes: list[Note] = []
    if question.online and isinstance(path, Path):
        wanted = dict.fromkeys(address for one in path.certificates for address in one.crl_addresses)
        for address in wanted:
            if not address.startswith("http:"):
                continue
            try:
                found.append(read_crl(fetch(address, networks(question.allowed_networks))))
            except NotFetched as error:
                notes.append(_not_fetched(address, error.why))
            except Unreadable as error:
                notes.append(Note("list", error.text_fr, error.text_en))
    return tuple(found), tuple(notes)


def _not_fetched(address: str, why: str) -> Note:
    open_fr = " Ouvrez ce réseau par allowed_networks de [certificates]," if why == "forbidden" else ""
    open_en = " Open that network by allowed_networks of [certificates]," if why == "forbidden" else ""
    return Note(
        "list",
        f"La liste de révocation {address} n’a pas pu être lue ({why}).{open_fr or ' Donnez'}"
        f"{' ou donnez' if open_fr else ''} le fichier de la liste par --crl.",
        f"The list of revocation {address} could not be had ({why}).{open_en or ' Give'}"
        f"{' or give' if open_en else ''} the file of the list by --crl.",
    )


def probe(
    settings: CertificateSettings, now: int, warn: int, critical: int, live: Iterable[Item] = ()
) -> Checked:
    """What is wrong, with the days that the caller chooses for what comes to an end.

    :param now: µs since 1970; warn, critical: days left under which an end is told so; live: as
        `checking.check`.
    """
    from ecluse.rules.certificates.calendar import days_left
    from ecluse.services.certificates.checking import Checked, Level, check
    from ecluse.services.certificates.crls import moment_of
    from ecluse.services.certificates.ends import ends

    ending = {one.about: one for one in ends(settings) if one.kind != "crl"}
    rank: dict[Level, int] = {"ok": 0, "warning": 1, "critical": 2}

    def levelled() -> Iterator[Item]:
        for item in check(settings, now, live).items:
            one = ending.get(item.about)
            if one is None or not item.text_en.startswith(one.name_en):
                yield item
                continue
            left = -1 if one.ends <= now else days_left(moment_of(one.ends), moment_of(now))
            level: Level = "critical" if left <= critical else "warning" if left <= warn else "ok"
            mend = ("", "") if level == "ok" else (one.do_fr, one.do_en)
            yield replace(item, level=level, mend_fr=mend[0], mend_en=mend[1])

    items = tuple(sorted(levelled(), key=lambda one: -rank[one.level]))
    worst: Level = items[0].level if items else "ok"
    return Checked(worst, rank[worst], items)
