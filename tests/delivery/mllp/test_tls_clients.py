"""Mutual TLS of a listener: whom it refuses, for which reason said in the log and counted, and whom it hears."""

from __future__ import annotations

import asyncio
import re
import ssl
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from ecluse.protocols.x509.certificate import Certificate, read_certificate, read_certificates
from ecluse.protocols.x509.crl import read_crl
from ecluse.services.listening import clients
from ecluse.services.listening.clients import Admission, ClientPolicy, Trust
from ecluse.services.listening.refused import Refused
from ecluse.services.listening.securing import Tls
from ecluse.services.listening.tally import Tally, file_of, tallies
from ecluse.simulators.pki.issued import Issued
from ecluse.transports.tls import KeptCertificate, kept_context
from tests.delivery.mllp.listening import PATIENCE, Listening, adt, frame, listening, run, until
from tests.pki_kit import TestPki


class Site:
    """A gateway whose listener trusts the authorities of a test PKI."""

    def __init__(self) -> None:
        self.pki = TestPki.make()
        self.server = self.pki.serv()
        root, *self.intermediates = read_certificates(self.pki.authorities_pem)
        self.anchors = (root,)
        self.folder = Path()

    def tls(
        self,
        *,
        environment: str = "test",
        families: tuple[str, ...] = ("ORG AUTH_CLI",),
        hard_fail: bool = False,
        lists: bool = True,
        today: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> Tls:
        """What the listener does with its clients."""
        found = [self.pki.crl(self.pki.hierarchy.root), self.pki.crl()] if lists else []
        trust = Trust(self.anchors, tuple(self.intermediates), tuple(map(read_crl, found)))
        policy = ClientPolicy(trust, environment, families, hard_fail=hard_fail, today=today)  # type: ignore[arg-type]
        return Tls(self.context(), policy)

    def context(self, *more: Certificate) -> ssl.SSLContext:
        kept = KeptCertificate(self.server.chain_pem, self.server.key_der)
        return kept_context(kept, tuple(one.der for one in (*self.anchors, *self.intermediates, *more)))

    def client(self, own: Issued | None, folder: Path) -> ssl.SSLContext:
        """How a sender presents itself."""
        context = ssl.create_default_context(cadata=self.pki.root_pem.decode())
        context.check_hostname = False  # tests call by address
        if own is not None:
            files = self.pki.files(folder, own)
            context.load_cert_chain(files.chain, files.key)
        return context


@pytest.fixture(scope="module")
def site() -> Site:
    return Site()


def presented(held: Issued) -> tuple[bytes, ...]:
    return (held.der,)


async def knocks(here: Listening, client: ssl.SSLContext) -> str:
    """What becomes of a sender: the answer to its message, or nothing."""
    try:
        sender = await here.connect(client)
        sender.write(frame(adt("A1")))
        heard = await asyncio.wait_for(sender.reader.read(100), PATIENCE)
    except (ssl.SSLError, ConnectionError):
        return ""
    return heard.decode()


def outcome(site: Site, own: Issued | None, folder: Path, tls: Tls) -> tuple[str, dict[str, int]]:
    """The answer to a sender, and what was counted."""
    found: list[str] = []
    tally: list[Tally] = []

    async def test() -> None:
        async with listening(tls) as here:
            tally.append(here.server.tally)
            found.append(await knocks(here, site.client(own, folder)))
            await until(lambda: found[0] or here.server.tally.counted.latest)
            if not found[0]:
                assert here.writer.received == []

    run(test)
    return found[0], tally[0].counted.refused.get("main", {})


REFUSED: dict[str, tuple[Callable[[TestPki], Issued | None], str, str]] = {
    "no certificate": (lambda pki: None, "certificate", "presented no certificate"),
    "an unknown authority": (lambda pki: pki.unknown_authority(), "issuer", "no authority admitted here"),
    "an ORG SIGN": (lambda pki: pki.sign(), "family", "not an ORG SIGN"),
    "an ORG CONF": (lambda pki: pki.conf(), "family", "not made to open a TLS link"),
    "a server": (lambda pki: pki.serv(), "family", "of the family SERV SSL; .* asks for ORG AUTH_CLI"),
    "a person": (lambda pki: pki.person(), "family", "that of a natural person"),
    "revoked": (lambda pki: pki.revoked(), "revocation", "revoked"),
    "expired": (lambda pki: pki.expired(), "dates", "out of its dates"),
    "not yet valid": (lambda pki: pki.not_yet_valid(), "dates", "out of its dates"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_client_is_refused_for_a_reason_that_is_said_and_counted(
    site: Site, tmp_path: Path, caplog: pytest.LogCaptureFixture, name: str
) -> None:
    make, check, why = REFUSED[name]
    heard, counted = outcome(site, make(site.pki), tmp_path, site.tls())
    assert heard == ""
    assert counted == {check: 1}
    (line,) = [one for one in caplog.records if one.message == "client refused"]
    assert (line.check, line.listener, line.peer) == (check, "main", "127.0.0.1")  # type: ignore[attr-defined]
    assert re.search(why, line.why), line.why  # type: ignore[attr-defined]


def test_a_client_of_the_right_family_is_heard(site: Site, tmp_path: Path) -> None:
    heard, counted = outcome(site, site.pki.auth_cli(), tmp_path, site.tls())
    assert "A1" in heard
    assert counted == {}


def test_a_server_certificate_may_be_admitted_by_the_setting(site: Site, tmp_path: Path) -> None:
    tls = site.tls(families=("ORG AUTH_CLI", "SERV SSL"))
    heard, _ = outcome(site, site.pki.serv(), tmp_path, tls)
    assert "A1" in heard


def test_a_test_certificate_is_refused_in_production(
    site: Site, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    heard, counted = outcome(site, site.pki.auth_cli(), tmp_path, site.tls(environment="production"))
    assert (heard, counted) == ("", {"environment": 1})
    (line,) = [one for one in caplog.records if one.message == "client refused"]
    assert "test certificate, and this gateway is in production" in line.why  # type: ignore[attr-defined]
    assert line.subject.startswith("CN=")  # type: ignore[attr-defined]


def test_the_name_of_a_person_is_not_written_down(
    site: Site, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    own = site.pki.person()
    outcome(site, own, tmp_path, site.tls())
    (line,) = [one for one in caplog.records if one.message == "client refused"]
    assert not hasattr(line, "subject")
    assert line.certificate == read_certificate(own.der).fingerprint  # type: ignore[attr-defined]


def test_the_path_must_end_at_the_very_authorities_of_the_setting(site: Site, tmp_path: Path) -> None:
    """Even if TLS itself trusted more."""
    unknown = site.pki.hierarchy.unknown.certificate
    more = read_certificate(unknown.public_bytes(Encoding.DER))
    tls = site.tls()
    wide = Tls(site.context(more), tls.judge)
    heard, counted = outcome(site, site.pki.unknown_authority(), tmp_path, wide)
    assert (heard, counted) == ("", {"issuer": 1})


@pytest.mark.parametrize("hard_fail", [False, True])
def test_a_revocation_that_cannot_be_known_is_an_alarm_or_a_refusal(
    site: Site, tmp_path: Path, caplog: pytest.LogCaptureFixture, hard_fail: bool
) -> None:
    tls = site.tls(lists=False, hard_fail=hard_fail)
    heard, counted = outcome(site, site.pki.auth_cli(), tmp_path, tls)
    assert bool(heard) is not hard_fail
    assert counted == ({"revocation": 1} if hard_fail else {})
    said = [one.message for one in caplog.records if getattr(one, "check", "") == "revocation"]
    assert said == ["client refused" if hard_fail else "client admitted, its revocation is not known"]


def test_a_connection_open_for_long_ends_when_its_certificate_is_revoked(site: Site, tmp_path: Path) -> None:
    own = site.pki.auth_cli()

    async def test() -> None:
        async with listening(site.tls()) as here:
            sender = await here.connect(site.client(own, tmp_path))
            sender.write(frame(adt("A1")))
            assert await sender.answers(1) == ["A1"]
            here.server.secure("main", site.tls())
            sender.write(frame(adt("A2")))
            assert await sender.answers(1) == ["A2"]
            site.pki.revoke(own)
            here.server.secure("main", site.tls())
            assert await sender.to_the_end() == b""
            assert here.server.tally.counted.refused == {"main": {"revocation": 1}}

    run(test)


def test_another_server_certificate_serves_the_next_connection_and_the_open_ones_go_on(
    site: Site, tmp_path: Path
) -> None:
    own, other = site.pki.auth_cli(), site.pki.serv()

    async def test() -> None:
        async with listening(site.tls()) as here:
            before = await here.connect(site.client(own, tmp_path))
            kept = KeptCertificate(other.chain_pem, other.key_der)
            here.server.secure("main", Tls(kept_context(kept, (site.anchors[0].der,)), None))
            after = await here.connect(site.client(own, tmp_path))
            seen = [
                one.writer.get_extra_info("ssl_object").getpeercert(binary_form=True)
                for one in (before, after)
            ]
            assert seen == [site.server.der, other.der]
            for sender in (before, after):
                sender.write(frame(adt("A1")))
                assert await sender.answers(1) == ["A1"]

    run(test)


def test_without_a_certificate_to_show_nothing_is_served_in_clear(site: Site) -> None:
    async def test() -> None:
        async with listening(Tls(None)) as here:
            sender = await here.connect()
            sender.write(frame(adt("A1")))
            assert await sender.to_the_end() == b""
            assert here.writer.received == []
            assert here.server.tally.counted.refused == {"main": {"no-server": 1}}
            here.server.secure("main", Tls(site.context()))
            with pytest.raises((ssl.SSLError, ConnectionError)):
                await here.connect(ssl.create_default_context())

    run(test)


def test_a_judgement_is_made_again_after_some_minutes(site: Site) -> None:
    """An end, or a list that turns stale, is noticed within them."""
    at, days = [0.0], [timedelta()]
    trust = Trust(site.anchors, tuple(site.intermediates))
    policy = ClientPolicy(
        trust, "test", ("ORG AUTH_CLI",), hard_fail=False,
        today=lambda: datetime.now(UTC) + days[0], clock=lambda: at[0],
    )  # fmt: skip
    own = presented(site.pki.auth_cli())
    assert policy(own).refused is None
    days[0] = timedelta(days=4000)
    at[0] = clients.JUDGED_SECONDS - 1
    assert policy(own).refused is None
    at[0] = clients.JUDGED_SECONDS + 1
    found = policy(own).refused
    assert found is not None and found.check == "dates"


def test_the_lists_of_the_clients_are_asked_for(site: Site) -> None:
    """Only addresses that a trusted authority wrote."""
    policy = site.tls().judge
    assert policy is not None
    own = site.pki.auth_cli()
    assert set(read_certificate(own.der).crl_addresses) <= set(policy((own.der,)).addresses)
    assert policy((site.pki.unknown_authority().der,)).addresses == ()


def test_counts_survive_a_restart_and_say_the_last_refusals_once(tmp_path: Path) -> None:
    writer = tmp_path / "writer.sock"
    one = Tally(file_of(writer), clock=lambda: 1_000)
    why = Refused("family", "Non.", "No.", "ab" * 32, "CN=X")
    for _ in range(3):
        one.refuse("main", "10.1.2.3", why)
    one.doubt("main")
    one.save()
    Tally(file_of(writer)).refuse("main", "10.1.2.3", why)
    found = tallies(writer)
    assert found.refused == {"main": {"family": 3}}
    assert found.doubtful == {"main": 1}
    (told,) = found.latest
    assert (told.times, told.peer, told.check, told.at) == (3, "10.1.2.3", "family", 1_000)


def test_an_unreadable_certificate_is_refused_without_an_error(site: Site) -> None:
    policy = site.tls().judge
    assert policy is not None
    admission: Admission = policy((b"0\x03not",))
    assert admission.refused is not None and admission.refused.check == "certificate"
