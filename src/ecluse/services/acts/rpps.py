"""Acts that bind an RPPS to an account: proved by its holder at Pro Santé Connect, or vouched for by two people.

An RPPS opens the consultation of other people's records: one administrator alone never gives it, and the holder knows.
"""

from __future__ import annotations

from typing import Any

from ecluse.rules.annuaire.numbers import rpps_valid
from ecluse.services.accounts.managing import account_of, makers
from ecluse.services.acts.managing import check_manages
from ecluse.services.acts.outcome import ActRefused, Done
from ecluse.services.receive_message import Intake
from ecluse.store.models.accounts import User


def bind(intake: Intake, given: dict[str, Any], now: int) -> Done:
    """Bind an RPPS to an account that has none. user: its number; rpps: as Pro Santé Connect gave it."""
    number, rpps = given.get("user"), given.get("rpps")
    if account_of(given.get("operator")) not in (None, number):
        raise ActRefused(
            "On ne lie un RPPS qu’à son propre compte.", "One binds an RPPS to one’s own account only."
        )
    user = User.objects.filter(pk=number if isinstance(number, int) else 0, is_active=True).first()
    found, wanted = _free(user, rpps)

    def write() -> None:
        User.objects.filter(pk=found.pk).update(
            rpps=wanted, rpps_bound="psc", rpps_proposed="", rpps_proposed_by="", rpps_told=True
        )

    return Done(
        f"RPPS {rpps} lié à votre compte par Pro Santé Connect.",
        f"RPPS {rpps} bound to your account by Pro Santé Connect.",
        write=write,
    )


def propose(intake: Intake, given: dict[str, Any], now: int) -> Done:
    """Propose an RPPS for an account, for another administrator to confirm. username; rpps; checked: what the directory
    says of it; operator: who asks.
    """
    check_manages(given)
    user, rpps = _free(_named(given), given.get("rpps"))
    checked, by = str(given.get("checked") or "")[:20], str(given.get("operator") or "")[:80]

    def write() -> None:
        User.objects.filter(pk=user.pk).update(
            rpps_proposed=rpps, rpps_proposed_by=by, rpps_checked=checked, rpps_checked_at=now
        )

    return Done(
        f"RPPS {rpps} proposé pour « {user.username} » : un autre administrateur doit le confirmer.",
        f"RPPS {rpps} proposed for “{user.username}”: another administrator must confirm it.",
        write=write,
    )


def confirm(intake: Intake, given: dict[str, Any], now: int) -> Done:
    """Confirm the RPPS that another administrator proposed. username; rpps: as it is shown; operator: who asks.

    The two may not be one person under two names: neither account made the other, and no third one made both.
    """
    check_manages(given)
    user, rpps = _free(_named(given), given.get("rpps"))
    if user.rpps_proposed != rpps:
        raise ActRefused(
            "Ce RPPS n’est plus celui qui est proposé : relisez la fiche.",
            "This RPPS is not the one proposed any more: read the account again.",
        )
    if given.get("operator") == user.rpps_proposed_by:
        raise ActRefused(
            "Vous l’avez proposé vous-même : un autre administrateur doit le confirmer.",
            "You proposed it yourself: another administrator must confirm it.",
        )
    if _same_maker(given.get("operator"), user.rpps_proposed_by):
        raise ActRefused(
            "Votre compte et celui qui a proposé ce RPPS ont été ouverts l’un par l’autre, ou par le même"
            " administrateur : rien ne prouve que vous êtes deux personnes. Faites confirmer par un administrateur"
            " invité et nommé depuis le serveur (« ecluse user reset-second-factor » et « ecluse user roles »), ou par"
            " la personne elle-même, avec Pro"
            " Santé Connect.",
            "Your account and the one that proposed this RPPS were opened one by the other, or by the same"
            " administrator: nothing proves that you are two people. Have an administrator invited and named from the"
            " server (“ecluse user reset-second-factor” and “ecluse user roles”) confirm it, or the person herself,"
            " with Pro Santé Connect.",
        )

    def write() -> None:
        User.objects.filter(pk=user.pk).update(
            rpps=rpps, rpps_bound="administrators", rpps_proposed="", rpps_proposed_by="", rpps_told=False
        )

    return Done(
        f"RPPS {rpps} lié au compte « {user.username} » ; la personne en sera prévenue à sa connexion.",
        f"RPPS {rpps} bound to the account “{user.username}”; the person is told when she signs in.",
        write=write,
    )


def drop(intake: Intake, given: dict[str, Any], now: int) -> Done:
    """Take the RPPS of an account away, and what was proposed. username."""
    check_manages(given)
    user = _named(given)
    if user is None:
        raise ActRefused("Compte inconnu.", "Unknown account.")
    former = user.rpps or user.rpps_proposed
    if not former:
        raise ActRefused("Ce compte n’a pas de RPPS.", "This account has no RPPS.")

    def write() -> None:
        User.objects.filter(pk=user.pk).update(
            rpps="", rpps_bound="", rpps_proposed="", rpps_proposed_by="", rpps_told=not user.rpps
        )

    return Done(
        f"RPPS {former} retiré du compte « {user.username} ».",
        f"RPPS {former} taken away from the account “{user.username}”.",
        write=write,
    )


def _same_maker(confirms: Any, proposed: str) -> bool:
    one, other = account_of(confirms), account_of(proposed)
    return one is not None and other is not None and bool(makers(one) & makers(other))


def _named(given: dict[str, Any]) -> User | None:
    return User.objects.filter(
        username=str(given.get("username") or "").strip().lower(), is_active=True
    ).first()


def _free(user: User | None, rpps: Any) -> tuple[User, str]:
    """The account and the RPPS, when one may be given to the other."""
    if not isinstance(rpps, str) or not rpps_valid(rpps):
        raise ActRefused("Ce numéro RPPS n’est pas valable.", "This RPPS number is not valid.")
    if user is None:
        raise ActRefused("Compte inconnu.", "Unknown account.")
    if user.rpps not in ("", rpps):
        raise ActRefused(
            "Ce compte a déjà un autre RPPS : un administrateur doit d’abord le retirer.",
            "This account already has another RPPS: an administrator must take it away first.",
        )
    if User.objects.filter(rpps=rpps).exclude(pk=user.pk).exists():
        raise ActRefused("Un autre compte a déjà ce RPPS.", "Another account has this RPPS already.")
    return user, rpps
