"""PAM France (IHE ITI-30 and ITI-31): the profile as data, reading, validation, acknowledgement."""

from ecluse.protocols.pam.acknowledge import AckCode, AckError, AckHeader, acknowledge, header_of
from ecluse.protocols.pam.catalogue import describe, error_code, rules
from ecluse.protocols.pam.facts import Header, Identifier, MessageFacts, Name, PersonFacts, Repetition
from ecluse.protocols.pam.read import read
from ecluse.protocols.pam.report import Report
from ecluse.protocols.pam.validate import validate

__all__ = [
    "AckCode",
    "AckError",
    "AckHeader",
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
    "header_of",
    "read",
    "rules",
    "validate",
]
