"""What of a relayed message may leave now: an INS leaves only with a qualified identity (rule 28)."""

from __future__ import annotations

from typing import NamedTuple

import msgspec

from ecluse.protocols.hl7 import Message
from ecluse.protocols.pam.facts import MessageFacts
from ecluse.protocols.pam.read import read
from ecluse.protocols.pam.withhold import Withheld, nothing, withhold_ins
from ecluse.rules import ins
from ecluse.rules.identity.model import Patient, WrongKey
from ecluse.rules.identity.usability import hindered, qualifies
from ecluse.services.deliveries.message_keys import local_keys
from ecluse.services.queries.standing import Standings
from ecluse.store.models import PatientKey, PatientState

_patient = msgspec.json.Decoder(Patient).decode


class Departures:
    """What of a message may leave now (guide d'implémentation de l'INS, rule 28).

    An INS leaves when a patient that the message designates holds it, or it replaced one that does not match any more,
    and the INS of that patient is usable: the identity is qualified here and now, whatever it was when the message
    came. The message too must say it: PID-32 of whoever it gives this INS to.
    """

    def __init__(
        self,
        environment: ins.Environment,
        require_strict_traits: bool,
        wrong_key: WrongKey,
        ins_in_deletion: str,
    ) -> None:
        self._environment: ins.Environment = environment
        self._require_strict_traits = require_strict_traits
        self._wrong_key: WrongKey = wrong_key
        self._deletions_sent = ins_in_deletion == "sent"

    def prepare(self, raw: bytes, event: str, domain: int) -> Withheld:
        """The message as it may leave.

        :raises CannotWithhold: when it may not leave at all.
        """
        facts = read(Message.parse(raw))
        about = _About(
            facts, domain, Standings(self._environment, self._require_strict_traits, self._wrong_key)
        )
        told = about.held_once if self._deletions_sent and event == "A47" else nothing
        return withhold_ins(raw, about.leaves, deleted=told)


class _Holding(NamedTuple):
    """A patient that a message designates; usable: its INS may be given on now."""

    patient: Patient
    usable: bool


class _About:
    """The patients that a message designates: by its local identifiers, by an INS only when it has none."""

    def __init__(self, facts: MessageFacts, domain: int, standings: Standings) -> None:
        self._facts = facts
        self._domain = domain
        self._standings = standings
        keys = local_keys(facts)
        self._local = self._holding(keys) if keys else None
        self._by_ins: dict[str, list[_Holding]] = {}

    def leaves(self, matricule: str, oid: str) -> bool:
        """Whether an INS may leave."""
        return self._said_qualified(matricule) and any(
            one.usable and _among(matricule, oid, one.patient, now=True)
            for one in self._designated(matricule, oid)
        )

    def held_once(self, matricule: str, oid: str) -> bool:
        """Whether a patient of the message holds an INS or held it."""
        return any(_among(matricule, oid, one.patient, now=False) for one in self._designated(matricule, oid))

    def _designated(self, matricule: str, oid: str) -> list[_Holding]:
        if self._local is not None:
            return self._local
        key = f"{oid}|INS|{matricule}"
        if key not in self._by_ins:
            self._by_ins[key] = self._holding((key,))
        return self._by_ins[key]

    def _holding(self, keys: tuple[str, ...]) -> list[_Holding]:
        ids = PatientKey.objects.filter(domain_id=self._domain, key__in=keys).values_list(
            "patient", flat=True
        )
        states = PatientState.objects.filter(id__in=list(ids)).values_list("state", flat=True)
        found = [_patient(bytes(state)) for state in states]
        return [_Holding(one, self._standings.judge(one, self._domain)[1] is None) for one in found]

    def _said_qualified(self, matricule: str) -> bool:
        """PID-32 of the persons the message gives this INS to; of every person when it stands elsewhere (MRG, ROL)."""
        persons = self._facts.persons
        carriers = [
            person
            for person in persons
            if any(ins.normalise(one.value) == matricule for one in person.identifiers)
        ]
        said = [person.statuses for person in carriers or persons]
        return all(qualifies(one) and not hindered(one) for one in said)


def _among(matricule: str, oid: str, patient: Patient, *, now: bool) -> bool:
    current = (patient.ins,) if patient.ins is not None else ()
    held = (*current, *patient.superseded, *(() if now else patient.withdrawn))
    return any((one.matricule, one.oid) == (matricule, oid) for one in held)
