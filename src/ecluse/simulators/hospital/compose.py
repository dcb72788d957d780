"""Writes ITI-30 messages as the simulated senders do; their segments serve ITI-31 too (`stay_compose`).

Source: IHE France, PAM national extension 2.11.1 (structures ADT_A05, ADT_A39, ADT_A30; constraints on PID,
ZFA, ZFD) and HL7 v2.5; A24 and A37 from IHE ITI TF-2, 3.30.6.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from ecluse.protocols.hl7 import NULL, Er7, escape, segment
from ecluse.simulators.hospital.people import Address, Person, Place, insi_form
from ecluse.simulators.hospital.record import Consent, Doctor, Ins, Record
from ecluse.simulators.hospital.senders import RECEIVER_APPLICATION, RECEIVER_FACILITY, Sender

STRUCTURES = {
    "A28": "ADT_A05",
    "A31": "ADT_A05",
    "A40": "ADT_A39",
    "A47": "ADT_A30",
    "A24": "ADT_A24",
    "A37": "ADT_A37",
    # ITI-31
    "A01": "ADT_A01",
    "A02": "ADT_A02",
    "A03": "ADT_A03",
    "A04": "ADT_A01",
    "A05": "ADT_A05",
    "A06": "ADT_A06",
    "A07": "ADT_A06",
    "A11": "ADT_A09",
    "A12": "ADT_A12",
    "A13": "ADT_A01",
    "A21": "ADT_A21",
    "A22": "ADT_A21",
    "A38": "ADT_A38",
    "A44": "ADT_A43",
    "A52": "ADT_A52",
    "A53": "ADT_A52",
    "A54": "ADT_A54",
    "A55": "ADT_A52",
    "Z99": "ADT_A01",
}


def stamp(at: datetime) -> str:
    """A date and time as HL7 writes it, to the second, without zone."""
    return f"{at:%Y%m%d%H%M%S}"


def line(name: str, fields: Mapping[int, str]) -> str:
    """One segment; `fields` gives the text of the filled fields, already escaped."""
    return segment(name, {number: Er7(text) for number, text in fields.items()})


def cx(value: str, authority: str, kind: str) -> str:
    """An identifier: value, assigning authority (already joined by `&`) and type."""
    return f"{value}^^^{authority}^{kind}"


def ins_cx(ins: Ins, value: str | None = None) -> str:
    """An INS in PID-3 or MRG-1; `value` replaces the matricule, for instance by the null of a deletion."""
    return cx(ins.matricule if value is None else value, f"{ins.label}&{ins.oid}&ISO", "INS")


def local_cx(record: Record, local: str | None = None) -> str:
    """The local identifier of a record (IPP), or another one of the same authority."""
    return cx(local or record.local, str(record.authority), "PI")


def message_lines(
    sender: Sender,
    event: str,
    record: Record,
    at: datetime,
    control_id: str,
    *,
    prior: Sequence[str] = (),
    identifiers: Sequence[str] | None = None,
    second: Record | None = None,
) -> list[str]:
    """The segments of one message.

    :param prior: repetitions of MRG-1, for A40 and A47.
    :param identifiers: repetitions of PID-3; by default the local identifier and the INS of the record.
    :param second: the other patient of a link (A24, A37).
    """
    head = [msh(sender, event, at, control_id), _evn(sender, at)]
    if second is not None:
        return [*head, _linked(1, record), _linked(2, second)]
    if identifiers is None:
        identifiers = identifiers_of(record)
    if event in ("A40", "A47"):
        return [*head, pid(sender, record, at, identifiers, short=True), line("MRG", {1: "~".join(prior)})]
    return [
        *head,
        pid(sender, record, at, identifiers),
        *doctors(sender, record),
        *_nk1(sender, record),
        sender.pv1,
        *zfa(sender, record.consent, at),
        *zfd(record),
    ]


def to_bytes(sender: Sender, lines: Sequence[str]) -> bytes:
    """Segments ended by CR, in the charset of the sender."""
    return sender.encode("\r".join(lines) + "\r")


def msh(sender: Sender, event: str, at: datetime, control_id: str) -> str:
    """The header of a message."""
    fields = {
        3: sender.application,
        4: sender.facility,
        5: RECEIVER_APPLICATION,
        6: RECEIVER_FACILITY,
        7: stamp(at) + (f".{at.microsecond // 1000:03d}" if sender.fraction else ""),
        9: f"ADT^{event}^{STRUCTURES.get(event, '')}",
        10: control_id,
        11: "P",
        12: f"2.5^FRA^{sender.release}",
        17: sender.country,
        18: sender.charset,
        19: sender.language,
        21: sender.profile,
    }
    return line("MSH", fields)


def _evn(sender: Sender, at: datetime) -> str:
    occurred = {6: stamp(at - timedelta(minutes=1))} if sender.event_time else {}
    return line("EVN", {2: stamp(at), **occurred})


def cased(sender: Sender, text: str) -> str:
    """A name in the letters of a sender, escaped."""
    if sender.case == "plain":
        text = insi_form(text)
    elif sender.case == "upper":
        text = text.upper()
    return escape(text)


def names(sender: Sender, record: Record) -> str:
    """PID-5: the birth name (L), and the name in use (D) when there is one or when it is erased."""
    person = record.person
    if record.unknown:
        return "INCONNU^X^^^^^L"

    def write(text: str) -> str:
        return escape(insi_form(text)) if record.strict else cased(sender, text)

    title = "Mme" if person.sex == "F" else "M."
    listed = " ".join(person.given_names)
    birth = f"{write(person.birth_name)}^{write(person.given_names[0])}^{write(listed)}^^{title}^^L"
    if record.erase_used_name:
        return f"{birth}~{NULL}^^^^^^D"
    if person.used_name or person.used_given_name:
        return f"{birth}~{cased(sender, person.used_name)}^{cased(sender, person.used_given_name)}^^^^^D"
    return birth


def birth_place(place: Place) -> str:
    """PID-11 of type BDL: the COG code in XAD-9, the country in XAD-6."""
    city = escape(place.name) if place.country == "FRA" else ""
    return f"^^{city}^^{place.postcode}^{place.country}^BDL^^{place.code}"


def home(address: Address) -> str:
    """PID-11 of type H; a second line goes to XAD-2."""
    place = address.place
    return (
        f"{escape(address.street)}^{escape(address.second_line)}^{escape(place.name)}^^{place.postcode}^FRA^H"
    )


def telecoms(person: Person) -> str:
    """PID-13: mobile telephone and e-mail."""
    parts = [f"^PRN^CP^^^^^^^^^{person.mobile}"] if person.mobile else []
    return "~".join(parts + ([f"^NET^Internet^{escape(person.email)}"] if person.email else []))


def identifiers_of(record: Record) -> list[str]:
    """PID-3: the local identifier and the INS of a record."""
    return [local_cx(record), *(ins_cx(ins) for ins in record.ins)]


def pid(
    sender: Sender,
    record: Record,
    at: datetime,
    identifiers: Sequence[str],
    short: bool = False,
    account: str = "",
) -> str:
    """The patient as a sender writes it; short: without the particulars; account: PID-18 (ITI-31)."""
    person = record.person
    fields = {1: "1", 3: "~".join(identifiers), 5: names(sender, record), 32: "~".join(record.status)}
    if account:
        fields[18] = account
    if record.unknown:
        return line("PID", {**fields, 8: "U", 31: "Y"})
    fields |= {7: f"{person.birth_date:%Y%m%d}", 8: person.sex}
    if short:
        return line("PID", {**fields, 11: birth_place(person.birth_place)})
    fields |= {
        11: f"{home(person.address)}~{birth_place(person.birth_place)}",
        13: telecoms(person),
        15: "FR",
        16: person.marital_status,
        26: "FRA",
        31: "N",
    }
    if record.mother:
        fields[21] = local_cx(record, record.mother)
    if person.birth_rank:
        fields |= {24: "Y", 25: str(person.birth_rank)}
    if record.deceased_at:
        fields |= {29: stamp(record.deceased_at), 30: "Y"}
    if sender.last_update:
        fields[33] = stamp(at)
    return line("PID", fields)


def _linked(number: int, record: Record) -> str:
    person = record.person
    name = f"{escape(insi_form(person.birth_name))}^{escape(insi_form(person.given_names[0]))}^^^^^L"
    return line("PID", {1: str(number), 3: local_cx(record), 5: name, 32: "~".join(record.status)})


def xcn(sender: Sender, doctor: Doctor) -> str:
    """A doctor by its national number."""
    return (
        f"8{doctor.rpps}^{cased(sender, doctor.name)}^{cased(sender, doctor.given_name)}^^^DR^^^"
        "ASIP-SANTE-PS&1.2.250.1.71.4.2.1&ISO^L^^^IDNPS"
    )


def doctors(sender: Sender, record: Record) -> list[str]:
    """The treating doctor, where the sender puts it."""
    if record.doctor is None:
        return []
    doctor = xcn(sender, record.doctor)
    if sender.doctor_segment == "PD1":
        return [line("PD1", {4: doctor, 12: "N"})]
    return [line("PD1", {12: "N"}), line("ROL", {2: "UC", 3: "ODRP", 4: doctor})]


def _nk1(sender: Sender, record: Record) -> list[str]:
    contact = record.contact
    if contact is None:
        return []
    name = f"{cased(sender, contact.name)}^{cased(sender, contact.given_name)}^^^^^L"
    return [
        line(
            "NK1",
            {
                1: "1",
                2: name,
                3: contact.relation,
                5: f"^PRN^CP^^^^^^^^^{contact.mobile}",
                7: contact.role,
                33: cx(contact.id, str(record.authority), "PN"),
            },
        )
    ]


def zfa(sender: Sender, consent: Consent | None, at: datetime) -> list[str]:
    """The choices about the DMP, if the sender says them; at: when they were collected."""
    if consent is None or not sender.consent:
        return []
    when, dmp = stamp(at), consent.dmp
    if sender.consent == "2.10":
        allowed = "Y" if consent.consultation == "IC" else "N"
        return [line("ZFA", {1: dmp, 2: when, 4: allowed, 5: when, 6: "N", 7: "N", 8: when})]
    fields = {1: dmp, 2: when, 9: consent.feeding, 11: consent.consultation}
    # The date is empty with NA: nothing was collected.
    fields |= {10: when} if consent.feeding != "NA" else {}
    fields |= {12: when} if consent.consultation != "NA" else {}
    return [line("ZFA", fields)]


def zfd(record: Record) -> list[str]:
    """How the identity was obtained and proved."""
    fields = {3: "N", 4: "Y" if record.lunar else "N", 5: "SM"}
    if record.lunar:
        fields[1] = "^".join(record.lunar)
    if record.weeks:
        fields[2] = str(record.weeks)
    if record.insi_at:
        fields |= {5: record.method, 6: stamp(record.insi_at)}
    if record.proof:
        fields[7] = record.proof
    return [line("ZFD", fields)]
