"""What is done to a subscriber: paused, resumed, its parked deliveries decided, replayed, a new key, removed."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _

from ecluse.delivery.console.acting import act as ask
from ecluse.delivery.console.acting import tell
from ecluse.delivery.console.guard import Request, act
from ecluse.delivery.console.settings_pages.common import WRITE, everywhere, show
from ecluse.delivery.console.settings_pages.forms import ReplayForm
from ecluse.delivery.console.settings_pages.show_subscribers import SECTION, meant, one_page
from ecluse.services.deployment_view import current
from ecluse.services.new_subscriber import new_key
from ecluse.services.queries.subscribers import position_at


@act(WRITE)
@everywhere(WRITE)
def pause(request: Request, id_: str) -> HttpResponse:
    """Tell it nothing more until it is resumed."""
    return _done(request, id_, "subscriber.pause")


@act(WRITE)
@everywhere(WRITE)
def resume(request: Request, id_: str) -> HttpResponse:
    """Tell it again, from where it was."""
    return _done(request, id_, "subscriber.resume")


@act(WRITE)
@everywhere(WRITE)
def release(request: Request, id_: str) -> HttpResponse:
    """Try parked deliveries again: one (`position`), or all."""
    return _done(request, id_, "subscriber.release", **_position(request))


@act(WRITE)
@everywhere(WRITE)
def skip(request: Request, id_: str) -> HttpResponse:
    """Give one parked delivery up."""
    return _done(request, id_, "subscriber.skip", **_position(request))


@act(WRITE)
@everywhere(WRITE)
def replay(request: Request, id_: str) -> HttpResponse:
    """Deliver again everything since a time, given in this machine's hours."""
    one = meant(request, id_)
    asked = ReplayForm(request.POST)
    if not asked.is_valid():
        return one_page(request, one, asked, 422)
    when = int(asked.cleaned_data["since"].timestamp() * 1_000_000)
    return _done(request, id_, "subscriber.replay", position=min(one.position, position_at(one.kind, when)))


@act(WRITE, fresh=True)
@everywhere(WRITE)
def rotate(request: Request, id_: str) -> HttpResponse:
    """A new key, shown once; the former one signs too for a day."""
    one = meant(request, id_)
    if one.kind == "relay":
        messages.error(request, _("Un relais n’a pas de clé de signature."))
        return HttpResponseRedirect(reverse("subscriber", args=[id_]))
    key = new_key(current().secrets, one.id)
    result = ask(request, "subscriber.rotate", {"name": one.id, "secret": key.arguments["secret"]})
    if not result.done:
        tell(request, result)
        return HttpResponseRedirect(reverse("subscriber", args=[id_]))
    return show(request, SECTION, "subscriber_key", {"one": one, "secret": key.secret, "new": False})


@act(WRITE, fresh=True)
@everywhere(WRITE)
def remove(request: Request, id_: str) -> HttpResponse:
    """Forget it and what waits for it, once its name was typed."""
    one = meant(request, id_)
    if request.POST.get("name", "").strip() != one.name:
        messages.error(request, _("Rien n’a été retiré : écrivez le nom de l’abonné pour confirmer."))
        return HttpResponseRedirect(f"{reverse('subscriber', args=[id_])}#retirer")
    done = tell(request, ask(request, "subscriber.remove", {"name": one.id}))
    return HttpResponseRedirect(reverse("subscribers") if done.done else reverse("subscriber", args=[id_]))


def _position(request: Request) -> dict[str, int]:
    given = request.POST.get("position", "")
    return {"position": int(given)} if given.isascii() and given.isdigit() and len(given) < 19 else {}


def _done(request: Request, id_: str, name: str, **more: Any) -> HttpResponse:
    one = meant(request, id_)
    tell(request, ask(request, name, {"name": one.id, **more}))
    return HttpResponseRedirect(reverse("subscriber", args=[one.id]))
