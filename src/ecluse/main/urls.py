"""Addresses of the gateway: pages of the console at the root, interfaces for programs beside them."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, include, path

from ecluse.delivery.api.addresses import addresses as api
from ecluse.delivery.api.fhir.addresses import addresses as fhir
from ecluse.delivery.console.addresses import addresses as console
from ecluse.delivery.scim.addresses import addresses as scim

urlpatterns: list[URLPattern | URLResolver] = [
    *console(),
    path("api/v1/", include((api(), "api"))),
    *fhir(),
    *scim(),
]

handler400 = "ecluse.main.failures.bad_request"
handler403 = "ecluse.main.failures.forbidden"
handler404 = "ecluse.main.failures.not_found"
handler500 = "ecluse.main.failures.server_error"
