"""The settings of the sign-in by card: checked, and described to the services that follow them."""

from __future__ import annotations

import ipaddress

from ecluse.main.settings_model import Configuration, wrong
from ecluse.main.settings_reading import Origins


def check_cards(configuration: Configuration, origins: Origins) -> None:
    """Refuse settings by which no card could be believed, or any could.

    :raises ConfigurationError: naming the place and what to write.
    """
    from ecluse.services.certificates.fingerprints import read_fingerprint

    told, api = configuration.accounts, configuration.api
    for one in told.card_authorities:
        if read_fingerprint(one) is None:
            raise wrong(
                origins.of("card_authorities", "accounts"),
                f"card_authorities contient {one!r} ; écrivez des empreintes SHA-256, 64 chiffres hexadécimaux",
                f"card_authorities contains {one!r}; write SHA-256 fingerprints, 64 hexadecimal digits",
            )
    if not told.card:
        return
    if not api.client_certificate_header or not api.client_certificate_proxies:
        raise wrong(
            origins.of("card", "accounts"),
            "card = true ne va pas sans client_certificate_header et client_certificate_proxies de [api] : nommez"
            " l’en-tête et le mandataire TLS, 127.0.0.1 compris s’il est sur cette machine",
            "card = true needs client_certificate_header and client_certificate_proxies of [api]: name the header and"
            " the TLS proxy, 127.0.0.1 included when it is on this machine",
        )
    for network in api.client_certificate_proxies:
        if ipaddress.ip_network(network, strict=False).prefixlen == 0:
            raise wrong(
                origins.of("client_certificate_proxies", "api"),
                f"{network!r} croirait n’importe qui : avec card = true, écrivez l’adresse du mandataire TLS",
                f"{network!r} would believe anybody: with card = true, write the address of the TLS proxy",
            )


def card_authorities(configuration: Configuration) -> tuple[str, ...]:
    """Fingerprints of other authorities that issue cards, as certificates write theirs."""
    from ecluse.services.certificates.fingerprints import read_fingerprint

    read = (read_fingerprint(one) for one in configuration.accounts.card_authorities)
    return tuple(one for one in read if one is not None)


def use_cards(configuration: Configuration) -> None:
    """Have the sign-in by card follow these settings."""
    from ecluse.services.accounts.cards import CardSettings, use

    told, api = configuration.accounts, configuration.api
    use(
        CardSettings(
            offered=told.card,
            header=api.client_certificate_header,
            proxies=tuple(ipaddress.ip_network(one, strict=False) for one in api.client_certificate_proxies),
            level=told.card_level,
            hard_fail=told.card_revocation == "hard",
        )
    )
