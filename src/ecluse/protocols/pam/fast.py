"""The fast path: one regular expression per event, for a whole message, that accepts only what is surely clean.

It joins structure, fields and French rules: each French rule of `checks` has here a pattern that accepts less than the
rule allows. What relates two values (matricule and traits, dates) is compared after the match. A message that is not
accepted is explained by `validate`; a property test checks that nothing accepted here is found faulty there.
Built for the delimiters `|^~\\&`.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple

from ecluse.protocols.hl7 import Message
from ecluse.protocols.pam.checks.consent import LATER_PROOFS
from ecluse.protocols.pam.checks.header import FRENCH_CHARSETS, PENDING_EVENTS, PLANNED_EVENTS
from ecluse.protocols.pam.checks.ins import authorities, key_of
from ecluse.protocols.pam.checks.movement import BOTH_WAYS, CANCELS
from ecluse.protocols.pam.formats import PATTERNS, TEXT
from ecluse.protocols.pam.patterns import (
    FILLED,
    FREQUENT_COUNTRIES,
    field_pattern,
    repetition_pattern,
    segment_pattern,
)
from ecluse.protocols.pam.profile import Field, Profile, Structure, Table, load, release_key
from ecluse.protocols.pam.profile import profile as load_profile
from ecluse.protocols.pam.structure import elements_pattern

PADDING = "|" * 53 + "\r"
"""After each segment: every field of the profile is there, empty if need be. A longer segment is explained."""

_LONGEST_FAST = 52
_TIME = PATTERNS["DTM"]
_OID = r"[0-2](?:\.(?:0|[1-9][0-9]*+))++"
_COG = r"(?:[0-9]{2}|2[AB])[0-9]{3}(?![^|~^])"
_LETTERS = r"[A-Z '-]"
_INS_ROOT = r"1\.2\.250\.1\.213\.1\.4\."
_WITHOUT_FAST_CHECK = frozenset({"ACK", "A24", "A37", "A44"})
"""Structures without a patient, or with several: what is compared after the match supposes one PID."""

_SEXES = frozenset({"M1", "F2"})


class FastCheck(NamedTuple):
    """Fast check of an event in a release; merges: MRG-1 is then to be compared with PID-3."""

    match: Callable[[str], re.Match[str] | None]
    structure: Structure
    release: str
    merges: bool


def fast_check(structure: Structure, release: str) -> FastCheck | None:
    """The fast check of an event, compiled when first asked; None for a release or a structure without one."""
    if (
        release_key(release) < release_key(load("ins.json")["since"])
        or structure.event in _WITHOUT_FAST_CHECK
    ):
        return None
    profile = load_profile(release)
    own = _french_fields(structure, profile)
    pattern = elements_pattern(
        structure.elements, lambda name: f"(?>{_segment(name, structure, profile, own)}\r)"
    )
    return FastCheck(
        re.compile(pattern + r"\Z", re.ASCII).match, structure, release, structure.event in ("A40", "A47")
    )


def is_clean(message: Message, check: FastCheck, environment: str) -> bool:
    """True when the message, whose delimiters are the standard ones, surely gives no finding (MRG apart)."""
    charset = message.charset
    if charset.issue is not None or charset.bom:
        return False
    match = check.match(PADDING.join(message.lines) + PADDING)
    if match is None:
        return False
    sent, identifiers, matricule, oid, birth, sex, place, abroad = match.group(
        "sent", "identifiers", "matricule", "oid", "birth", "sex", "place", "abroad"
    )
    if birth and birth[:8] > sent[:8]:
        return False
    if identifiers.count("^PI") > 1 and not _distinct(identifiers):
        return False
    if matricule is None:
        return True
    return (
        len(birth) >= 8
        and matricule[1:5] == birth[2:6]
        and matricule[5:10] == (place or abroad)
        and sex + matricule[0] in _SEXES
        and (environment == "test" or authorities()[oid].environment == "production")
        and key_of(matricule) == int(matricule[13:])
    )


def _distinct(field: str) -> bool:
    """Whether the local identifiers of PID-3 are of different authorities."""
    local = [parts[3] for parts in (one.split("^") for one in field.split("~")) if parts[4] == "PI"]
    return len(set(local)) == len(local)


def _segment(name: str, structure: Structure, profile: Profile, own: dict[str, str]) -> str:
    if name not in profile.segments or len(profile.segments[name]) > _LONGEST_FAST:
        return "(?!)"
    if structure.transaction == "ITI-30" and name == "PV1":
        return r"PV1\|1?\|N\|*+"
    if name == "ZFA":
        return _consent(profile)
    if name == "ZFD":
        return _complement(profile)
    filled = r"(?=Z..\|*+[^|\r])" if name.startswith("Z") else ""
    return filled + segment_pattern(name, profile, own)


def _french_fields(structure: Structure, profile: Profile) -> dict[str, str]:
    """Patterns of the fields on which French rules speak."""
    own = _header_fields(structure, profile) | _person_fields(profile)
    if structure.transaction == "ITI-31":
        own["PID-18"] = FILLED + field_pattern(_field(profile, "PID", 18), profile)
        own["PV1-2"] = "(?!N)" + field_pattern(_field(profile, "PV1", 2), profile)
        own["PV1-19"] = FILLED + field_pattern(_field(profile, "PV1", 19), profile)
        own |= _movement_fields(structure.event, profile)
    else:
        own["NK1-7"] = "(?!K)" + field_pattern(_field(profile, "NK1", 7), profile)
    return own


def _header_fields(structure: Structure, profile: Profile) -> dict[str, str]:
    release = re.escape(profile.release)
    conformance = repetition_pattern(_field(profile, "MSH", 21), profile)
    own = {
        "MSH-7": f"(?P<sent>{_TIME})",
        "MSH-9": re.escape(structure.structure),
        "MSH-12": rf"2\.5\^FRA\^{release}",
        "MSH-15": "(?:NE|)",
        "MSH-16": "(?:NE|)",
        "MSH-17": "(?:FRA|)",
        "MSH-18": "(?:" + "|".join(map(re.escape, reversed(FRENCH_CHARSETS))) + "|)",
        "MSH-19": "(?:FR|)",
        "MSH-21": rf"(?:(?={release}\^|(?!2\.)){FILLED}{conformance}|)",
    }
    if structure.event not in PLANNED_EVENTS:
        own["EVN-3"] = ""
    if structure.event in PENDING_EVENTS:
        own["EVN-6"] = ""
    return own


def _person_fields(profile: Profile) -> dict[str, str]:
    return {
        "PID-3": f"(?P<identifiers>{_identifiers()})",
        "PID-5": _names(profile),
        "PID-7": f"(?P<birth>(?:{_TIME}|))",
        "PID-8": "(?P<sex>[MF]|(?(matricule)(?!)|(?:U|)))",
        "PID-11": _addresses(profile),
        "PID-24": "(?:N|)",
        "PID-25": "",
        "PID-29": "",
        "PID-30": "(?:N|)",
        "PID-31": "(?:N|)",
        "PID-32": r"(?(matricule)VALI(?:~HOMA|)|(?:PROV(?:~HOMA|~DOUT|~FICT|)|VALI(?:~HOMA|)|VIDE))(?=\|)",
    }


def _identifiers() -> str:
    """PID-3: local identifiers with a whole authority, at most one INS, NDP and billing NIR."""
    local = (
        rf"(?=[^|~]{{0,250}}+[|~])(?! ){TEXT}{{1,128}}+\^\^\^(?!ASIP-|{_INS_ROOT})(?! ){TEXT}{{1,20}}+"
        rf"&(?!{_INS_ROOT})(?:(?=[^&]{{1,199}}+&){_OID}&ISO|(?! ){TEXT}{{1,199}}+&[LMN])\^PI"
    )
    other = rf"(?! ){TEXT}{{1,128}}+\^\^\^(?:CNOP&1\.2\.250\.1\.176\.1\.2&ISO\^NDP|ASIP-SANTE-NIR&{_INS_ROOT}8&ISO\^NH)"
    labels = "|".join(
        rf"{re.escape(one.label)}&(?={re.escape(one.oid)}&)"
        for one in sorted(authorities().values(), reverse=True)
    )
    matricule = r"(?P<matricule>[0-9]{5}(?:[0-9]{2}|2[AB])[0-9]{8})"
    ins = rf"{matricule}\^\^\^(?:{labels})(?P<oid>[0-9.]++)&ISO\^INS"
    return rf"{local}(?:~(?:{local}|{other}))*+(?:~{ins}(?:~(?:{local}|{other}))*+|)(?=\|)"


def _names(profile: Profile) -> str:
    """PID-5: the birth name first, then names of other types. With an INS, in capitals and with the list."""
    field = _field(profile, "PID", 5)
    kinds = profile.tables["0200"]
    others = Table(kinds.id, kinds.kind, kinds.codes - {"L"})
    other = repetition_pattern(field, _with_table(profile, others))
    limit = r"(?=[^|~]{0,250}+[|~])(?=[^|^~]{0,50}+\^[^|^~]{0,194}+\^[^|^~]{0,194}+\^)"
    strict = rf"(?=[ '-]*+[A-Z]){_LETTERS}++\^(?=[ '-]*+[A-Z])(?P<given>{_LETTERS}++)\^(?P=given)(?:[ -]{_LETTERS}*+|)"
    usual = rf"{TEXT}*+\^(?P<first>{TEXT}*+)\^(?:(?=[^\^|~])(?P=first)(?:[ -]{TEXT}*+|)|)"
    rest = rf"\^\^{TEXT}{{0,20}}+\^\^L\^*+"
    return rf"{limit}(?(matricule){strict}|{usual}){rest}(?:~{FILLED}{other})*+"


def _addresses(profile: Profile) -> str:
    """PID-11: at most one birth place, with its INSEE code, and with its country when born abroad."""
    _, two, three, four, five, *_ = _field(profile, "PID", 11).parts
    country = rf"(?:{'|'.join(FREQUENT_COUNTRIES)})(?=\^)"
    kinds = "|".join(sorted(profile.tables["0190"].codes - {"BDL"}, key=lambda code: (code != "H", code)))
    birth = rf"\^BDL\^{TEXT}{{0,50}}+\^"
    lines = [f"{TEXT}{{0,{length}}}+" for length in (120, two.length, three.length, four.length, five.length)]
    known = rf"(?:FRA|{country}|)(?:\^(?:(?:{kinds})(?=[|^~])|)(?:\^{TEXT}{{0,50}}+|)|)"
    other = rf"(?:\^{known}|)"
    for line in reversed(lines[1:]):
        other = rf"(?:\^{line}{other}|)"
    limit = rf"(?=[^|~]{{0,250}}+[|~]){FILLED}"
    other = rf"(?>{limit}{lines[0]}{other}\^*+)(?=[|~])"
    place = rf"(?:(?:FRA|){birth}(?P<place>(?!99){_COG})|{country}{birth}(?P<abroad>{_COG}))"
    one = limit + r"\^".join([*lines, place]) + r"\^*+"
    return rf"(?:(?:{other}~)*+(?:{one}(?:~{other})*+|{other})|)"


def _consent(profile: Profile) -> str:
    """ZFA of 2.11: a national combination, with the dates that it calls for."""
    if release_key(profile.release) < (2, 11):
        return "(?!)"
    states = "|".join(sorted(profile.tables["IHE-FRANCE-ZFA-1"].codes))
    fed, told = rf"INO\|{_TIME}", rf"(?:IC|INC)\|{_TIME}"
    choice = rf"(?:{fed}\|(?:{told}|NA\|)|IO\|{_TIME}\|INC\|{_TIME}|NA\|\|NA\||\|\|\|)"
    return rf"(?=ZFA\|*+[^|\r])ZFA\|(?:{states}|)\|(?:{_TIME}|)\|(?:{_TIME}|)\|\|\|\|\|\|{choice}(?=\|)\|*+"


def _complement(profile: Profile) -> str:
    """ZFD: no lunar date, no corrected date with an INS, the date of the INSi call when there was one."""
    kinds = "|".join(sorted(profile.tables["IHE-FRANCE-ZFD-5"].codes - {"INSI"}))
    proofs = "|".join(sorted(profile.tables["IHE-FRANCE-ZFD-7"].codes - LATER_PROOFS))
    return (
        rf"(?=ZFD\|*+[^|\r])ZFD\|\|[0-9]{{0,16}}+\|[YN]?\|(?:N|(?(matricule)(?!)|Y)|)"
        rf"\|(?:INSI\|{_TIME}|(?:{kinds}|)\|(?:{_TIME}|))\|(?:{proofs}|)\|(?:{_TIME}|)(?=\|)\|*+"
    )


def _movement_fields(event: str, profile: Profile) -> dict[str, str]:
    """ZBE-4, 6, 7 and 9 of an event of ITI-31."""
    natures = profile.tables["IHE-FRANCE-ZBE-9"]
    plain = _with_table(profile, Table(natures.id, natures.kind, natures.codes - {"C"}))
    own = {"ZBE-9": field_pattern(_field(profile, "ZBE", 9), plain)}
    if event in CANCELS:
        events = "|".join(sorted(profile.structures))
        unit = field_pattern(_field(profile, "ZBE", 7), profile)
        return own | {"ZBE-4": "CANCEL", "ZBE-6": rf"(?:{events})(?=\|)", "ZBE-7": FILLED + unit}
    if event in BOTH_WAYS or event != "Z99":
        return own | {"ZBE-4": "INSERT", "ZBE-6": ""}
    events = "|".join(sorted(profile.structures))
    return own | {"ZBE-4": "UPDATE", "ZBE-6": rf"(?:{events})(?=\|)"}


def _field(profile: Profile, segment: str, number: int) -> Field:
    return profile.segments[segment][number - 1]


def _with_table(profile: Profile, table: Table) -> Profile:
    """The profile with one table replaced."""
    return Profile(
        profile.release,
        profile.segments,
        profile.types,
        profile.tables | {table.id: table},
        profile.structures,
    )
