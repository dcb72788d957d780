"""Acts on the cards of employees: registered by an administrator, since nothing but she binds them to an account.

A card that bears an RPPS is not registered here: it opens the account to which this RPPS is bound (`acts.rpps`).
"""

from __future__ import annotations

import re
from typing import Any

from ecluse.services.accounts import means
from ecluse.services.accounts.cards import KIND
from ecluse.services.accounts.sessions import end_all
from ecluse.services.acts.managing import check_manages
from ecluse.services.acts.outcome import ActRefused, Done
from ecluse.services.receive_message import Intake
from ecluse.store.models.accounts import Means, User

_HOLDER = re.compile(r"3[0-9A-Z]{9}/[!-~]{1,40}|0[0-9A-Z]{9}", re.ASCII)
"""Identifiers of holders who have no RPPS: an employee's, or a former ADELI number (note IGC-Santé §2)."""
_RPPS = re.compile(r"8[0-9]{11}", re.ASCII)


def bind(intake: Intake, given: dict[str, Any], now: int) -> Done:
    """Register the card of a person who has no RPPS. username; holder: her identifier as on the card."""
    check_manages(given)
    user, holder = _user(given), str(given.get("holder") or "").strip()
    _check_holder(holder)
    if user.rpps:
        raise ActRefused(
            "Ce compte a un RPPS : seule la carte qui porte ce RPPS l’ouvre, sans l’enregistrer.",
            "This account has an RPPS: only the card that bears it opens it, and need not be registered.",
        )
    taken = Means.objects.filter(kind=KIND, reference=holder, revoked=None)
    if taken.filter(user=user).exists():
        raise ActRefused("Cette carte est déjà celle de ce compte.", "This card is this account's already.")
    if taken.exists():
        raise ActRefused(
            "Cette carte est celle d’un autre compte.", "This card is the card of another account."
        )
    by = str(given.get("operator") or "")
    return Done(
        f"Carte enregistrée pour « {user.username} ».",
        f"Card registered for “{user.username}”.",
        write=lambda: means.issue(user.pk, KIND, holder, now, by),
    )


def drop(intake: Intake, given: dict[str, Any], now: int) -> Done:
    """Strike a card out of the register of an account: lost, given back or replaced. username; means: its number.

    The sessions of the account end: one of them may be the card's.
    """
    check_manages(given)
    user, number = _user(given), given.get("means")
    rows = user.means.filter(pk=number if isinstance(number, int) else 0, kind=KIND, revoked=None)
    row = rows.first()
    if row is None:
        raise ActRefused("Ce compte n’a pas cette carte.", "This account has no such card.")
    if _RPPS.fullmatch(row.reference):
        raise ActRefused(
            "Cette carte ouvre le compte par son RPPS : faites-la opposer auprès de son émetteur, ou retirez le RPPS.",
            "This card opens the account by its RPPS: have its issuer revoke it, or take the RPPS away.",
        )
    by, reference = str(given.get("operator") or ""), row.reference

    def write() -> None:
        means.revoke(user.pk, now, by, KIND, reference)
        end_all(user.pk)

    return Done(
        f"Carte retirée du compte « {user.username} », dont les sessions se terminent.",
        f"Card taken away from the account “{user.username}”, whose sessions end.",
        write=write,
    )


def _check_holder(holder: str) -> None:
    if _RPPS.fullmatch(holder):
        raise ActRefused(
            "Cette carte porte un RPPS : liez ce RPPS au compte, la carte l’ouvrira.",
            "This card bears an RPPS: bind this RPPS to the account, the card will open it.",
        )
    if not _HOLDER.fullmatch(holder):
        raise ActRefused(
            "Écrivez l’identifiant du porteur comme sur la carte : 3, le FINESS, une barre oblique et le numéro"
            " interne, par exemple 3990000028/00421.",
            "Write the identifier of the holder as on the card: 3, the FINESS, a slash and the internal number, for"
            " example 3990000028/00421.",
        )


def _user(given: dict[str, Any]) -> User:
    name = str(given.get("username") or "").strip().lower()
    user = User.objects.filter(username=name, is_active=True).first()
    if user is None:
        raise ActRefused("Compte inconnu.", "Unknown account.")
    return user
