"""The simulated hospital: believable senders of IHE PAM France ITI-30 and ITI-31 traffic; all of it is *simulation*.

    for message in day(seed=1, patients=60): ...      a coherent day of three senders, identities and stays
    for message in faults(seed=1): ...                one of each real-world fault, and what a sender expects
    for message in load(seed=1, n=50_000): ...        distinct conforming A28 / A31, fast, for measurements
    states = expected(day(seed=1)) ...                what a receiver should hold afterwards, patient by patient
    stays = expected_stays(list(day(seed=1))) ...     and stay by stay
    summary = await play(day(1), "127.0.0.1", 2575)   send them over MLLP, at a rate or at full speed

Everything is deterministic: the same arguments give the same bytes.
"""

from ecluse.simulators.hospital.answers import NONE, Answer, Latency, Summary
from ecluse.simulators.hospital.day import day
from ecluse.simulators.hospital.expected import Expected, ExpectedStay, expected, expected_stays
from ecluse.simulators.hospital.faults import Fault, catalogue, faults
from ecluse.simulators.hospital.load import load
from ecluse.simulators.hospital.outgoing import Outgoing
from ecluse.simulators.hospital.people import INS_NIR, INS_NIR_TEST
from ecluse.simulators.hospital.play import Manners, play
from ecluse.simulators.hospital.senders import SENDERS, Sender

__all__ = [
    "INS_NIR",
    "INS_NIR_TEST",
    "NONE",
    "SENDERS",
    "Answer",
    "Expected",
    "ExpectedStay",
    "Fault",
    "Latency",
    "Manners",
    "Outgoing",
    "Sender",
    "Summary",
    "catalogue",
    "day",
    "expected",
    "expected_stays",
    "faults",
    "load",
    "play",
]
