"""Stories about records and people: duplicates, corrections, numbers, links, deaths, consents, homonyms.

Source: PAM FR 2.11.1 and IHE ITI TF-2, 3.30: the numbers of patients change only by A40 and A47.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

from ecluse.simulators.hospital.compose import local_cx
from ecluse.simulators.hospital.record import CONSENTS, Record
from ecluse.simulators.hospital.senders import DPI, GAM, HOSPITAL, LGC, SURGERY
from ecluse.simulators.hospital.world import Step, World, created, qualification, replace_note


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
    person = replace(record.person, used_given_name="")
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
    record = replace(record, person=replace(person, used_name=""))
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
        return
    # The same INS in two identification domains.
    for sender, known in ((GAM, record), (LGC, outside)):
        yield Step(
            world.minutes(),
            sender,
            "A31",
            world.qualified(known),
            "Identité qualifiée de part et d’autre.",
            "Identity qualified on both sides.",
            also=(record.key, outside.key),
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
            f"Mon espace santé : alimentation {consent.feeding}, consultation {consent.consultation}.",
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
