"""Backups: when the last one was made, what is in the folder, and one more now."""

from __future__ import annotations

import shlex
from typing import Any

from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from ecluse.delivery.console.guard import Request, act, page
from ecluse.delivery.console.settings_pages.common import READ, WRITE, everywhere, show
from ecluse.delivery.console.working import begin, followed
from ecluse.services.deployment_view import current
from ecluse.services.queries.proofs import backups


@page(READ)
def show_page(request: Request) -> HttpResponse:
    """The state; only the part that moves for a page that asks for it."""
    values = _values()
    if request.headers.get("HX-Request"):
        return render(request, "console/settings_pages/backup_state.html", values)
    return show(request, "backup", "backup", values)


@act(WRITE, fresh=True)
@everywhere(WRITE)
def start(request: Request) -> HttpResponse:
    """Have one made by a process of its own."""
    if request.POST.get("what") == "backup":
        running = _("Une sauvegarde est déjà en cours.")
        failed = _("La sauvegarde n’a pas pu être lancée : lancez la commande sur la machine.")
        begin(request, "backup", ("backup",), WRITE, "backup.make", running, failed)
    return HttpResponseRedirect(reverse("backup"))


def _values() -> dict[str, Any]:
    view = current()
    files = backups(view.data)
    return {
        **followed("backup"),
        "files": files,
        "last": files[0] if files else None,
        "folder": view.data / "backups",
        "command": shlex.join(["ecluse", "backup", *view.data_option]),
        "elsewhere": shlex.join(["ecluse", "backup", *view.data_option, "/mnt/sauvegardes"]),
        "restore": shlex.join(["ecluse", "restore", *view.data_option, "ecluse-….tar.gz"]),
        "secrets": view.secrets,
    }
