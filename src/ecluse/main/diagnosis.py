"""What `ecluse doctor` examines: the deployment, as its services need it described."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING, Literal

import click

from ecluse.main import opening
from ecluse.main.assembly import secrets_folder
from ecluse.main.configuration import Configuration, ConfigurationError
from ecluse.main.running import read_running
from ecluse.services.check import Check
from ecluse.services.doctor import Installation, Listening, examine, examine_senders, examine_waiting

if TYPE_CHECKING:
    from ecluse.services.certificates.checking import Item


def diagnose(given: str | None) -> tuple[Check, ...]:
    """Examine the installation of a data folder.

    :param given: `--data`.
    """
    try:
        configuration = opening.settings(given)
    except ConfigurationError as error:
        return (
            Check("settings", "error", error.fr, error.en, "Corrigez ce réglage.", "Correct this setting."),
        )
    data = configuration.data
    if not data.is_dir():
        mend = f"ecluse serve --data {data}"
        return (
            Check(
                "data",
                "error",
                f"Le dossier de données {data} n’existe pas.",
                f"The data folder {data} does not exist.",
                mend,
                mend,
            ),
        )
    checks = [Check("settings", "ok", f"Réglages lisibles, {data}.", f"Settings readable, {data}.")]
    examined = installation(configuration)
    running = read_running(configuration)
    if running is not None:
        served = installation(running)
        checks += _compared(examined, served)
        examined = served
    checks += examine(examined, opening.clock())
    return (*checks, *_store(given))


def listeners_shown(given: str | None) -> tuple[Item, ...]:
    """Whether each listener of the running gateway shows the certificate of its slot: its port is asked. The store is
    open.

    :param given: `--data`.
    """
    from ecluse.services.listening.served import Shown, served

    running = read_running(opening.settings(given))
    listeners = () if running is None else running.listeners
    return served(Shown(one.name, one.address, one.tls_slot) for one in listeners if one.tls_slot)


def _shown(given: str | None) -> list[Check]:
    levels: dict[str, Literal["ok", "warning", "error"]] = {"critical": "error", "warning": "warning"}
    return [
        Check(one.about, levels.get(one.level, "ok"), one.text_fr, one.text_en, one.mend_fr, one.mend_en)
        for one in listeners_shown(given)
    ]


def _compared(written: Installation, served: Installation) -> list[Check]:
    """Say that a running gateway is examined as it runs, when it runs with other values than the settings."""
    before = {one.name: one for one in written.listening}
    fr: list[str] = []
    en: list[str] = []
    if written.environment != served.environment:
        fr.append(f"environnement {served.environment} (réglage\N{NO-BREAK SPACE}: {written.environment})")
        en.append(f"environment {served.environment} (setting: {written.environment})")
    for one in served.listening:
        was = before.get(one.name, one)
        if one.address != was.address:
            fr.append(f"{one.name} {one.address} (réglage\N{NO-BREAK SPACE}: {was.address})")
            en.append(f"{one.name} {one.address} (setting: {was.address})")
        if replace(one, address=was.address) != was:
            fr.append(f"protection de {one.name}")
            en.append(f"protection of {one.name}")
    if not fr:
        return []
    return [
        Check(
            "running",
            "ok",
            "La passerelle tourne avec d’autres valeurs que les réglages ; ce sont elles qui sont examinées : "
            f"{', '.join(fr)}.",
            f"The gateway runs with other values than the settings; these are examined: {', '.join(en)}.",
        )
    ]


def installation(configuration: Configuration) -> Installation:
    """The deployment as the examination needs it."""
    http = Listening("http", configuration.http, plaintext=configuration.http_allow_plaintext)
    mllp = [
        Listening(
            one.name,
            one.address,
            one.tls_certificate,
            one.tls_key,
            one.tls_client_ca,
            one.allowed_peers,
            slot=one.tls_slot,
            clients=one.tls_clients,
        )
        for one in configuration.listeners
    ]
    return Installation(
        data=configuration.data,
        environment=configuration.environment,
        secrets=secrets_folder(configuration),
        minimum_free=configuration.minimum_free_bytes,
        listening=(*mllp, http),
        postgresql=bool(configuration.database_url),
        server=opening.served(configuration),
    )


def _store(given: str | None) -> list[Check]:
    """What only the opened store can tell."""
    try:
        found = opening.read(given)
        configured = opening.settings(given).environment
        from ecluse.services.doctor_subscribers import examine_subscribers
        from ecluse.services.queries.overview import OverviewReader
        from ecluse.services.queries.senders import every
        from ecluse.services.queries.subscribers import alarms

        checks = [examine_senders(lambda: len(every("to_confirm")))]
        reader = OverviewReader(
            found.environment,
            require_strict_traits=found.rules.require_strict_traits,
            wrong_key=found.rules.wrong_key,
        )
        seen = reader.read(opening.clock())
        checks += examine_waiting(seen.waiting, seen.colliding)
        checks += [*examine_subscribers(alarms(opening.clock())), *_shown(given)]
        checks += _certificates(found)
    except click.ClickException as error:
        return [Check("store", "error", error.message, error.message)]
    except Exception as error:
        # A damaged store may fail in any way, and telling that is what this command is for.
        name = type(error).__name__
        return [
            Check(
                "store",
                "error",
                f"Le magasin ne peut pas être lu ({name}).",
                f"The store cannot be read ({name}).",
                "Voyez la ligne sur la base de données.",
                "See the line on the database.",
            )
        ]
    if found.environment != configured:
        text = f"{configured} ≠ {found.environment}"
        checks.append(
            Check(
                "environment",
                "warning",
                f"Les réglages et les données n’ont pas le même environnement ({text}) : « serve » refusera "
                "sans --env.",
                f"Settings and data do not have the same environment ({text}): “serve” will refuse without "
                "--env.",
                f'Écrivez environment = "{found.environment}" dans ecluse.toml.',
                f'Write environment = "{found.environment}" in ecluse.toml.',
            )
        )
    return checks


def _certificates(configuration: Configuration) -> Iterable[Check]:
    """Certificates, authorities, lists of revocation and cards."""
    from ecluse.main.certificates import certificate_settings
    from ecluse.services.certificates.checking import check
    from ecluse.services.doctor_certificates import examine_certificates

    return examine_certificates(check(certificate_settings(configuration), opening.clock()))
