"""The TLS of listeners as the store has it: followed while they serve, without a restart and without a pause.

The process of the listeners looks at what may change (the slot, the authorities, the lists of revocation) every few
seconds, and makes another `Tls` only when one of them did. The private key goes from its seal to OpenSSL in memory.
"""

from __future__ import annotations

import logging
import ssl
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime
from typing import NamedTuple

from ecluse.services.certificates import crls, key_vault
from ecluse.services.certificates.settings import CertificateSettings
from ecluse.services.certificates.signer import chain_of
from ecluse.services.certificates.trust import trust_store
from ecluse.services.listening.clients import Trust
from ecluse.services.listening.refused import Refused
from ecluse.services.listening.securing import NO_SERVER, Judge, Tls
from ecluse.services.listening.source import TlsSource, judge_of, trust_in
from ecluse.store.errors import StoreError
from ecluse.store.models.access import Establishment
from ecluse.store.models.certificates import CertificateAuthority, CertificateSlot, CrlKept, HeldCertificate
from ecluse.transports.tls import (
    KeptCertificate,
    client_authorities,
    kept_context,
    require,
    server_context,
    without_tickets,
)

log = logging.getLogger(__name__)

USE = "listener_server"
"""The slot of a listener's certificate (`rules.certificates.slots`)."""


class _Found(NamedTuple):
    """What a `Tls` is founded on. shown: fingerprint and key of the slot's certificate; authorities: fingerprints;
    lists: versions of the lists of revocation.
    """

    shown: tuple[str, ...]
    authorities: tuple[str, ...]
    lists: tuple[tuple[str, int, str], ...]


class NotServed(Exception):
    """The certificate of a slot cannot be shown; `why` says it."""

    def __init__(self, text_fr: str, text_en: str) -> None:
        super().__init__(text_en)
        self.why = Refused("no-server", text_fr, text_en)


class Follower:
    """Makes the TLS of listeners, and makes it again when the store changes.

    :param settings: for the folder of the master key; today: the present instant, aware; the clock when None.
    """

    def __init__(
        self,
        sources: Iterable[TlsSource],
        settings: CertificateSettings,
        today: Callable[[], datetime] | None = None,
    ) -> None:
        self._sources = tuple(sources)
        self._settings = settings
        self._today = today
        self._made: dict[str, tuple[_Found, Tls]] = {}
        self._failed: dict[str, str] = {}
        self._again = False

    def read_again(self) -> None:
        """Have the next look read files again. From any thread."""
        self._again = True

    def look(self) -> dict[str, Tls]:
        """The TLS that changed since the last look, by listener; the first time, all of it."""
        changed = {}
        again, self._again = self._again, False
        for source in self._sources:
            found = _found(source)
            before = self._made.get(source.listener)
            if before is not None and before[0] == found and not again:
                continue
            tls = self._make(source, found, None if again else before)
            if tls is not None:
                changed[source.listener] = tls
        return changed

    def _make(self, source: TlsSource, found: _Found, before: tuple[_Found, Tls] | None) -> Tls | None:
        """The TLS of a listener; None when it cannot be had: the former one stays, and the next look tries again."""
        name = source.listener
        try:
            if before is not None and before[0][:2] == found[:2]:
                tls = replace(before[1], judge=self._judge(source))
            else:
                tls = Tls(self._context(source), self._judge(source))
        except (NotServed, OSError) as error:
            why = error.why if isinstance(error, NotServed) else _unusable(error)
            if self._failed.get(name) != why.text_en:
                self._failed[name] = why.text_en
                log.error("no TLS for a listener: %s", why.text_en, extra={"listener": name})
            if name in self._made and found.shown:
                return None
            tls = Tls(None, None, why)
        else:
            self._failed.pop(name, None)
            self._made[name] = (found, tls)
        return tls

    def _judge(self, source: TlsSource) -> Judge | None:
        return judge_of(source, _trust(source), self._today) if source.judges else None

    def _context(self, source: TlsSource) -> ssl.SSLContext:
        store = trust_store(source.store) if source.store else None
        authorities = (
            None if store is None else tuple(one.der for one in (*store.anchors, *store.intermediates))
        )
        if not source.slot:
            context = server_context(source.certificate, source.key, source.client_ca)
            without_tickets(context)
            require(context, authorities)
            return context
        context = kept_context(self._kept(source.slot), authorities)
        if source.client_ca:
            client_authorities(source.client_ca, context)
        return context

    def _kept(self, establishment: str) -> KeptCertificate:
        held = current(establishment)
        if held is None or held.key is None:
            raise NotServed(NO_SERVER.text_fr, NO_SERVER.text_en)
        row = held.key
        if row.sealed is None or row.wrapped is None:
            raise NotServed(
                "La clé du certificat de serveur n’est pas gardée ici (jeton PKCS#11, ou clé détruite) : un point"
                " d’écoute a besoin d’une clé gardée",
                "The key of the server certificate is not kept here (PKCS#11 token, or destroyed): a listener needs a"
                " key that is kept",
            )
        try:
            sealed = key_vault.SealedKey(bytes(row.sealed), bytes(row.wrapped))
            key = key_vault.open_key(self._settings.secrets, row.id, sealed)
        except StoreError as error:
            raise NotServed(error.sentence.fr, error.sentence.en) from None
        shown = (bytes(held.der), *(one.der for one in chain_of(held) if not one.is_self_issued))
        return KeptCertificate("".join(map(ssl.DER_cert_to_PEM_cert, shown)).encode("ascii"), key)


def current(establishment: str) -> HeldCertificate | None:
    """The certificate in use of the server slot of an establishment; None when there is none.

    :param establishment: its FINESS, its name or its number.
    """
    place = next(
        (
            one
            for wanted in ({"finess": establishment}, {"name": establishment}, {"id": establishment})
            if "id" not in wanted or (establishment.isascii() and establishment.isdigit())
            for one in Establishment.objects.filter(**wanted)[:1]
        ),
        None,
    )
    slot = place and (
        CertificateSlot.objects.filter(establishment=place, use=USE).select_related("current__key").first()
    )
    return slot.current if slot else None


def _found(source: TlsSource) -> _Found:
    held = current(source.slot) if source.slot else None
    authorities = CertificateAuthority.objects.filter(store=source.store) if source.store else None
    lists = CrlKept.objects.exclude(der=b"") if source.judges else None
    return _Found(
        () if held is None else (held.fingerprint, held.key_id or ""),
        ()
        if authorities is None
        else tuple(authorities.order_by("id").values_list("fingerprint", flat=True)),
        ()
        if lists is None
        else tuple(lists.order_by("address").values_list("address", "this_update", "number")),
    )


def _trust(source: TlsSource) -> Trust:
    """The authorities of the clients of a listener, and the lists at hand."""
    if source.client_ca:
        return replace(trust_in(source.client_ca), crls=crls.kept())
    store = trust_store(source.store)
    return Trust(store.anchors, store.intermediates, crls.kept())


def _unusable(error: OSError) -> Refused:
    reason = getattr(error, "reason", None) or error.strerror or type(error).__name__
    return Refused(
        "no-server",
        f"Le certificat, la clé ou les autorités de ce point d’écoute ne se lisent pas ({reason})",
        f"The certificate, the key or the authorities of this listener cannot be read ({reason})",
    )
