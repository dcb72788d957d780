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
    """403."""
    return _page(
        request,
        403,
        _("Cette adresse est réservée"),
        _(
            "Les mesures se lisent depuis la machine de la passerelle, ou depuis un réseau du réglage metrics_peers."
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


def not_allowed(request: HttpRequest) -> HttpResponse:
    """405."""
    response = _page(
        request,
        405,
        _("Cette page se consulte seulement"),
        _("Elle ne reçoit aucun envoi. Revenez à l’accueil."),
    )
    response["Allow"] = "GET, HEAD"
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
