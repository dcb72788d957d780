"""Clients that TLS refused, in the metrics and on the page of the listeners."""

from __future__ import annotations

import re

from ecluse.delivery.console.settings import current
from ecluse.services.listening.refused import Refused
from ecluse.services.listening.tally import Tally, file_of
from tests.delivery.console.conftest import Gateway, SignedIn

WHY = Refused(
    "family",
    "Le certificat est de la famille ORG SIGN : il n’ouvre pas de liaison.",
    "The certificate is of the family ORG SIGN: it opens no link.",
    "ab" * 32,
    "CN=Essai,OU=1990000028",
)


def count() -> None:
    tally = Tally(file_of(current().writer))
    for _ in range(3):
        tally.refuse("main", "10.1.2.3", WHY)
    tally.refuse("main", "10.1.2.4", Refused("certificate", "Aucun certificat.", "No certificate."))
    tally.doubt("main")
    tally.save()


def test_the_metrics_count_them_by_reason(gateway: Gateway) -> None:
    count()
    page = gateway.browser.get("/metrics").content.decode()
    assert 'ecluse_tls_refused_total{listener="main",check="family"} 3\n' in page
    assert 'ecluse_tls_refused_total{listener="main",check="certificate"} 1\n' in page
    assert 'ecluse_tls_revocation_unknown_total{listener="main"} 1\n' in page


def test_the_page_says_who_when_and_why(gateway: Gateway, signed_in: SignedIn) -> None:
    admin = signed_in("administration")
    assert "Clients refusés par TLS" not in admin.get("/reglages/ecouteurs/").content.decode()
    count()
    page = re.sub(r"<[^>]+>|\s+", " ", admin.get("/reglages/ecouteurs/").content.decode())
    assert re.search(
        r"10\.1\.2\.3\s+family\s+Le certificat est de la famille ORG SIGN.*CN=Essai.*\s3\s", page
    )
    assert re.search(r"10\.1\.2\.4\s+certificate\s+Aucun certificat", page)
