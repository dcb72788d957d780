"""No client of ours takes the common name of a server for its name: only the other names count (RFC 9525, §2)."""

from __future__ import annotations

import ssl
from collections.abc import Callable

import pytest

from ecluse.delivery.cli.tools import Tls
from ecluse.main import linking
from ecluse.services.deliveries import workshop
from ecluse.transports import annuaire, oidc

CONTEXTS: dict[str, Callable[[], ssl.SSLContext | None]] = {
    "ecluse send": lambda: linking._context(Tls("", "", "")),
    "relays": lambda: workshop._client_context("", "", ""),
    "the directory": lambda: annuaire._context(""),
    "identity providers": lambda: oidc._context("", "", ""),
}


@pytest.mark.parametrize("client", CONTEXTS)
def test_the_common_name_of_a_server_is_not_its_name(client: str) -> None:
    context = CONTEXTS[client]()
    assert context is not None and context.check_hostname
    assert not context.hostname_checks_common_name
