"""The providers of this gateway: what each announces and publishes, kept for an hour, and how each is asked.

The keys are read again, once, when a token names one that is not known: a provider changes its keys when it wishes.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from typing import TypeVar

from ecluse.protocols.oidc import (
    Client,
    FormRequest,
    OidcError,
    ProviderKeys,
    ProviderMetadata,
    ProviderSilent,
    Tokens,
    UnknownKey,
    read_keys,
    read_metadata,
    read_tokens,
    refusal,
)
from ecluse.services.psc.settings import Kind, PscSettings
from ecluse.transports.oidc import OidcHttp

T = TypeVar("T")

KEPT_SECONDS = 3600
SILENT_SECONDS = 10
"""A provider that could not be had is not asked again before: those who click meanwhile would all wait, one by one."""


class Provider:
    """One provider, asked by the threads of the web process.

    :param settings: enabled and without problem.
    """

    def __init__(self, settings: PscSettings) -> None:
        self.settings = settings
        self._lock = threading.Lock()
        self._http: OidcHttp | None = None
        self._metadata: tuple[int, ProviderMetadata] | None = None
        self._silent: tuple[int, OidcError] | None = None
        self._keys: tuple[int, ProviderKeys] | None = None

    @property
    def http(self) -> OidcHttp:
        """The way to it, opened when it is first asked.

        :raises ProviderSilent: a certificate or key file cannot be used.
        """
        if self._http is None:
            told = self.settings
            try:
                self._http = OidcHttp(
                    told.authorities, told.client_certificate, told.client_key, timeout=told.timeout
                )
            except OSError as error:
                raise ProviderSilent("provider-tls", error.strerror or type(error).__name__) from None
        return self._http

    def client(self) -> Client:
        """The gateway as this provider knows it; the secret is read from its file each time, so it may be changed.

        :raises OidcError: the file of the secret cannot be read.
        """
        told = self.settings
        return Client(
            client_id=told.client_id,
            redirect_uri=told.redirect_uri,
            scope=told.scope,
            acr_values=told.acr_values,
            authentication=told.client_authentication,
            secret=self._secret(),
        )

    def metadata(self, now: int) -> ProviderMetadata:
        """What it announces.

        :param now: seconds since 1970.
        :raises OidcError: the document cannot be had or cannot be used.
        """
        with self._lock:
            if self._metadata is not None and 0 <= now - self._metadata[0] < KEPT_SECONDS:
                return self._metadata[1]
            if self._silent is not None and 0 <= now - self._silent[0] < SILENT_SECONDS:
                raise self._silent[1].again()
            try:
                document = self.http.read(self.settings.discovery)
                self._metadata = now, read_metadata(document, self.settings.discovery)
            except OidcError as error:
                self._silent = now, error
                raise
            return self._metadata[1]

    def believing(self, check: Callable[[ProviderKeys], T], now: int) -> T:
        """Check something with its keys; read them again, once, when one is not known.

        :raises OidcError: of the check, or the keys cannot be had or used.
        """
        try:
            return check(self._published(now, again=False))
        except UnknownKey:
            return check(self._published(now, again=True))

    def tokens(self, request: FormRequest) -> Tokens:
        """The tokens it answers to a request.

        :raises OidcError: it refuses, or answers nothing usable.
        """
        reply = self.http.post(request)
        if reply.status >= 500:
            raise ProviderSilent("provider-status", str(reply.status))
        if reply.status != 200:
            raise refusal(reply.body)
        return read_tokens(reply.body)

    def close(self) -> None:
        """Close the connections."""
        if self._http is not None:
            self._http.close()

    def _published(self, now: int, *, again: bool) -> ProviderKeys:
        address = self.metadata(now).keys
        with self._lock:
            if again or self._keys is None or not 0 <= now - self._keys[0] < KEPT_SECONDS:
                self._keys = now, read_keys(self.http.read(address))
            return self._keys[1]

    def _secret(self) -> str:
        file = self.settings.client_secret_file
        if self.settings.client_authentication == "tls_client_auth" or file is None:
            return ""
        try:
            return file.read_text("utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            raise OidcError("token-client", f"client_secret_file: {type(error).__name__}") from None


_current: dict[Kind, Provider] = {}


def use(settings: Iterable[PscSettings]) -> None:
    """Ask these providers from now on; those that are not enabled are not asked.

    One that goes is not closed: a sign-in may be under way in another thread.
    """
    wanted = {one.kind: one for one in settings if one.enabled}
    for kind, provider in list(_current.items()):
        if wanted.get(kind) != provider.settings:
            del _current[kind]
    for kind, one in wanted.items():
        if kind not in _current:
            _current[kind] = Provider(one)


def offered() -> tuple[PscSettings, ...]:
    """The providers that people may sign in with, Pro Santé Connect first."""
    return tuple(_current[kind].settings for kind in sorted(_current, reverse=True))


def provider_of(kind: str) -> Provider | None:
    """The provider of a kind, or None: it is not enabled."""
    return next((one for known, one in _current.items() if known == kind), None)
