"""What the pages of settings show of the configuration: its values, and the line where each is changed."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path

from ecluse.main.configuration import FILE, Configuration, Listener, Retention, data_folder
from ecluse.services.deployment_view import DeploymentView, ListenerView, SettingView, use

_HEADER = re.compile(r"\s*\[\[?\s*([A-Za-z_]+)\s*\]?\]")


def show_deployment(configuration: Configuration, environ: Mapping[str, str] = os.environ) -> None:
    """Show this configuration on the pages."""
    use(view(configuration, environ))


def view(configuration: Configuration, environ: Mapping[str, str]) -> DeploymentView:
    """A configuration as the pages show it.

    :param environ: variables that may win over the file.
    """
    from ecluse.main.assembly import secrets_folder

    file = configuration.data / FILE
    lines = _lines(file)
    return DeploymentView(
        file=file,
        data=configuration.data,
        secrets=secrets_folder(configuration),
        http=configuration.http,
        listeners=tuple(
            _listener(one, file, lines, rank) for rank, one in enumerate(configuration.listeners)
        ),
        retention=(
            *(
                _setting(configuration.retention, "retention", one.name, file, lines, environ)
                for one in fields(Retention)
            ),
            _setting(configuration.events, "events", "keep_days", file, lines, environ),
        ),
        allowed_networks=configuration.deliveries.allowed_networks,
        command=(sys.executable, "-m", "ecluse"),
        data_option=()
        if configuration.data == data_folder(None, {})
        else ("--data", str(configuration.data)),
    )


def _listener(one: Listener, file: Path, lines: list[str], rank: int) -> ListenerView:
    headers = [number for number, line in enumerate(lines, 1) if line.lstrip().startswith("[[listener]]")]
    return ListenerView(
        name=one.name,
        address=one.address,
        domain=one.domain,
        zone=one.timezone,
        certificate=one.tls_certificate,
        client_ca=one.tls_client_ca,
        peers=one.allowed_peers,
        unknown_senders=one.unknown_senders or "to_confirm",
        max_connections=one.max_connections,
        max_message=one.max_message,
        idle_timeout=one.idle_timeout,
        place=f"{file}:{headers[rank]}" if rank < len(headers) else str(file),
        slot=one.tls_slot,
        clients=one.tls_clients,
        policy=one.client_policy,
    )


def _setting(
    values: object, table: str, name: str, file: Path, lines: list[str], environ: Mapping[str, str]
) -> SettingView:
    variable = f"ECLUSE_{table.upper()}_{name.upper()}"
    return SettingView(
        name=name,
        table=table,
        days=getattr(values, name),
        file=file,
        line=_line(lines, table, name),
        variable=variable if variable in environ else "",
    )


def _line(lines: list[str], table: str, name: str) -> int:
    """Where a setting stands, or its commented default; else the header of its table; 0 without one."""
    inside, found = "", 0
    setting = re.compile(rf"\s*#?\s*{name}\s*=")
    for number, line in enumerate(lines, 1):
        if header := _HEADER.match(line):
            inside = header[1]
            found = number if inside == table else found
        elif inside == table and setting.match(line):
            return number
    return found


def _lines(file: Path) -> list[str]:
    try:
        return file.read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        return []
