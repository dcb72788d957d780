"""Whether the store holds anything that the master key sealed: then a missing one is put back, never made anew.

Tokens of identity providers do not count: what cannot be opened ends a session, and somebody signs in again.
"""

from __future__ import annotations

from allauth.mfa.models import Authenticator

from ecluse.store.models.certificates import PrivateKey
from ecluse.store.models.deliveries import Subscriber

_SEALED_FACTORS = (Authenticator.Type.TOTP, Authenticator.Type.RECOVERY_CODES)


def nothing_sealed() -> bool:
    """Whether a new master key would leave nothing closed behind it.

    :raises DatabaseError: the store does not answer.
    """
    return not (
        PrivateKey.objects.exclude(wrapped=None).exists()
        or Subscriber.objects.filter(secret__isnull=False).exists()
        or Authenticator.objects.filter(type__in=_SEALED_FACTORS).exists()
    )
