"""Addresses of the accounts. Views of django-allauth keep its names, by which it finds them."""

from __future__ import annotations

from allauth.account import views as account
from allauth.mfa.base import views as mfa
from allauth.mfa.recovery_codes import views as codes
from allauth.mfa.totp import views as totp
from allauth.mfa.webauthn import views as webauthn
from django.urls import URLPattern, path

from ecluse.delivery.console.accounts import card, entering, keys, people, signals
from ecluse.delivery.console.accounts import own as mine
from ecluse.delivery.console.guard import own, public, sensitive

LISTENING = (signals.added, signals.removed, signals.renewed, signals.left, card.left)
"""What follows the views of django-allauth: named here, so that whoever serves the pages has it listen."""


def addresses() -> list[URLPattern]:
    """Sign-in, first visit, invitations, one's own account, and the accounts of others."""
    return [*_entering(), *_own(), *_people()]


def _entering() -> list[URLPattern]:
    return [
        path("premiere-visite/", entering.first, name="first_visit"),
        path("premiere-visite/compte/", entering.first_account, name="first_account"),
        path("invitation/", entering.invitation, name="invitation"),
        path("invitation/compte/", entering.invited_account, name="invited_account"),
        path("connexion/", public(account.login), name="account_login"),
        path("connexion/carte/", card.enter, name="card_sign_in"),
        path("connexion/second-facteur/", public(mfa.authenticate), name="mfa_authenticate"),
        path("connexion/ferme/", public(account.account_inactive), name="account_inactive"),
        path("deconnexion/", own(account.logout), name="account_logout"),
        path("compte/apparence", public(mine.choose_theme), name="theme"),
    ]


def _own() -> list[URLPattern]:
    return [
        path("compte/", mine.show, name="mfa_index"),
        path("compte/langue/", mine.choose_language, name="language"),
        path("compte/sessions/", mine.end_session, name="usersessions_list"),
        path("compte/mot-de-passe/", own(account.password_change), name="account_change_password"),
        path("compte/confirmer/", own(account.reauthenticate), name="account_reauthenticate"),
        path("compte/confirmer/code/", own(mfa.reauthenticate), name="mfa_reauthenticate"),
        path(
            "compte/confirmer/cle/", own(webauthn.reauthenticate_webauthn), name="mfa_reauthenticate_webauthn"
        ),
        path("compte/application/", sensitive(totp.activate_totp), name="mfa_activate_totp"),
        path("compte/application/retirer/", sensitive(totp.deactivate_totp), name="mfa_deactivate_totp"),
        path(
            "compte/codes-de-secours/", sensitive(codes.view_recovery_codes), name="mfa_view_recovery_codes"
        ),
        path(
            "compte/codes-de-secours/refaire/",
            sensitive(codes.generate_recovery_codes),
            name="mfa_generate_recovery_codes",
        ),
        path(
            "compte/codes-de-secours/fichier/",
            sensitive(codes.download_recovery_codes),
            name="mfa_download_recovery_codes",
        ),
        path("compte/cles/", own(webauthn.list_webauthn), name="mfa_list_webauthn"),
        path("compte/cles/ajouter/", sensitive(webauthn.add_webauthn), name="mfa_add_webauthn"),
        path(
            "compte/cles/<int:pk>/retirer/", sensitive(keys.RemoveKey.as_view()), name="mfa_remove_webauthn"
        ),
        path("compte/cles/<int:pk>/renommer/", sensitive(webauthn.edit_webauthn), name="mfa_edit_webauthn"),
    ]


def _people() -> list[URLPattern]:
    return [
        path("reglages/utilisateurs/", people.every, name="users"),
        path("reglages/utilisateurs/ajouter/", people.add, name="add_user"),
        path("reglages/utilisateurs/<str:username>/", people.show, name="user"),
        path("reglages/utilisateurs/<str:username>/modifier/", people.edit, name="edit_user"),
        path("reglages/utilisateurs/<str:username>/roles/", people.give_roles, name="user_roles"),
        path("reglages/utilisateurs/<str:username>/inviter/", people.invite, name="invite_user"),
        path("reglages/utilisateurs/<str:username>/fermer/", people.close, name="close_user"),
        path("reglages/utilisateurs/<str:username>/rpps/", people.propose_rpps, name="propose_rpps"),
        path(
            "reglages/utilisateurs/<str:username>/rpps/confirmer/", people.confirm_rpps, name="confirm_rpps"
        ),
        path("reglages/utilisateurs/<str:username>/rpps/retirer/", people.drop_rpps, name="drop_rpps"),
        path("reglages/utilisateurs/<str:username>/cartes/", card.bind, name="bind_card"),
        path("reglages/utilisateurs/<str:username>/cartes/retirer/", card.drop, name="drop_card"),
        path("reglages/utilisateurs/<str:username>/moyens/", people.approve, name="approve_means"),
    ]
