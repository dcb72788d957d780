"""What django-allauth tells us: means added and removed enter the register, and leaving is written in the trail."""

from __future__ import annotations

import contextlib
from typing import Any

from allauth.mfa.models import Authenticator
from allauth.mfa.signals import authenticator_added, authenticator_removed, authenticator_reset
from django.contrib.auth.signals import user_logged_out
from django.dispatch import receiver
from django.http import HttpRequest

from ecluse.delivery.console.accounts.adapters import now
from ecluse.services.access_trail import TrailUnavailable
from ecluse.services.accounts import means, sign_in
from ecluse.services.accounts.visitor import Account


@receiver(authenticator_added)
def added(user: Account, authenticator: Authenticator, **_more: Any) -> None:
    """A means was added by its holder."""
    kind = means.of_authenticator(authenticator.type)
    label = authenticator.wrap().name if authenticator.type == Authenticator.Type.WEBAUTHN else ""
    means.issue(user.pk, kind, str(authenticator.pk), now(), f"user:{user.pk}", label or "")


@receiver(authenticator_removed)
def removed(user: Account, authenticator: Authenticator, **_more: Any) -> None:
    """A means was removed by its holder: it stays in the register, struck out. Its row is gone, and its number too."""
    left = Authenticator.objects.filter(user_id=user.pk, type=authenticator.type)
    kept = [str(one) for one in left.values_list("pk", flat=True)]
    means.keep_only(user.pk, means.of_authenticator(authenticator.type), kept, now(), f"user:{user.pk}")


@receiver(authenticator_reset)
def renewed(user: Account, authenticator: Authenticator, **_more: Any) -> None:
    """Recovery codes were made again."""
    kind = means.of_authenticator(authenticator.type)
    means.revoke(user.pk, now(), f"user:{user.pk}", kind)
    means.issue(user.pk, kind, str(authenticator.pk), now(), f"user:{user.pk}")


@receiver(user_logged_out)
def left(user: Account | None, request: HttpRequest, **_more: Any) -> None:
    """Somebody left. She leaves whatever happens to the trail."""
    if user is not None and user.pk:
        with contextlib.suppress(TrailUnavailable):
            sign_in.trace(user, sign_in.CLOSED, now(), request.META.get("REMOTE_ADDR", ""))
