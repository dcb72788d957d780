"""What happens to a patient: short stories told in steps, each step one message of one sender.

Each story follows the national text (PAM FR 2.11.1, life cycle of the INS and of identities): an INS
travels only with the status VALI, a deletion and a downgrade go by A47, the numbers of patients change only
by A40 and A47.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import NamedTuple

from ecluse.protocols.hl7 import NULL
from ecluse.simulators.hospital.compose import ins_cx, local_cx
from ecluse.simulators.hospital.people import INS_NIA, People, Person
from ecluse.simulators.hospital.record import CONSENTS, Consent, Contact, Doctor, Ins, Record
from ecluse.simulators.hospital.senders import DPI, GAM, HOSPITAL, LGC, SURGERY, Sender


class Step(NamedTuple):
    """One message to come. after: minutes since the previous step; the other fields feed `message_lines`."""

    after: int
    sender: Sender
    event: str
    record: Record
    note_fr: str
    note_en: str
    prior: tuple[str, ...] = ()
    identifiers: tuple[str, ...] | None = None
    second: Record | None = None
    also: tuple[str, ...] = ()


@dataclass
class World:
    """What stories share: chance, people, numbers, the OID of the INS and the hour it is."""

    rng: random.Random
    people: People
    numbers: Iterator[str]
    ins_oid: str
    now: datetime
    consents: Iterator[Consent]

    def minutes(self, shortest: int = 4, longest: int = 40) -> int:
        """A believable wait before the next message about a patient."""
        return self.rng.randint(shortest, longest)

    def admitted(self, person: Person | None = None) -> Record:
        """A patient as the administration first writes it down: provisional, with its particulars."""
        person = person or self.people.adult()
        return Record(
            person,
            next(self.numbers),
            HOSPITAL,
            consent=next(self.consents),
            doctor=self.doctor() if self.rng.random() < 0.6 else None,
            contact=self.contact() if self.rng.random() < 0.5 else None,
        )

    def qualified(self, record: Record, ins: Ins | None = None) -> Record:
        """The same patient once INSi has answered and a proof of identity was seen."""
        return replace(
            record,
            status=("VALI",),
            strict=True,
            insi_at=self.now,
            proof=self.rng.choice(("CN", "PA", "CS")),
            ins=(ins or Ins(record.person.matricule, self.ins_oid),),
        )

    def doctor(self) -> Doctor:
        """A treating doctor; RPPS numbers of test professionals begin with 997."""
        first = f"997{self.rng.randint(0, 9999999):07d}"
        person = self.people.adult()
        return Doctor(first + luhn_key(first), person.birth_name, person.given_names[0])

    def contact(self) -> Contact:
        """A person to notify, with the identifier that lets a later message close it (NK1-33)."""
        person = self.people.adult()
        relation = self.rng.choice(("SPO", "CHD", "SIS", "BRO", "FND"))
        return Contact(
            f"C{self.rng.randint(1, 999999):06d}",
            person.birth_name,
            person.given_names[0],
            relation,
            person.mobile,
        )


def luhn_key(digits: str) -> str:
    """The digit that completes a number so that its Luhn sum is a multiple of ten."""
    total = 0
    for rank, digit in enumerate(reversed(digits)):
        value = int(digit) * (2 if rank % 2 == 0 else 1)
        total += value - 9 if value > 9 else value
    return str(-total % 10)


def created(record: Record) -> Step:
    """The administration writes a patient down."""
    return Step(0, GAM, "A28", record, "Création du patient.", "Patient created.")


def qualification(world: World, record: Record) -> Step:
    """INSi has answered, the proof was seen: the INS travels (A31, VALI)."""
    return Step(
        world.minutes(),
        GAM,
        "A31",
        record,
        "Identité qualifiée : l’INS est transmis.",
        "Identity qualified: the INS is sent.",
    )


def deletion(world: World, record: Record, ins: Ins, status: tuple[str, ...], note: tuple[str, str]) -> Step:
    """A47 that takes an INS away: `""` in PID-3, the INS in MRG-1."""
    after = replace(record, status=status, ins=())
    return Step(
        world.minutes(),
        GAM,
        "A47",
        after,
        *note,
        prior=(ins_cx(ins),),
        identifiers=(local_cx(record), ins_cx(ins, NULL)),
    )


def ordinary(world: World) -> Iterator[Step]:
    """Created, moved house, qualified, relayed by the patient record."""
    record = world.admitted()
    yield created(record)
    if world.rng.random() < 0.5:
        moved = world.people.adult()
        record = replace(record, person=replace(record.person, address=moved.address, mobile=moved.mobile))
        yield Step(world.minutes(), GAM, "A31", record, "Nouvelle adresse.", "New address.")
    record = world.qualified(record)
    yield qualification(world, record)
    if world.rng.random() < 0.5:
        yield Step(
            world.minutes(),
            DPI,
            "A31",
            record,
            "Le dossier patient relaie l’identité qualifiée.",
            "The patient record relays the qualified identity.",
        )


def at_once(world: World) -> Iterator[Step]:
    """Created already qualified, after a reading of the application carte Vitale."""
    record = replace(world.qualified(world.admitted()), proof="AV")
    yield replace_note(
        created(record),
        "Création d’un patient déjà qualifié (appli carte Vitale).",
        "Patient created already qualified (carte Vitale application).",
    )


def replace_note(step: Step, note_fr: str, note_en: str) -> Step:
    """The same step told otherwise."""
    return step._replace(note_fr=note_fr, note_en=note_en)


def newborn(world: World) -> Iterator[Step]:
    """A birth: the child has no name yet, then a NIA, then its NIR."""
    mother = world.admitted()
    yield created(mother)
    child = world.people.newborn(mother.person)
    record = replace(
        world.admitted(),
        person=replace(child, given_names=("NOUVEAU-NE",)),
        mother=mother.local,
        weeks=world.rng.randint(36, 41),
        contact=None,
        doctor=None,
    )
    yield replace_note(
        created(record),
        "Naissance : l’enfant n’a pas encore de prénom.",
        "Birth: the child has no given name yet.",
    )._replace(after=world.minutes(), also=(mother.key,))
    record = replace(record, person=child, proof="LE")
    yield Step(world.minutes(), GAM, "A31", record, "Prénoms déclarés.", "Given names declared.")
    yield from _nia_then_nir(world, record)


def twins(world: World) -> Iterator[Step]:
    """Two births of one mother: same name, same day, two ranks."""
    mother = world.admitted()
    yield created(mother)
    first = replace(world.people.newborn(mother.person), birth_rank=1)
    for child in (first, world.people.twin(first)):
        record = replace(
            world.admitted(), person=child, mother=mother.local, weeks=35, contact=None, doctor=None
        )
        yield replace_note(
            created(record),
            f"Naissance du jumeau de rang {child.birth_rank}.",
            f"Birth of twin number {child.birth_rank}.",
        )._replace(after=world.minutes(1, 9), also=(mother.key,))


def _nia_then_nir(world: World, record: Record, changes: bool = False) -> Iterator[Step]:
    person = record.person
    nia = Ins(person.matricule_numbered(900 + person.order % 49), INS_NIA)
    record = world.qualified(record, nia)
    yield Step(
        world.minutes(),
        GAM,
        "A31",
        record,
        "Identité qualifiée avec un matricule provisoire (NIA).",
        "Identity qualified with a provisional matricule (NIA).",
    )
    if changes:
        new = Ins(person.matricule_numbered(950 + person.order % 49), INS_NIA)
        record = replace(record, ins=(new,))
        yield Step(
            world.minutes(),
            GAM,
            "A47",
            record,
            "Le matricule provisoire (NIA) change.",
            "The provisional matricule (NIA) changes.",
            prior=(ins_cx(nia),),
        )
        nia = new
    nir = Ins(person.matricule, world.ins_oid)
    both = world.rng.random() < 0.5
    record = replace(record, ins=(nia, nir) if both else (nir,))
    yield Step(
        world.minutes(),
        GAM,
        "A31",
        record,
        "Le matricule devient définitif : du NIA au NIR.",
        "The matricule becomes final: from NIA to NIR.",
    )


def nia_to_nir(world: World) -> Iterator[Step]:
    """Qualified with a NIA, then with the NIR (A31)."""
    record = world.admitted()
    yield created(record)
    yield from _nia_then_nir(world, record)


def nia_changes(world: World) -> Iterator[Step]:
    """A NIA whose matricule changes (A47) before the NIR comes."""
    record = world.admitted()
    yield created(record)
    yield from _nia_then_nir(world, record, changes=True)


def ins_changed(world: World) -> Iterator[Step]:
    """Another matricule is attributed: A47 with the former INS in MRG-1."""
    record = world.admitted()
    yield created(record)
    old = Ins(record.person.matricule_numbered(record.person.order % 899 + 100), world.ins_oid)
    record = world.qualified(record, old)
    yield qualification(world, record)
    record = replace(record, ins=(Ins(record.person.matricule, world.ins_oid),))
    yield Step(
        world.minutes(),
        GAM,
        "A47",
        record,
        "L’INS change de matricule.",
        "The INS changes its matricule.",
        prior=(ins_cx(old),),
    )


def ins_deleted(world: World) -> Iterator[Step]:
    """An INS attributed by mistake is deleted; the status follows in a later A31, as in the printed
    example."""
    record = world.qualified(world.admitted())
    yield created(replace(record, status=("PROV",), ins=(), insi_at=None, strict=False))
    yield qualification(world, record)
    (ins,) = record.ins
    yield deletion(
        world,
        record,
        ins,
        ("VALI",),
        ("Suppression de l’INS attribué par erreur.", "The INS attributed by mistake is deleted."),
    )
    yield Step(
        world.minutes(),
        GAM,
        "A31",
        replace(record, status=("PROV",), ins=(), insi_at=None),
        "L’identité redevient provisoire.",
        "The identity is provisional again.",
    )


def downgraded(world: World) -> Iterator[Step]:
    """Qualified, then a doubt: back to retrieved (A47 with PROV), flagged doubtful."""
    record = world.admitted()
    yield created(record)
    record = world.qualified(record)
    yield qualification(world, record)
    (ins,) = record.ins
    yield deletion(
        world,
        record,
        ins,
        ("PROV",),
        (
            "Doute sur la pièce d’identité : la qualification est retirée.",
            "Doubt about the proof of identity: the qualification is withdrawn.",
        ),
    )
    if world.rng.random() < 0.5:
        yield Step(
            world.minutes(),
            GAM,
            "A31",
            replace(record, status=("PROV", "DOUT"), ins=(), proof=""),
            "L’identité est signalée douteuse.",
            "The identity is flagged doubtful.",
        )


def duplicate(world: World) -> Iterator[Step]:
    """Written down twice, then merged (A40) and brought up to date."""
    record = world.admitted()
    yield created(record)
    slave = replace(world.admitted(record.person), consent=None)
    yield replace_note(
        created(slave),
        "Le même patient est créé une seconde fois, par erreur.",
        "The same patient is created again, by mistake.",
    )._replace(after=world.minutes())
    record = world.qualified(record)
    yield qualification(world, record)
    yield Step(
        world.minutes(),
        GAM,
        "A40",
        record,
        "Fusion des deux dossiers.",
        "The two records are merged.",
        prior=(local_cx(slave),),
        also=(slave.key,),
    )
    yield Step(
        world.minutes(1, 5), GAM, "A31", record, "Mise à jour après la fusion.", "Update after the merge."
    )


def corrected(world: World) -> Iterator[Step]:
    """A birth date mistyped, a name in use given then erased, before the qualification."""
    record = world.admitted()
    person = record.person
    wrong = replace(person, birth_date=person.birth_date - timedelta(days=366), used_name="Dupont")
    yield created(replace(record, person=wrong))
    yield Step(
        world.minutes(),
        GAM,
        "A31",
        replace(record, person=replace(person, used_name="Dupont")),
        "Correction de la date de naissance.",
        "Birth date corrected.",
    )
    record = replace(record, person=replace(person, used_name="", used_given_name=""))
    yield Step(
        world.minutes(),
        GAM,
        "A31",
        replace(record, erase_used_name=True),
        "Le nom utilisé est effacé.",
        "The name in use is erased.",
    )
    yield qualification(world, world.qualified(record))


def renumbered(world: World) -> Iterator[Step]:
    """The local number itself changes (A47)."""
    record = world.admitted()
    yield created(record)
    old = record
    record = replace(record, local=next(world.numbers))
    yield Step(
        world.minutes(),
        GAM,
        "A47",
        record,
        "Le numéro de patient (IPP) change.",
        "The patient number (IPP) changes.",
        prior=(local_cx(old),),
        also=(old.key,),
    )
    yield Step(
        world.minutes(),
        GAM,
        "A31",
        world.qualified(record),
        "Identité qualifiée sous le nouveau numéro.",
        "Identity qualified under the new number.",
        also=(old.key,),
    )


def linked(world: World) -> Iterator[Step]:
    """Hospital and practice recognise the same person: linked (A24), sometimes unlinked (A37)."""
    record = world.admitted()
    yield created(record)
    outside = Record(record.person, f"T{next(world.numbers)}", SURGERY)
    yield Step(
        world.minutes(),
        LGC,
        "A28",
        outside,
        "Le médecin traitant crée le patient dans son cabinet.",
        "The general practitioner creates the patient.",
        also=(record.key,),
    )
    yield Step(
        world.minutes(),
        GAM,
        "A24",
        record,
        "Rapprochement des deux numéros.",
        "The two numbers are linked.",
        second=outside,
        also=(outside.key,),
    )
    if world.rng.random() < 0.4:
        yield Step(
            world.minutes(),
            GAM,
            "A37",
            record,
            "Le rapprochement est annulé.",
            "The link is removed.",
            second=outside,
            also=(outside.key,),
        )


def deceased(world: World) -> Iterator[Step]:
    """A qualified patient dies."""
    record = world.qualified(world.admitted(world.people.centenarian()))
    yield created(replace(record, status=("PROV",), ins=(), insi_at=None, strict=False, proof=""))
    yield qualification(world, record)
    yield Step(
        world.minutes(),
        DPI,
        "A31",
        replace(record, deceased_at=world.now),
        "Décès du patient.",
        "The patient died.",
    )


def consent_changed(world: World) -> Iterator[Step]:
    """The patient changes its mind about the DMP: every national combination is said in turn."""
    record = world.qualified(world.admitted())
    yield created(replace(record, status=("PROV",), ins=(), insi_at=None, strict=False, proof=""))
    for consent in CONSENTS[:: world.rng.choice((1, -1))]:
        record = replace(record, consent=consent)
        yield Step(
            world.minutes(),
            GAM,
            "A31",
            record,
            f"Mon espace santé : alimentation {consent.feeding}, consultation {consent.consultation}.",
            f"Health record: feeding {consent.feeding}, consultation {consent.consultation}.",
        )


def homonyms(world: World) -> Iterator[Step]:
    """Two people of the same name, both qualified and flagged as homonyms."""
    one = world.admitted()
    other = world.admitted(world.people.homonym(one.person))
    for record in (one, other):
        yield created(record)._replace(after=world.minutes(), also=(one.key,))
    for record in (one, other):
        sure = world.qualified(record)
        yield Step(
            world.minutes(),
            GAM,
            "A31",
            replace(sure, status=("VALI", "HOMA")),
            "Identité qualifiée, homonyme signalé.",
            "Identity qualified, homonym flagged.",
            also=(one.key,),
        )


def practice(world: World) -> Iterator[Step]:
    """A patient of the general practitioner, in the domain of the practice."""
    person = world.people.child() if world.rng.random() < 0.3 else world.people.adult()
    record = Record(person, f"T{next(world.numbers)}", SURGERY, doctor=world.doctor())
    yield Step(0, LGC, "A28", record, "Nouveau patient du cabinet.", "New patient of the practice.")
    if world.rng.random() < 0.7:
        yield Step(
            world.minutes(),
            LGC,
            "A31",
            world.qualified(record),
            "Identité qualifiée au cabinet.",
            "Identity qualified at the practice.",
        )


def known_before(world: World) -> Iterator[Step]:
    """A patient known long before this feed: the first message is an update, which must create it."""
    record = world.qualified(world.admitted())
    yield Step(
        0,
        GAM,
        "A31",
        record,
        "Mise à jour d’un patient créé avant l’ouverture du flux.",
        "Update of a patient created before the feed was opened.",
    )


def unknown_identity(world: World) -> Iterator[Step]:
    """Brought in unconscious without papers, recognised later: merged into the right record."""
    nobody = Record(world.people.adult(), next(world.numbers), HOSPITAL, unknown=True)
    yield replace_note(
        created(nobody), "Patient inconscient, identité inconnue.", "Unconscious, identity unknown."
    )
    record = world.admitted(nobody.person)
    yield replace_note(
        created(record), "La famille donne l’identité.", "The family gives the identity."
    )._replace(after=world.minutes(), also=(nobody.key,))
    yield Step(
        world.minutes(),
        GAM,
        "A40",
        record,
        "Le dossier anonyme rejoint le bon dossier.",
        "The unknown record is merged into the right one.",
        prior=(local_cx(nobody),),
        also=(nobody.key,),
    )


def lunar(world: World) -> Iterator[Step]:
    """Born on an unknown day: the date is completed, so the identity can be neither retrieved nor
    qualified."""
    person = world.people.adult()
    year = person.birth_date.year
    completed = replace(person, birth_date=person.birth_date.replace(month=12, day=31))
    record = replace(world.admitted(completed), lunar=("00", "00", f"{year}"))
    yield replace_note(
        created(record),
        "Date de naissance incomplète, corrigée selon la règle nationale.",
        "Incomplete birth date, completed by the national rule.",
    )


STORIES: dict[Callable[[World], Iterator[Step]], int] = {
    ordinary: 34,
    at_once: 8,
    newborn: 5,
    twins: 2,
    nia_to_nir: 4,
    nia_changes: 2,
    ins_changed: 3,
    ins_deleted: 3,
    downgraded: 3,
    duplicate: 5,
    corrected: 5,
    renumbered: 2,
    linked: 2,
    deceased: 3,
    consent_changed: 3,
    homonyms: 2,
    practice: 8,
    known_before: 3,
    unknown_identity: 2,
    lunar: 2,
}
"""Stories and their share of a day, in percent."""
