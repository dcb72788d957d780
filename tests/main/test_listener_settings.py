"""TLS of a listener from the store: which settings go together, and what is refused with its place and a remedy."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from ecluse.main.configuration import ConfigurationError, Listener, load
from ecluse.main.listening import tls_source

SLOT = '[[listener]]\ntls_slot = "1"\n'
REFUSED = {
    "a slot and a file": (SLOT + 'tls_certificate = "c.pem"\ntls_key = "k.pem"', 2, "keep one"),
    "a key beside a slot": (SLOT + 'tls_key = "k.pem"', 3, "tls_certificate"),
    "two authorities of clients": (
        SLOT + 'tls_clients = "igc-sante"\ntls_client_ca = "a.pem"', 3, "keep one",
    ),
    "a store of clients without certificate": ('[[listener]]\ntls_clients = "igc-sante"', 2, "tls_certificate"),
    "a policy without clients": (SLOT + 'tls_policy = "igc-sante"', 3, "tls_client_ca"),
    "a store that is not there": (SLOT + 'tls_clients = "tous"', 3, "igc-osi"),
    "a file of clients that is missing": (SLOT + 'tls_client_ca = "a.pem"', 3, "no such file"),
    "a family that opens no link": (
        SLOT + 'tls_clients = "igc-sante"\ntls_families = ["ORG SIGN"]', 4, "ORG AUTH_CLI",
    ),
    "a slot without clients in production": (
        'environment = "production"\n[[listener]]\naddress = "0.0.0.0:2575"\ntls_slot = "1"', 3,
        "tls_clients .*allowed_peers",
    ),
}  # fmt: skip


def written(data: Path, text: str) -> Path:
    (data / "ecluse.toml").write_text(text + "\n", "utf-8")
    return data


@pytest.mark.parametrize("case", REFUSED)
def test_a_wrong_tls_setting_is_refused_with_its_line_and_a_remedy(case: str, tmp_path: Path) -> None:
    text, line, remedy = REFUSED[case]
    with pytest.raises(ConfigurationError) as caught:
        load(written(tmp_path, text), {})
    message, french = str(caught.value), caught.value.fr
    assert message.startswith(f"{tmp_path / 'ecluse.toml'}, line {line}"), message
    assert re.search(remedy, message), message
    assert not re.search(" [:;?!]", french) and french != message


def test_production_admits_a_slot_and_the_clients_of_the_igc(tmp_path: Path) -> None:
    listener = Listener(address="0.0.0.0:2575", tls_slot="990000028", tls_clients="igc-sante")
    text = 'environment = "production"\n[[listener]]\naddress = "0.0.0.0:2575"\n'
    found = load(written(tmp_path, text + 'tls_slot = "990000028"\ntls_clients = "igc-sante"'), {})
    assert found.listeners == (listener,)


@pytest.mark.parametrize(
    ("settings", "store", "policy"),
    [
        ('tls_clients = "igc-sante"', "igc-sante-test", "igc-sante"),
        ('tls_clients = "igc-sante"\ntls_policy = "any"', "igc-sante-test", "any"),
        ('tls_clients = "igc-osi"', "igc-osi", "any"),
        ("", "", "any"),
    ],
)
def test_the_authorities_of_the_clients_choose_how_they_are_judged(
    tmp_path: Path, settings: str, store: str, policy: str
) -> None:
    """Unless it is said; the store is that of the gateway's environment."""
    found = load(written(tmp_path, SLOT + settings), {})
    source = tls_source(found, found.listeners[0])
    assert (source.store, source.policy, source.judges) == (store, policy, policy == "igc-sante")
