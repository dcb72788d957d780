"""The French rules, by subject: each module yields findings on what its part of the message says.

header (MSH, EVN) · identity (PID, PD1, NK1) · ins (matricule and strict traits) · merge (MRG) · consent (ZFA, ZFD) ·
movement (PV1, ZBE). Every rule is described in `data/rules.toml` under the identifier the module yields.
"""
