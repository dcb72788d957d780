"""How a store that a simulator filled is known: the fact it holds, the senders a gateway of test knows. No Django here:
the writer reads it before its store is open.
"""

from __future__ import annotations

SIMULATION = "simulation"
"""Name of the fact in `Meta`; its value says who filled the store (`demo`, `hospital`)."""
SIMULATED_SENDERS = frozenset(
    {("GAM-SIMU", "CH-VALMONT"), ("DPI-SIMU", "CHV-SOINS"), ("LGC-SIMU", "CABINET-TILLEULS")}
)
"""MSH-3 and MSH-4 of the simulated hospital, whose names nobody else has (`simulators.hospital.senders`)."""
