"""A test PKI in memory for every test that needs certificates: quick, with nothing on disk unless asked.

    kit = TestPki.make()                        authorities, on throw-away keys
    held = kit.auth_cli()                       .certificate .der .pem .chain_pem .key .key_der .key_pem .p12("…")
    kit.revoke(held); kit.crl()                 the CRL that says it, DER; kit.ocsp(request) answers too
    kit.catalogued("expired-sign")              any certificate of the catalogue
    files = kit.files(tmp_path, held)           .certificate .key .chain .authorities: paths for a TLS program

Certificates are relative to `now`: give it for tests of rules, leave it for those that really open a connection.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID

from ecluse.simulators.pki import profiles
from ecluse.simulators.pki.authority import Authority
from ecluse.simulators.pki.catalogue import AUTH_CLI_SERVICE, SIGN_SERVICE, Workshop
from ecluse.simulators.pki.hierarchy import Hierarchy, new_hierarchy
from ecluse.simulators.pki.issued import Issued, issue, pem
from ecluse.simulators.pki.names import DOCTOR, EMPLOYEE, STRUCTURE, Addresses, Person, Structure
from ecluse.simulators.pki.ocsp import answer

KEYS = Path(__file__).parent / "data/throw_away_keys.pem"
BASE = "http://127.0.0.1:8089"


@cache
def throw_away_keys() -> dict[int, tuple[rsa.RSAPrivateKey, ...]]:
    """The keys of the tests, by size in bits. They are public: never use them for anything else."""
    end = b"-----END PRIVATE KEY-----\n"
    made: dict[int, list[rsa.RSAPrivateKey]] = {}
    for text in KEYS.read_bytes().split(end)[:-1]:
        start = text.index(b"-----BEGIN")
        key = serialization.load_pem_private_key(
            text[start:] + end, None, unsafe_skip_rsa_key_validation=True
        )
        assert isinstance(key, rsa.RSAPrivateKey)
        made.setdefault(key.key_size, []).append(key)
    return {bits: tuple(keys) for bits, keys in made.items()}


class KeyRing:
    """Gives throw-away keys in turn; two certificates in a row never share one, except the weak ones."""

    def __init__(self, start: int = 0) -> None:
        self._given: dict[int, int] = {}
        self._start = start

    def __call__(self, bits: int) -> rsa.RSAPrivateKey:
        keys = throw_away_keys()[bits]
        number = self._given.get(bits, self._start)
        self._given[bits] = number + 1
        return keys[number % len(keys)]


class Files(NamedTuple):
    """Paths of PEM files: certificate and its intermediate, certificate alone, key, authorities of the same kind."""

    chain: Path
    certificate: Path
    key: Path
    authorities: Path


@dataclass
class TestPki:
    """A test PKI. hierarchy: its authorities; now: what certificates are relative to."""

    __test__ = False

    hierarchy: Hierarchy
    now: datetime
    new_key: KeyRing
    _workshop: Workshop = field(init=False)

    def __post_init__(self) -> None:
        self._workshop = Workshop(self.hierarchy, ["localhost"], self.now, self.new_key)

    @classmethod
    def make(
        cls, seed: int = 0, now: datetime | None = None, structure: Structure = STRUCTURE, base: str = BASE
    ) -> TestPki:
        """Make one. seed: another one gives other keys to the same authorities."""
        moment = (now or datetime.now(UTC)).replace(microsecond=0)
        ring = KeyRing(seed)
        return cls(new_hierarchy(structure, Addresses(base), moment, ring), moment, ring)

    def auth_cli(self, service: str = AUTH_CLI_SERVICE, **changes: Any) -> Issued:
        """ORG AUTH_CLI. changes: fields of `profiles.Profile` (not_before, not_after, policy, marks…), and
        `structure`, `authority` or `bits`.
        """
        return self._organisation(profiles.AUTH_CLI, service, changes)

    def sign(self, service: str = SIGN_SERVICE, **changes: Any) -> Issued:
        """ORG SIGN."""
        return self._organisation(profiles.SIGN, service, changes)

    def conf(self, service: str = "Messages_Chiffres", **changes: Any) -> Issued:
        """ORG CONF."""
        return self._organisation(profiles.CONF, service, changes)

    def serv(self, names: Iterable[str] = ("localhost",), **changes: Any) -> Issued:
        """SERV SSL for server names."""
        structure = changes.pop("structure", self.hierarchy.structure)
        return self.issue(profiles.server(structure, list(names), self.begin), **changes)

    def person(self, person: Person = DOCTOR, signs: bool = False, **changes: Any) -> Issued:
        """Certificate as on a CPS: authentication, or signature."""
        family = profiles.CARD_SIGN if signs else profiles.CARD_AUTH
        changes.setdefault("authority", self.hierarchy.persons)
        return self.issue(profiles.card(family, person, None, self.begin), **changes)

    def employee(self, person: Person = EMPLOYEE, **changes: Any) -> Issued:
        """Certificate as on the card of an employee of the structure."""
        changes.setdefault("authority", self.hierarchy.persons)
        structure = changes.pop("structure", self.hierarchy.structure)
        return self.issue(profiles.card(profiles.CARD_AUTH, person, structure, self.begin), **changes)

    def revoked(self) -> Issued:
        """ORG AUTH_CLI revoked an hour ago."""
        held = self.auth_cli()
        self.revoke(held, self.now - timedelta(hours=1))
        return held

    def expired(self) -> Issued:
        """ORG AUTH_CLI expired an hour ago."""
        begin = profiles.years_after(self.now, -3) - timedelta(hours=1)
        return self.auth_cli(not_before=begin, not_after=self.now - timedelta(hours=1))

    def not_yet_valid(self) -> Issued:
        """ORG AUTH_CLI valid in an hour."""
        return self.auth_cli(not_before=self.now + timedelta(hours=1))

    def unknown_authority(self) -> Issued:
        """ORG AUTH_CLI of a root that nobody trusts."""
        return self.auth_cli(authority=self.hierarchy.unknown)

    def catalogued(self, name: str) -> Issued:
        """A certificate of the catalogue, made for this PKI."""
        return self._workshop.make(name)

    def issue(
        self, profile: profiles.Profile, authority: Authority | None = None, bits: int = 2048, **changes: Any
    ) -> Issued:
        """Any certificate."""
        profile = replace(profile, **changes) if changes else profile
        [name] = profile.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
        return issue(authority or self.hierarchy.organisations, profile, self.new_key(bits), str(name.value))

    def revoke(
        self, held: Issued, at: datetime | None = None, reason: x509.ReasonFlags | None = None
    ) -> None:
        """Revoke a certificate; the next `crl()` and `ocsp()` say so."""
        self.hierarchy.issuer_of(held.certificate).revoke(held.serial, at or self.now, reason)

    def crl(
        self, authority: Authority | None = None, at: datetime | None = None, life: timedelta | None = None
    ) -> bytes:
        """A CRL with the next number, DER: of the organisations unless told otherwise, published at `at`."""
        one = authority or self.hierarchy.organisations
        one.crl_number += 1
        return one.make_crl(at or self.now, life)

    def ocsp(self, request: bytes, at: datetime | None = None) -> bytes:
        """The answer of the responder, DER."""
        return answer(self.hierarchy, request, at or self.now)

    def csr(self, common_name: str = "carrier") -> tuple[bytes, rsa.RSAPrivateKey]:
        """A CSR (PEM, SHA-256) and its key."""
        key = self.new_key(2048)
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])
        made = x509.CertificateSigningRequestBuilder().subject_name(name).sign(key, hashes.SHA256())
        return made.public_bytes(serialization.Encoding.PEM), key

    @property
    def begin(self) -> datetime:
        """When ordinary certificates began."""
        return self.now - timedelta(days=30)

    @property
    def authorities_pem(self) -> bytes:
        """Root and intermediates of the range that imitates IGC-Santé."""
        one = self.hierarchy
        return pem(each.certificate for each in (one.root, one.organisations, one.persons, one.stale))

    @property
    def amc_pem(self) -> bytes:
        """Authorities that imitate the IGC OSI."""
        return pem([self.hierarchy.amc_root.certificate, self.hierarchy.amc.certificate])

    @property
    def root_pem(self) -> bytes:
        """The root alone."""
        return pem([self.hierarchy.root.certificate])

    def files(self, folder: Path, held: Issued, name: str = "held") -> Files:
        """Write a certificate, its key and the authorities as PEM files."""
        files = Files(*(folder / f"{name}.{kind}.pem" for kind in Files._fields))
        contents = (held.chain_pem, held.pem, held.key_pem, self.authorities_pem)
        for path, content in zip(files, contents, strict=True):
            path.write_bytes(content)
        files.key.chmod(0o600)
        return files

    def _organisation(self, family: profiles.Family, service: str, changes: dict[str, Any]) -> Issued:
        structure = changes.pop("structure", self.hierarchy.structure)
        begin = changes.get("not_before", self.begin)
        return self.issue(profiles.organisation(family, structure, service, begin), **changes)
