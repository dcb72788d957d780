"""The accounts of others: made, invited, given roles, closed; the register of their means."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from ecluse.delivery.console.accounts.adapters import now
from ecluse.delivery.console.acting import act as ask
from ecluse.delivery.console.acting import sentence, tell
from ecluse.delivery.console.guard import Request, act, form, page
from ecluse.services.accounts.codes import Invitation, new_invitation
from ecluse.services.accounts.roles import roles
from ecluse.services.accounts.settings import current
from ecluse.services.directory.check import check_rpps
from ecluse.services.queries import settings as places
from ecluse.services.queries import users

_HERE = "/reglages/utilisateurs/"


class PersonForm(forms.Form):
    """What is known of a person."""

    name = forms.CharField(label=_("Nom"), max_length=200)
    email = forms.EmailField(label=_("Adresse électronique"), max_length=254, required=False)
    unit = forms.CharField(label=_("Service ou unité"), max_length=200, required=False)


class NewPersonForm(PersonForm):
    """A person to invite."""

    username = forms.RegexField(
        r"^[A-Za-z0-9][A-Za-z0-9._@-]{1,79}$",
        label=_("Identifiant de connexion"),
        help_text=_("Lettres sans accent, chiffres, points, tirets ou @ ; exemple : c.moreau."),
        error_messages={
            "invalid": _("Lettres sans accent, chiffres, points, tirets ou @ ; exemple : c.moreau.")
        },
    )
    roles = forms.MultipleChoiceField(
        label=_("Rôles"), required=False, widget=forms.CheckboxSelectMultiple, choices=()
    )
    establishment = forms.ChoiceField(label=_("Pour"), required=False, choices=())

    field_order = ("username", "name", "email", "unit", "roles", "establishment")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["roles"].choices = _role_choices()  # type: ignore[attr-defined]
        self.fields["establishment"].choices = _place_choices()  # type: ignore[attr-defined]


class GrantForm(forms.Form):
    """A role and where it holds."""

    role = forms.ChoiceField(label=_("Rôle"), choices=())
    establishment = forms.ChoiceField(label=_("Pour"), required=False, choices=())

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["role"].choices = _role_choices()  # type: ignore[attr-defined]
        self.fields["establishment"].choices = _place_choices()  # type: ignore[attr-defined]


def _role_choices() -> list[tuple[str, str]]:
    english = get_language() == "en"
    return [(one.name, one.title_en if english else one.title_fr) for one in roles().values()]


def _place_choices() -> list[tuple[str, Any]]:
    return [("", _("Tous les établissements")), *((str(one.id), one.name) for one in places.establishments())]


@page("users.manage")
def every(request: Request) -> HttpResponse:
    """All accounts."""
    wanted = request.GET.get("q", "").strip().lower()
    found = [one for one in users.every(now()) if wanted in f"{one.username} {one.name} {one.unit}".lower()]
    return render(
        request, "console/accounts/people.html", {"people": found, "wanted": wanted, "roles": roles()}
    )


@form("users.manage")
def add(request: Request) -> HttpResponse:
    """A new person, who chooses her own means with the code shown once."""
    asked = NewPersonForm(request.POST or None)
    if request.method == "POST" and asked.is_valid():
        given = asked.cleaned_data
        invitation = _invitation()
        place = int(given["establishment"]) if given["establishment"] else None
        result = ask(
            request,
            "user.add",
            {
                "username": given["username"], "name": given["name"], "email": given["email"], "unit": given["unit"],
                "roles": [{"role": one, "establishment": place} for one in given["roles"]],
                "invitation": invitation.digest, "until": invitation.until,
            },
        )  # fmt: skip
        if result.done:
            return _invited(request, given["username"].lower(), invitation)
        asked.add_error(None, sentence(result))
    status = 422 if asked.is_bound else 200
    return render(
        request, "console/accounts/add_person.html", {"form": asked, "roles": roles()}, status=status
    )


@page("users.manage")
def show(request: Request, username: str) -> HttpResponse:
    """One account, its roles and the register of its means."""
    found = _found(username)
    values = {
        "person": found,
        "roles": roles(),
        "means": users.means_of(found.id),
        "grant": GrantForm(),
        "form": PersonForm(initial={"name": found.name, "email": found.email, "unit": found.unit}),
        "myself": found.id == request.visitor.id,
    }
    return render(request, "console/accounts/person.html", values)


@act("users.manage")
def edit(request: Request, username: str) -> HttpResponse:
    """Change what is known of a person."""
    found = _found(username)
    asked = PersonForm(request.POST)
    if not asked.is_valid():
        values = {"person": found, "roles": roles(), "means": users.means_of(found.id), "grant": GrantForm()}
        return render(request, "console/accounts/person.html", {**values, "form": asked}, status=422)
    kept = {"username": found.username, "profession": found.profession, "external": found.external}
    tell(request, ask(request, "user.edit", {**kept, **asked.cleaned_data}))
    return HttpResponseRedirect(f"{_HERE}{found.username}/")


@act("users.manage", fresh=True)
def give_roles(request: Request, username: str) -> HttpResponse:
    """Give one role more (`role`, `establishment`), or take one back (`without`: its place in the list)."""
    found = _found(username)
    kept = [{"role": one.role, "establishment": one.establishment_id} for one in found.roles]
    without = request.POST.get("without", "")
    if without.isdigit() and int(without) < len(kept):
        del kept[int(without)]
    else:
        asked = GrantForm(request.POST)
        if asked.is_valid():
            place = asked.cleaned_data["establishment"]
            kept.append({"role": asked.cleaned_data["role"], "establishment": int(place) if place else None})
    tell(request, ask(request, "user.roles", {"username": found.username, "roles": kept}))
    return HttpResponseRedirect(f"{_HERE}{found.username}/#roles")


@act("users.manage", fresh=True)
def invite(request: Request, username: str) -> HttpResponse:
    """Invite anew somebody who lost a means of sign-in."""
    found = _found(username)
    invitation = _invitation()
    arguments = {"username": found.username, "invitation": invitation.digest, "until": invitation.until}
    result = ask(request, "user.invite", arguments)
    if result.done:
        return _invited(request, found.username, invitation)
    tell(request, result)
    return HttpResponseRedirect(f"{_HERE}{found.username}/")


@act("users.manage", fresh=True)
def close(request: Request, username: str) -> HttpResponse:
    """Close an account."""
    found = _found(username)
    tell(request, ask(request, "user.disable", {"username": found.username}))
    return HttpResponseRedirect(f"{_HERE}{found.username}/")


@act("users.manage", fresh=True)
def propose_rpps(request: Request, username: str) -> HttpResponse:
    """Propose an RPPS, once the directory was asked about it."""
    found = _found(username)
    checked = check_rpps(request.POST.get("rpps", ""), now())
    if checked.blocks:
        messages.error(request, checked.text_en if get_language() == "en" else checked.text_fr)
    else:
        given = {"username": found.username, "rpps": checked.rpps, "checked": checked.state}
        tell(request, ask(request, "user.propose-rpps", given))
    return HttpResponseRedirect(f"{_HERE}{found.username}/#rpps")


@act("users.manage", fresh=True)
def confirm_rpps(request: Request, username: str) -> HttpResponse:
    """Confirm the RPPS that another administrator proposed."""
    found = _found(username)
    given = {"username": found.username, "rpps": request.POST.get("rpps", "")}
    tell(request, ask(request, "user.confirm-rpps", given))
    return HttpResponseRedirect(f"{_HERE}{found.username}/#rpps")


@act("users.manage", fresh=True)
def drop_rpps(request: Request, username: str) -> HttpResponse:
    """Take an RPPS away, or what was proposed."""
    found = _found(username)
    tell(request, ask(request, "user.drop-rpps", {"username": found.username}))
    return HttpResponseRedirect(f"{_HERE}{found.username}/#rpps")


@act("users.manage")
def approve(request: Request, username: str) -> HttpResponse:
    """Note whether a means conforms to the référentiel."""
    found = _found(username)
    number = request.POST.get("means", "")
    arguments = {
        "username": found.username,
        "means": int(number) if number.isdigit() else 0,
        "conformity": request.POST.get("conformity", ""),
    }
    tell(request, ask(request, "user.approve-means", arguments))
    return HttpResponseRedirect(f"{_HERE}{found.username}/#moyens")


def _found(username: str) -> users.UserDocument:
    found = users.named(username, now())
    if found is None:
        raise Http404
    return found


def _invitation() -> Invitation:
    return new_invitation(now(), current().invitation_hours)


def _invited(request: Request, username: str, invitation: Invitation) -> HttpResponse:
    """The code of an invitation, shown once."""
    person = _found(username)
    values = {
        "person": person,
        "code": invitation.code,
        "hours": current().invitation_hours,
        "address": request.build_absolute_uri("/invitation/"),
    }
    return render(request, "console/accounts/invited.html", values)
