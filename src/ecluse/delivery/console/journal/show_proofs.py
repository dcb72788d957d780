"""Proofs: when the journal was last verified and by whom, the seal of the trail, signed checkpoints to take away."""

from __future__ import annotations

import shlex
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from ecluse.delivery.console.guard import Request, act, page
from ecluse.delivery.console.journal.common import AUDIT, now
from ecluse.delivery.console.settings_pages.common import everywhere
from ecluse.delivery.console.working import begin, followed
from ecluse.services import access
from ecluse.services.deployment_view import current
from ecluse.services.queries.proofs import checkpoint_bytes, checkpoints, journal_end, seal_state
from ecluse.services.write_checkpoint import try_checkpoint


@page(AUDIT)
@everywhere(AUDIT)
def proofs(request: Request) -> HttpResponse:
    """The state; only the part that moves for a page that asks for it."""
    values = _values()
    part = "verification" if request.headers.get("HX-Request") else "proofs"
    return render(request, f"console/journal/{part}.html", values)


@act(AUDIT)
@everywhere(AUDIT)
def verify(request: Request) -> HttpResponse:
    """Have the whole journal read again by a process of its own."""
    if request.POST.get("what") == "journal":
        running = _("Une vérification est déjà en cours.")
        failed = _("La vérification n’a pas pu être lancée : lancez la commande sur la machine.")
        begin(request, "verify", ("journal", "verify"), AUDIT, "audit.verify", running, failed)
    return HttpResponseRedirect(reverse("proofs"))


@act(AUDIT)
@everywhere(AUDIT)
def checkpoint(request: Request) -> HttpResponse:
    """Sign where the journal stands now."""
    view = current()
    fault = try_checkpoint(view.data, view.secrets, now())
    if fault is None:
        messages.success(request, _("Point de contrôle signé : emportez-le hors de cette machine."))
    else:
        messages.error(request, fault.en if get_language() == "en" else fault.fr)
    return HttpResponseRedirect(f"{reverse('proofs')}#points")


@page(AUDIT)
@everywhere(AUDIT)
def download(request: Request, name: str) -> HttpResponse:
    """A signed checkpoint, to be kept elsewhere."""
    content = checkpoint_bytes(current().data, name)
    if content is None:
        raise Http404
    access.record(request.visitor.caller(AUDIT), "checkpoint.download", [], now(), name)
    response = HttpResponse(content, content_type="application/json")
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _values() -> dict[str, Any]:
    view = current()
    return {
        **followed("verify"),
        "tab": "proofs",
        "end": journal_end(),
        "seal": seal_state(),
        "checkpoints": checkpoints(view.data),
        "command": shlex.join(["ecluse", "journal", "verify", *view.data_option]),
        "elsewhere": shlex.join(
            ["ecluse", "journal", "verify", *view.data_option, "--checkpoint", "/mnt/usb/checkpoint.json"]
        ),
    }
