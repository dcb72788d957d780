"""Make a whole test PKI in a folder: authorities, catalogue, CRLs, and what a person needs to read about them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from ecluse.simulators.pki.authority import NewKey, new_rsa
from ecluse.simulators.pki.catalogue import Workshop, catalogue
from ecluse.simulators.pki.errors import OrderRefused
from ecluse.simulators.pki.folder import new_folder, refuse_to_overwrite, write, write_hierarchy
from ecluse.simulators.pki.hierarchy import Hierarchy, new_hierarchy
from ecluse.simulators.pki.issued import Issued
from ecluse.simulators.pki.names import STRUCTURE, Addresses, Structure
from ecluse.simulators.pki.orders import check_structure, valid_host
from ecluse.simulators.pki.readme import PASSWORD, readme

BASE = "http://127.0.0.1:8089"
"""Where `ecluse simulate pki` serves unless told otherwise."""
HOSTS = ("localhost", "ecluse.ecluse-test.invalid")


class Made(NamedTuple):
    """What `init_test` made; issued: the certificates by name of the catalogue."""

    hierarchy: Hierarchy
    issued: dict[str, Issued]


def init_test(
    folder: Path,
    hosts: Sequence[str],
    now: datetime,
    structure: Structure = STRUCTURE,
    *,
    base: str = BASE,
    replace: bool = False,
    new_key: NewKey = new_rsa,
) -> Made:
    """Make a test PKI in a folder; it takes a few seconds, for the keys.

    :param hosts: names of the server certificates; the first becomes the CN. now: aware; the catalogue is relative to
      it. structure: establishment that the certificates name. base: address the PKI will be served at
      (`http://HOST:PORT`), written in every certificate. replace: take the place of the test PKI that is there.
    :raises AlreadyThere: the folder holds a test PKI and `replace` is false, or holds other files.
    :raises OrderRefused: a host is not a server name, or the structure cannot be named.
    """
    if not hosts or not all(valid_host(host) for host in hosts):
        raise OrderRefused(
            "Donnez au moins un nom de serveur valable (lettres, chiffres, tirets et points ; pas une adresse IP).",
            "Give at least one valid server name (letters, digits, hyphens and dots; not an IP address).",
        )
    check_structure(structure)
    folder = folder.absolute()
    refuse_to_overwrite(folder, replace)
    hierarchy = new_hierarchy(structure, Addresses(base.rstrip("/")), now, new_key)
    workshop = Workshop(hierarchy, hosts, now, new_key)
    issued = {entry.name: workshop.make(entry.name) for entry in catalogue()}
    hierarchy.publish(now)
    with new_folder(folder) as place:
        for one in issued.values():
            _write_certificate(place / "certificates", one)
        write(place / "catalogue.json", _index(issued))
        write(place / "README.md", readme(hierarchy, now).encode())
        write_hierarchy(place, hierarchy)
    return Made(hierarchy, issued)


def _write_certificate(folder: Path, one: Issued) -> None:
    write(folder / f"{one.name}.pem", one.chain_pem)
    write(folder / f"{one.name}.key.pem", one.key_pem, 0o600)
    write(folder / f"{one.name}.p12", one.p12(PASSWORD), 0o600)


def _index(issued: dict[str, Issued]) -> bytes:
    """The catalogue for programs."""
    entries = [
        {
            **entry._asdict(),
            "serial": f"{issued[entry.name].serial:x}",
            "fingerprint": issued[entry.name].fingerprint,
            "files": [f"certificates/{entry.name}{end}" for end in (".pem", ".key.pem", ".p12")],
        }
        for entry in catalogue()
    ]
    index = {
        "SIMULATION": "test certificates: they prove nothing",
        "password": PASSWORD,
        "certificates": entries,
    }
    return json.dumps(index, indent=1, ensure_ascii=False).encode() + b"\n"
