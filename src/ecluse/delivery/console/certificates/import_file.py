"""Give a certificate to the gateway: read, judged check by check, kept with its key, or nothing kept."""

from __future__ import annotations

import re
from typing import Any

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import get_language

from ecluse.delivery.console.acting import sentence
from ecluse.delivery.console.certificates.common import MANAGE, asking, now, places, posted, show
from ecluse.delivery.console.certificates.forms import LARGEST, ImportForm
from ecluse.delivery.console.guard import Request, form
from ecluse.protocols.x509.bundle_words import WrongPassword
from ecluse.protocols.x509.errors import Unreadable
from ecluse.services.certificates.importing import (
    CertificateFile,
    Imported,
    Target,
    examine_file,
    import_certificate,
)
from ecluse.services.certificates.settings import current
from ecluse.services.queries.certificate_pages import StoreError

_SECTION = "inventory"


@form(MANAGE, fresh=True)
def give(request: Request) -> HttpResponse:
    """The form, then the verdict; a refused file leaves one line of the journal."""
    known = places(request, MANAGE)
    asked = ImportForm(
        known,
        *posted(request),
        initial={"establishment": request.GET.get("etablissement"), "use": request.GET.get("emploi")},
    )
    found: Imported | None = None
    if request.method == "POST" and asked.is_valid():
        keep = request.POST.get("what") != "examine"
        found = _given(request, asked, keep=keep)
        if found is not None and found.kept:
            return _kept(request, found)
        if found is not None and keep and found.verdict.ok:
            asked.add_error(None, sentence(found))
    values: dict[str, Any] = {"form": asked, "found": found, "establishments": known, "largest": LARGEST}
    refused = asked.errors or (found is not None and not found.verdict.ok)
    return show(request, _SECTION, "import", values, 422 if refused else 200)


def _given(request: Request, asked: ImportForm, *, keep: bool) -> Imported | None:
    """The verdict on a file, kept or only examined; None when it cannot be read: the form says why."""
    given = asked.cleaned_data
    file = CertificateFile(given["file"], given["password"] or None, given["key"])
    structures = tuple(one for one in re.split(r"[\s,;]+", given["structures"]) if one)
    target = Target(int(given["establishment"]), given["use"], given["place"], structures)
    try:
        if not keep:
            return examine_file(current(), file, target, now())[0]
        return import_certificate(
            current(), asking(request), file, target, now(), by=request.visitor.operator
        )
    except Unreadable as error:
        asked.add_error("password" if isinstance(error, WrongPassword) else "file", sentence(error))
    except StoreError as error:
        asked.add_error(None, error.sentence.en if get_language() == "en" else error.sentence.fr)
    return None


def _kept(request: Request, found: Imported) -> HttpResponse:
    messages.success(request, sentence(found))
    for note in found.notes:
        messages.info(request, sentence(note))
    for check in found.verdict.failed:
        messages.warning(request, sentence(check))
    return HttpResponseRedirect(reverse("certificate", args=[found.fingerprint]))
