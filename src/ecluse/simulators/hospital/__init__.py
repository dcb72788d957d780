"""The simulated hospital: believable senders of IHE PAM France ITI-30 traffic; all of it is *simulation*.

for message in day(seed=1, patients=60): ...      a coherent day, deterministic by seed
for message in faults(seed=1): ...                one of each real-world fault, with what a sender expects
for message in load(seed=1, n=100_000): ...       distinct conforming A28 / A31, fast, for measurements
summary = await play(day(1), "127.0.0.1", 2575)   send them over MLLP, at a rate or as fast as answers come
"""

from ecluse.simulators.hospital.day import day
from ecluse.simulators.hospital.outgoing import Outgoing
from ecluse.simulators.hospital.people import INS_NIR, INS_NIR_TEST

__all__ = ["INS_NIR", "INS_NIR_TEST", "Outgoing", "day"]
