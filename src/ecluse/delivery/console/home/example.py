"""Example data: the day of a simulated hospital, sent to the listener of a test gateway as any sender would."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _

from ecluse.delivery.console.examples import listener
from ecluse.delivery.console.guard import Request, act
from ecluse.delivery.console.settings_pages.common import WRITE, everywhere, now
from ecluse.services import access, works
from ecluse.services.deployment_view import current


@act(WRITE)
@everywhere(WRITE)
def send(request: Request) -> HttpResponse:
    """Have the simulated hospital play its day, in a process of its own: a few hundred messages in some seconds."""
    to, view = listener(), current()
    if request.POST.get("what") != "example" or not to:
        return HttpResponseRedirect(_back(request))
    command = [*view.command, "simulate", "hospital", "--to", to, "--data", str(view.data)]
    access.record(request.visitor.caller(WRITE), "example.send", [], now(), "")
    try:
        works.start(view.data, "example", request.visitor.operator, command, now())
        messages.success(
            request,
            _(
                "L’hôpital simulé envoie sa journée : les messages arrivent, actualisez dans quelques secondes."
            ),
        )
    except works.AlreadyRunning:
        messages.info(request, _("L’hôpital simulé envoie déjà sa journée."))
    except OSError:
        messages.error(
            request, _("L’hôpital simulé n’a pas pu être lancé : lancez la commande sur la machine.")
        )
    return HttpResponseRedirect(_back(request))


def _back(request: Request) -> str:
    address = request.POST.get("next", "/")
    return address if url_has_allowed_host_and_scheme(address, allowed_hosts=None) else "/"
