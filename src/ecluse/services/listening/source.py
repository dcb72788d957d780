"""Where the TLS of a listener comes from: files, a slot and a trust store, or some of each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from ecluse.protocols.x509.certificate import Certificate, read_certificates
from ecluse.protocols.x509.errors import Unreadable
from ecluse.protocols.x509.signature import signed_by
from ecluse.services.listening.clients import ClientPolicy, Trust
from ecluse.services.listening.securing import Judge


@dataclass(frozen=True, slots=True)
class TlsSource:
    """What the settings of a listener say of its TLS.

    certificate, key, client_ca: PEM files, or empty; slot: establishment whose server certificate is shown (FINESS,
    name or number), or empty; store: trust store of the clients (`igc-sante-test`…), or empty; policy: `any` (TLS alone
    decides) or `igc-sante`; families: those that the policy admits; hard_fail: it refuses a client whose revocation
    cannot be known.
    """

    listener: str
    environment: Literal["test", "production"] = "test"
    certificate: str = ""
    key: str = ""
    client_ca: str = ""
    slot: str = ""
    store: str = ""
    policy: Literal["any", "igc-sante"] = "any"
    families: tuple[str, ...] = ("ORG AUTH_CLI",)
    hard_fail: bool = False

    @property
    def serves(self) -> bool:
        """Whether this listener has TLS."""
        return bool(self.certificate or self.slot)

    @property
    def mutual(self) -> bool:
        """Whether it asks for the certificate of its clients."""
        return bool(self.client_ca or self.store)

    @property
    def judges(self) -> bool:
        """Whether clients are judged beyond what TLS does."""
        return self.mutual and self.policy == "igc-sante"

    @property
    def kept(self) -> bool:
        """Whether some of it is in the store."""
        return bool(self.slot or self.store or self.judges)


def trust_in(file: str) -> Trust:
    """The authorities of a PEM file.

    :raises OSError: it cannot be read, or holds no certificate.
    """
    try:
        found = read_certificates(Path(file).read_bytes())
    except Unreadable as error:
        raise OSError(error.text_en) from None
    anchors = tuple(one for one in found if _is_anchor(one))
    return Trust(anchors, tuple(one for one in found if one not in anchors))


def judge_of(source: TlsSource, trust: Trust, today: Callable[[], datetime] | None = None) -> Judge | None:
    """The policy of a listener; None when TLS alone decides. today: the present instant, aware; the clock when None."""
    if not source.judges:
        return None
    return ClientPolicy(
        trust,
        source.environment,
        source.families,
        hard_fail=source.hard_fail,
        today=today or (lambda: datetime.now(UTC)),
    )


def _is_anchor(one: Certificate) -> bool:
    """Whether an authority signed itself: paths end there."""
    return one.is_self_issued and signed_by(one, one)
