"""The deployment settings of the running gateway, as pages show them: never a password, never a key."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class ListenerView:
    """An MLLP listener. address: HOST:PORT as it was set, port 0 when the system chooses; certificate, client_ca: PEM
    files, or empty; peers: addresses admitted, none: all; unknown_senders: `to_confirm`, `confirm` or `refuse`; sizes
    in bytes, times in seconds; place: where its settings are written; slot: establishment whose slot gives the
    certificate instead of a file; clients: trust store of the clients instead of client_ca; policy: `any` or
    `igc-sante`.
    """

    name: str
    address: str
    domain: str
    zone: str
    certificate: str
    client_ca: str
    peers: tuple[str, ...]
    unknown_senders: str
    max_connections: int
    max_message: int
    idle_timeout: float
    place: str
    slot: str = ""
    clients: str = ""
    policy: str = "any"

    @property
    def tls(self) -> bool:
        """Whether it speaks TLS."""
        return bool(self.certificate or self.slot)

    @property
    def mutual(self) -> bool:
        """Whether its clients must present a certificate."""
        return bool(self.client_ca or self.clients)

    @property
    def port_later(self) -> bool:
        """Whether the system chooses the port when the gateway starts."""
        return self.address.endswith(":0")


@dataclass(frozen=True, slots=True)
class SettingView:
    """A setting of the file. name: as it is written there; days: 0 for ever; file, line: where it stands, line 0 when
    it is not in the file; variable: the ECLUSE_* variable that wins over the file, or empty.
    """

    name: str
    table: str
    days: int
    file: Path
    line: int
    variable: str


@dataclass(frozen=True, slots=True)
class DeploymentView:
    """What the pages show of the deployment. secrets: folder of the keys; command: what starts `ecluse` here, without
    its arguments; data_option: the arguments by which commands find this data folder.
    """

    file: Path
    data: Path
    secrets: Path
    http: str
    listeners: tuple[ListenerView, ...]
    retention: tuple[SettingView, ...]
    allowed_networks: tuple[str, ...]
    command: tuple[str, ...]
    data_option: tuple[str, ...]


_current: list[DeploymentView] = []


def use(view: DeploymentView) -> None:
    """Show this deployment from now on."""
    _current[:] = [view]


def current() -> DeploymentView:
    """The deployment shown."""
    return _current[0]
