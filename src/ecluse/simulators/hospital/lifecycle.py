"""Stories about the INS: qualified, provisional then final, changed, deleted, downgraded.

Source: PAM FR 2.11.1, life cycle of the INS: an INS travels only with the status VALI; a deletion and a
downgrade go by A47; the passage from NIA to NIR goes by A31.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from dataclasses import replace

from ecluse.protocols.hl7 import NULL
from ecluse.simulators.hospital.compose import ins_cx, local_cx
from ecluse.simulators.hospital.people import INS_NIA
from ecluse.simulators.hospital.record import Ins, Record
from ecluse.simulators.hospital.senders import DPI, GAM
from ecluse.simulators.hospital.world import Step, World, created, qualification, replace_note


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
    """Created already qualified: the carte Vitale was read, INSi has answered and the proof was seen."""
    record = replace(world.qualified(world.admitted()), method="CV")
    yield replace_note(
        created(record),
        "Création d’un patient déjà qualifié (carte Vitale lue, pièce d’identité vue).",
        "Patient created already qualified (carte Vitale read, proof of identity seen).",
    )


def newborn(world: World) -> Iterator[Step]:
    """A birth: the child has no name yet, then a NIA, then its NIR."""
    mother = world.admitted(world.people.mother())
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
        "Naissance : l’enfant n’a pas encore de prénom.",
        "Birth: the child has no given name yet.",
    )._replace(after=world.minutes(), also=(mother.key,))
    record = replace(record, person=child, proof="LE")
    yield Step(world.minutes(), GAM, "A31", record, "Prénoms déclarés.", "Given names declared.")
    yield from _nia_then_nir(world, record)


def twins(world: World) -> Iterator[Step]:
    """Two births of one mother: same name, same day, two ranks."""
    mother = world.admitted(world.people.mother())
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
    nia = Ins(world.people.another_matricule(person), INS_NIA)
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
        new = Ins(world.people.another_matricule(person), INS_NIA)
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
        "Le matricule devient définitif : du NIA au NIR.",
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


def _changed(world: World) -> Generator[Step, None, Record]:
    """Qualified, then another matricule (A47 with the former INS in MRG-1); returns the record."""
    record = world.admitted()
    yield created(record)
    old = Ins(world.people.another_matricule(record.person), world.ins_oid)
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
    return record


def _deleted(world: World, record: Record) -> Iterator[Step]:
    """The INS is deleted by A47; the status follows in a later A31, as in the printed example."""
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


def ins_changed(world: World) -> Iterator[Step]:
    """Another matricule is attributed."""
    yield from _changed(world)


def ins_deleted(world: World) -> Iterator[Step]:
    """An INS attributed by mistake is deleted."""
    record = world.admitted()
    yield created(record)
    record = world.qualified(record)
    yield qualification(world, record)
    yield from _deleted(world, record)


def whole_life(world: World) -> Iterator[Step]:
    """The whole life of an INS: qualified, changed, relayed, then deleted."""
    record = yield from _changed(world)
    yield Step(
        world.minutes(),
        DPI,
        "A31",
        record,
        "Le dossier patient relaie le nouvel INS.",
        "The new INS is relayed.",
    )
    yield from _deleted(world, record)


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
            "Doute sur la pièce d’identité : la qualification est retirée.",
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
