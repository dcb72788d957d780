"""Names that authorities allow: the forms the NIST suite does not hold, and hostile sizes."""

from __future__ import annotations

import ipaddress
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding

from ecluse.protocols.x509 import Certificate, read_certificate
from ecluse.rules.certificates.name_constraints import Constraints, forbidden_name
from tests.pki_kit import throw_away_keys

NOW = datetime(2026, 3, 1, tzinfo=UTC)
KEY = throw_away_keys()[2048][0]


def certificate(names: list[x509.GeneralName], *more: x509.ExtensionType, subject: str = "") -> Certificate:
    """A certificate with these other names."""
    name = x509.Name.from_rfc4514_string(subject)
    builder = x509.CertificateBuilder(name, name, KEY.public_key(), 1, NOW, NOW + timedelta(1))
    extensions = [x509.SubjectAlternativeName(names)] if names else []
    for one in (*extensions, *more):
        builder = builder.add_extension(one, critical=False)
    return read_certificate(builder.sign(KEY, hashes.SHA256()).public_bytes(Encoding.DER))


def constraints(
    permitted: list[x509.GeneralName] | None = None, excluded: list[x509.GeneralName] | None = None
) -> Constraints:
    """What an authority with these subtrees says."""
    authority = certificate([], x509.NameConstraints(permitted, excluded), subject="CN=a")
    return Constraints().narrowed(authority.known.name_constraints)


def ip(text: str) -> x509.IPAddress:
    """A network or an address."""
    return x509.IPAddress(ipaddress.ip_network(text) if "/" in text else ipaddress.ip_address(text))


DNS, MAIL, URI = x509.DNSName, x509.RFC822Name, x509.UniformResourceIdentifier


@pytest.mark.parametrize(
    ("base", "name", "inside"),
    [
        (DNS("hopital.fr"), DNS("www.Hopital.FR"), True),
        (DNS("hopital.fr"), DNS("hopital.fr"), True),
        (DNS("hopital.fr"), DNS("monhopital.fr"), False),
        (DNS(".hopital.fr"), DNS("hopital.fr"), False),
        (DNS(""), DNS("a.fr"), True),
        (MAIL("hopital.fr"), MAIL("a@HOPITAL.fr"), True),
        (MAIL("hopital.fr"), MAIL("a@sous.hopital.fr"), False),
        (MAIL(".hopital.fr"), MAIL("a@sous.hopital.fr"), True),
        (MAIL("a@hopital.fr"), MAIL("a@hopital.fr"), True),
        (MAIL("a@hopital.fr"), MAIL("A@hopital.fr"), False),
        (URI("hopital.fr"), URI("https://hopital.fr:8443/a"), True),
        (URI("hopital.fr"), URI("https://a@hopital.fr@evil.fr/"), False),
        (URI(".hopital.fr"), URI("https://api.hopital.fr/"), True),
        (ip("10.1.0.0/16"), ip("10.1.2.3"), True),
        (ip("10.1.0.0/16"), ip("10.2.0.1"), False),
        (ip("2001:db8::/32"), ip("2001:db8::1"), True),
        (ip("10.1.0.0/16"), ip("2001:db8::1"), False),
    ],
)
def test_inside_or_outside(base: x509.GeneralName, name: x509.GeneralName, inside: bool) -> None:
    """A permitted subtree allows what is in it, an excluded one refuses exactly the same."""
    one = certificate([name])
    assert (forbidden_name(one, constraints(permitted=[base])) is None) is inside
    assert (forbidden_name(one, constraints(excluded=[base])) is None) is not inside


@pytest.mark.parametrize("uri", ["urn:oid:1.2.3", "https://10.0.0.1/", "https://[::1]/"])
def test_a_uri_without_a_host_name_is_refused(uri: str) -> None:
    """RFC 5280 §4.2.1.10: whether permitted or excluded, it cannot be told."""
    one = certificate([URI(uri)])
    assert forbidden_name(one, constraints(permitted=[URI("hopital.fr")])) == uri
    assert forbidden_name(one, constraints(excluded=[URI("hopital.fr")])) == uri


def test_constraints_of_one_kind_leave_the_others() -> None:
    """An authority limited to DNS names says nothing of e-mails."""
    assert forbidden_name(certificate([MAIL("a@b.fr")]), constraints(permitted=[DNS("hopital.fr")])) is None


def test_several_authorities_add_up() -> None:
    """A name must be allowed by each."""
    narrow = certificate([], x509.NameConstraints([DNS("a.hopital.fr")], None), subject="CN=a")
    both = constraints(permitted=[DNS("hopital.fr")]).narrowed(narrow.known.name_constraints)
    assert forbidden_name(certificate([DNS("x.a.hopital.fr")]), both) is None
    assert forbidden_name(certificate([DNS("x.hopital.fr")]), both) == "x.hopital.fr"


def test_hostile_sizes_are_refused_at_once() -> None:
    """A thousand names against a thousand subtrees are not compared."""
    many: list[x509.GeneralName] = [DNS(f"n{number}.fr") for number in range(1000)]
    assert forbidden_name(certificate(many), constraints(permitted=many)) == "1000 × 1000"
