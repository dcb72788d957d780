"""X.509: certificates, names, revocation lists and OCSP answers, read as the standards write them.

Pure: bytes in, frozen values out; the only error is `Unreadable`. What must be decided on them is in
`rules/certificates`. Source: RFC 5280, RFC 4514, RFC 6960.
"""

from ecluse.protocols.x509.certificate import Certificate, read_certificate, read_certificates
from ecluse.protocols.x509.errors import Unreadable
from ecluse.protocols.x509.names import Name, rfc4514, same_name

__all__ = [
    "Certificate",
    "Name",
    "Unreadable",
    "read_certificate",
    "read_certificates",
    "rfc4514",
    "same_name",
]
