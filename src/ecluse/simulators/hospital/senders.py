"""Who sends: three programs met in the field, each with the habits of its kind.

The hospital administration (GAM) is the reference of identities; the patient record (DPI) relays what it
knows in an older release and another charset; the general practitioner's software (LGC) lives in an
identification domain of its own. Names, authorities and OIDs are invented; the arc 1.2.250.1.999 belongs to
nobody.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

_NO_LATIN = str.maketrans({"Œ": "OE", "œ": "oe", "Ÿ": "Y", "’": "'"})


class Authority(NamedTuple):
    """Assigning authority of local identifiers (CX-4)."""

    name: str
    oid: str

    def __str__(self) -> str:
        return f"{self.name}&{self.oid}&ISO"


@dataclass(frozen=True, slots=True)
class Sender:
    """A sending program and its habits.

    id: short name used in this package; application, facility: MSH-3 and MSH-4; release: MSH-12.3; charset:
    MSH-18; codec: Python name of the charset; prefix: first letter of its control ids; country: MSH-17;
    language: MSH-19; profile: MSH-21; fraction: milliseconds written in MSH-7; event_time: EVN-6 is filled;
    pv1: its PV1 segment; doctor_segment: where the treating doctor goes, `ROL` or `PD1`; last_update:
    PID-33 is filled; consent: `2.11` fills ZFA-9 to 12, `2.10` the older ZFA-4 to 8, empty sends no ZFA;
    case: how it writes names, `upper` (capitals with accents), `plain` (capitals without) or `civil` (as in
    the civil status).
    """

    id: str
    application: str
    facility: str
    authority: Authority
    release: str
    charset: str
    codec: str
    prefix: str
    country: str = ""
    language: str = ""
    profile: str = ""
    fraction: bool = False
    event_time: bool = True
    pv1: str = "PV1||N"
    doctor_segment: str = "ROL"
    last_update: bool = False
    consent: str = "2.11"
    case: str = "upper"

    def encode(self, text: str) -> bytes:
        """Bytes of a message; a character the charset lacks is written as real senders do (Œ becomes OE)."""
        try:
            return text.encode(self.codec)
        except UnicodeEncodeError:
            return text.translate(_NO_LATIN).encode(self.codec, "replace")


HOSPITAL = Authority("CH-VALMONT", "1.2.250.1.999.2.1")
SURGERY = Authority("CAB-TILLEULS", "1.2.250.1.999.3.1")

GAM = Sender(
    id="gam",
    application="GAM-SIMU",
    facility="CH-VALMONT",
    authority=HOSPITAL,
    release="2.11",
    charset="UNICODE UTF-8",
    codec="utf-8",
    prefix="G",
    country="FRA",
    language="FR",
    profile="2.11^IHE_FRANCE-2.11-PAM",
    pv1="PV1|1|N",
)
DPI = Sender(
    id="dpi",
    application="DPI-SIMU",
    facility="CHV-SOINS",
    authority=HOSPITAL,
    release="2.10",
    charset="8859/15",
    codec="iso8859-15",
    prefix="D",
    event_time=False,
    last_update=True,
    consent="2.10",
    case="plain",
)
LGC = Sender(
    id="lgc",
    application="LGC-SIMU",
    facility="CABINET-TILLEULS",
    authority=SURGERY,
    release="2.10",
    charset="8859/1",
    codec="iso8859-1",
    prefix="L",
    country="FRA",
    fraction=True,
    event_time=False,
    doctor_segment="PD1",
    consent="",
    case="civil",
)

SENDERS = {sender.id: sender for sender in (GAM, DPI, LGC)}
RECEIVER_APPLICATION, RECEIVER_FACILITY = "ECLUSE", "PLATEFORME"
"""MSH-5 and MSH-6 of everything the simulator sends."""
