"""What may be shown of a patient's INS, with the sender and the domain as they are trusted now."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from ecluse.rules import ins
from ecluse.rules.identity.model import Patient, Trust, WrongKey
from ecluse.rules.identity.usability import qualifies, usability
from ecluse.services.queries.documents import InsDocument, Reason
from ecluse.store.models import Domain, Sender

_OTHER_DOMAIN = Reason(
    "domain",
    "Cet INS vient d’un autre domaine d’identification : il attend une vérification par INSi.",
    "This INS comes from another identification domain: it waits for a verification by INSi.",
)
"""Guide d'implémentation de l'INS, rule 54."""


@dataclass(frozen=True, slots=True)
class Standing:
    """Trust level, and either the usable INS or the reason why there is none."""

    trust: Trust
    ins: InsDocument | None
    reason: Reason | None


WAITING = (
    "collision", "sender", "domain", "traits", "contradicted", "missing-traits", "corrected-date", "key", "environment",
)  # fmt: skip
"""Reasons for which an INS that is kept, of a validated identity, waits before it may be used."""


def waiting(patient: Patient, standing: Standing) -> str:
    """Why the INS kept for a validated identity waits: one of WAITING, or empty when none waits."""
    if (
        standing.reason is None
        or patient.ins is None
        or standing.trust == "provisoire"
        or patient.merged_into
    ):
        return ""
    return standing.reason.code


class Vouching(NamedTuple):
    """Who vouches for an INS. confirmed: domain of each confirmed sender, by its id; own: ids of our domains."""

    confirmed: Mapping[str, int]
    own: frozenset[int]


def vouching() -> Vouching:
    """Senders and domains as they are now."""
    senders = Sender.objects.filter(status="confirmed").values_list("id", "domain_id")
    own = Domain.objects.filter(own=True).values_list("id", flat=True)
    return Vouching({str(sender): domain for sender, domain in senders}, frozenset(own))


class Standings:
    """Works out standings. It reads senders and domains once, so an instance serves one request.

    :param vouches: senders and domains of another moment than now.
    """

    def __init__(
        self,
        environment: ins.Environment,
        require_strict_traits: bool,
        wrong_key: WrongKey = "by-environment",
        vouches: Vouching | None = None,
    ) -> None:
        self._environment: ins.Environment = environment
        self._strict_traits = require_strict_traits
        self._wrong_key: WrongKey = wrong_key
        self._confirmed, self._own = vouches or vouching()

    def of(self, patient: Patient, domain: int) -> Standing:
        """The standing of a patient of a domain: only a sender of that very domain vouches for its INS."""
        trust, reason = self.judge(patient, domain)
        if reason is not None:
            return Standing(trust, None, reason)
        assert patient.ins is not None  # usability answered None
        return Standing(trust, _document(ins.Ins(patient.ins.matricule, patient.ins.oid)), None)

    def judge(self, patient: Patient, domain: int) -> tuple[Trust, Reason | None]:
        """The same, the INS aside: trust level, and why there is no usable INS."""
        found = usability(
            patient,
            environment=self._environment,
            confirmed=self._confirmed,
            require_strict_traits=self._strict_traits,
            wrong_key=self._wrong_key,
        )
        reason = Reason(*found) if found is not None else self._elsewhere(patient, domain)
        if reason is None:
            return "qualifiee", None
        return "validee" if qualifies(patient.statuses) else "provisoire", reason

    def _elsewhere(self, patient: Patient, domain: int) -> Reason | None:
        """Why an INS waits though a person confirmed its sender: the sender or the patient is of another domain."""
        held = patient.ins
        assert held is not None  # usability answered None
        here = any(self._confirmed.get(sender) == domain for sender in (held.sender, *held.also))
        return None if here and domain in self._own else _OTHER_DOMAIN


def _document(one: ins.Ins) -> InsDocument:
    return InsDocument(
        matricule=one.matricule,
        oid=one.oid,
        kind="NIA" if one.kind == "nia" else "NIR",
        environment="production" if one.allowed("production") else "test",
        key_valid=one.key_valid,
    )
