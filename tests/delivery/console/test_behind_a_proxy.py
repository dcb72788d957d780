"""Behind a TLS proxy: limits, the trail, measures and bound tokens know the visitor from the proxy."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from django.core.cache import cache
from django.test import RequestFactory

from ecluse.delivery.api import guard
from ecluse.delivery.api.settings import current, use
from ecluse.main import web
from ecluse.main.proxies import tell_caller
from ecluse.services import proxies
from ecluse.store.models.access import AccessLine
from tests.delivery.console.conftest import Gateway
from tests.delivery.console.people import PASSWORD, make_person

PROXY = "10.0.0.5"


@pytest.fixture
def proxied(gateway: Gateway) -> Iterator[Gateway]:
    """A gateway that declares a proxy."""
    before = current()
    web.show(replace(gateway.store.configuration, http_proxies=(PROXY,), metrics_peers=("10.9.0.0/16",)))
    yield gateway
    proxies.use([])
    use(before)


def refused(gateway: Gateway, peer: str, told: str, name: str = "nobody") -> None:
    given = {"login": name, "password": "wrong"}
    gateway.browser.post("/connexion/", given, REMOTE_ADDR=peer, headers={"x-forwarded-for": told})


def trail() -> list[str]:
    return list(AccessLine.objects.order_by("id").values_list("detail", flat=True))


def test_the_trail_has_the_address_of_the_visitor(proxied: Gateway) -> None:
    make_person("c.moreau")
    refused(proxied, PROXY, "192.0.2.7")
    refused(proxied, "192.0.2.9", "192.0.2.7")
    assert trail() == ["192.0.2.7 password", "192.0.2.9 password"]


def test_one_visitor_does_not_spend_the_limit_of_another(proxied: Gateway) -> None:
    person = make_person("c.moreau")
    cache.clear()
    for number in range(12):
        refused(proxied, PROXY, "192.0.2.7", f"nobody{number}")
    given = {"login": person.username, "password": PASSWORD}

    def status(visitor: str) -> int:
        answer = proxied.browser.post(
            "/connexion/", given, REMOTE_ADDR=PROXY, headers={"x-forwarded-for": visitor}
        )
        return answer.status_code

    assert (status("192.0.2.7"), status("192.0.2.8")) == (200, 302)


def test_measures_are_for_the_networks_named_whatever_the_proxy(proxied: Gateway) -> None:
    def status(peer: str, told: str) -> int:
        return proxied.browser.get(
            "/metrics", REMOTE_ADDR=peer, headers={"x-forwarded-for": told}
        ).status_code

    assert status(PROXY, "10.9.1.1") == 200
    assert status(PROXY, "192.0.2.7") == 403
    assert status("192.0.2.7", "10.9.1.1") == 403


def test_a_bound_token_is_told_by_the_proxy_and_not_by_its_caller(proxied: Gateway) -> None:
    """The caller is in no network of proxies, the proxy is: its header is still believed."""
    use(replace(current(), certificate_header="X-Client-Certificate", certificate_proxies=(PROXY,)))
    told: list[str] = []
    handle = tell_caller(lambda request: told.append(guard.certificate(request)))  # type: ignore[arg-type,return-value]
    for peer, forwarded in ((PROXY, "192.0.2.7"), ("192.0.2.7", PROXY)):
        headers = {"x-client-certificate": "ab" * 32, "x-forwarded-for": forwarded}
        handle(RequestFactory().get("/api/v1/patients", REMOTE_ADDR=peer, headers=headers))
    assert told == ["ab" * 32, ""]
