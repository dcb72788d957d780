"""The deployment settings of a gateway, as values. Their meaning for people is in `default_settings.toml`."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

Environment = Literal["test", "production"]


class ConfigurationError(Exception):
    """A setting is wrong. The message names the file and line (or the variable, or the option) and what to write.

    fr, en: the message in each language; as a text, it is in English, the language of the logs.
    """

    def __init__(self, fr: str, en: str) -> None:
        super().__init__(en)
        self.fr = fr
        self.en = en


def wrong(where: str, fr: str, en: str) -> ConfigurationError:
    """The error of a setting, after the place where it is written (`ecluse.toml, line 3`, a variable, an option)."""
    place = re.sub(r", line (\d+)(?:, column (\d+))?$", _french_line, where)
    return ConfigurationError(f"{place}\N{NO-BREAK SPACE}: {fr}", f"{where}: {en}")


def _french_line(found: re.Match[str]) -> str:
    return f", ligne {found[1]}" + (f", colonne {found[2]}" if found[2] else "")


@dataclass(frozen=True, slots=True)
class Listener:
    """One MLLP listener. Times in seconds, sizes in bytes; no peers: everybody. TLS: from files, or from the slot of an
    establishment (tls_slot) and a trust store (tls_clients); neither tls_certificate nor tls_slot: no TLS.
    """

    name: str = "main"
    address: str = "127.0.0.1:2575"
    domain: str = ""
    timezone: str = "Europe/Paris"
    tls_certificate: str = ""
    tls_key: str = ""
    tls_client_ca: str = ""
    tls_slot: str = ""
    tls_clients: Literal["", "igc-sante", "igc-osi"] = ""
    tls_policy: Literal["", "any", "igc-sante"] = ""
    tls_families: tuple[str, ...] = ("ORG AUTH_CLI",)
    allowed_peers: tuple[str, ...] = ()
    unknown_senders: Literal["", "to_confirm", "confirm", "refuse"] = ""
    max_connections: int = 500
    max_message: int = 16 * 1024 * 1024
    idle_timeout: float = 3600.0
    slow_timeout: float = 30.0

    @property
    def mutual(self) -> bool:
        """Whether clients must present a certificate."""
        return bool(self.tls_client_ca or self.tls_clients)

    @property
    def client_policy(self) -> Literal["any", "igc-sante"]:
        """How clients are judged: unless it is said, as the IGC-Santé asks when the authorities are its own."""
        return self.tls_policy or ("igc-sante" if self.tls_clients == "igc-sante" else "any")


@dataclass(frozen=True, slots=True)
class Rules:
    """What the national documents leave open (docs: settings)."""

    known_patient_creation: Literal["update", "refuse"] = "update"
    require_strict_traits: bool = True
    require_authority: bool = True
    unvalidated_update: Literal["withdraw", "keep-unusable"] = "withdraw"
    wrong_key: Literal["by-environment", "never-usable", "warn"] = "by-environment"
    other_environment_oid: Literal["set-aside", "refuse"] = "set-aside"
    known_release: str = "2.11"
    max_identifiers: int = 200
    stays_update_identity: bool = False
    unknown_movement_update: Literal["insert", "refuse"] = "insert"
    unknown_movement_cancel: Literal["refuse", "ignore"] = "refuse"
    other_event_cancel: Literal["refuse", "accept"] = "refuse"
    future_movement_hours: int = 24
    duplicate_window_hours: int = 24

    @property
    def release(self) -> tuple[int, ...]:
        """`known_release` as numbers."""
        return tuple([int(part) for part in self.known_release.split(".")])


@dataclass(frozen=True, slots=True)
class Retention:
    """For how many days bytes and the access trail are kept, by category (docs: retention); 0: for ever."""

    raw_messages_days: int = 0
    unreadable_days: int = 0
    access_days: int = 0


@dataclass(frozen=True, slots=True)
class Fhir:
    """The FHIR server (docs: fhir). fr_core: reading of FR Core; base_url: public address, empty: as it is called;
    ins_in_url: accept a matricule in the address of a search.
    """

    fr_core: Literal["2.1", "2.2"] = "2.1"
    base_url: str = ""
    ins_in_url: bool = False


@dataclass(frozen=True, slots=True)
class Api:
    """The interfaces for programs (docs: api). rate: requests per second of one token; burst: those at once;
    client_certificate_header: by which a proxy tells the client's certificate, empty: none is believed;
    client_certificate_proxies: networks of the proxies that are believed, besides this machine.
    """

    rate: float = 50.0
    burst: int = 200
    client_certificate_header: str = ""
    client_certificate_proxies: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Accounts:
    """Accounts of the console (docs: console). idle_minutes, absolute_hours: how long a session lasts without and with
    activity; fresh_minutes: how long an authentication is recent enough for a sensitive act; minimum_password_length;
    breached_passwords: file of SHA-1 digests in order, or empty; attempts: refused sign-ins in a row before an account
    is locked, for lock_minutes; invitation_hours: how long an invitation is good; secure_cookies: whether a session
    travels over TLS only. card: people sign in with a CPx card; card_level: of assurance; card_revocation: whether a
    revocation that cannot be known refuses; card_authorities: fingerprints of authorities that issue cards.
    """

    idle_minutes: int = 20
    absolute_hours: float = 4.0
    fresh_minutes: int = 5
    minimum_password_length: int = 12
    breached_passwords: str = ""
    attempts: int = 10
    lock_minutes: int = 15
    invitation_hours: int = 72
    secure_cookies: Literal["auto", "always", "never"] = "auto"
    card: bool = False
    card_level: Literal["substantial", "high"] = "substantial"
    card_revocation: Literal["hard", "soft"] = "hard"
    card_authorities: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Deliveries:
    """Webhooks and relays (docs: abonnés). allowed_networks: private networks that webhooks may be in; authorities: PEM
    file of more certificate authorities, or empty."""

    allowed_networks: tuple[str, ...] = ()
    authorities: str = ""


@dataclass(frozen=True, slots=True)
class Events:
    """The event feed (docs: événements). keep_days: how long events can be read again; 0: for ever."""

    keep_days: int = 30


@dataclass(frozen=True, slots=True)
class Directory:
    """The Annuaire Santé (docs: annuaire). api_key_file: file of the key of its API, empty: not called; authorities:
    PEM file of more certificate authorities, or empty; keep_days: age from which an extract goes, 0: never.
    """

    api_address: str = "https://gateway.api.esante.gouv.fr/fhir/v2"
    api_key_file: str = ""
    authorities: str = ""
    keep_days: int = 30
    finess_letters: Literal["one-two", "unchecked"] = "one-two"


@dataclass(frozen=True, slots=True)
class Psc:
    """Signing in by Pro Santé Connect (docs: Pro Santé Connect). discovery: empty for the one of the environment; files
    are given in full or from the folder of the keys; required_acr: levels accepted; means: what each is worth.
    """

    enabled: bool = False
    label: str = "Pro Santé Connect"
    discovery: str = ""
    client_id: str = ""
    client_authentication: Literal["client_secret_basic", "client_secret_post", "tls_client_auth"] = (
        "client_secret_basic"
    )
    client_secret_file: str = ""
    client_certificate: str = ""
    client_key: str = ""
    authorities: str = ""
    redirect_uri: str = ""
    after_logout_uri: str = ""
    scope: str = "openid scope_all"
    acr_values: str = "eidas1"
    required_acr: tuple[str, ...] = ("eidas1",)
    means: tuple[str, ...] = ("acr=eidas1 -> known+held substantial",)
    sign_in_seconds: int = 300
    clock_skew: int = 30
    timeout: float = 10.0


@dataclass(frozen=True, slots=True)
class Oidc(Psc):
    """Signing in by the establishment's own provider (docs: Pro Santé Connect). account_claim: claim that holds the
    name of the account, empty: found by RPPS; rpps_claim: claim that holds the RPPS, empty: as in Pro Santé Connect.
    """

    label: str = "Compte de l’établissement"
    scope: str = "openid profile"
    acr_values: str = ""
    required_acr: tuple[str, ...] = ()
    means: tuple[str, ...] = ()
    account_claim: str = "preferred_username"
    rpps_claim: str = ""


@dataclass(frozen=True, slots=True)
class Certificates:
    """The certificates of the establishments (docs: certificats). alarm_days: before an end; tls_revocation: what a
    revocation that cannot be known does to TLS; crl_minutes: between two looks at a list; pkcs11_…: token of keys.
    """

    alarm_days: tuple[int, ...] = (120, 90, 60, 30, 15, 7, 1)
    tls_revocation: Literal["soft", "hard"] = "soft"
    crl_minutes: int = 60
    ocsp: bool = False
    allowed_networks: tuple[str, ...] = ()
    pkcs11_library: str = ""
    pkcs11_pin_file: str = ""


@dataclass(frozen=True, slots=True)
class Mail:
    """The mail of alarms (docs: certificats). host: of the submission server, empty: no mail; mailboxes: who is told;
    password_file: in full or from the folder of the keys; authorities: PEM file of more authorities, or empty.
    """

    host: str = ""
    port: int = 587
    security: Literal["starttls", "tls", "none"] = "starttls"
    sender: str = ""
    mailboxes: tuple[str, ...] = ()
    user: str = ""
    password_file: str = ""
    authorities: str = ""


@dataclass(frozen=True, slots=True)
class Overrides:
    """What the command line said, which a new reading of the file must not lose. None: not said."""

    mllp: str | None = None
    http: str | None = None
    environment: str | None = None


@dataclass(frozen=True, slots=True)
class Configuration:
    """All deployment settings of one gateway."""

    data: Path
    environment: Environment = "test"
    http: str = "127.0.0.1:8080"
    http_allow_plaintext: bool = False
    http_hosts: tuple[str, ...] = ()
    http_proxies: tuple[str, ...] = ()
    metrics_peers: tuple[str, ...] = ()
    database_url: str = ""
    secrets: str = ""
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    minimum_free_bytes: int = 256 * 1024 * 1024
    listeners: tuple[Listener, ...] = (Listener(),)
    rules: Rules = field(default_factory=Rules)
    retention: Retention = field(default_factory=Retention)
    events: Events = field(default_factory=Events)
    accounts: Accounts = field(default_factory=Accounts)
    api: Api = field(default_factory=Api)
    fhir: Fhir = field(default_factory=Fhir)
    deliveries: Deliveries = field(default_factory=Deliveries)
    directory: Directory = field(default_factory=Directory)
    psc: Psc = field(default_factory=Psc)
    oidc: Oidc = field(default_factory=Oidc)
    certificates: Certificates = field(default_factory=Certificates)
    mail: Mail = field(default_factory=Mail)
    overrides: Overrides = field(default_factory=Overrides)

    @property
    def run(self) -> Path:
        """Folder of the sockets and locks of the running gateway."""
        return self.data / "run"


TABLES: dict[str, type[Any]] = {
    "rules": Rules,
    "retention": Retention,
    "events": Events,
    "accounts": Accounts,
    "api": Api,
    "fhir": Fhir,
    "deliveries": Deliveries,
    "directory": Directory,
    "psc": Psc,
    "oidc": Oidc,
    "certificates": Certificates,
    "mail": Mail,
}
"""The tables of the file besides [[listener]], each a field of `Configuration` of the same name."""


def split_address(address: str) -> tuple[str, int]:
    """Host (IPv6 in its brackets) and port of `HOST:PORT`.

    :raises ValueError: when the text has another form.
    """
    host, _, port = address.rpartition(":")
    bare = host[1:-1] if host.startswith("[") and host.endswith("]") else host
    if not bare or any(sign in bare for sign in "[]/@ ") or (":" in bare) != host.startswith("["):
        raise ValueError(address)
    if not (port.isascii() and port.isdigit()) or int(port) > 65535:
        raise ValueError(address)
    return host, int(port)
