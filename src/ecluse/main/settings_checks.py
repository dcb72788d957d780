"""What settings must respect together: addresses, limits, TLS files, and what production does not allow."""

from __future__ import annotations

import ipaddress
import re
import ssl
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from ecluse.main.cards import check_cards
from ecluse.main.certificates import check_certificates
from ecluse.main.providers import check_providers
from ecluse.main.settings_model import Configuration, Listener, split_address, wrong
from ecluse.main.settings_reading import Origins
from ecluse.services.zones import is_zone

Place = Callable[[str], str]
"""Where a setting of the listener at hand is written."""

_RELEASE = re.compile(r"\d{1,3}(?:\.\d{1,3}){1,2}", re.ASCII)

_BASE_URL = re.compile(r"https?://[^\s/?#@]+(?:/[^\s?#]*)?[^\s?#/]")

_HEADER = re.compile(r"[A-Za-z][A-Za-z0-9-]{0,79}")

_LONGEST_NAME = 80
"""Characters of a listener's name in the store."""


def check(configuration: Configuration, origins: Origins) -> None:
    """Refuse values that no gateway could work with.

    :raises ConfigurationError: naming the place and what to write.
    """
    _address(configuration.http, "http", origins.of("http"), "127.0.0.1:8080")
    _networks(configuration.metrics_peers, "metrics_peers", origins.of("metrics_peers"))
    _networks(configuration.http_proxies, "http_proxies", origins.of("http_proxies"))
    _hosts(configuration, origins)
    _at_least(0, configuration.minimum_free_bytes, "minimum_free_bytes", origins.of("minimum_free_bytes"))
    window = configuration.rules.duplicate_window_hours
    _at_least(0, window, "duplicate_window_hours", origins.of("duplicate_window_hours", "rules"))
    future = configuration.rules.future_movement_hours
    _at_least(0, future, "future_movement_hours", origins.of("future_movement_hours", "rules"))
    for name in ("raw_messages_days", "unreadable_days", "access_days"):
        _at_least(0, getattr(configuration.retention, name), name, origins.of(name, "retention"))
    _at_least(0, configuration.events.keep_days, "keep_days", origins.of("keep_days", "events"))
    most = configuration.rules.max_identifiers
    _at_least(10, most, "max_identifiers", origins.of("max_identifiers", "rules"))
    release = configuration.rules.known_release
    if not _RELEASE.fullmatch(release):
        where = origins.of("known_release", "rules")
        raise wrong(
            where,
            f'known_release = {release!r} ; écrivez une version, par exemple "2.11"',
            f'known_release = {release!r}; write a release such as "2.11"',
        )
    allowed = configuration.deliveries.allowed_networks
    _networks(allowed, "allowed_networks", origins.of("allowed_networks", "deliveries"))
    _accounts(configuration, origins)
    _directory(configuration, origins)
    check_providers(configuration, origins, serving=False)
    check_certificates(configuration, origins, serving=False)
    _api(configuration, origins)
    check_cards(configuration, origins)
    _base_url(configuration.fhir.base_url, origins.of("base_url", "fhir"))
    _secrets(configuration, origins)
    for one, place in _listeners(configuration, origins):
        _listener(one, place)
    _no_clash(configuration, origins)


def check_serving(configuration: Configuration, origins: Origins) -> None:
    """Refuse to open a port that is not safe, or whose TLS cannot work (design: settings, storage, trust).

    :raises ConfigurationError: naming the place and what to write.
    """
    check_providers(configuration, origins, serving=True)
    check_certificates(configuration, origins, serving=True)
    directory_key(configuration, origins.of("api_key_file", "directory"))
    for one, place in _listeners(configuration, origins):
        _tls(one, place)
        if configuration.environment == "production":
            _production_listener(one, place)
    if configuration.environment == "production" and not configuration.http_allow_plaintext:
        host, _ = split_address(configuration.http)
        if not is_loopback(host):
            raise wrong(
                origins.of("http"),
                f"http = {configuration.http!r} servirait du HTTP en clair au réseau en production ; écoutez sur"
                " 127.0.0.1 derrière un mandataire TLS, ou écrivez http_allow_plaintext = true",
                f"http = {configuration.http!r} would serve plain HTTP to the network in production; listen on"
                " 127.0.0.1 behind a TLS proxy, or write http_allow_plaintext = true",
            )


def is_loopback(host: str) -> bool:
    """Whether a host (IPv6 with or without brackets) is this machine alone. A name other than localhost is not."""
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost"


def _listeners(configuration: Configuration, origins: Origins) -> Iterator[tuple[Listener, Place]]:
    for rank, one in enumerate(configuration.listeners):
        yield one, partial(origins.of, table="listener", rank=rank)


def _address(address: str, name: str, where: str, example: str) -> None:
    try:
        split_address(address)
    except ValueError:
        raise wrong(
            where,
            f"{name} = {address!r} ; écrivez HÔTE:PORT, par exemple {example}",
            f"{name} = {address!r}; write HOST:PORT, for example {example}",
        ) from None


def _at_least(minimum: float, value: float, name: str, where: str) -> None:
    if value < minimum:
        raise wrong(
            where,
            f"{name} = {value} ; écrivez {minimum} ou plus",
            f"{name} = {value}; write {minimum} or more",
        )


def _accounts(configuration: Configuration, origins: Origins) -> None:
    accounts = configuration.accounts
    for name, least in (
        ("idle_minutes", 1), ("absolute_hours", 0.1), ("fresh_minutes", 1), ("minimum_password_length", 8),
        ("attempts", 3), ("lock_minutes", 1), ("invitation_hours", 1),
    ):  # fmt: skip
        _at_least(least, getattr(accounts, name), name, origins.of(name, "accounts"))


def _directory(configuration: Configuration, origins: Origins) -> None:
    told = configuration.directory
    _at_least(0, told.keep_days, "keep_days", origins.of("keep_days", "directory"))
    if not _BASE_URL.fullmatch(told.api_address) or not told.api_address.startswith("https://"):
        raise wrong(
            origins.of("api_address", "directory"),
            f"api_address = {told.api_address!r} ; écrivez une adresse https://, sans barre à la fin",
            f"api_address = {told.api_address!r}; write an https:// address, without a slash at its end",
        )


def directory_key(configuration: Configuration, where: str) -> str:
    """The key of the API of the directory, or empty when none is set. where: the setting is written there.

    :raises ConfigurationError: its file cannot be read, or holds no key.
    """
    name = configuration.directory.api_key_file
    if not name:
        return ""
    file = configuration.data / Path(name).expanduser()
    try:
        key = file.read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError):
        key = ""
    if not key or not key.isascii() or not key.isprintable():
        raise wrong(
            where,
            f"api_key_file = {str(file)!r} ; ce fichier ne se lit pas, ou ne contient pas de clé",
            f"api_key_file = {str(file)!r}; this file cannot be read, or holds no key",
        )
    return key


def _api(configuration: Configuration, origins: Origins) -> None:
    api = configuration.api
    _at_least(0.1, api.rate, "rate", origins.of("rate", "api"))
    _at_least(1, api.burst, "burst", origins.of("burst", "api"))
    proxies = api.client_certificate_proxies
    _networks(proxies, "client_certificate_proxies", origins.of("client_certificate_proxies", "api"))
    header = api.client_certificate_header
    if header and not _HEADER.fullmatch(header):
        raise wrong(
            origins.of("client_certificate_header", "api"),
            f'client_certificate_header = {header!r} ; écrivez le nom d’un en-tête, par exemple "X-Client-Certificate"',
            f'client_certificate_header = {header!r}; write the name of a header such as "X-Client-Certificate"',
        )


def _base_url(address: str, where: str) -> None:
    if address and not _BASE_URL.fullmatch(address):
        raise wrong(
            where,
            f"base_url = {address!r} ; écrivez une adresse sans barre à la fin, par exemple"
            ' "https://ecluse.hopital.example/fhir"',
            f"base_url = {address!r}; write an address without a slash at its end, for example"
            ' "https://ecluse.hopital.example/fhir"',
        )


def _networks(networks: tuple[str, ...], name: str, where: str) -> None:
    for one in networks:
        try:
            ipaddress.ip_network(one, strict=False)
        except ValueError:
            raise wrong(
                where,
                f'{name} contient {one!r} ; écrivez des adresses ou des réseaux, par exemple "10.1.2.0/24"',
                f'{name} contains {one!r}; write addresses or networks, for example "10.1.2.0/24"',
            ) from None


def _hosts(configuration: Configuration, origins: Origins) -> None:
    for one in configuration.http_hosts:
        if (
            not one.strip(".")
            or any(sign in one for sign in "/*@ ")
            or (":" in one and not one.endswith("]"))
        ):
            raise wrong(
                origins.of("http_hosts"),
                f"http_hosts contient {one!r} ; écrivez seulement des noms, sans schéma ni port,"
                ' par exemple "ecluse.hopital.example"',
                f"http_hosts contains {one!r}; write names only, without scheme or port,"
                ' for example "ecluse.hopital.example"',
            )


def _secrets(configuration: Configuration, origins: Origins) -> None:
    if not configuration.secrets:
        return
    folder = Path(configuration.secrets).expanduser()
    if not folder.is_absolute():
        raise wrong(
            origins.of("secrets"),
            f"secrets = {configuration.secrets!r} ; écrivez un chemin complet",
            f"secrets = {configuration.secrets!r}; write a full path",
        )
    if folder.resolve().is_relative_to(configuration.data.resolve()):
        raise wrong(
            origins.of("secrets"),
            f"secrets = {configuration.secrets!r} est dans le dossier de données, que les sauvegardes copient ;"
            " écrivez un dossier qui n’y est pas",
            f"secrets = {configuration.secrets!r} is inside the data folder, which backups copy; write a folder"
            " outside it",
        )


def _listener(one: Listener, place: Place) -> None:
    if not one.name.strip() or len(one.name) > _LONGEST_NAME or not one.name.isprintable():
        raise wrong(
            place("name"),
            f"name = {one.name!r} ; écrivez de 1 à {_LONGEST_NAME} caractères",
            f"name = {one.name!r}; write 1 to {_LONGEST_NAME} characters",
        )
    _address(one.address, "address", place("address"), "127.0.0.1:2575")
    _networks(one.allowed_peers, "allowed_peers", place("allowed_peers"))
    _at_least(1, one.max_connections, "max_connections", place("max_connections"))
    _at_least(1024, one.max_message, "max_message", place("max_message"))
    if not is_zone(one.timezone):
        raise wrong(
            place("timezone"),
            f"timezone = {one.timezone!r} ; écrivez un nom de la base de l’IANA, par exemple"
            ' "Europe/Paris" ou "America/Guadeloupe"',
            f"timezone = {one.timezone!r}; write a name of the IANA database, for example"
            ' "Europe/Paris" or "America/Guadeloupe"',
        )
    _at_least(1, one.idle_timeout, "idle_timeout", place("idle_timeout"))
    _at_least(1, one.slow_timeout, "slow_timeout", place("slow_timeout"))


def _no_clash(configuration: Configuration, origins: Origins) -> None:
    names: set[str] = set()
    addresses = {configuration.http} if split_address(configuration.http)[1] else set()
    for one, place in _listeners(configuration, origins):
        if one.name in names:
            raise wrong(
                place("name"),
                f"deux écouteurs s’appellent {one.name!r} ; donnez à chacun son nom",
                f"two listeners are named {one.name!r}; give each its own name",
            )
        if one.address in addresses:
            raise wrong(
                place("address"),
                f"{one.address} est déjà pris plus haut ; écrivez un autre port",
                f"{one.address} is already taken above; write another port",
            )
        names.add(one.name)
        if split_address(one.address)[1]:
            addresses.add(one.address)


def _tls(one: Listener, place: Place) -> None:
    """Each setting of TLS needs others, and excludes others; files must be there and go together."""
    for given, missing in (
        ("tls_certificate", "tls_key"),
        ("tls_key", "tls_certificate"),
        ("tls_client_ca", "tls_certificate"),
        ("tls_clients", "tls_certificate"),
        ("tls_policy", "tls_client_ca"),
    ):
        instead = {"tls_certificate": one.tls_slot, "tls_client_ca": one.tls_clients}.get(missing)
        if getattr(one, given) and not getattr(one, missing) and not (instead and given != "tls_key"):
            raise wrong(
                place(given),
                f"{given} ne va pas sans {missing} : écrivez les deux",
                f"{given} needs {missing}: write both",
            )
    for given, other in (("tls_slot", "tls_certificate"), ("tls_clients", "tls_client_ca")):
        if getattr(one, given) and getattr(one, other):
            raise wrong(
                place(given),
                f"{given} et {other} disent la même chose de deux façons : gardez l’un des deux",
                f"{given} and {other} say the same thing in two ways: keep one of them",
            )
    _families(one, place)
    _tls_files(one, place)


def _families(one: Listener, place: Place) -> None:
    from ecluse.rules.certificates.clients import CLIENT_FAMILIES  # it reads certificates: not for `--help`

    unknown = [family for family in one.tls_families if family not in CLIENT_FAMILIES]
    if unknown or not one.tls_families:
        known = ", ".join(f'"{family}"' for family in CLIENT_FAMILIES)
        raise wrong(
            place("tls_families"),
            f"tls_families = {list(one.tls_families)} ; écrivez des familles parmi {known}",
            f"tls_families = {list(one.tls_families)}; write families among {known}",
        )


def _tls_files(one: Listener, place: Place) -> None:
    for name in ("tls_certificate", "tls_key", "tls_client_ca"):
        path = getattr(one, name)
        if path and not Path(path).is_file():
            raise wrong(
                place(name),
                f"{name} = {path!r} : ce fichier n’existe pas ; écrivez le chemin d’un fichier PEM",
                f"{name} = {path!r}: no such file; write the path of a PEM file",
            )
    from ecluse.transports.tls import client_authorities, server_context

    try:
        if one.tls_certificate:
            server_context(one.tls_certificate, one.tls_key, one.tls_client_ca)
        elif one.tls_client_ca:
            client_authorities(one.tls_client_ca)
    except (ssl.SSLError, OSError) as error:
        reason = getattr(error, "reason", None) or error.strerror or error
        raise wrong(
            place("tls_certificate" if one.tls_certificate else "tls_client_ca"),
            f"les fichiers TLS de cet écouteur ne vont pas ensemble ({reason}) ; vérifiez que ce sont des fichiers PEM"
            " lisibles et que la clé est celle du certificat",
            f"the TLS files of this listener do not work together ({reason}); check that they are readable PEM files"
            " and that the key is the certificate's",
        ) from None


def _production_listener(one: Listener, place: Place) -> None:
    if one.unknown_senders == "confirm":
        raise wrong(
            place("unknown_senders"),
            'unknown_senders = "confirm" ferait confiance à n’importe qui en production ; écrivez "to_confirm" ou'
            ' "refuse"',
            'unknown_senders = "confirm" would trust anybody in production; write "to_confirm" or "refuse"',
        )
    if is_loopback(split_address(one.address)[0]) or one.mutual:
        return
    if not one.allowed_peers:
        raise wrong(
            place("address"),
            f"address = {one.address!r} ouvre un port au réseau en production sans savoir qui peut appeler ; écrivez"
            " tls_clients ou tls_client_ca (TLS mutuel), ou allowed_peers avec les adresses de vos émetteurs",
            f"address = {one.address!r} opens a port to the network in production without knowing who may call; write"
            " tls_clients or tls_client_ca (mutual TLS), or allowed_peers with the addresses of your senders",
        )
    for peer in one.allowed_peers:
        if ipaddress.ip_network(peer, strict=False).prefixlen == 0:
            raise wrong(
                place("allowed_peers"),
                f"{peer!r} admet tout le monde, ce que la production refuse ; écrivez les adresses de vos émetteurs",
                f"{peer!r} allows everybody, which production refuses; write the addresses of your senders",
            )
