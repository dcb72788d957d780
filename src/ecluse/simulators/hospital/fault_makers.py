"""How each fault of the catalogue is made: a good message spoilt in one way, or a wrong sequence of good
ones."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from ecluse.protocols.hl7 import NULL
from ecluse.simulators.hospital.compose import cx, ins_cx, local_cx, message_lines, to_bytes
from ecluse.simulators.hospital.edits import (
    Edit,
    Twist,
    add,
    all_of,
    cut,
    delimiters,
    drop,
    ends,
    instead,
    put,
    recode,
    repetitions,
    same,
    shift,
)
from ecluse.simulators.hospital.outgoing import Outgoing
from ecluse.simulators.hospital.people import INS_NIR, INS_NIR_TEST, People
from ecluse.simulators.hospital.record import CONSENTS, Ins, Record
from ecluse.simulators.hospital.senders import DPI, GAM, HOSPITAL, Sender


@dataclass
class Bench:
    """What the makers of faults share: chance, people, numbers and the hour."""

    rng: random.Random
    people: People
    numbers: Iterator[str]
    control_ids: Iterator[str]
    clock: Iterator[datetime]
    ins_oid: str

    def patient(self) -> Record:
        """A new patient of the hospital, provisional; its name bears accents, so that charsets matter."""
        person = replace(self.people.adult(), birth_name="Lefèvre-Bénard", used_name="")
        return Record(person, next(self.numbers), HOSPITAL, consent=CONSENTS[0])

    def qualified(self, record: Record) -> Record:
        """The same patient with its INS."""
        ins = (Ins(record.person.matricule, self.ins_oid),)
        return replace(record, status=("VALI",), strict=True, ins=ins, proof="CN")

    def say(
        self,
        record: Record,
        event: str = "A28",
        *,
        sender: Sender = GAM,
        edit: Edit = same,
        twist: Twist | None = None,
        control_id: str | None = None,
        also: tuple[str, ...] = (),
        **more: Any,
    ) -> Outgoing:
        """A message about a patient, spoilt by `edit` (segments) then `twist` (bytes)."""
        at = next(self.clock)
        control_id = next(self.control_ids) if control_id is None else control_id
        lines = edit(message_lines(sender, event, record, at, control_id, **more))
        raw = to_bytes(sender, lines)
        raw = twist(raw) if twist else raw
        note = ("Message ordinaire.", "Ordinary message.")
        return Outgoing(sender.id, control_id, event, raw, *note, "AA", record.key, at, also)


Maker = Callable[[Bench], Iterator[Outgoing]]


def spoilt(
    edit: Edit = same, twist: Twist | None = None, *, event: str = "A28", qualified: bool = False
) -> Maker:
    """A fault of one message: a creation or an update, spoilt."""

    def maker(bench: Bench) -> Iterator[Outgoing]:
        record = bench.patient()
        yield bench.say(bench.qualified(record) if qualified else record, event, edit=edit, twist=twist)

    return maker


def merge_spoilt(edit: Edit) -> Maker:
    """A fault of a merge between two patients known to the receiver."""

    def maker(bench: Bench) -> Iterator[Outgoing]:
        kept, gone = bench.patient(), bench.patient()
        yield bench.say(kept)
        yield bench.say(gone, also=(kept.key,))
        yield bench.say(kept, "A40", edit=edit, prior=(local_cx(gone),), also=(gone.key,))

    return maker


def wrong_key(bench: Bench) -> Iterator[Outgoing]:
    """The key of the matricule is one more than it should."""
    record = bench.qualified(bench.patient())
    (ins,) = record.ins
    wrong = f"{int(ins.matricule[13:]) % 97 + 1:02d}"
    yield bench.say(replace(record, ins=(Ins(ins.matricule[:13] + wrong, ins.oid),)))


def other_environment(bench: Bench) -> Iterator[Outgoing]:
    """The OID of the other environment."""
    record = bench.qualified(bench.patient())
    other = INS_NIR if bench.ins_oid == INS_NIR_TEST else INS_NIR_TEST
    yield bench.say(replace(record, ins=(Ins(record.ins[0].matricule, other),)))


def ins_only(bench: Bench) -> Iterator[Outgoing]:
    """No local identifier."""
    record = bench.qualified(bench.patient())
    yield bench.say(record, identifiers=(ins_cx(record.ins[0]),))


def a40_two_groups(bench: Bench) -> Iterator[Outgoing]:
    """Two merges in one message."""
    yield from merge_spoilt(lambda lines: [*lines, *lines[-2:]])(bench)


def empty_control_id(bench: Bench) -> Iterator[Outgoing]:
    """MSH-10 without a value."""
    yield bench.say(bench.patient(), control_id="")


def duplicate(same_bytes: bool) -> Maker:
    """A control id used twice."""

    def maker(bench: Bench) -> Iterator[Outgoing]:
        record = bench.patient()
        first = bench.say(record)
        yield first
        other = replace(record, person=replace(record.person, mobile="0639989999"))
        yield first if same_bytes else bench.say(other, "A31", control_id=first.control_id)

    return maker


def two_patients_identifiers(bench: Bench) -> Iterator[Outgoing]:
    """PID-3 lists the numbers of two patients of one authority."""
    one, other = bench.patient(), bench.patient()
    yield bench.say(one)
    yield bench.say(other, also=(one.key,))
    yield bench.say(one, "A31", identifiers=(local_cx(one), local_cx(other)), also=(other.key,))


def merged_identifier_used(bench: Bench) -> Iterator[Outgoing]:
    """The relay goes on with the number that was merged."""
    kept, gone = bench.patient(), bench.patient()
    yield bench.say(kept)
    yield bench.say(gone, also=(kept.key,))
    yield bench.say(kept, "A40", prior=(local_cx(gone),), also=(gone.key,))
    yield bench.say(gone, "A31", sender=DPI, also=(kept.key,))


def a47_target_taken(bench: Bench) -> Iterator[Outgoing]:
    """The new number is that of another patient."""
    one, other = bench.patient(), bench.patient()
    yield bench.say(one)
    yield bench.say(other, also=(one.key,))
    yield bench.say(other, "A47", prior=(local_cx(one),), also=(one.key,))


def a47_two_patients(bench: Bench) -> Iterator[Outgoing]:
    """IPP of one patient, INS of another."""
    one, other = bench.qualified(bench.patient()), bench.qualified(bench.patient())
    yield bench.say(one)
    yield bench.say(other, also=(one.key,))
    (ins,) = other.ins
    gone = replace(one, status=("PROV",), ins=())
    yield bench.say(
        gone, "A47", prior=(ins_cx(ins),), identifiers=(local_cx(one), ins_cx(ins, NULL)), also=(other.key,)
    )


def deletion(known: bool, null: bool) -> Maker:
    """Deletion of an INS, received before or not, with or without `""` in PID-3."""

    def maker(bench: Bench) -> Iterator[Outgoing]:
        record = bench.qualified(bench.patient())
        (ins,) = record.ins
        gone = replace(record, status=("PROV",), ins=())
        yield bench.say(record if known else gone)
        kept = (local_cx(record), ins_cx(ins, NULL)) if null else (local_cx(record),)
        yield bench.say(gone, "A47", prior=(ins_cx(ins),), identifiers=kept)

    return maker


def a40_unknown(source: bool) -> Maker:
    """A merge whose source, or whose target, the receiver has never seen."""

    def maker(bench: Bench) -> Iterator[Outgoing]:
        kept, gone = bench.patient(), bench.patient()
        yield bench.say(kept if source else gone)
        yield bench.say(kept, "A40", prior=(local_cx(gone),), also=(gone.key,))

    return maker


def a28_known(bench: Bench) -> Iterator[Outgoing]:
    """A second creation under the same number."""
    record = bench.patient()
    yield bench.say(record)
    yield bench.say(record)


def plain_downgrade(bench: Bench) -> Iterator[Outgoing]:
    """PROV by A31 after VALI."""
    record = bench.patient()
    yield bench.say(bench.qualified(record))
    yield bench.say(record, "A31")


def shifted_birth_address(bench: Bench) -> Iterator[Outgoing]:
    """The defects of a published example, about somebody else."""
    record = bench.qualified(bench.patient())
    (ins,) = record.ins
    first = ("2" if record.person.sex == "M" else "1") + ins.matricule[1:13]
    record = replace(record, ins=(Ins(f"{first}{int(ins.matricule[13:]) % 97 + 1:02d}", ins.oid),))
    birth = record.person.birth_place
    yield bench.say(
        record,
        edit=all_of(
            put("PID", 10, f"^^^^^{birth.country}^BDL^^{birth.code}"),
            put("PID", 11, ""),
            put("PID", 5, lambda text: "^".join((*text.split("^")[:2], "", *text.split("^")[3:]))),
        ),
    )


def _type(kind: str) -> Edit:
    return put("PID", 3, lambda text: text.removesuffix("^INS") + f"^{kind}")


def _unauthorised(text: str) -> str:
    value = text.split("^")[0]
    return f"{value}^^^^PI"


def _named_only(text: str) -> str:
    return cx(text.split("^")[0], f"{HOSPITAL.name}&&M", "PI")


def _blank(lines: list[str]) -> list[str]:
    head, *rest = lines
    return [head, *(line.replace("^L|", "^L |") + "| " for line in rest)]


def _before(name: str, line: str) -> Edit:
    def edit(lines: list[str]) -> list[str]:
        at = next(i for i, one in enumerate(lines) if one[:3] == name)
        return [*lines[:at], line, *lines[at:]]

    return edit


def _opposite_sex(text: str) -> str:
    return "M" if text == "F" else "F"


_STREET = "12 rue Lilas & Roses^^Dijon^^21000^FRA^H"
_ACK = (
    b"MSH|^~\\&|ECLUSE|PLATEFORME|GAM-SIMU|CH-VALMONT|20260302080000||ACK^A28^ACK|K1|P|2.5^FRA^2.11\r"
    b"MSA|AA|G26030200010000001\r"
)

MAKERS: dict[str, Maker] = {
    "prov-with-ins": spoilt(put("PID", 32, "PROV"), qualified=True),
    "wrong-key": wrong_key,
    "sex-against-matricule": spoilt(put("PID", 8, _opposite_sex), qualified=True),
    "shifted-fields": spoilt(shift("PID", 13, 2), qualified=True),
    "ins-typed-nh": spoilt(_type("NH"), qualified=True),
    "ins-typed-ins-nir": spoilt(_type("INS-NIR"), qualified=True),
    "missing-pid-32": spoilt(put("PID", 32, "")),
    "missing-pv1": spoilt(drop("PV1")),
    "missing-evn": spoilt(drop("EVN")),
    "a08": spoilt(put("MSH", 9, "ADT^A08^ADT_A01"), event="A31"),
    "iti-31-admission": spoilt(all_of(put("MSH", 9, "ADT^A01^ADT_A01"), put("PV1", 2, "I"))),
    "oru": spoilt(all_of(put("MSH", 9, "ORU^R01^ORU_R01"), drop("EVN"), add("OBR|1|||GLU^Glucose^L"))),
    "a40-two-groups": a40_two_groups,
    "a40-wrong-structure": merge_spoilt(put("MSH", 9, "ADT^A40^ADT_A40")),
    "msh-9-two-components": spoilt(put("MSH", 9, "ADT^A28")),
    "a40-missing-mrg": merge_spoilt(drop("MRG")),
    "declared-ascii": spoilt(put("MSH", 18, "ASCII")),
    "declared-8859-1": spoilt(put("MSH", 18, "8859/1")),
    "declared-utf-8": spoilt(twist=recode("UNICODE UTF-8", "iso8859-15")),
    "charset-absent": spoilt(put("MSH", 18, "")),
    "charset-misnamed": spoilt(put("MSH", 18, "UTF-8")),
    "utf-16": spoilt(twist=recode("UNICODE", "utf-16")),
    "utf-8-bom": spoilt(twist=lambda raw: b"\xef\xbb\xbf" + raw),
    "unescaped-ampersand": spoilt(
        put("PID", 11, lambda text: repetitions(text, lambda r: (_STREET, *r[1:])))
    ),
    "unescaped-caret": spoilt(put("PID", 11, lambda text: "12 rue du Ch^ateau" + text[text.index("^") :])),
    "hl7-2-3-1": spoilt(put("MSH", 12, "2.3.1")),
    "version-alone": spoilt(put("MSH", 12, "2.5")),
    "future-release": spoilt(put("MSH", 12, "2.5^FRA^2.19")),
    "processing-d": spoilt(put("MSH", 11, "D")),
    "duplicate-same-bytes": duplicate(same_bytes=True),
    "duplicate-other-bytes": duplicate(same_bytes=False),
    "empty-control-id": empty_control_id,
    "two-patients-identifiers": two_patients_identifiers,
    "merged-identifier-used": merged_identifier_used,
    "a47-target-taken": a47_target_taken,
    "a47-two-patients": a47_two_patients,
    "a47-unknown-ins": deletion(known=False, null=True),
    "a40-unknown-source": a40_unknown(source=True),
    "a40-unknown-target": a40_unknown(source=False),
    "a28-known": a28_known,
    "plain-downgrade": plain_downgrade,
    "deletion-without-null": deletion(known=True, null=False),
    "empty-repetitions": spoilt(all_of(put("PID", 3, lambda text: text + "~~"), put("PID", 13, "~~"))),
    "trailing-blanks": spoilt(_blank),
    "lf-ends": spoilt(twist=ends(b"\n")),
    "crlf-ends": spoilt(twist=ends(b"\r\n")),
    "other-delimiters": spoilt(delimiters("$%*!+")),
    "no-identifier": spoilt(put("PID", 3, "")),
    "authority-missing": spoilt(put("PID", 3, _unauthorised)),
    "authority-without-oid": spoilt(put("PID", 3, _named_only)),
    "ins-only": ins_only,
    "other-environment": other_environment,
    "shifted-birth-address": shifted_birth_address,
    "phone-in-xtn-1": spoilt(put("PID", 13, "0639980102~0639980103")),
    "obsolete-consents": spoilt(all_of(drop("ZFA"), _before("ZFD", "ZFA||||N||N|N"))),
    "matricule-in-pid-19": spoilt(put("PID", 19, "184125511612345")),
    "impossible-date": spoilt(put("PID", 7, "19800230")),
    "unknown-z-segment": spoilt(add("ZZZ|1|propriétaire|42")),
    "oversized-field": spoilt(put("PID", 11, lambda text: "A" * 200_000 + text)),
    "not-hl7": spoilt(twist=instead(b"GET / HTTP/1.1\r\nHost: exemple.test\r\n\r\n")),
    "truncated": spoilt(twist=cut(120)),
    "ack-to-listener": spoilt(twist=instead(_ACK)),
}
