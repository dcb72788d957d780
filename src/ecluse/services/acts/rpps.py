"""The act that binds an RPPS to an account, once its holder proved it at Pro Santé Connect."""

from __future__ import annotations

from typing import Any

from ecluse.rules.annuaire.numbers import rpps_valid
from ecluse.services.acts.outcome import ActRefused, Done
from ecluse.services.receive_message import Intake
from ecluse.store.models.accounts import User


def bind(intake: Intake, given: dict[str, Any], now: int) -> Done:
    """Bind an RPPS to an account that has none. user: its number; rpps: as Pro Santé Connect gave it."""
    number, rpps = given.get("user"), given.get("rpps")
    if not isinstance(number, int) or not isinstance(rpps, str) or not rpps_valid(rpps):
        raise ActRefused("Ce numéro RPPS n’est pas valable.", "This RPPS number is not valid.")
    user = User.objects.filter(pk=number, is_active=True).first()
    if user is None:
        raise ActRefused("Compte inconnu.", "Unknown account.")
    if user.rpps not in ("", rpps):
        raise ActRefused(
            "Ce compte a déjà un autre RPPS : un administrateur doit d’abord le retirer.",
            "This account already has another RPPS: an administrator must take it away first.",
        )
    if User.objects.filter(rpps=rpps).exclude(pk=number).exists():
        raise ActRefused("Un autre compte a déjà ce RPPS.", "Another account has this RPPS already.")

    def write() -> None:
        User.objects.filter(pk=number).update(rpps=rpps, rpps_bound="psc")

    return Done(
        f"RPPS {rpps} lié à votre compte par Pro Santé Connect.",
        f"RPPS {rpps} bound to your account by Pro Santé Connect.",
        write=write,
    )
