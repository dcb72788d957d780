"""Clean messages of invented people, and ways to spoil them one field at a time."""

from __future__ import annotations

from ecluse.protocols.findings import Finding
from ecluse.protocols.hl7 import Message
from ecluse.protocols.pam import Report, validate
from ecluse.protocols.pam.checks.ins import key_of
from ecluse.protocols.pam.profile import Element, profile

AUTHORITY = "CHU-ESSAI&1.2.250.1.999.7&ISO"
NIR = "ASIP-SANTE-INS-NIR&1.2.250.1.213.1.4.8&ISO"
NIA = "ASIP-SANTE-INS-NIA&1.2.250.1.213.1.4.9&ISO"
NUMBER = "2680375107042"
"""Thirteen first characters of the matricule of Mahaut Boisclair, born in March 1968 in commune 75107."""

MATRICULE = f"{NUMBER}{key_of(NUMBER):02d}"
FORMER = f"2680375107055{key_of('2680375107055'):02d}"
IPP = f"7001^^^{AUTHORITY}^PI"
INS = f"{MATRICULE}^^^{NIR}^INS"

Lines = dict[str, str]

_SEGMENTS: Lines = {
    "EVN": "EVN||20240306101500",
    "PID": (
        f"PID|1||{IPP}~{INS}||BOISCLAIR^MAHAUT^MAHAUT ODILE^^Mme^^L~FONTVIEILLE^MAHAUT^^^^^D||19680319|F|||"
        "4 quai du Canal^^LYON^^69003^FRA^H~^^PARIS^^^FRA^BDL^^75107||^PRN^PH^^^^^^^^^0400000001"
        "~^NET^Internet^mahaut@exemple.fr||FR|S||24000009^^^CHU-ESSAI&1.2.250.1.999.7&ISO^AN||||||||FRA||||N||VALI"
    ),
    "PD1": "PD1||A||||||||||N",
    "ROL": "ROL||UC|ODRP|810000000123^CLAIRVAL^Anne^^^^^^ASIP-SANTE-PS&1.2.250.1.71.4.2.1&ISO^L^^^RPPS",
    "NK1": f"NK1|1|FONTVIEILLE^YVES^^^^^L|SPO||^PRN^CP^^^^^^^^^0600000001||C{'|' * 26}88^^^{AUTHORITY}^PN",
    "PV1": "PV1||N",
    "ZFA": "ZFA|ACTIF|20240306|||||||INO|20240306|IC|20240306",
    "ZFD": "ZFD|||Y|N|INSI|20240306|CN",
    "MRG": f"MRG|7002^^^{AUTHORITY}^PI",
    "ZBE": (
        "ZBE|312^CHU-ESSAI^1.2.250.1.999.7^ISO|20240306101500||INSERT|N||"
        "Chirurgie^^^^^CHU-ESSAI&1.2.250.1.999.7&ISO^UF^^^6268||HMS"
    ),
    "ZFM": "ZFM|8",
    "AL1": "AL1|1||1^Arachide",
    "OBX": "OBX|1|NM|3142-7^Poids^LN||64|kg|||||F|||||810000000123^CLAIRVAL^Anne",
}
STAY = f"PV1|1|I|6268^12^1{'|' * 16}24000101^^^{AUTHORITY}^VN"
CANCEL = {"A11", "A12", "A13", "A25", "A26", "A27", "A38", "A52", "A53", "A55"}


def header(event: str, release: str = "2.11") -> str:
    """MSH of an event."""
    structure = profile("2.11").structures[event].structure if event in profile("2.11").structures else event
    return (
        f"MSH|^~\\&|GAM|CHU-ESSAI|DPI|CHU-ESSAI|20240306101500||{structure}|ECLUSE-1|P|2.5^FRA^{release}"
        f"|||||FRA|UNICODE UTF-8|FR||{release}^IHE_FRANCE-{release}-PAM"
    )


def lines(event: str, *, full: bool = True, release: str = "2.11") -> list[str]:
    """Segments of a clean message of an event: the required ones, and with `full` those that are usual."""
    structure = profile("2.11").structures[event]
    found: list[str] = []
    for element in structure.elements:
        found += _element(element, event, structure.transaction, full)
    found[0] = header(event, release)
    return found


def _element(element: Element, event: str, transaction: str, full: bool) -> list[str]:
    if element.usage == "X" or element.finding:
        return []
    if element.usage != "R" and not (
        full and element.segment in ("PD1", "ROL", "NK1", "ZFA", "ZFD", "OBX", "AL1")
    ):
        return []
    if element.elements:
        return [line for inner in element.elements for line in _element(inner, event, transaction, full)]
    name = element.segment
    if transaction == "ITI-31" and name == "PV1":
        return [STAY]
    if name == "ZBE" and event in CANCEL:
        return [_SEGMENTS["ZBE"].replace("INSERT|N|", "CANCEL|N|A01")]
    if name == "ZBE" and event == "Z99":
        return [_SEGMENTS["ZBE"].replace("INSERT|N|", "UPDATE|N|A01")]
    if name == "MSA":
        return ["MSA|AA|ECLUSE-1"]
    if name == "PID" and event in ("A24", "A37"):
        return [_SEGMENTS["PID"].replace(f"~{INS}", "")]
    return [_SEGMENTS.get(name, name)]


def raw(text: list[str]) -> bytes:
    """Bytes of a message."""
    return "".join(line + "\r" for line in text).encode()


def message(
    event: str = "A28", /, *, release: str = "2.11", full: bool = True, **changes: str | None
) -> Message:
    """A clean message of an event with changes by location: `PID_8="U"`, `PV1=None` removes the segment.

    `NAME_n=text` sets a field, `NAME=text` replaces the first segment of that name or appends the segment.
    """
    return Message.parse(raw(change(lines(event, full=full, release=release), changes)))


def change(text: list[str], changes: dict[str, str | None]) -> list[str]:
    """Segments with changes, see `message`."""
    for key, value in changes.items():
        name, _, number = key.partition("_")
        rank = next((index for index, line in enumerate(text) if line[:3] == name), None)
        if number:
            assert rank is not None and value is not None
            text[rank] = set_field(text[rank], int(number), value)
        elif rank is None:
            assert value is not None
            text.append(value)
        elif value is None:
            del text[rank]
        else:
            text[rank] = value
    return text


def set_field(line: str, number: int, value: str) -> str:
    """A segment with one field replaced."""
    fields = line.split("|")
    number -= line.startswith("MSH")
    fields += [""] * (number + 1 - len(fields))
    fields[number] = value
    return "|".join(fields)


def pid(**fields: str) -> str:
    """The clean PID with fields replaced: `pid(_8="U")`."""
    line = _SEGMENTS["PID"]
    for key, value in fields.items():
        line = set_field(line, int(key[1:]), value)
    return line


def found(report: Report, rule: str) -> list[Finding]:
    """Findings of a rule in a report."""
    return [finding for finding in report.findings if finding.rule == rule]


def rules_of(one: Message, release: str | None = None, environment: str = "production") -> list[str]:
    """Identifiers of the rules that speak of a message."""
    return [finding.rule for finding in validate(one, release, environment=environment).findings]  # type: ignore[arg-type]
