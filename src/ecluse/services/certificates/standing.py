"""How a certificate stands: its path under the store of its target, and whether it is revoked.

What the worker looks at in the background is what a page shows and what the signer relies on: nobody waits for a
network. A revocation that an authority tells is recorded by an act, as if a person had typed it.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from django.db.models import Q

from ecluse.protocols.x509 import ocsp
from ecluse.protocols.x509.certificate import Certificate, read_certificate
from ecluse.protocols.x509.errors import Unreadable
from ecluse.protocols.x509.ocsp import OcspAnswer
from ecluse.rules.certificates.path import Path, validate
from ecluse.rules.certificates.refusals import Refusal
from ecluse.rules.certificates.revocation import HOLD, Material, Status, statuses
from ecluse.rules.certificates.slots import Use
from ecluse.services.certificates import crls
from ecluse.services.certificates.crls import Fetched, micros, moment_of
from ecluse.services.certificates.settings import CertificateSettings
from ecluse.services.certificates.signer import read_chain
from ecluse.services.certificates.trust import Ask, trust_store
from ecluse.store.access_turn import writing
from ecluse.store.models.certificates import HeldCertificate
from ecluse.transports.crl_fetch import NotFetched
from ecluse.transports.destinations import networks
from ecluse.transports.ocsp_fetch import ask as ask_responder

_MINUTE = 60_000_000
_NONCE = 32
"""Octets of a nonce (RFC 9654 §2.1)."""


class Standing(NamedTuple):
    """path: or the refusal, None when no authority of its stores was imported; statuses: of the path's certificates;
    store: the trust store under which it was found; fetched: the lists that were not at hand, not kept yet.
    """

    path: Path | Refusal | None
    statuses: tuple[Status, ...] = ()
    store: str = ""
    fetched: tuple[Fetched, ...] = ()


def store_names(use: Use | None, settings: CertificateSettings) -> tuple[str, ...]:
    """The trust stores under which a certificate of a use may be issued; every one of them without a use."""
    wanted = use.issued_under if use is not None else ("igc-sante", "igc-osi", "public")
    return tuple(f"igc-sante-{settings.environment}" if one == "igc-sante" else one for one in wanted)


def stand(
    certificate: Certificate,
    given: Iterable[Certificate],
    stores: Iterable[str],
    settings: CertificateSettings,
    now: int,
    *,
    at_once: bool = False,
    responders: bool = True,
) -> Standing:
    """Look for the path of a certificate and the status of each of its links.

    :param given: certificates that may be on the way; stores: names of the trust stores, tried in order; now: µs;
        at_once: fetch the lists that are not at hand; responders: ask them too, when the settings say so: a page that
        only shows does not.
    """
    at, refused, given = moment_of(now), None, tuple(given)
    for name in stores:
        store = trust_store(name)
        if not store.anchors:
            continue
        found = validate(certificate, (*given, *store.intermediates), store.anchors, at)
        if isinstance(found, Path):
            answers = _asked(found, settings) if settings.ocsp and responders else {}
            more = crls.fetched_for(settings, found, now) if at_once else ()
            material = Material(
                (*crls.kept(), *(one.crl for one in more)), answers, (*given, *store.intermediates)
            )
            return Standing(found, statuses(found, material, at), name, more)
        refused = refused or found
    return Standing(refused)


def examine(
    settings: CertificateSettings, ask: Ask, now: int, *, force: bool = False
) -> tuple[HeldCertificate, ...]:
    """Look again at every certificate that serves or may, when its last look is old; those that were looked at.

    A certificate that its authority revoked leaves its slots by an act. One that it only suspended (certificateHold) is
    told by the probe: it may come back.

    :param now: µs since 1970; force: all of them, however recent their last look.
    """
    old = Q(checked=None) | Q(checked__lt=now - settings.crl_minutes * _MINUTE)
    rows = HeldCertificate.objects.filter(state="held")
    looked = []
    for row in rows if force else rows.filter(old):
        certificate = read_certificate(bytes(row.der))
        chain = read_chain(bytes(row.chain))
        found = stand(certificate, chain, store_names(None, settings), settings, now)
        _note(row, found, now)
        looked.append(row)
        told = next((one for one in found.statuses if one.state == "revoked"), None)
        if told is not None and told.certificate == certificate and told.reason != HOLD:
            _revoke(ask, row, told)
    return tuple(looked)


def _note(row: HeldCertificate, found: Standing, now: int) -> None:
    """Write down the last look."""
    row.checked = now
    row.checked_status, row.checked_fr, row.checked_en = _summary(found)
    with writing():
        HeldCertificate.objects.filter(fingerprint=row.fingerprint).update(
            checked=row.checked,
            checked_status=row.checked_status,
            checked_fr=row.checked_fr,
            checked_en=row.checked_en,
        )


def _summary(found: Standing) -> tuple[str, str, str]:
    if found.path is None:
        return (
            "unknown",
            "Aucune autorité de confiance n’est importée pour ce certificat.",
            "No trusted authority was imported for this certificate.",
        )
    if isinstance(found.path, Refusal):
        return "unknown", found.path.text_fr, found.path.text_en
    for state in ("revoked", "unknown"):
        for one in found.statuses:
            if one.state == state and one.why is not None:
                return state, one.why.text_fr, one.why.text_en
    return "good", "", ""


def _revoke(ask: Ask, row: HeldCertificate, told: Status) -> None:
    ask(
        "certificate.revoke",
        {
            "fingerprint": row.fingerprint,
            "reason": "told",
            "note": told.reason,
            "at": None if told.at is None else micros(told.at),
            "source": told.source or "crl",
        },
    )


def _asked(path: Path, settings: CertificateSettings) -> Mapping[str, OcspAnswer]:
    """What the responders say of the certificates of a path; one that does not answer is left out.

    Each question has a nonce of its own (RFC 9654): an answer with another one is an old one, served again. Responders
    that make their answers in advance repeat none; how long theirs count is bounded (`PathOptions.ocsp_lasts`).
    """
    allowed = networks(settings.allowed_networks)
    found: dict[str, OcspAnswer] = {}
    for place, one in enumerate(path.certificates):
        issuer = path.issuer_of(place)
        for address in one.ocsp_addresses[:1]:
            try:
                nonce = secrets.token_bytes(_NONCE)
                content = ask_responder(address, ocsp.request(one, issuer, nonce), allowed)
                answer = ocsp.read_response(content, one, issuer)
            except (NotFetched, Unreadable):
                continue
            if answer.nonce in (None, nonce):
                found[one.fingerprint] = answer
    return found
