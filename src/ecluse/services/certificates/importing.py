"""Import a certificate, alone or with its key: read, judged for its slot, kept with its verdict, or nothing kept.

PEM, DER and PKCS#12 files are told apart by their content. The key comes with the file, or waits here since the request
was made, or stays in a PKCS#11 token. A refused file leaves one line in the journal and nothing else.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass, replace

from ecluse.protocols.x509.bundle_words import Note
from ecluse.protocols.x509.certificate import Certificate, read_certificates
from ecluse.protocols.x509.errors import Unreadable
from ecluse.protocols.x509.keys import matches, read_keys
from ecluse.protocols.x509.names import same_name
from ecluse.protocols.x509.pkcs12 import is_pkcs12, read_pkcs12
from ecluse.rules.certificates.describe import describe
from ecluse.rules.certificates.judge import Check, Evidence, Expected, Verdict, judge
from ecluse.rules.certificates.path import Path
from ecluse.rules.certificates.slots import Use, uses
from ecluse.services.certificates import crls, keys
from ecluse.services.certificates.crls import micros, moment_of
from ecluse.services.certificates.keys import KeyUnusable
from ecluse.services.certificates.settings import CertificateSettings
from ecluse.services.certificates.standing import Standing, stand, store_names
from ecluse.services.certificates.structures import elsewhere_declared, structures_of
from ecluse.services.certificates.trust import Ask
from ecluse.store.models.certificates import (
    CertificateRequest,
    CertificateRevocation,
    CertificateSlot,
    PrivateKey,
)


@dataclass(frozen=True, slots=True, repr=False)
class CertificateFile:
    """What a person gives. content: of the file; password: of a PKCS#12 or of a key, None: none; key: content of a
    separate file of the key, or empty; token: PKCS#11 URI of the key, or empty.
    """

    content: bytes
    password: str | None = None
    key: bytes = b""
    token: str = ""


@dataclass(frozen=True, slots=True)
class Target:
    """Where it should go. establishment: its number; use: of `rules.certificates.slots`; place: `current`, `next`, or
    `auto` (current when that place is empty, next otherwise); structures: identifiers of the establishment besides
    the FINESS declared here, with their type digit (`2` + SIREN); hosts: names by which clients reach a server, empty
    when nobody said: its names are then told, and compared with nothing.
    """

    establishment: int
    use: str
    place: str = "auto"
    structures: tuple[str, ...] = ()
    hosts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Imported:
    """What became of a file. kept: the certificate is here now; placed: `current`, `next` or empty; verdict: every
    check with its sentences; notes: what is worth knowing about the file; request: id of the request it answered.
    """

    kept: bool
    fingerprint: str
    subject: str
    verdict: Verdict
    notes: tuple[Note, ...] = ()
    placed: str = ""
    request: str = ""
    text_fr: str = ""
    text_en: str = ""


@dataclass(frozen=True, slots=True, repr=False)
class _Read:
    """leaf: the certificate of the key; others: of the file; key: PKCS#8 that came with it, or empty; row: a key that
    is here already, or None.
    """

    leaf: Certificate
    others: tuple[Certificate, ...]
    key: bytes = b""
    row: PrivateKey | None = None
    notes: tuple[Note, ...] = ()


def examine_file(
    settings: CertificateSettings, file: CertificateFile, target: Target, now: int
) -> tuple[Imported, Standing]:
    """The verdict on a file, without keeping anything: what the import would say.

    :raises Unreadable: the file cannot be read; `WrongPassword` when its password is not the one.
    """
    read = _read(file, target.establishment)
    return _judged(settings, read, file, target, now)


def import_certificate(
    settings: CertificateSettings, ask: Ask, file: CertificateFile, target: Target, now: int, *, by: str
) -> Imported:
    """Import a certificate into the inventory, and into a slot.

    :param now: µs since 1970; by: who asks (`user:3`, `cli:claire`), for the key kept beside the act.
    :raises Unreadable: the file cannot be read (`WrongPassword`: its password is not the one); StoreError: the key
        cannot be sealed.
    """
    try:
        read = _read(file, target.establishment)
    except Unreadable:
        ask("certificate.refuse", {"use": target.use, "fingerprint": "", "checks": ["unreadable"]})
        raise
    found, standing = _judged(settings, read, file, target, now)
    if not found.verdict.ok:
        failed = [one.name for one in found.verdict.checks if one.blocking and not one.ok]
        told = {"use": target.use, "establishment": target.establishment, "fingerprint": found.fingerprint}
        ask("certificate.refuse", {**told, "checks": failed})
        return found
    key = _kept_key(settings, read, file, by, now)
    place = _place(target) if key else ""
    request = _request(read.row, target.establishment)
    told = _told(read, standing, target, key=key, place=place, request=request)
    # The line of the journal says what was only a warning; everything else was well.
    result = ask("certificate.keep", {**told, "checks": [one.name for one in found.verdict.failed]})
    if result.done and isinstance(standing.path, Path):
        crls.keep(standing.path, standing.fetched, now)
    return replace(
        found,
        kept=result.done,
        placed=place if result.done else "",
        request=request if result.done else "",
        text_fr=result.text_fr,
        text_en=result.text_en,
    )


def _judged(
    settings: CertificateSettings, read: _Read, file: CertificateFile, target: Target, now: int
) -> tuple[Imported, Standing]:
    use = _use(target.use)
    standing = stand(read.leaf, read.others, store_names(use, settings), settings, now, at_once=True)
    typed = frozenset(target.structures) - elsewhere_declared(target.structures, target.establishment)
    structures = structures_of(target.establishment) | typed
    expected = Expected(
        use, settings.environment, structures, moment_of(now),
        hard_fail=None if settings.tls_revocation == "soft" else True, hosts=frozenset(target.hosts),
    )  # fmt: skip
    evidence = Evidence(_key_matches(settings, read, file), standing.path, standing.statuses)
    verdict = judge(read.leaf, expected, evidence)
    if CertificateRevocation.objects.filter(certificate=read.leaf.fingerprint).exists():
        told = tuple(_REVOKED_HERE if one.name == "revocation" else one for one in verdict.checks)
        verdict = Verdict(False, told)
    if not target.hosts:
        verdict = verdict._replace(checks=tuple(_not_compared(one) for one in verdict.checks))
    return Imported(False, read.leaf.fingerprint, read.leaf.rfc4514, verdict, read.notes), standing


_REVOKED_HERE = Check(
    "revocation", False, True,
    "La révocation de ce certificat est enregistrée ici.",
    "The revocation of this certificate is recorded here.",
    "Demandez un nouveau certificat : celui-ci ne servira plus.",
    "Ask for a new certificate: this one will serve no more.",
)  # fmt: skip


def _not_compared(check: Check) -> Check:
    """The names of a server that were compared with nothing are no good news, and no reason to refuse it."""
    if check.name != "names" or not check.ok:
        return check
    return Check(
        "names", False, False,
        f"{check.text_fr} Ces noms n’ont été comparés à rien.",
        f"{check.text_en} These names were compared with nothing.",
        "Vérifiez que les clients joignent cette passerelle par l’un de ces noms.",
        "Check that clients reach this gateway by one of these names.",
    )  # fmt: skip


def _use(name: str) -> Use:
    found = uses().get(name)
    if found is None:
        raise Unreadable(
            f"L’usage « {name[:40]} » n’existe pas. Usages : {', '.join(uses())}.",
            f"There is no use “{name[:40]}”. Uses: {', '.join(uses())}.",
        )
    return found


def _read(file: CertificateFile, establishment: int) -> _Read:
    """The certificate of a file and its key, wherever the key is: with it, or here for this establishment."""
    notes: tuple[Note, ...] = ()
    pkcs8: tuple[bytes, ...] = ()
    if is_pkcs12(file.content):
        bundle = read_pkcs12(file.content, file.password)
        certificates, pkcs8, notes = bundle.certificates, bundle.keys, bundle.notes
    else:
        certificates = read_certificates(file.content)
        if b"PRIVATE KEY-----" in file.content:
            pkcs8 = read_keys(file.content, file.password)
    if file.key:
        pkcs8 = (*pkcs8, *read_keys(file.key, file.password))
    for key in pkcs8:
        leaf = next((one for one in certificates if matches(key, one)), None)
        if leaf is not None:
            return _Read(leaf, _without(certificates, leaf), key, keys.known_key(leaf, establishment), notes)
    leaf = _likeliest(certificates, establishment)
    known = keys.known_key(leaf, establishment)
    return _Read(leaf, _without(certificates, leaf), b"".join(pkcs8[:1]), known, notes)


def _likeliest(certificates: tuple[Certificate, ...], establishment: int) -> Certificate:
    """The certificate that none of the others was issued by; the one whose key waits here first."""
    if not certificates:
        raise Unreadable("Ce fichier ne contient aucun certificat.", "This file holds no certificate.")
    for one in certificates:
        if keys.known_key(one, establishment) is not None:
            return one
    issuers = [one.issuer for one in certificates]
    leaves = [one for one in certificates if not any(same_name(one.subject, name) for name in issuers)]
    return (leaves or list(certificates))[0]


def _without(certificates: tuple[Certificate, ...], leaf: Certificate) -> tuple[Certificate, ...]:
    return tuple(one for one in certificates if one != leaf)


def _key_matches(settings: CertificateSettings, read: _Read, file: CertificateFile) -> bool | None:
    if read.key:
        return matches(read.key, read.leaf)
    if read.row is not None:
        return True
    if not file.token:
        return None
    try:
        return keys.token_proves(settings, read.leaf, file.token)
    except KeyUnusable as error:
        raise Unreadable(error.text_fr, error.text_en) from None


def _kept_key(settings: CertificateSettings, read: _Read, file: CertificateFile, by: str, now: int) -> str:
    """The identifier of the key, kept now or before; empty when there is none."""
    if read.row is not None:
        return read.row.id
    if read.key:
        bits = read.leaf.public_key.bits
        return keys.keep_key(settings.secrets, read.key, origin="imported", by=by, now=now, bits=bits)
    return keys.keep_token_key(read.leaf, file.token, by=by, now=now) if file.token else ""


def _request(row: PrivateKey | None, establishment: int) -> str:
    """The pending request of the establishment whose key it is, or empty."""
    if row is None:
        return ""
    found = CertificateRequest.objects.filter(key=row, establishment_id=establishment, state="pending")
    return found.values_list("id", flat=True).first() or ""


def _place(target: Target) -> str:
    if target.place in ("current", "next"):
        return target.place
    slot = CertificateSlot.objects.filter(establishment_id=target.establishment, use=target.use).first()
    return "current" if slot is None or slot.current_id is None else "next"


def _told(
    read: _Read, standing: Standing, target: Target, *, key: str, place: str, request: str
) -> dict[str, object]:
    """The arguments of the act."""
    said, path = describe(read.leaf), standing.path
    above = path.certificates[1:] if isinstance(path, Path) else read.others
    return {
        "fingerprint": read.leaf.fingerprint,
        "der": base64.b64encode(read.leaf.der).decode("ascii"),
        "chain": base64.b64encode("".join(one.pem for one in above).encode()).decode("ascii"),
        "establishment": target.establishment,
        "key": key,
        "family": said.family.id,
        "environment": said.environment,
        "structure": said.structure.whole if said.structure else "",
        "service": said.service_name,
        "subject": said.subject,
        "issuer": said.issuer,
        "serial": f"{read.leaf.serial:x}",
        "not_before": micros(read.leaf.not_before),
        "not_after": micros(read.leaf.not_after),
        "usable_until": micros(said.signing.end),
        "structures": list(target.structures),
        "request": request,
        "use": target.use if place else "",
        "place": place,
    }
