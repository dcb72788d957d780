"""The web process: Django's pages served by waitress on a socket that is already bound."""

from __future__ import annotations

import ipaddress
import logging
import socket
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

from ecluse import __version__
from ecluse.main.certificates import use_certificates
from ecluse.main.configuration import Configuration, data_folder, split_address
from ecluse.main.deployment_shown import show_deployment
from ecluse.main.directory import use_directory
from ecluse.main.django_setup import leave_log_to_writer, set_up
from ecluse.main.web_accounts import account_settings, invite_first, session_key, show_accounts

THREADS = 8
LEAVE_SECONDS = 2.0
_LOOPBACK = ("localhost", "127.0.0.1", "[::1]")


class Follow(Protocol):
    """How a process listens to the supervisor (see `main.children`)."""

    def __call__(self, leave: Callable[[], None], renewed: Callable[[Configuration], None], /) -> None: ...


def run(configuration: Configuration, sock: socket.socket, ready: Callable[[], None], follow: Follow) -> None:
    """Serve until asked to leave; requests that run by then have two seconds to end.

    :param sock: bound and listening.
    :param ready: called once requests are answered.
    """
    leaving = threading.Event()
    application = make_application(configuration)
    server = _listen(application, sock)
    threading.Thread(target=server.run, name="http", daemon=True).start()
    ready()
    follow(leaving.set, show)
    invite_first(configuration, sock.getsockname()[1])
    _count_ahead()
    leaving.wait()
    _finish(server)


def make_application(configuration: Configuration) -> Any:
    """The WSGI application of a gateway, Django set up with its settings."""
    set_up(configuration, **web_settings(configuration))
    from django.conf import settings
    from django.core.wsgi import get_wsgi_application

    settings.SECRET_KEY = session_key(configuration)
    show(configuration)
    use_directory(configuration)
    _open_api(configuration)
    _quiet_logs()
    return get_wsgi_application()


def _open_api(configuration: Configuration) -> None:
    """Lend the interfaces for programs the turn to write, and connections that last longer than a request."""
    from django.db import connections

    from ecluse.main.assembly import turn
    from ecluse.services.access import use_turn
    from ecluse.services.accounts.sessions import take_turns

    use_turn(turn(configuration))
    take_turns()
    database: dict[str, Any] = connections.databases["default"]
    database.update(CONN_MAX_AGE=60, CONN_HEALTH_CHECKS=True)
    leave_log_to_writer()


_TAGS = (
    "tags",
    *(
        f"{area}.words"
        for area in ("accounts", "journal", "feeds", "patients", "refusals", "psc", "certificates")
    ),
)
"""Modules whose tags templates use without loading them."""


def web_settings(configuration: Configuration) -> dict[str, Any]:
    """Django's settings of the web process, besides those of the store."""
    from ecluse.delivery import console

    folder = Path(console.__file__).parent
    return {
        "DEBUG": False,
        **account_settings(configuration),
        "ROOT_URLCONF": "ecluse.main.urls",
        "ALLOWED_HOSTS": hosts(configuration),
        "MIDDLEWARE": [
            "ecluse.main.proxies.tell_caller",
            "ecluse.delivery.console.middleware.answer_head",
            "ecluse.delivery.console.middleware.protect",
            "django.contrib.sessions.middleware.SessionMiddleware",
            "django.contrib.auth.middleware.AuthenticationMiddleware",
            "django.contrib.messages.middleware.MessageMiddleware",
            "ecluse.delivery.console.psc.leaving.follow_provider",
            "ecluse.delivery.console.visits.know_visitor",
            "ecluse.delivery.console.middleware.choose_language",
            "ecluse.delivery.console.middleware.CheckForms",
            "allauth.account.middleware.AccountMiddleware",
            "ecluse.delivery.console.middleware.check_host",
            "ecluse.main.too_large.refuse",
        ],
        "TEMPLATES": [
            {
                "BACKEND": "django.template.backends.django.DjangoTemplates",
                "DIRS": [folder / "templates", *sorted(folder.glob("*/templates"))],
                "OPTIONS": {
                    "builtins": [f"ecluse.delivery.console.{one}" for one in _TAGS],
                    "context_processors": [
                        "django.template.context_processors.request",
                        "django.contrib.messages.context_processors.messages",
                        "ecluse.delivery.console.page.context",
                    ],
                },
            }
        ],
        "LANGUAGES": [("fr", "Français"), ("en", "English")],
        "LOCALE_PATHS": [folder / "locale", *sorted(folder.glob("*/locale"))],
        "USE_THOUSAND_SEPARATOR": True,
        "APPEND_SLASH": False,
    }


def hosts(configuration: Configuration) -> list[str]:
    """Names by which a browser may call this gateway: this machine, the address it listens on, `http_hosts`."""
    host = split_address(configuration.http)[0]
    return [*_LOOPBACK, *configuration.http_hosts, *([] if _is_wildcard(host) else [host])]


def _is_wildcard(host: str) -> bool:
    try:
        return ipaddress.ip_address(host.strip("[]")).is_unspecified
    except ValueError:
        return False


def show(configuration: Configuration) -> None:
    """Show this gateway on the pages and to programs, at once for the requests to come."""
    from django.conf import settings

    from ecluse.delivery.console.settings import ConsoleSettings, use
    from ecluse.services import proxies

    settings.ALLOWED_HOSTS = hosts(configuration)
    settings.CSRF_TRUSTED_ORIGINS = [f"https://{name}" for name in configuration.http_hosts]
    proxies.use(configuration.http_proxies)
    show_accounts(configuration)
    use_certificates(configuration)
    show_deployment(configuration)
    _show_to_programs(configuration)
    use(
        ConsoleSettings(
            version=__version__,
            environment=configuration.environment,
            data=configuration.data,
            writer=configuration.run / "writer.sock",
            minimum_free_bytes=configuration.minimum_free_bytes,
            require_strict_traits=configuration.rules.require_strict_traits,
            wrong_key=configuration.rules.wrong_key,
            metrics_peers=configuration.metrics_peers,
            mllp=_told_address(configuration),
            data_option="" if configuration.data == data_folder(None, {}) else str(configuration.data),
        )
    )


def _show_to_programs(configuration: Configuration) -> None:
    from ecluse.delivery.api.fhir import settings as fhir
    from ecluse.delivery.api.settings import ApiSettings, use
    from ecluse.delivery.scim import settings as scim
    from ecluse.main.assembly import secrets_folder
    from ecluse.services import access

    started = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    told = configuration.fhir
    fhir.use(fhir.FhirSettings(told.fr_core, told.base_url, started, told.ins_in_url))
    use(
        ApiSettings(
            version=__version__,
            environment=configuration.environment,
            data=configuration.data,
            writer=configuration.run / "writer.sock",
            secrets=secrets_folder(configuration),
            minimum_free_bytes=configuration.minimum_free_bytes,
            require_strict_traits=configuration.rules.require_strict_traits,
            wrong_key=configuration.rules.wrong_key,
            certificate_header=configuration.api.client_certificate_header,
            certificate_proxies=configuration.api.client_certificate_proxies,
            allowed_networks=configuration.deliveries.allowed_networks,
        )
    )
    scim.use(scim.ScimSettings(configuration.run / "writer.sock"))
    access.use(access.AccessSettings(configuration.api.rate, configuration.api.burst))


def _told_address(configuration: Configuration) -> str:
    """Where this machine reaches the first listener; empty when its port is only known once bound."""
    host, port = split_address(configuration.listeners[0].address)
    return f"{'127.0.0.1' if _is_wildcard(host) else host}:{port}" if port else ""


def _without_request(record: logging.LogRecord) -> bool:
    """Django attaches the request to its log lines, and with it the query string, which is never logged."""
    vars(record).pop("request", None)
    return True


def _quiet_logs() -> None:
    requests = logging.getLogger("django.request")
    requests.setLevel(logging.ERROR)
    requests.addFilter(_without_request)
    # A hostile Host header gets its answer; it is not worth a line per try.
    logging.getLogger("django.security.DisallowedHost").setLevel(logging.CRITICAL)


def _listen(application: Any, sock: socket.socket) -> Any:
    from waitress.server import create_server

    from ecluse.main.too_large import Channel

    server: Any = create_server(
        application,
        sockets=[sock],
        threads=THREADS,
        ident=None,
        # `main.proxies` reads what declared proxies tell, and takes it away whoever tells it.
        clear_untrusted_proxy_headers=False,
        channel_timeout=30,
        connection_limit=500,
        max_request_body_size=1024 * 1024,
    )
    server.channel_class = Channel
    return server


def _count_ahead() -> None:
    """Count a large store before the first visitor asks; the pages say what is not counted yet."""
    from ecluse.delivery.console.settings import current
    from ecluse.delivery.console.watch import watch

    def count() -> None:
        from django.db import DatabaseError, connection

        try:
            watch(current()).read()
        except DatabaseError:
            logging.getLogger("ecluse.main").warning(
                "the store could not be counted: the database does not answer"
            )
        finally:
            connection.close()

    threading.Thread(target=count, name="count ahead", daemon=True).start()


def _finish(server: Any) -> None:
    """Let running requests end. The thread that serves, and what is still open, end with the process."""
    server.accepting = False
    end = time.monotonic() + LEAVE_SECONDS
    while time.monotonic() < end and any(_busy(channel) for channel in list(server.active_channels.values())):
        time.sleep(0.02)


def _busy(channel: Any) -> bool:
    return bool(channel.requests) or channel.total_outbufs_len > 0
