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
from ecluse.delivery.console.accounts.fields import PlaceField, UsernameField
from ecluse.delivery.console.acting import act as ask
from ecluse.delivery.console.acting import sentence, tell
from ecluse.delivery.console.guard import Request, act, everywhere, form, page
from ecluse.services.accounts.codes import Invitation, new_invitation
from ecluse.services.accounts.roles import roles
from ecluse.services.accounts.settings import current
from ecluse.services.directory.check import check_rpps
from ecluse.services.queries import settings as places
from ecluse.services.queries import users
from ecluse.services.queries.directory import profession_names

MANAGE = "users.manage"
_HERE = "/reglages/utilisateurs/"


class PersonForm(forms.Form):
    """What is known of a person."""

    name = forms.CharField(label=_("Nom"), max_length=200)
    email = forms.EmailField(label=_("Adresse électronique"), max_length=254, required=False)
    profession = forms.ChoiceField(
        label=_("Profession de santé"),
        required=False,
        help_text=_("La matrice d’habilitations s’y fie, et à l’unité."),
    )
    unit = forms.CharField(label=_("Service ou unité"), max_length=200, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        told = [(one.code, one.label or one.code) for one in profession_names()]
        now = str((self.initial or {}).get("profession") or "")
        if now and now not in {code for code, _label in told}:
            told.append((now, now))  # of an extract of the directory that is not in use any more
        self.fields["profession"].choices = [("", _("Aucune")), *told]  # type: ignore[attr-defined]


class NewPersonForm(PersonForm):
    """A person to invite."""

    username = UsernameField()
    roles = forms.MultipleChoiceField(
        label=_("Rôles"), required=False, widget=forms.CheckboxSelectMultiple, choices=()
    )
    place = PlaceField()

    field_order = ("username", "name", "email", "profession", "unit", "roles", "place")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["roles"].choices = _role_choices()  # type: ignore[attr-defined]
        self.fields["place"].choices = _place_choices()  # type: ignore[attr-defined]


class GrantForm(forms.Form):
    """A role and where it holds."""

    role = forms.ChoiceField(label=_("Rôle"), choices=())
    place = PlaceField()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["role"].choices = _role_choices()  # type: ignore[attr-defined]
        self.fields["place"].choices = _place_choices()  # type: ignore[attr-defined]


def _role_choices() -> list[tuple[str, str]]:
    english = get_language() == "en"
    return [(one.name, one.title_en if english else one.title_fr) for one in roles().values()]


def _place_choices() -> list[tuple[str, Any]]:
    found: list[tuple[str, Any]] = [("", _("Tous les établissements"))]
    sites = places.sites()
    for one in places.establishments():
        found.append((str(one.id), one.name))
        found += [(f"{one.id}/{s.id}", f"{one.name}, {s.name}") for s in sites if s.establishment == one.id]
    return found


@page(MANAGE)
@everywhere(MANAGE)
def every(request: Request) -> HttpResponse:
    """All accounts."""
    wanted = request.GET.get("q", "").strip().lower()
    found = [one for one in users.every(now()) if wanted in f"{one.username} {one.name} {one.unit}".lower()]
    return render(
        request, "console/accounts/people.html", {"people": found, "wanted": wanted, "roles": roles()}
    )


@form(MANAGE, fresh=True)
@everywhere(MANAGE)
def add(request: Request) -> HttpResponse:
    """A new person, who chooses her own means with the code shown once."""
    asked = NewPersonForm(request.POST or None)
    if request.method == "POST" and asked.is_valid():
        given = asked.cleaned_data
        invitation = _invitation()
        result = ask(
            request,
            "user.add",
            {
                "username": given["username"], "name": given["name"], "email": given["email"], "unit": given["unit"],
                "profession": given["profession"],
                "roles": [{"role": one, **given["place"]} for one in given["roles"]],
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


@page(MANAGE)
@everywhere(MANAGE)
def show(request: Request, username: str) -> HttpResponse:
    """One account, its roles and the register of its means."""
    found = _found(username)
    values = {
        "person": found,
        "roles": roles(),
        "means": users.means_of(found.id),
        "grant": GrantForm(),
        "form": PersonForm(initial=_known(found)),
        "myself": found.id == request.visitor.id,
    }
    return render(request, "console/accounts/person.html", values)


@act(MANAGE, fresh=True)
@everywhere(MANAGE)
def edit(request: Request, username: str) -> HttpResponse:
    """Change what is known of a person."""
    found = _found(username)
    asked = PersonForm(request.POST, initial=_known(found))
    if not asked.is_valid():
        values = {"person": found, "roles": roles(), "means": users.means_of(found.id), "grant": GrantForm()}
        return render(request, "console/accounts/person.html", {**values, "form": asked}, status=422)
    kept = {"username": found.username, "external": found.external}
    tell(request, ask(request, "user.edit", {**kept, **asked.cleaned_data}))
    return HttpResponseRedirect(f"{_HERE}{found.username}/")


@act(MANAGE, fresh=True)
@everywhere(MANAGE)
def give_roles(request: Request, username: str) -> HttpResponse:
    """Give one role more (`role`, `place`), or take one back (`without`: its place in the list)."""
    found = _found(username)
    kept: list[dict[str, Any]] = [
        {"role": one.role, "establishment": one.establishment_id, "site": one.site_id} for one in found.roles
    ]
    without = request.POST.get("without", "")
    if without.isdigit() and int(without) < len(kept):
        del kept[int(without)]
    else:
        asked = GrantForm(request.POST)
        if asked.is_valid():
            kept.append({"role": asked.cleaned_data["role"], **asked.cleaned_data["place"]})
    tell(request, ask(request, "user.roles", {"username": found.username, "roles": kept}))
    return HttpResponseRedirect(f"{_HERE}{found.username}/#roles")


@act(MANAGE, fresh=True)
@everywhere(MANAGE)
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


@act(MANAGE, fresh=True)
@everywhere(MANAGE)
def close(request: Request, username: str) -> HttpResponse:
    """Close an account."""
    found = _found(username)
    tell(request, ask(request, "user.disable", {"username": found.username}))
    return HttpResponseRedirect(f"{_HERE}{found.username}/")


@act(MANAGE, fresh=True)
@everywhere(MANAGE)
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


@act(MANAGE, fresh=True)
@everywhere(MANAGE)
def confirm_rpps(request: Request, username: str) -> HttpResponse:
    """Confirm the RPPS that another administrator proposed."""
    found = _found(username)
    given = {"username": found.username, "rpps": request.POST.get("rpps", "")}
    tell(request, ask(request, "user.confirm-rpps", given))
    return HttpResponseRedirect(f"{_HERE}{found.username}/#rpps")


@act(MANAGE, fresh=True)
@everywhere(MANAGE)
def drop_rpps(request: Request, username: str) -> HttpResponse:
    """Take an RPPS away, or what was proposed."""
    found = _found(username)
    tell(request, ask(request, "user.drop-rpps", {"username": found.username}))
    return HttpResponseRedirect(f"{_HERE}{found.username}/#rpps")


@act(MANAGE, fresh=True)
@everywhere(MANAGE)
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


def _known(one: users.UserDocument) -> dict[str, str]:
    """What the form of a person holds first."""
    return {"name": one.name, "email": one.email, "profession": one.profession, "unit": one.unit}


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
