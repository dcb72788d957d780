"""Which authority assigned a national identifier, and where an identity that carries it may be used."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files
from typing import Literal, NamedTuple

Kind = Literal["nir", "nia", "test", "demo", "ins-c"]
Environment = Literal["test", "production"]


class Authority(NamedTuple):
    """An assigning authority of the data file; `environments`: where its identities may be adopted."""

    oid: str
    name: str
    kind: Kind
    environments: frozenset[str]
    source: str


@cache
def authorities() -> dict[str, Authority]:
    """Authorities by OID (Référentiel INS; PAM France 2.11.1, PID-3)."""
    text = files(__package__).joinpath("data/authorities.toml").read_text("utf-8")
    return {
        oid: Authority(oid, body["name"], body["kind"], frozenset(body["environments"]), body["source"])
        for oid, body in tomllib.loads(text).items()
    }


@cache
def authority_names() -> frozenset[str]:
    """Names under which the national authorities travel in CX-4.1, billing number of the beneficiary included."""
    return frozenset({authority.name for authority in authorities().values()} | {"ASIP-SANTE-NIR"})


def kind_of(oid: str) -> Kind | None:
    """Kind of national identifier an OID stands for; None for any other OID."""
    authority = authorities().get(oid)
    return authority.kind if authority else None


def allowed(oid: str, environment: Environment) -> bool:
    """True when an identity with this OID may be adopted in this environment (production: .8 .9; test: .8 to .11)."""
    authority = authorities().get(oid)
    return authority is not None and environment in authority.environments
