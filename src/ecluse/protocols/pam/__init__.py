"""PAM France (IHE ITI-30 and ITI-31): the profile as data, reading, validation, acknowledgement."""

from ecluse.protocols.pam.acknowledge import AckCode, AckError, acknowledge
from ecluse.protocols.pam.catalogue import describe, error_code, rules
from ecluse.protocols.pam.facts import Header, Identifier, MessageFacts, Name, PersonFacts, Repetition
from ecluse.protocols.pam.read import read
from ecluse.protocols.pam.report import Report
from ecluse.protocols.pam.validate import validate, warm_up

__all__ = [
    "AckCode",
    "AckError",
    "Header",
    "Identifier",
    "MessageFacts",
    "Name",
    "PersonFacts",
    "Repetition",
    "Report",
    "acknowledge",
    "describe",
    "error_code",
    "read",
    "rules",
    "validate",
    "warm_up",
]
