"""The test hierarchy as a folder of files: written whole, read back, kept up to date by several programs at once."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from ecluse.simulators.pki.authority import Authority, Revocation
from ecluse.simulators.pki.errors import AlreadyThere, NotAPki
from ecluse.simulators.pki.hierarchy import Hierarchy
from ecluse.simulators.pki.issued import key_pem, pem
from ecluse.simulators.pki.names import Addresses, Structure

STATE = "pki.json"
OURS = (STATE, "README.md", "catalogue.json", "authorities", "certificates", "crl", "trust")
"""Everything of a folder that belongs to the hierarchy; nothing else in it is ever touched."""
ROLES = ("root", "organisations", "persons", "stale", "amc_root", "amc", "unknown")


def holds_pki(folder: Path) -> bool:
    """True when a test hierarchy is there."""
    return (folder / STATE).is_file()


def refuse_to_overwrite(folder: Path, replace: bool) -> None:
    """Refuse a folder in use: a hierarchy unless asked to replace it, other files always.

    :raises AlreadyThere: with what to do.
    """
    if not folder.exists():
        return
    if holds_pki(folder):
        if not replace:
            raise AlreadyThere(
                f"{folder} contient déjà une IGC de test. Que faire : choisissez un autre dossier, "
                "ou demandez à la remplacer (ses clés et ses certificats seront perdus).",
                f"{folder} already holds a test PKI. What to do: choose another folder, or ask to replace it (its "
                "keys and certificates will be lost).",
            )
        return
    if not folder.is_dir() or any(folder.iterdir()):
        raise AlreadyThere(
            f"{folder} n’est pas un dossier vide. Que faire : choisissez un dossier vide ou nouveau.",
            f"{folder} is not an empty folder. What to do: choose an empty or a new folder.",
        )


@contextmanager
def new_folder(folder: Path) -> Iterator[Path]:
    """Give a folder to write in; once all is written, its content takes its place in `folder`."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".new-", dir=folder) as made:
        yield Path(made)
        for name in reversed(
            OURS
        ):  # the state comes last: a folder half replaced is not taken for a hierarchy
            remove(folder / name)
        for name in reversed(OURS):
            (Path(made) / name).replace(folder / name)


def remove(path: Path) -> None:
    """Remove a file or a folder of ours, if it is there."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def write(path: Path, content: bytes, mode: int = 0o644) -> None:
    """Write a file whole or not at all. mode: 0o600 for what holds a key."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".writing-")
    with os.fdopen(handle, "wb") as file:
        os.fchmod(file.fileno(), mode)
        file.write(content)
    Path(name).replace(path)


def write_hierarchy(folder: Path, hierarchy: Hierarchy) -> None:
    """Write authorities, trust stores, CRLs and state."""
    authorities = folder / "authorities"
    for one in hierarchy:
        write(authorities / f"{one.short}.pem", pem([one.certificate]))
        write(authorities / f"{one.short}.key.pem", key_pem(one.key), 0o600)
        if responder := hierarchy.responders.get(one.short):
            write(authorities / f"{one.short}.ocsp.pem", pem([responder]))
    write(authorities / "ocsp.key.pem", key_pem(hierarchy.responder_key), 0o600)
    ours = (hierarchy.root, hierarchy.organisations, hierarchy.persons, hierarchy.stale)
    write(folder / "trust/igc-sante.pem", pem(one.certificate for one in ours))
    write(folder / "trust/igc-sante-root.pem", pem([hierarchy.root.certificate]))
    write(folder / "trust/amc.pem", pem([hierarchy.amc_root.certificate, hierarchy.amc.certificate]))
    write(folder / "trust/unknown.pem", pem([hierarchy.unknown.certificate]))
    write_state(folder, hierarchy)


def write_state(folder: Path, hierarchy: Hierarchy) -> None:
    """Write what changes: CRLs, then what was issued and revoked."""
    for one in hierarchy:
        write(folder / f"crl/{one.short}.crl", one.crl)
    state = {
        "SIMULATION": "test PKI: its keys protect nothing",
        "base": hierarchy.addresses.base,
        "structure": hierarchy.structure._asdict(),
        "authorities": {role: _register(getattr(hierarchy, role)) for role in ROLES},
    }
    write(folder / STATE, json.dumps(state, indent=1, ensure_ascii=False).encode() + b"\n")


def read_hierarchy(folder: Path) -> Hierarchy:
    """Read the hierarchy of a folder.

    :raises NotAPki: there is none, or a file of it was damaged.
    """
    try:
        state = json.loads((folder / STATE).read_bytes())
        addresses, structure = Addresses(state["base"]), Structure(**state["structure"])
        made: dict[str, Authority] = {}
        for role in ROLES:  # a root comes before its intermediates
            issuer = {"amc": made.get("amc_root")}.get(role, made.get("root") if role in _BELOW else None)
            made[role] = _authority(folder, state["authorities"][role], addresses, issuer)
        responders = {
            path.name.removesuffix(".ocsp.pem"): x509.load_pem_x509_certificate(path.read_bytes())
            for path in sorted((folder / "authorities").glob("*.ocsp.pem"))
        }
        key = _key(folder / "authorities/ocsp.key.pem")
        return Hierarchy(structure, addresses, **made, responder_key=key, responders=responders)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise NotAPki(
            f"{folder} ne contient pas d’IGC de test lisible ({type(error).__name__}). Que faire : "
            "créez-la, ou remplacez-la.",
            f"{folder} holds no readable test PKI ({type(error).__name__}). What to do: create it, or replace it.",
        ) from error


def read_state(folder: Path, hierarchy: Hierarchy) -> None:
    """Take in what another program changed: issued, revoked, CRLs."""
    state = json.loads((folder / STATE).read_bytes())
    for role in ROLES:
        _take(getattr(hierarchy, role), state["authorities"][role], folder)


@contextmanager
def changing(folder: Path, hierarchy: Hierarchy) -> Iterator[None]:
    """Change the hierarchy of a folder alone: what others changed is read first, what was changed is written last."""
    with (folder / STATE).open("rb"), (folder / ".lock").open("wb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        read_state(folder, hierarchy)
        yield
        write_state(folder, hierarchy)


_BELOW = ("organisations", "persons", "stale")


def _register(authority: Authority) -> dict[str, Any]:
    return {
        "short": authority.short,
        "frozen": authority.frozen,
        "crl_number": authority.crl_number,
        "issued": {f"{serial:x}": name for serial, name in authority.issued.items()},
        "revoked": {
            f"{serial:x}": {"at": one.at.isoformat(), "reason": one.reason.value if one.reason else None}
            for serial, one in authority.revoked.items()
        },
    }


def _take(authority: Authority, register: dict[str, Any], folder: Path) -> None:
    authority.frozen, authority.crl_number = register["frozen"], register["crl_number"]
    authority.issued = {int(serial, 16): name for serial, name in register["issued"].items()}
    authority.revoked = {
        int(serial, 16): Revocation(
            datetime.fromisoformat(one["at"]), x509.ReasonFlags(one["reason"]) if one["reason"] else None
        )
        for serial, one in register["revoked"].items()
    }
    authority.crl = (folder / f"crl/{authority.short}.crl").read_bytes()


def _authority(
    folder: Path, register: dict[str, Any], addresses: Addresses, issuer: Authority | None
) -> Authority:
    place = folder / "authorities" / register["short"]
    certificate = x509.load_pem_x509_certificate(place.with_suffix(".pem").read_bytes())
    made = Authority(register["short"], certificate, _key(place.with_suffix(".key.pem")), addresses, issuer)
    _take(made, register, folder)
    return made


def _key(path: Path) -> rsa.RSAPrivateKey:
    # Checking the primes of a key that we wrote ourselves takes longer than everything else.
    key = serialization.load_pem_private_key(path.read_bytes(), None, unsafe_skip_rsa_key_validation=True)
    if not isinstance(key, rsa.RSAPrivateKey):
        raise NotAPki(f"{path} n’est pas une clé RSA.", f"{path} is not an RSA key.")
    return key
