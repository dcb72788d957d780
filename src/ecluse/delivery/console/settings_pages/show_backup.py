"""Backups: when the last one was made, what is in the folder, and one more now."""

from __future__ import annotations

import shlex
from typing import Any

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from ecluse.delivery.console.guard import Request, act, page
from ecluse.delivery.console.settings_pages.common import READ, WRITE, everywhere, now, show
from ecluse.services import access, works
from ecluse.services.deployment_view import current
from ecluse.services.queries.operators import operators
from ecluse.services.queries.presentation import moment
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
    view = current()
    if request.POST.get("what") != "backup":
        return HttpResponseRedirect(reverse("backup"))
    command = [*view.command, "backup", "--data", str(view.data), "--format", "json"]
    access.record(request.visitor.caller(WRITE), "backup.make", [], now(), "")
    try:
        works.start(view.data, "backup", request.visitor.operator, command, now())
    except works.AlreadyRunning:
        messages.info(request, _("Une sauvegarde est déjà en cours."))
    except OSError:
        messages.error(
            request, _("La sauvegarde n’a pas pu être lancée : lancez la commande sur la machine.")
        )
    return HttpResponseRedirect(reverse("backup"))


def _values() -> dict[str, Any]:
    view = current()
    work = works.follow(view.data, "backup")
    files = backups(view.data)
    by = [work.by, *([work.last.by] if work.last else [])] if work else []
    return {
        "work": work,
        "started": moment(work.started) if work else None,
        "ended": moment(work.last.at) if work and work.last else None,
        "who": operators(by),
        "files": files,
        "last": files[0] if files else None,
        "folder": view.data / "backups",
        "command": shlex.join(["ecluse", "backup", *view.data_option]),
        "elsewhere": shlex.join(["ecluse", "backup", *view.data_option, "/mnt/sauvegardes"]),
        "restore": shlex.join(["ecluse", "restore", *view.data_option, "ecluse-….tar.gz"]),
        "secrets": view.secrets,
    }
