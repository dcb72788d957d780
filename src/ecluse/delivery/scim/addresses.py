"""Addresses of SCIM, `/scim/v2/`."""

from __future__ import annotations

from django.urls import URLPattern, path

from ecluse.delivery.scim import discovery, users


def addresses() -> list[URLPattern]:
    """What answers under `/scim/v2/`."""
    return [
        path("scim/v2/Users", users.USERS, name="scim_users"),
        path("scim/v2/Users/<str:id_>", users.USER, name="scim_user"),
        path("scim/v2/ServiceProviderConfig", discovery.SERVICE, name="scim_service"),
        path("scim/v2/ResourceTypes", discovery.TYPES, name="scim_types"),
        path("scim/v2/Schemas", discovery.ALL_SCHEMAS, name="scim_schemas"),
    ]
