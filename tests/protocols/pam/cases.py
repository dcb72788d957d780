"""One spoilt message for each rule written one by one: what triggers it, and where it is told."""

from __future__ import annotations

from typing import NamedTuple

from ecluse.protocols.hl7 import Message

from .builders import AUTHORITY, FORMER, INS, IPP, MATRICULE, NIA, NIR, lines, message, pid, raw, set_field


class Case(NamedTuple):
    """A rule, a message that breaks it, the location of the finding, the environment."""

    rule: str
    message: Message
    location: str
    environment: str = "production"


def _with(event: str, *more: str, **changes: str | None) -> Message:
    """A message with segments appended at its end."""
    text = message(event, **changes).lines
    return Message.parse(raw([*text, *more]))


def _plain(**fields: str) -> str:
    """A clean PID without INS, with fields replaced."""
    return pid(**{"_3": IPP, **fields})


def _after(event: str, name: str, *more: str) -> Message:
    """A message with segments inserted after the first segment of a name."""
    text = lines(event)
    rank = next(index for index, line in enumerate(text) if line[:3] == name)
    return Message.parse(raw([*text[: rank + 1], *more, *text[rank + 1 :]]))


def _charset(declared: str, codec: str, name: str = "BOISCLAIR") -> Message:
    text = raw(lines("A28")).decode().replace("UNICODE UTF-8", declared).replace("exemple", "exémple")
    return Message.parse(text.replace("BOISCLAIR", name).encode(codec))


TEST_NIR = NIR.replace("4.8", "4.10")
L = "BOISCLAIR^MAHAUT^MAHAUT ODILE^^Mme^^L"
BDL = "^^PARIS^^^FRA^BDL^^75107"
HOME = "4 quai du Canal^^LYON^^69003^FRA^H"

STRUCTURE = (
    Case("PAM-SEG-001", message("A28", EVN=None), "EVN"),
    Case("PAM-SEG-001", message("A28", PV1=None), "PV1"),
    Case("PAM-SEG-001", message("A40", MRG=None), "MRG"),
    Case("PAM-SEG-001", message("A01", ZBE=None), "ZBE"),
    Case("PAM-SEG-002", _after("A28", "MSH", "PV1||N"), "PV1[2]"),
    Case("PAM-SEG-002", _with("A28", "TXA|1"), "TXA"),
    Case("PAM-SEG-003", _after("A28", "PID", pid()), "PID[2]"),
    Case("PAM-SEG-003", _after("A28", "PV1", "PV1||N"), "PV1[2]"),
    Case("PAM-SEG-004", _with("A28", "ZZZ|1"), "ZZZ"),
    Case("PAM-SEG-005", _after("A40", "MRG", "PV1||N"), "PV1"),
    Case("PAM-SEG-006", _with("A28", "suite d’une ligne coupée"), ""),
    Case("PAM-SEG-007", _after("A05", "PV1", "PV2|||1"), "PV2"),
    Case("PAM-SEG-008", _after("A28", "PV1", "PV2|||1"), "PV2"),
    Case("PAM-SEG-009", _after("A31", "ZFD", lines("A28")[4]), "ROL[2]"),
    Case("PAM-SEG-010", message("A28", PID=pid(_42="X")), "PID-42"),
    Case("PAM-SEG-011", _with("A47", "ZFD|||Y"), "ZFD"),
    Case("PAM-SEG-012", _with("A28", "ZFM|8"), "ZFM"),
    Case("PAM-SEG-013", message("A28", ZFA="ZFA|"), "ZFA"),
)

HEADER = (
    Case("PAM-MSH-2-001", Message.parse(raw(lines("A28")).replace(b"^", b"$")), "MSH-2"),
    Case("PAM-MSH-9-001", message("A28", MSH_9="ORU^R01^ORU_R01"), "MSH-9.1"),
    Case("PAM-MSH-9-002", message("A28", MSH_9="ADT^A99^ADT_A99"), "MSH-9.2"),
    Case("PAM-MSH-9-003", message("A28", MSH_9="ADT^A08^ADT_A01"), "MSH-9.2"),
    Case("PAM-MSH-9-004", message("A40", MSH_9="ADT^A40^ADT_A40"), "MSH-9.3"),
    Case("PAM-MSH-9-005", message("A28", MSH_9="ADT^A28"), "MSH-9.3"),
    Case("PAM-MSH-12-001", message("A28", MSH_12="2.3.1"), "MSH-12.1"),
    Case("PAM-MSH-12-002", message("A28", MSH_12="2.5"), "MSH-12.3"),
    Case("PAM-MSH-12-003", message("A28", MSH_12="2.5^FRA^2.12"), "MSH-12.3"),
    Case("PAM-MSH-12-004", message("A28", MSH_12="2.5^FRA^2.1"), "MSH-12.3"),
    Case("PAM-MSH-12-005", message("A28", MSH_12="2.5^^2.11"), "MSH-12.2"),
    Case("PAM-MSH-12-006", message("A28", MSH_12="2.5^FRA^2.11.1"), "MSH-12.3"),
    Case("PAM-MSH-12-007", message("A28", MSH_12="2.5^FRA^2.12"), "MSH-12.3"),
    Case("PAM-MSH-15-001", message("A28", MSH_15="AL"), "MSH-15"),
    Case("PAM-MSH-17-001", message("A28", MSH_17="BEL"), "MSH-17"),
    Case("PAM-MSH-18-001", _charset("8859/1", "latin-1"), "MSH-18"),
    Case("PAM-MSH-18-001", _charset("ASCII", "utf-8"), "MSH-18"),
    Case("PAM-MSH-18-002", _charset("UTF8", "utf-8"), "MSH-18"),
    Case("PAM-MSH-18-003", _charset("8859/15", "utf-8"), "MSH-18"),
    Case("PAM-MSH-18-004", _charset("", "utf-8"), "MSH-18"),
    Case("PAM-MSH-18-005", _charset("8859/15~UNICODE UTF-8", "iso8859-15"), "MSH-18"),
    Case("PAM-MSH-18-006", Message.parse(b"\xef\xbb\xbf" + raw(lines("A28"))), "MSH"),
    Case("PAM-MSH-19-001", message("A28", MSH_19="EN"), "MSH-19"),
    Case("PAM-MSH-21-001", message("A28", MSH_21="2.10^IHE_FRANCE-2.10-PAM"), "MSH-21.1"),
    Case("PAM-EVN-1-001", message("A28", EVN_1="A01"), "EVN-1"),
    Case("PAM-EVN-3-001", message("A28", EVN_3="20240306"), "EVN-3"),
    Case("PAM-EVN-6-001", message("A14", EVN_6="20240306"), "EVN-6"),
)

PERSON = (
    Case("PAM-PID-3-003", message("A28", PID=_plain(_3="7001^^^CHU-ESSAI^PI")), "PID-3.4"),
    Case("PAM-PID-3-004", message("A28", PID=_plain(_3="7001^^^CHU&1.2.250 .1&ISO^PI")), "PID-3.4.2"),
    Case("PAM-PID-3-005", message("A28", PID=_plain(_3="7001^^^CHU&1.2.250.1.999.7^PI")), "PID-3.4.3"),
    Case("PAM-PID-3-006", message("A28", PID=_plain(_3=f"7001^^^{AUTHORITY}")), "PID-3.5"),
    Case("PAM-PID-3-007", message("A28", PID=pid(_3=INS)), "PID-3"),
    Case("PAM-PID-3-008", message("A28", PID=_plain(_3=f"{IPP}~7003^^^{AUTHORITY}^PI")), "PID-3[2]"),
    Case("PAM-PID-5-001", message("A28", PID=_plain(_5="BOISCLAIR^MAHAUT^^^^^D")), "PID-5"),
    Case("PAM-PID-5-002", message("A28", PID=_plain(_5=f"{L}~{L}")), "PID-5[2]"),
    Case("PAM-PID-5-004", message("A28", PID=_plain(_5="BOISCLAIR^MAHAUT^ODILE MAHAUT^^^^L")), "PID-5.3"),
    Case("PAM-PID-5-007", message("A28", PID=_plain(_5="BOISCLAIR^MAHAUT^^^^Mme^L")), "PID-5.6"),
    Case("PAM-PID-5-009", message("A28", PID=_plain(_5="BOISCLAIR&DE^MAHAUT^^^^^L")), "PID-5.1"),
    Case("PAM-PID-7-001", message("A28", PID=_plain(_7="20250101")), "PID-7"),
    Case("PAM-PID-7-002", message("A28", PID=_plain(_7="19681335")), "PID-7"),
    Case("PAM-PID-7-003", message("A28", PID=_plain(_7="19/03/1968")), "PID-7"),
    Case("PAM-PID-8-001", message("A28", PID=_plain(_8="O")), "PID-8"),
    Case("PAM-PID-8-002", message("A28", PID=_plain(_8="H")), "PID-8"),
    Case("PAM-PID-10-001", message("A28", PID=_plain(_10=BDL)), "PID-10"),
    Case("PAM-PID-11-001", message("A28", PID=_plain(_11="^^75107^^^FRA^BDL")), "PID-11.3"),
    Case("PAM-PID-11-002", message("A28", PID=_plain(_11="^^PARIS^^^FRA^BDL")), "PID-11.9"),
    Case("PAM-PID-11-003", message("A28", PID=_plain(_11="^^PARIS^^^FRA^BDL^^7510")), "PID-11.9"),
    Case("PAM-PID-11-004", message("A28", PID=_plain(_11="^^OSLO^^^FRA^BDL^^99103")), "PID-11.6"),
    Case("PAM-PID-11-005", message("A28", PID=_plain(_11=f"{BDL}~{BDL}")), "PID-11[2]"),
    Case("PAM-XTN-001", message("A28", PID=_plain(_13="0400000001^PRN^PH")), "PID-13.1"),
    Case("PAM-XTN-002", message("A28", PID=_plain(_13="^NET^Internet^NON")), "PID-13.4"),
    Case("PAM-XTN-003", message("A28", PID=_plain(_13="^PRN^Internet^a@exemple.fr")), "PID-13.2"),
    Case("PAM-XTN-004", message("A28", PID=_plain(_13="^PRN^PH^^^^^^^^^04 00 00 00 01")), "PID-13.12"),
    Case("PAM-PID-18-001", message("A01", PID=pid(_18="")), "PID-18"),
    Case("PAM-PID-19-001", message("A28", PID=_plain(_19=MATRICULE)), "PID-19"),
    Case("PAM-PID-25-001", message("A28", PID=_plain(_25="1")), "PID-25"),
    Case("PAM-PID-30-001", message("A31", PID=_plain(_29="20240301", _30="N")), "PID-30"),
    Case(
        "PAM-PID-31-001",
        message("A28", PID=_plain(_3=f"{IPP}~5^^^DDS&1.2.250.1.999.8&ISO^PI", _31="Y")),
        "PID-3",
    ),
    Case("PAM-PID-32-001", message("A28", PID=_plain(_32="")), "PID-32"),
    Case("PAM-PID-32-002", message("A28", PID=_plain(_32="VALID")), "PID-32"),
    Case("PAM-PID-32-003", message("A28", PID=_plain(_32="VALI~DOUT")), "PID-32"),
    Case("PAM-PID-32-004", message("A28", PID=_plain(_32="PROV~FICT~HOMA")), "PID-32"),
    Case("PAM-PID-32-005", message("A28", PID=_plain(_32="PROV~VALI")), "PID-32"),
    Case("PAM-PID-32-006", message("A28", PID=_plain(_32="HOMA")), "PID-32"),
    Case("PAM-PID-32-007", message("A28", release="2.9", PID=_plain(_32="")), "PID-32"),
    Case("PAM-PID-32-008", message("A28", PID=_plain(_31="Y", _32="AL")), "PID-32"),
    Case("PAM-PID-32-009", message("A28", PID=_plain(_32="", _34="VALI")), "PID-34"),
    Case("PAM-NK1-7-001", message("A28", NK1_7="K"), "NK1-7"),
)


def _ins(text: str, **fields: str) -> Message:
    return message("A28", PID=pid(**{"_3": f"{IPP}~{text}", **fields}))


WRONG_KEY = MATRICULE[:13] + f"{(int(MATRICULE[13:]) + 1) % 97:02d}"

THE_INS = (
    Case("PAM-INS-001", _ins(INS, _32="PROV"), "PID-3[2]"),
    Case("PAM-INS-001", _ins(INS, _32=""), "PID-3[2]"),
    Case("PAM-INS-002", _ins(f"{MATRICULE[:13]}^^^{NIR}^INS"), "PID-3[2].1"),
    Case("PAM-INS-003", _ins(f"{WRONG_KEY}^^^{NIR}^INS"), "PID-3[2].1"),
    Case("PAM-INS-003", _ins(f"{WRONG_KEY}^^^{TEST_NIR}^INS"), "PID-3[2].1", "test"),
    Case("PAM-INS-004", _ins(f"{MATRICULE}^^^{TEST_NIR}^INS"), "PID-3[2].4.2"),
    Case("PAM-INS-005", _ins(f"{INS}^^20101207"), "PID-3[2].7"),
    Case("PAM-INS-006", _ins(f"{FORMER}^^^{NIA}^INS~{INS}"), "PID-3[3]"),
    Case("PAM-INS-007", _ins(f"{MATRICULE}^^^{NIR}^INS-NIR"), "PID-3[2].5"),
    Case("PAM-INS-007", _ins(f"{MATRICULE}^^^{NIR}"), "PID-3[2].5"),
    Case("PAM-INS-008", _ins(f"{MATRICULE}^^^{NIR}^NH"), "PID-3[2].5"),
    Case("PAM-INS-009", _ins(f"{MATRICULE}^^^ASIP&1.2.250.1.213.1.4.8&ISO^INS"), "PID-3[2].4.1"),
    Case("PAM-INS-010", _ins("0093^^^ASIP-SANTE-INS-C&1.2.250.1.213.1.4.2&ISO^INS-C"), "PID-3[2]"),
    Case("PAM-INS-011", _ins(f"{MATRICULE}^^^ASIP-SANTE-INS-NIR&1.2.250.1.213.1.4.5&ISO^INS"), "PID-3[2].4"),
    Case("PAM-INS-011", _ins(f"{MATRICULE}^^^ASIP-SANTE-INS-NIR^INS"), "PID-3[2].4"),
    Case("PAM-INS-012", _ins(f"{INS}~{FORMER}^^^{NIR}^INS"), "PID-3[3]"),
    Case("PAM-INS-013", _ins(INS, _8="M"), "PID-3[2].1"),
    Case("PAM-INS-014", _ins(INS, _7="19700319"), "PID-3[2].1"),
    Case("PAM-INS-015", _ins(INS, _11="^^LYON^^^FRA^BDL^^69383"), "PID-3[2].1"),
    Case("PAM-INS-016", _ins(f"{MATRICULE}^^^{NIA}^INS~{INS}"), "PID-3[3]"),
    Case("PAM-INS-018", message("A28", release="2.9", PID=pid()), "PID-3[2]"),
    Case("PAM-INS-019", _ins(f'""^^^{NIR}^INS'), "PID-3[2].1"),
    Case("PAM-INS-020", _ins(INS, _5="BOISCLAIR^MAHAUT^^^^^D"), "PID-5"),
    Case("PAM-INS-020", _ins(INS, _5="BOISCLAIR^^^^^^L"), "PID-5"),
    Case("PAM-INS-021", _ins(INS, _5="BOISCLAIR^MAHAUT^^^^^L"), "PID-5.3"),
    Case("PAM-INS-022", _ins(INS, _7=""), "PID-7"),
    Case("PAM-INS-023", _ins(INS, _7="196803"), "PID-7"),
    Case("PAM-INS-024", _ins(INS, _8="U"), "PID-8"),
    Case("PAM-INS-025", _ins(INS, _11=HOME), "PID-11"),
    Case("PAM-INS-025", _ins(INS, _11="^^PARIS^^^FRA^BDL"), "PID-11"),
    Case("PAM-INS-026", message("A28", ZFD_4="Y"), "ZFD-4"),
    Case("PAM-INS-028", _ins(INS, _5="BOISCLAIR^MAHAUT^ODILE MAHAUT^^^^L"), "PID-5.2"),
    Case("PAM-INS-029", _ins(INS, _5="Boisclair^MAHAUT^MAHAUT^^^^L"), "PID-5.1"),
    Case("PAM-INS-029", _ins(INS, _5="BOISCLAIR^MAHAUT^MAHAUT ÉLODIE^^^^L"), "PID-5.3"),
)

MERGES = (
    Case(
        "PAM-MRG-001",
        Message.parse(raw([*lines("A40"), pid(_3=f"7004^^^{AUTHORITY}^PI"), f"MRG|7005^^^{AUTHORITY}^PI"])),
        "MRG[2]",
    ),
    Case("PAM-MRG-1-001", message("A47", MRG_1=IPP), "MRG-1"),
    Case("PAM-MRG-1-002", message("A47", MRG_1="7002^^^DDS&1.2.250.1.999.8&ISO^PI"), "MRG-1"),
    Case(
        "PAM-MRG-1-003",
        message("A47", MRG_1=f"7002^^^{AUTHORITY}^PI~{FORMER}^^^{NIR}^INS"),
        "MRG-1",
    ),
    Case("PAM-MRG-1-004", message("A40", MRG_1=IPP), "MRG-1"),
    Case("PAM-MRG-1-005", message("A40", MRG_1="7002^^^DDS&1.2.250.1.999.8&ISO^PI"), "MRG-1"),
    Case("PAM-MRG-1-006", message("A47", PID=_plain(), MRG_1=INS), "MRG-1"),
    Case("PAM-MRG-8-001", message("A40", MRG_8="FONTVIEILLE^YVES"), "MRG-8"),
)

CONSENT = (
    Case("PAM-ZFA-4-001", message("A28", ZFA="ZFA||||N||N|N"), "ZFA-4"),
    Case("PAM-ZFA-9-001", message("A28", ZFA="ZFA|||||||||IO|20240306|IC|20240306"), "ZFA-9"),
    Case("PAM-ZFA-9-002", message("A28", release="2.10"), "ZFA-9"),
    Case("PAM-ZFA-10-001", message("A28", ZFA="ZFA|||||||||NA|20240306|NA|"), "ZFA-10"),
    Case("PAM-ZFA-10-002", message("A28", ZFA="ZFA|||||||||INO||IC|20240306"), "ZFA-10"),
    Case("PAM-ZFD-1-001", message("A28", ZFD="ZFD|40^13"), "ZFD-1"),
    Case("PAM-ZFD-6-001", message("A28", ZFD="ZFD|||Y|N|INSI"), "ZFD-6"),
    Case("PAM-ZFD-7-001", message("A28", ZFD="ZFD|||Y|N|SM||AV"), "ZFD-7"),
)


def _zbe(event: str, **fields: str) -> Message:
    line = next(line for line in lines(event) if line.startswith("ZBE"))
    for key, value in fields.items():
        line = set_field(line, int(key[1:]), value)
    return message(event, ZBE=line)


MOVEMENT = (
    Case("PAM-PV1-2-001", message("A28", PV1="PV1||I"), "PV1-2"),
    Case("PAM-PV1-2-002", message("A01", PV1_2="N"), "PV1-2"),
    Case("PAM-PV1-3-001", message("A28", PV1="PV1||N|6268^12"), "PV1"),
    Case("PAM-PV1-19-001", message("A01", PV1_19=""), "PV1-19"),
    Case("PAM-ZBE-4-001", _zbe("A02", _4="UPDATE", _6="A02"), "ZBE-4"),
    Case("PAM-ZBE-4-001", _zbe("A12", _4="INSERT", _6=""), "ZBE-4"),
    Case("PAM-ZBE-6-001", _zbe("A12", _6=""), "ZBE-6"),
    Case("PAM-ZBE-6-002", _zbe("A01", _6="A01"), "ZBE-6"),
    Case("PAM-ZBE-6-003", _zbe("Z99", _6="A99"), "ZBE-6"),
    Case("PAM-ZBE-7-001", _zbe("A12", _7=""), "ZBE-7"),
    Case("PAM-ZBE-9-001", _zbe("A02", _9="C"), "ZBE-9"),
)

CASES = (*STRUCTURE, *HEADER, *PERSON, *THE_INS, *MERGES, *CONSENT, *MOVEMENT)
