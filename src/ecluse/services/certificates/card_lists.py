"""Lists of revocation of the authorities that issue cards: only the cards of people name their addresses.

A list is fetched when the first card asks for it (`crls.bring`), then the worker keeps it fresh as long as people sign
in by card.
"""

from __future__ import annotations

from ecluse.protocols.x509.certificate import Certificate
from ecluse.rules.certificates.cards import issues_cards
from ecluse.services.certificates.settings import CertificateSettings
from ecluse.services.certificates.trust import trust_store
from ecluse.store.models.certificates import CrlKept


def card_issuers(settings: CertificateSettings) -> tuple[Certificate, ...]:
    """The trusted authorities that issue cards, in the environment of the gateway."""
    store = trust_store(f"igc-sante-{settings.environment}")
    more = frozenset(settings.card_authorities)
    return tuple(one for one in (*store.anchors, *store.intermediates) if issues_cards(one, more))


def card_addresses(settings: CertificateSettings) -> tuple[str, ...]:
    """Addresses of the lists that cards asked for and that must stay fresh; none when nobody signs in by card."""
    if not settings.cards:
        return ()
    issuers = [str(one.subject) for one in card_issuers(settings)]
    return tuple(CrlKept.objects.filter(issuer__in=issuers).values_list("address", flat=True))
