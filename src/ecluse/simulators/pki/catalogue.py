"""The catalogue: certificates that must be accepted, and each way a certificate can be wrong.

What each is, what it is offered as and what must be answered are in `data/catalogue.toml`; how it is made is here.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cache
from importlib.resources import files
from typing import NamedTuple

from cryptography import x509

from ecluse.simulators.pki import profiles
from ecluse.simulators.pki.authority import Authority, NewKey
from ecluse.simulators.pki.hierarchy import Hierarchy
from ecluse.simulators.pki.issued import Issued, issue
from ecluse.simulators.pki.names import DOCTOR, EMPLOYEE, Structure
from ecluse.simulators.pki.profiles import AUTH_CLI, CARD_AUTH, CARD_SIGN, CONF, SIGN, Family, Profile

AUTH_CLI_SERVICE = "Client_ROC_Annuaire_AMC"
SIGN_SERVICE = "Client_ROC_WebServices_AMC"
"""Service names that the ROC procedure recommends."""

HELD_FOR = timedelta(days=30)
"""Age of an ordinary certificate of the catalogue."""
SOON = timedelta(days=45)
MONTH = timedelta(days=31)
OTHER_STRUCTURE = Structure("1990000010", "CLINIQUE DES TILLEULS SIMULATION", "Ain (01)")


class Entry(NamedTuple):
    """A line of the catalogue.

    name: also that of its files; offered_as: `auth_cli`, `sign`, `conf`, `serv`, `person` or `amc_server`;
    expected: `accepted`, or the reason to refuse it; text_fr, text_en: what it is, or what is wrong.
    """

    name: str
    offered_as: str
    expected: str
    text_fr: str
    text_en: str


@cache
def catalogue() -> tuple[Entry, ...]:
    """Every entry: first those to accept, then the others."""
    text = files("ecluse.simulators.pki").joinpath("data/catalogue.toml").read_text("utf-8")
    return tuple(Entry(**one) for one in tomllib.loads(text)["certificate"])


def entry(name: str) -> Entry:
    """The entry of that name. :raises KeyError: there is none."""
    return {one.name: one for one in catalogue()}[name]


@dataclass(frozen=True, slots=True)
class Workshop:
    """What the makers work with. hosts: names of the servers, at least one."""

    hierarchy: Hierarchy
    hosts: Sequence[str]
    now: datetime
    new_key: NewKey

    @property
    def begin(self) -> datetime:
        """When an ordinary certificate began."""
        return self.now - HELD_FOR

    def make(self, name: str) -> Issued:
        """Make one entry of the catalogue."""
        return MAKERS[name](self, name)

    def profile(self, family: Family, service: str = "", begin: datetime | None = None) -> Profile:
        """An ordinary organisation certificate, under the recommended name of its family."""
        service = service or (SIGN_SERVICE if family is SIGN else AUTH_CLI_SERVICE)
        return profiles.organisation(family, self.hierarchy.structure, service, begin or self.begin)

    def server(self) -> Profile:
        """An ordinary server certificate."""
        return profiles.server(self.hierarchy.structure, self.hosts, self.begin)

    def issue(
        self, profile: Profile, name: str, authority: Authority | None = None, bits: int = 2048
    ) -> Issued:
        """Issue it, by the authority of the organisations unless another is given."""
        return issue(authority or self.hierarchy.organisations, profile, self.new_key(bits), name)


def _of(family: Family, service: str = "") -> Maker:
    return lambda shop, name: shop.issue(shop.profile(family, service), name)


def _ending_soon(family: Family) -> Maker:
    """Three years end in SOON; renewable until then."""

    def make(shop: Workshop, name: str) -> Issued:
        begin = profiles.years_after(shop.now, -3) + SOON
        return shop.issue(shop.profile(family, begin=begin), name)

    return make


def _expired(family: Family) -> Maker:
    def make(shop: Workshop, name: str) -> Issued:
        begin = profiles.years_after(shop.now, -3) - HELD_FOR
        return shop.issue(shop.profile(family, begin=begin), name)

    return make


def _not_yet_valid(shop: Workshop, name: str) -> Issued:
    return shop.issue(shop.profile(AUTH_CLI, begin=shop.now + HELD_FOR), name)


def _revoked(family: Family) -> Maker:
    def make(shop: Workshop, name: str) -> Issued:
        made = shop.issue(shop.profile(family), name)
        shop.hierarchy.organisations.revoke(made.serial, shop.now - timedelta(days=2))
        return made

    return make


def _changed(family: Family, **changes: object) -> Maker:
    """An ordinary certificate of which something else is said."""

    def make(shop: Workshop, name: str) -> Issued:
        return shop.issue(replace(shop.profile(family), **changes), name)  # type: ignore[arg-type]

    return make


def _from(choose: Callable[[Hierarchy], Authority], family: Family = AUTH_CLI) -> Maker:
    """The same, from another authority."""
    return lambda shop, name: shop.issue(shop.profile(family), name, choose(shop.hierarchy))


def _of_structure(structure: Structure) -> Maker:
    def make(shop: Workshop, name: str) -> Issued:
        return shop.issue(profiles.organisation(AUTH_CLI, structure, AUTH_CLI_SERVICE, shop.begin), name)

    return make


def _accents(shop: Workshop, name: str) -> Issued:
    structure = shop.hierarchy.structure._replace(
        company="HÔPITAL ŒCUMÉNIQUE DE L'ÂGE D'OR", department="Ardèche (07)"
    )
    return shop.issue(
        profiles.organisation(SIGN, structure, "Dossier médical – séjours d’été", shop.begin), name
    )


def _server(shop: Workshop, name: str) -> Issued:
    return shop.issue(shop.server(), name)


def _server_without_names(shop: Workshop, name: str) -> Issued:
    return shop.issue(replace(shop.server(), dns=()), name)


def _server_of_another_host(shop: Workshop, name: str) -> Issued:
    return shop.issue(
        profiles.server(shop.hierarchy.structure, ["autre.ecluse-test.invalid"], shop.begin), name
    )


def _amc_server(shop: Workshop, name: str) -> Issued:
    amc = Structure("2000000000", "ASSUREUR COMPLEMENTAIRE SIMULATION", "Paris (75)")
    return shop.issue(profiles.server(amc, shop.hosts, shop.begin), name, shop.hierarchy.amc)


def _cps(family: Family) -> Maker:
    def make(shop: Workshop, name: str) -> Issued:
        return shop.issue(profiles.card(family, DOCTOR, None, shop.begin), name, shop.hierarchy.persons)

    return make


def _employee_card(shop: Workshop, name: str) -> Issued:
    structure = shop.hierarchy.structure
    holder = EMPLOYEE._replace(identifier=f"3{structure.identifier[1:]}/ECLUSE0001")
    return shop.issue(profiles.card(CARD_AUTH, holder, structure, shop.begin), name, shop.hierarchy.persons)


def _forged(shop: Workshop, name: str) -> Issued:
    """Issuer and key identifiers are the right ones; only the signature lies."""
    key = shop.new_key(2048)
    return issue(
        shop.hierarchy.organisations,
        shop.profile(AUTH_CLI),
        key,
        name,
        signed_with=shop.hierarchy.unknown.key,
    )


def _self_signed(shop: Workshop, name: str) -> Issued:
    profile, key = shop.profile(AUTH_CLI), shop.new_key(2048)
    built = shop.hierarchy.organisations.issue(profile, key.public_key(), name, signed_with=key)
    itself = replace(shop.hierarchy.organisations, certificate=built, key=key, issuer=None, issued={})
    return issue(itself, profile, key, name).alone()


def _below(parent: Profile, shop: Workshop, name: str) -> Issued:
    """A certificate issued with the key of another certificate."""
    held = shop.issue(parent, f"{name} (issuer)")
    organisations = shop.hierarchy.organisations
    fake = replace(organisations, certificate=held.certificate, key=held.key, issuer=organisations, issued={})
    return issue(fake, shop.profile(AUTH_CLI), shop.new_key(2048), name)


def _issued_by_leaf(shop: Workshop, name: str) -> Issued:
    return _below(shop.profile(SIGN, "Pas une autorité"), shop, name)


def _path_too_long(shop: Workshop, name: str) -> Issued:
    signs = Family("AUTHORITY", frozenset({"key_cert_sign", "crl_sign"}), ())
    parent = shop.profile(signs, "AUTORITE DE TROP SIMULATION")
    return _below(replace(parent, authority=True), shop, name)


def _private_key_period_over(shop: Workshop, name: str) -> Issued:
    """Like those of 2016 to 2019: the certificate lasts a month more than its key may sign."""
    begin = profiles.years_after(shop.now, -3) - timedelta(days=10)
    profile = shop.profile(SIGN, begin=begin)
    over = replace(profile, not_after=profile.not_after + MONTH, private_key_until=profile.not_after)
    return shop.issue(over, name)


def _key_mismatch(shop: Workshop, name: str) -> Issued:
    return shop.issue(shop.profile(AUTH_CLI), name).with_key(shop.new_key(2048))


def _incomplete(shop: Workshop, name: str) -> Issued:
    return shop.issue(shop.profile(AUTH_CLI), name).alone()


def _weak(shop: Workshop, name: str) -> Issued:
    return shop.issue(shop.profile(AUTH_CLI), name, bits=1024)


def _without_structure(shop: Workshop, name: str) -> Issued:
    profile = shop.profile(AUTH_CLI)
    return shop.issue(replace(profile, subject=_without(profile, "OU")), name)


def _without(profile: Profile, kind: str) -> x509.Name:
    return x509.Name([rdn for rdn in profile.subject.rdns if not rdn.rfc4514_string().startswith(f"{kind}=")])


Maker = Callable[[Workshop, str], Issued]

MAKERS: dict[str, Maker] = {
    "org-auth-cli": _of(AUTH_CLI),
    "org-sign": _of(SIGN),
    "org-conf": _of(CONF, "Messages_Chiffres"),
    "org-insi-auto": _of(AUTH_CLI, "INSI-AUTO"),
    "org-insi-manu": _of(AUTH_CLI, "INSI-MANU"),
    "serv-ssl": _server,
    "amc-server": _amc_server,
    "cps-auth": _cps(CARD_AUTH),
    "cps-sign": _cps(CARD_SIGN),
    "employee-card": _employee_card,
    "accents": _accents,
    "special-characters": _of(SIGN, '#Client;ROC, "service" <un+deux> \\ fin '),
    "soon-auth-cli": _ending_soon(AUTH_CLI),
    "soon-sign": _ending_soon(SIGN),
    "without-authorities": _incomplete,
    "revoked-auth-cli": _revoked(AUTH_CLI),
    "revoked-sign": _revoked(SIGN),
    "expired-auth-cli": _expired(AUTH_CLI),
    "expired-sign": _expired(SIGN),
    "not-yet-valid": _not_yet_valid,
    "unknown-authority": _from(lambda hierarchy: hierarchy.unknown),
    "other-authority": _from(lambda hierarchy: hierarchy.amc),
    "forged-signature": _forged,
    "self-signed": _self_signed,
    "issued-by-leaf": _issued_by_leaf,
    "path-too-long": _path_too_long,
    "wrong-family-sign": _of(SIGN, AUTH_CLI_SERVICE),
    "wrong-family-auth-cli": _of(AUTH_CLI, SIGN_SERVICE),
    "person-for-organisation": _cps(CARD_AUTH),
    "stale-crl": _from(lambda hierarchy: hierarchy.stale),
    "weak-key": _weak,
    "other-structure": _of_structure(OTHER_STRUCTURE),
    "malformed-structure": _of_structure(OTHER_STRUCTURE._replace(identifier="9ABC")),
    "without-structure": _without_structure,
    "production-marks": _changed(
        AUTH_CLI,
        policy=profiles.PRODUCTION_POLICY,
        marks=((profiles.KIND, profiles.SOFTWARE_PRODUCTION),),
    ),
    "private-key-period-over": _private_key_period_over,
    "unknown-critical-extension": _changed(AUTH_CLI, unknown_critical=True),
    "key-mismatch": _key_mismatch,
    "server-without-names": _server_without_names,
    "server-of-another-host": _server_of_another_host,
}
