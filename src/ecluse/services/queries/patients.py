"""Patients as readers may see them: found by local identifier or by usable INS, listed, exported.

A matricule that may not be used is in no answer and finds nobody (design: identity model). The standing of an
INS is worked out at reading time, because confirming a sender changes it without any message.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from itertools import islice

import msgspec
from django.db.models import Q

from ecluse.protocols.pam.facts import Name
from ecluse.rules import ins
from ecluse.rules.identity.identifiers import MATCHING_TYPE
from ecluse.rules.identity.model import LocalIdentifier, Patient, WrongKey
from ecluse.services.queries.carriers import carriers
from ecluse.services.queries.demographics import Demographic, demographics, masked
from ecluse.services.queries.documents import (
    Authority,
    ConsentDocument,
    DomainDocument,
    HistoryLine,
    IdentifierDocument,
    LinkDocument,
    PatientDocument,
    PatientLine,
    PatientPage,
    TraitsDocument,
)
from ecluse.services.queries.history import histories
from ecluse.services.queries.masking import hide_all, hide_identifier
from ecluse.services.queries.presentation import hl7_date, hl7_time, present, searchable
from ecluse.services.queries.standing import Standings, waiting
from ecluse.store.models import Domain, IdentifierLink, PatientKey, PatientState, StoredEvent
from ecluse.store.snapshot import Snapshot, live_snapshot

_decode = msgspec.json.Decoder(Patient).decode
_BATCH = 200


class PatientReader:
    """Reads patients for one deployment.

    :param environment: `test` or `production`, as the store records it.
    :param require_strict_traits: setting of the same name: an INS is usable only with its five strict traits.
    :param wrong_key: setting of the same name: whether a wrong key makes an INS unusable.
    """

    def __init__(
        self,
        environment: ins.Environment,
        *,
        require_strict_traits: bool = True,
        wrong_key: WrongKey = "by-environment",
    ) -> None:
        self._environment: ins.Environment = environment
        self._require_strict_traits = require_strict_traits
        self._wrong_key: WrongKey = wrong_key

    def get(self, patient: str, *, history: bool = True) -> PatientDocument | None:
        """The patient with that id of the store, merged or not; without its history when nobody asks for it."""
        found = self._documents([patient] if searchable(patient) else [], history=history)
        return found[0] if found else None

    def by_identifier(self, value: str, authority: str | None = None) -> tuple[PatientDocument, ...]:
        """Patients that carry a local identifier, merged ones included (their `merged_into` names the
        survivor).

        :param authority: name or OID of the assigning authority; None: any.
        """
        return tuple(self._documents(carriers(value, authority)))

    def by_ins(self, matricule: str, oid: str | None = None) -> tuple[PatientDocument, ...]:
        """Patients whose INS is that one, or replaced it, and may be used. A withdrawn INS finds nobody."""
        return tuple(one for one in self._documents(ins_holders(matricule, oid)) if one.ins is not None)

    def brief(self, ids: Iterable[str]) -> tuple[PatientDocument, ...]:
        """Patients by id, in the order of their ids, without their history and their links: what a search shows."""
        rows = list(
            PatientState.objects.filter(id__in=[one for one in ids if searchable(one)]).order_by("id")
        )
        standings, domains = self.standings(), _domains()
        found = ((row.domain_id, _decode(row.state)) for row in rows)
        return tuple(
            _document(patient, domains[domain], standings, domain, [], []) for domain, patient in found
        )

    def page(self, after: str | None = None, limit: int = 100) -> PatientPage:
        """Patients in the order of their ids.

        :param after: `next` of the page before; None: the first page.
        """
        rows = PatientState.objects.filter(id__gt=after or "").order_by("id")[: limit + 1]
        found = [(row.domain_id, _decode(row.state)) for row in rows]
        return PatientPage(self._lines(found[:limit]), found[limit - 1][1].id if len(found) > limit else None)

    def page_waiting(self, reason: str, after: str | None = None, limit: int = 100) -> PatientPage:
        """Patients whose INS is kept but waits for that reason (`standing.WAITING`), in the order of their ids.

        Reads every patient up to the last one given: which of them waits depends on the senders as they are now.
        """
        standings = self.standings()
        found: list[tuple[int, Patient]] = []
        last = after or ""
        while len(found) <= limit:
            rows = list(PatientState.objects.filter(id__gt=last).order_by("id")[:_BATCH])
            if not rows:
                break
            last = rows[-1].id
            patients = ((row.domain_id, _decode(row.state)) for row in rows)
            found += [
                (domain, patient)
                for domain, patient in patients
                if waiting(patient, standings.of(patient, domain)) == reason
            ]
        return PatientPage(self._lines(found[:limit]), found[limit - 1][1].id if len(found) > limit else None)

    def page_by_identifier(self, value: str, authority: str | None = None) -> PatientPage:
        """The patients of `by_identifier`, as lines of a list."""
        rows = PatientState.objects.filter(id__in=carriers(value, authority)).order_by("id")
        return PatientPage(self._lines((row.domain_id, _decode(row.state)) for row in rows), None)

    def every(self) -> Iterator[PatientDocument]:
        """All patients, complete, as they are at the moment of the call; a few hundred in memory."""
        standings, domains = self.standings(), _domains()
        with live_snapshot() as snapshot:
            rows = snapshot.stream("SELECT domain_id, state FROM store_patientstate ORDER BY id")
            while batch := [(row[0], _decode(row[1])) for row in islice(rows, _BATCH)]:
                history = _histories_in(snapshot, [patient.id for _, patient in batch])
                links = _links(batch)
                for domain, patient in batch:
                    yield _document(
                        patient,
                        domains[domain],
                        standings,
                        domain,
                        history.get(patient.id, []),
                        links[patient.id],
                    )

    def demographics(self, patient: str) -> tuple[Demographic, ...]:
        """Everything demographic that is kept beside the traits: addresses, telecoms, doctors, contacts."""
        row = PatientState.objects.filter(id=patient).first()
        if row is None:
            return ()
        return tuple(Demographic(*one) for one in sorted(masked(_decode(row.state).details)))

    def standings(self) -> Standings:
        """Works out levels of trust, with the senders and the domains as they are now."""
        return Standings(self._environment, self._require_strict_traits, self._wrong_key)

    def _documents(self, ids: Iterable[str], *, history: bool = True) -> list[PatientDocument]:
        rows = list(PatientState.objects.filter(id__in=list(ids)).order_by("id"))
        if not rows:
            return []
        patients = [(row.domain_id, _decode(row.state)) for row in rows]
        standings, domains, links = self.standings(), _domains(), _links(patients)
        past = _histories([patient.id for _, patient in patients]) if history else {}
        return [
            _document(
                patient, domains[domain], standings, domain, past.get(patient.id, []), links[patient.id]
            )
            for domain, patient in patients
        ]

    def _lines(self, patients: Iterable[tuple[int, Patient]]) -> tuple[PatientLine, ...]:
        standings = self.standings()
        return tuple(
            PatientLine(
                id=patient.id,
                trust=standings.of(patient, domain).trust,
                identifiers=tuple(map(identifier_document, patient.identifiers)),
                merged_into=patient.merged_into or None,
            )
            for domain, patient in patients
        )


def merged_into(patient: str) -> str:
    """Id of the patient that replaced another one, whoever asks; empty when none did."""
    rows = PatientState.objects.filter(id=patient) if searchable(patient) else PatientState.objects.none()
    return rows.values_list("merged_into", flat=True).first() or ""


def ins_holders(matricule: str, oid: str | None = None) -> list[str]:
    """Ids of the patients whose INS is that one, or replaced it, usable or not.

    :param oid: of the assigning authority; None: any.
    """
    if not searchable(matricule, oid):
        return []
    wanted = ins.normalise(matricule.strip())
    keys = [f"{one}|INS|{wanted}" for one in ([oid] if oid else ins.authorities())]
    rows = PatientKey.objects.filter(domain_id__in=Domain.objects.values("id"), key__in=keys)
    return sorted(set(rows.values_list("patient", flat=True)))


def _parts(key: str) -> tuple[str, str, str]:
    """Authority, type and value of a matching key; an authority or a value may hold a bar of its own."""
    if f"|{MATCHING_TYPE}|" in key:
        authority, _, value = key.partition(f"|{MATCHING_TYPE}|")
        return authority, MATCHING_TYPE, value
    authority, kind, value = key.split("|", 2)
    return authority, kind, value


def _domains() -> dict[int, DomainDocument]:
    rows = Domain.objects.values_list("id", "name", "oid")
    return {one: DomainDocument(name, oid or None) for one, name, oid in rows}


def _histories(patients: list[str]) -> dict[str, list[HistoryLine]]:
    rows = StoredEvent.objects.filter(patient__in=patients).order_by("id")
    return histories(rows.values_list("patient", "id", "type", "at", "data"))


def _histories_in(snapshot: Snapshot, patients: list[str]) -> dict[str, list[HistoryLine]]:
    marks = ", ".join(["%s"] * len(patients))
    return histories(
        snapshot.stream(
            f"SELECT patient, id, type, at, data FROM store_storedevent WHERE patient IN ({marks}) ORDER BY id",
            patients,
        )
    )


def _links(patients: Iterable[tuple[int, Patient]]) -> dict[str, list[LinkDocument]]:
    """Links of each patient (A24): the other identifier, and who carries it here."""
    found: dict[str, list[LinkDocument]] = defaultdict(list)
    mine: dict[tuple[int, str], str] = {
        (domain, identifier.key): patient.id
        for domain, patient in patients
        for identifier in patient.identifiers
    }
    if not mine:
        return found
    keys = {key for _, key in mine}
    rows = IdentifierLink.objects.filter(domain_id__in={domain for domain, _ in mine})
    others: list[tuple[str, int, str]] = []
    for link in rows.filter(Q(a__in=keys) | Q(b__in=keys)).order_by("a", "b"):
        for own, other in ((link.a, link.b), (link.b, link.a)):
            if (link.domain_id, own) in mine:
                others.append((mine[link.domain_id, own], link.domain_id, other))
    wanted = {key for _, _, key in others}
    holders = {
        (domain, key): patient
        for domain, key, patient in PatientKey.objects.filter(
            domain_id__in={domain for _, domain, _ in others}, key__in=wanted
        ).values_list("domain_id", "key", "patient")
    }
    for patient, domain, key in others:
        authority, kind, value = _parts(key)
        if kind != "INS":
            found[patient].append(
                LinkDocument(
                    hide_identifier(value, kind, authority),
                    _authority(authority),
                    kind,
                    holders.get((domain, key)),
                )
            )
    return found


def _document(
    patient: Patient,
    domain: DomainDocument,
    standings: Standings,
    domain_id: int,
    history: list[HistoryLine],
    links: list[LinkDocument],
) -> PatientDocument:
    standing = standings.of(patient, domain_id)
    return PatientDocument(
        id=patient.id,
        domain=domain,
        status=hide_all(patient.statuses),
        trust=standing.trust,
        ins=standing.ins,
        ins_reason=standing.reason,
        traits=traits_document(patient),
        identifiers=tuple(map(identifier_document, patient.identifiers)),
        dmp_consent=consent_document(patient.consent),
        merged_into=patient.merged_into or None,
        links=tuple(links),
        deceased=patient.death == "Y" or present(patient.death_at) is not None,
        history=tuple(history),
        demographics=demographics(patient),
    )


def traits_document(patient: Patient) -> TraitsDocument:
    """Birth name is the PID-5 repetition of type L, used name the one of type D (PAM France 2.11, PID-5)."""
    birth = next((name for name in patient.names if name.type == "L"), None) or Name("", "", "", "", "L")
    used = next((name for name in patient.names if name.type == "D"), None) or Name("", "", "", "", "D")
    return TraitsDocument(
        birth_name=hide_all(present(birth.family)),
        birth_given_names=hide_all(present(birth.given_list)),
        first_birth_given_name=hide_all(present(birth.given)),
        birth_date=hl7_date(patient.birth_date),
        sex=present(patient.sex),
        birth_place_code=present(patient.birth_place),
        used_name=hide_all(present(used.family)),
        used_given_name=hide_all(present(used.given)),
    )


def consent_document(fields: tuple[str, ...]) -> ConsentDocument | None:
    """ZFA-9 to ZFA-12. Fields 4 to 8 are obsolete and never read as a choice of the patient (PAM France
    2.11).
    """
    padded = (*fields, *[""] * 12)
    feeding, feeding_at, consultation, consultation_at = padded[8:12]
    if not any(map(present, (feeding, consultation))):
        return None
    return ConsentDocument(
        feeding=present(feeding.split("^")[0]),
        feeding_date=hl7_time(feeding_at),
        consultation=present(consultation.split("^")[0]),
        consultation_date=hl7_time(consultation_at),
    )


def identifier_document(one: LocalIdentifier) -> IdentifierDocument:
    """A local identifier; one that is a national number is masked."""
    value = hide_identifier(one.value, one.type, one.oid)
    return IdentifierDocument(value, Authority(present(one.authority), present(one.oid)), one.type)


def _authority(text: str) -> Authority:
    """Authority of a matching key: an OID when it has the form of one, else a name."""
    if text.replace(".", "").isdigit() and "." in text:
        return Authority(None, text)
    return Authority(present(text), None)
