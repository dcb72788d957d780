"""The matricule INS: form, key, authorities, environments and coherence with the traits."""

from ecluse.rules.ins.authorities import (
    Authority,
    Environment,
    Kind,
    allowed,
    authorities,
    authority_names,
    kind_of,
)
from ecluse.rules.ins.coherence import Doubt, doubts
from ecluse.rules.ins.matricule import (
    Ins,
    computed_key,
    is_matricule,
    key_valid,
    mask,
    normalise,
    well_formed,
)

__all__ = [
    "Authority",
    "Doubt",
    "Environment",
    "Ins",
    "Kind",
    "allowed",
    "authorities",
    "authority_names",
    "computed_key",
    "doubts",
    "is_matricule",
    "key_valid",
    "kind_of",
    "mask",
    "normalise",
    "well_formed",
]
