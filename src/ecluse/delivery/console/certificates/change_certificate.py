"""What ends the service of a certificate: its revocation, recorded with its consequences, and putting it away."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse, HttpResponseRedirect
from django.urls import reverse

from ecluse.delivery.console.acting import act as ask
from ecluse.delivery.console.acting import sentence, tell
from ecluse.delivery.console.certificates.common import MANAGE, now, posted, show
from ecluse.delivery.console.certificates.forms import RevokeForm
from ecluse.delivery.console.certificates.show_certificates import known
from ecluse.delivery.console.guard import Request, act, form
from ecluse.services.queries import certificates

_SECTION = "inventory"


@form(MANAGE, fresh=True)
def revoke(request: Request, fingerprint: str) -> HttpResponse:
    """What stops, then the reason and the date."""
    document = known(request, fingerprint, MANAGE).document
    back = HttpResponseRedirect(reverse("certificate", args=[fingerprint]))
    if document.state != "held":
        return back
    asked = RevokeForm(*posted(request))
    if request.method == "POST" and asked.is_valid():
        result = ask(request, "certificate.revoke", {"fingerprint": fingerprint, **asked.arguments()})
        if result.done:
            tell(request, result)
            return back
        asked.add_error(None, sentence(result))
    slots = certificates.slots(now(), establishment=document.establishment)
    serving = [slot for slot in slots if slot.current == fingerprint]
    values: dict[str, Any] = {
        "form": asked,
        "one": document,
        "slots": serving,
        "stopping": any(not slot.next for slot in serving),
    }
    return show(request, _SECTION, "revoke", values, 422 if asked.errors else 200)


@act(MANAGE, fresh=True)
def retire(request: Request, fingerprint: str) -> HttpResponse:
    """Put a certificate that serves nowhere away; its key is destroyed."""
    known(request, fingerprint, MANAGE)
    tell(request, ask(request, "certificate.retire", {"fingerprint": fingerprint}))
    return HttpResponseRedirect(reverse("certificate", args=[fingerprint]))
