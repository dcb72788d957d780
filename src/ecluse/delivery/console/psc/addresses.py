"""Addresses of the sign-in by an identity provider; those of return are declared to the providers."""

from __future__ import annotations

from django.urls import URLPattern, path

from ecluse.delivery.console.psc import entering, leaving, situation


def addresses() -> list[URLPattern]:
    """Going to a provider and coming back, the situation chosen, the RPPS bound, the end of the session there."""
    return [
        path("connexion/psc/", entering.begin, {"kind": "psc"}, name="psc"),
        path("connexion/psc/retour", entering.back, {"kind": "psc"}, name="psc_back"),
        path("connexion/etablissement/", entering.begin, {"kind": "establishment"}, name="establishment"),
        path(
            "connexion/etablissement/retour",
            entering.back,
            {"kind": "establishment"},
            name="establishment_back",
        ),
        path("compte/rpps/", entering.bind, name="bind_rpps"),
        # django-allauth leads there whoever has no password and would change it.
        path("compte/mot-de-passe/aucun/", entering.no_password, name="account_set_password"),
        path("compte/situation/", situation.choose, name="situation"),
        path("deconnexion/fournisseur/", leaving.show, name="leaving"),
    ]
