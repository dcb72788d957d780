"""Settings of an OpenID Connect provider, and the table by which its acr and amr become factors and a level.

A level is never guessed from a name: the `eidas1` of Pro Santé Connect is its own, not the low level of eIDAS. What a
provider's words are worth is declared, line by line: `acr=eidas1 -> known+held substantial`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, NamedTuple, get_args

from ecluse.protocols.oidc import Authentication, OidcError, is_secure, issuer_of

Kind = Literal["psc", "establishment"]
Level = Literal["low", "substantial", "high"]
"""Levels of assurance (eIDAS, article 8): faible, substantiel, élevé."""

FACTORS = frozenset({"known", "held", "inherent"})
"""Natures of factors (référentiel d'identification électronique): what one knows, has, is."""

_RULE = re.compile(r"(acr|amr)=(\S{1,200}) -> ([a-z]+(?:\+[a-z]+)*) (low|substantial|high)")


class Problem(NamedTuple):
    """What is wrong with a setting, and what to write."""

    name: str
    fr: str
    en: str


class MeansRule(NamedTuple):
    """One line of the table. claim: `acr` or `amr`; values: the acr, or methods that must all stand in the amr."""

    claim: str
    values: tuple[str, ...]
    factors: tuple[str, ...]
    level: Level


@dataclass(frozen=True, slots=True)
class PscSettings:
    """One provider (docs: Pro Santé Connect). Meaning and defaults: `default_settings.toml`.

    kind: also its name in addresses and in the register of means; account_claim: claim that holds the name of the local
    account, empty: the account is found by its RPPS; rpps_claim: claim that holds the RPPS, empty: where Pro Santé
    Connect puts it; fictive: numbers of test are accepted (test environment).
    """

    kind: Kind = "psc"
    enabled: bool = False
    label: str = "Pro Santé Connect"
    discovery: str = ""
    client_id: str = ""
    client_authentication: Authentication = "client_secret_basic"
    client_secret_file: Path | None = None
    client_certificate: str = ""
    client_key: str = ""
    authorities: str = ""
    redirect_uri: str = ""
    after_logout_uri: str = ""
    scope: str = "openid scope_all"
    acr_values: str = "eidas1"
    required_acr: tuple[str, ...] = ("eidas1",)
    means: tuple[str, ...] = ("acr=eidas1 -> known+held substantial",)
    account_claim: str = ""
    rpps_claim: str = ""
    sign_in_seconds: int = 300
    clock_skew: int = 30
    timeout: float = 10.0
    fictive: bool = True


def rule_of(line: str) -> MeansRule:
    """One line of the table.

    :raises ValueError: it is not written as it must be, or its factors are not of two natures.
    """
    found = _RULE.fullmatch(line)
    if found is None:
        raise ValueError(line)
    factors = tuple(dict.fromkeys(found[3].split("+")))
    if not FACTORS.issuperset(factors) or len(factors) < 2:
        raise ValueError(line)
    values = (found[2],) if found[1] == "acr" else tuple(found[2].split("+"))
    (level,) = (one for one in get_args(Level) if one == found[4])
    return MeansRule(found[1], values, factors, level)


def proved(settings: PscSettings, acr: str, amr: tuple[str, ...]) -> MeansRule | None:
    """The first line that the words of a sign-in answer, or None: they are not declared."""
    for rule in map(rule_of, settings.means):
        if acr in rule.values if rule.claim == "acr" else set(rule.values) <= set(amr):
            return rule
    return None


def problems(settings: PscSettings) -> Iterator[Problem]:
    """What is wrong with the settings of a provider that is enabled."""
    yield from _addresses(settings)
    yield from _proof(settings)
    for line in settings.means:
        try:
            rule_of(line)
        except ValueError:
            yield Problem(
                "means",
                f"means contient {line!r} ; écrivez par exemple « acr=eidas1 -> known+held substantial », avec deux"
                " facteurs de nature différente",
                f"means contains {line!r}; write for example “acr=eidas1 -> known+held substantial”, with two factors"
                " of different nature",
            )
    if not settings.means:
        yield _missing("means", "acr=eidas1 -> known+held substantial")
    if not settings.label.strip() or len(settings.label) > 80:
        yield _missing("label", "Pro Santé Connect")
    for name in ("sign_in_seconds", "timeout"):
        if not 1 <= getattr(settings, name) <= 3600:
            yield _out_of_range(name, "1", "3600")
    if not 0 <= settings.clock_skew <= 300:
        yield _out_of_range("clock_skew", "0", "300")


def _addresses(settings: PscSettings) -> Iterator[Problem]:
    try:
        issuer_of(settings.discovery)
    except OidcError:
        yield _missing("discovery", "https://…/.well-known/wallet-openid-configuration")
    for name in ("redirect_uri", "after_logout_uri"):
        address = getattr(settings, name)
        if not is_secure(address) and (address or name == "redirect_uri"):
            yield _missing(name, "https://ecluse.hopital.example/connexion/psc/retour")
    if not settings.client_id:
        yield _missing("client_id", "…")
    if "openid" not in settings.scope.split():
        yield _missing("scope", "openid scope_all")


def _proof(settings: PscSettings) -> Iterator[Problem]:
    if settings.client_authentication == "tls_client_auth":
        if not settings.client_certificate:
            yield _missing("client_certificate", "tls/psc.pem")
    elif settings.client_secret_file is None:
        yield _missing("client_secret_file", "psc.secret")


def _missing(name: str, example: str) -> Problem:
    return Problem(
        name,
        f'{name} est absent ou mal écrit ; écrivez par exemple "{example}"',
        f'{name} is missing or wrongly written; write for example "{example}"',
    )


def _out_of_range(name: str, least: str, most: str) -> Problem:
    return Problem(
        name, f"{name}\N{NO-BREAK SPACE}: écrivez de {least} à {most}", f"{name}: write {least} to {most}"
    )
