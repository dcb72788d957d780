"""Identification domains, establishments and sites: read, declared, changed."""

from __future__ import annotations

from typing import Annotated, Any

from django.http import HttpRequest, HttpResponse
from ninja import Path, Router, Status
from pydantic import Field, StrictBool

from ecluse.delivery.api.acts import act, check_match, located, unbound
from ecluse.delivery.api.interface import Scoped, caller
from ecluse.delivery.api.problems import Problem
from ecluse.delivery.api.shapes import Oid, Sent, Text
from ecluse.services.queries import settings
from ecluse.services.queries.settings import DomainSettings, EstablishmentSettings, SiteSettings, etag

router = Router(tags=["settings"])

Id = Annotated[int, Path(ge=1, le=2**31 - 1)]
Number = Annotated[int, Field(strict=True, ge=1, le=2**31 - 1)]
Finess = Annotated[str, Field(pattern=r"^[0-9A-Z]{9}$")]
"""Nine characters (référentiel FINESS)."""
Zone = Annotated[str, Field(pattern=r"^[A-Za-z0-9_+/-]{1,64}$")]
"""A time zone of the IANA database."""


class DomainBody(Sent):
    """What may change of a domain. authorities: OIDs or names accepted, empty: its OID, else any; foreign: its INS wait
    for a verification; establishments: ids of those that share it.
    """

    oid: Oid | None = None
    authorities: Annotated[tuple[Text, ...], Field(max_length=100)] = ()
    foreign: StrictBool = False
    establishments: Annotated[tuple[Number, ...], Field(max_length=100)] = ()


class NewDomain(DomainBody):
    """A domain to declare. Its name never changes: listeners name it in the settings file."""

    name: Text


class EstablishmentBody(Sent):
    """A legal entity."""

    name: Text
    finess: Finess | None = None


class SiteBody(Sent):
    """A geographic entity."""

    name: Text
    finess: Finess | None = None
    zone: Zone = "Europe/Paris"


class NewSite(SiteBody):
    """A site to declare. establishment: id of its establishment."""

    establishment: Number


def _given(body: Sent) -> dict[str, Any]:
    """A body as arguments of an act."""
    return {name: "" if value is None else value for name, value in body.model_dump().items()}


def _or_404(found: Any) -> Any:
    if found is None:
        raise Problem("not-found")
    return found


def _tagged(response: HttpResponse, found: Any) -> Any:
    response["ETag"] = etag(_or_404(found))
    return found


@router.get(
    "/domains", operation_id="list_domains", auth=Scoped("settings:read"), response=list[DomainSettings]
)
def list_domains(request: HttpRequest) -> Any:
    """Identification domains."""
    return list(settings.domains(caller(request).domain))


@router.get(
    "/domains/{domain}", operation_id="read_domain", auth=Scoped("settings:read"), response=DomainSettings
)
def read_domain(request: HttpRequest, domain: Id, response: HttpResponse) -> Any:
    """One identification domain."""
    return _tagged(response, settings.domain(domain) if caller(request).domain in (None, domain) else None)


@router.post(
    "/domains", operation_id="add_domain", auth=Scoped("settings:write"), response={201: DomainSettings}
)
def add_domain(request: HttpRequest, body: NewDomain, response: HttpResponse) -> Any:
    """Declare an identification domain."""
    made = act(unbound(caller(request)), "domain.add", _given(body)).data["id"]
    located(response, f"/domains/{made}")
    return Status(201, _tagged(response, settings.domain(made)))


@router.put(
    "/domains/{domain}", operation_id="edit_domain", auth=Scoped("settings:write"), response=DomainSettings
)
def edit_domain(request: HttpRequest, domain: Id, body: DomainBody, response: HttpResponse) -> Any:
    """Change an identification domain. Authorities hold for the messages to come; `foreign`, at once."""
    asking = unbound(caller(request))
    expected = check_match(request, etag(_or_404(settings.domain(domain))))
    act(asking, "domain.edit", {"id": domain, "expected": expected, **_given(body)})
    return _tagged(response, settings.domain(domain))


@router.get(
    "/establishments",
    operation_id="list_establishments",
    auth=Scoped("settings:read"),
    response=list[EstablishmentSettings],
)
def list_establishments(request: HttpRequest) -> Any:
    """Legal entities."""
    return list(settings.establishments(caller(request).domain))


@router.get(
    "/establishments/{establishment}",
    operation_id="read_establishment",
    auth=Scoped("settings:read"),
    response=EstablishmentSettings,
)
def read_establishment(request: HttpRequest, establishment: Id, response: HttpResponse) -> Any:
    """One legal entity."""
    return _tagged(response, settings.establishment(establishment, caller(request).domain))


@router.post(
    "/establishments",
    operation_id="add_establishment",
    auth=Scoped("settings:write"),
    response={201: EstablishmentSettings},
)
def add_establishment(request: HttpRequest, body: EstablishmentBody, response: HttpResponse) -> Any:
    """Declare a legal entity."""
    made = act(unbound(caller(request)), "establishment.add", _given(body)).data["id"]
    located(response, f"/establishments/{made}")
    return Status(201, _tagged(response, settings.establishment(made)))


@router.put(
    "/establishments/{establishment}",
    operation_id="edit_establishment",
    auth=Scoped("settings:write"),
    response=EstablishmentSettings,
)
def edit_establishment(
    request: HttpRequest, establishment: Id, body: EstablishmentBody, response: HttpResponse
) -> Any:
    """Change a legal entity."""
    asking = unbound(caller(request))
    expected = check_match(request, etag(_or_404(settings.establishment(establishment))))
    act(asking, "establishment.edit", {"id": establishment, "expected": expected, **_given(body)})
    return _tagged(response, settings.establishment(establishment))


@router.get("/sites", operation_id="list_sites", auth=Scoped("settings:read"), response=list[SiteSettings])
def list_sites(request: HttpRequest) -> Any:
    """Geographic entities."""
    return list(settings.sites(caller(request).domain))


@router.get("/sites/{site}", operation_id="read_site", auth=Scoped("settings:read"), response=SiteSettings)
def read_site(request: HttpRequest, site: Id, response: HttpResponse) -> Any:
    """One geographic entity."""
    return _tagged(response, settings.site(site, caller(request).domain))


@router.post("/sites", operation_id="add_site", auth=Scoped("settings:write"), response={201: SiteSettings})
def add_site(request: HttpRequest, body: NewSite, response: HttpResponse) -> Any:
    """Declare a geographic entity."""
    made = act(unbound(caller(request)), "site.add", _given(body)).data["id"]
    located(response, f"/sites/{made}")
    return Status(201, _tagged(response, settings.site(made)))


@router.put("/sites/{site}", operation_id="edit_site", auth=Scoped("settings:write"), response=SiteSettings)
def edit_site(request: HttpRequest, site: Id, body: SiteBody, response: HttpResponse) -> Any:
    """Change a geographic entity."""
    asking = unbound(caller(request))
    expected = check_match(request, etag(_or_404(settings.site(site))))
    act(asking, "site.edit", {"id": site, "expected": expected, **_given(body)})
    return _tagged(response, settings.site(site))
