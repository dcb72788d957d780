"""Pages of what went wrong, in the look of the others. They read nothing from the store."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _


def _page(request: HttpRequest, status: int, title: str, advice: str) -> HttpResponse:
    values = {"status": status, "title": title, "advice": advice}
    return render(request, "console/error.html", values, status=status)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """400: above all a Host header that is not ours."""
    return _page(
        request,
        400,
        _("Cette adresse n’est pas celle de la passerelle"),
        _(
            "Ajoutez le nom que vous avez saisi au réglage http_hosts d’ecluse.toml, ou utilisez l’adresse prévue."
        ),
    )


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """403: the visitor's roles do not open this page, or a form was not sent from here."""
    return _page(
        request,
        403,
        _("Vos rôles ne donnent pas accès à cette page"),
        _("Demandez ce droit à un administrateur de la passerelle, ou revenez à l’accueil."),
    )


def forged(request: HttpRequest, reason: str = "") -> HttpResponse:
    """403: a form whose token is missing or too old (CSRF)."""
    return _page(
        request,
        403,
        _("Cet envoi n’a pas été reconnu"),
        _(
            "La page était ouverte depuis trop longtemps, ou les cookies sont refusés. Rechargez-la et recommencez."
        ),
    )


def measures(request: HttpRequest) -> HttpResponse:
    """403 of the metrics."""
    return _page(
        request,
        403,
        _("Cette adresse est réservée"),
        _(
            "Les mesures se lisent depuis la machine de la passerelle, ou depuis un réseau du réglage metrics_peers."
        ),
    )


def unavailable(request: HttpRequest) -> HttpResponse:
    """503: the store does not answer, so nobody can be known."""
    return _page(
        request,
        503,
        _("La base de données ne répond pas"),
        _(
            "Les émetteurs gardent leurs messages et les renverront. Lancez « ecluse doctor » sur la machine de la "
            "passerelle, et lisez le journal du service."
        ),
    )


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """404."""
    return _page(
        request,
        404,
        _("Cette page n’existe pas"),
        _("Vérifiez l’adresse, ou revenez à l’accueil."),
    )


def not_allowed(request: HttpRequest, methods: tuple[str, ...] = ("GET", "HEAD")) -> HttpResponse:
    """405.

    :param methods: those that are allowed.
    """
    response = _page(
        request,
        405,
        _("Cette adresse ne se demande pas ainsi"),
        _("Revenez à l’accueil, et passez par les boutons des pages."),
    )
    response["Allow"] = ", ".join(methods)
    return response


def server_error(request: HttpRequest) -> HttpResponse:
    """500: the reception of messages does not depend on these pages, and the reader must know it."""
    return _page(
        request,
        500,
        _("Cette page n’a pas pu être préparée"),
        _(
            "La réception des messages n’en dépend pas. Réessayez ; si l’erreur revient, lancez « ecluse doctor » "
            "et lisez le journal du service."
        ),
    )
