"""Ask for a certificate: the key is made here, sealed at once, and only the request (PKCS#10) leaves.

The platform imposes the name from its own data: the subject here is a carrier (IGC-Santé note §6).
"""

from __future__ import annotations

from dataclasses import dataclass

from ecluse.protocols.x509.csr import make_csr, organisation_subject
from ecluse.protocols.x509.errors import Unreadable
from ecluse.protocols.x509.keys import new_key
from ecluse.protocols.x509.names import rfc4514
from ecluse.rules.certificates.slots import uses
from ecluse.services.certificates import keys
from ecluse.services.certificates.key_vault import new_id
from ecluse.services.certificates.settings import CertificateSettings
from ecluse.services.certificates.structures import elsewhere_declared, structures_of
from ecluse.services.certificates.trust import Ask
from ecluse.store.models.access import Establishment

BITS = 2048


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is asked for. service: "service applicatif", empty: the one advised for the use; organisation: raison
    sociale, empty: the name of the establishment; structure: identifier with its type digit, empty: `1` + its FINESS;
    department: as `Paris (75)`, or empty.
    """

    establishment: int
    use: str
    service: str = ""
    organisation: str = ""
    structure: str = ""
    department: str = ""


@dataclass(frozen=True, slots=True)
class NewRequest:
    """A request that was made. done: False when the writer refused it; content: PEM, to upload on the platform."""

    done: bool
    id: str
    subject: str
    content: str
    text_fr: str
    text_en: str


def new_request(settings: CertificateSettings, ask: Ask, wanted: Wanted, now: int, *, by: str) -> NewRequest:
    """Make a key and its request.

    :param now: µs since 1970; by: who asks.
    :raises Unreadable: a part of the name is missing or too long; StoreError: the key cannot be sealed.
    """
    subject = organisation_subject(*_names(wanted), department=wanted.department)
    pkcs8 = new_key(BITS)
    content = make_csr(pkcs8, subject).decode("ascii")
    key = keys.keep_key(settings.secrets, pkcs8, origin="made", by=by, now=now, bits=BITS)
    id_ = new_id("req")
    told = {"id": id_, "key": key, "establishment": wanted.establishment, "use": wanted.use}
    result = ask("certificate.request", {**told, "subject": rfc4514(subject), "content": content})
    return NewRequest(result.done, id_, rfc4514(subject), content, result.text_fr, result.text_en)


def _names(wanted: Wanted) -> tuple[str, str, str]:
    """Organisation, structure and service of the subject."""
    establishment = Establishment.objects.filter(id=wanted.establishment).first()
    use = uses().get(wanted.use)
    if establishment is None or use is None:
        raise Unreadable(
            "Établissement ou usage inconnu.",
            "Unknown establishment or use.",
        )
    own = f"1{establishment.finess}" if establishment.finess else ""
    structure = wanted.structure or own or next(iter(sorted(structures_of(wanted.establishment))), "")
    if not structure:
        raise Unreadable(
            "L’établissement n’a pas de numéro FINESS : déclarez-le dans les réglages, ou donnez"
            " l’identifiant de la structure.",
            "The establishment has no FINESS number: declare it in the settings, or give the identifier of the"
            " structure.",
        )
    if elsewhere_declared((structure,), wanted.establishment):
        raise Unreadable(
            f"L’identifiant {structure} est celui d’un autre établissement déclaré ici.",
            f"The identifier {structure} is that of another establishment declared here.",
        )
    service = wanted.service or next(iter(use.service_names), "")
    if not service:
        raise Unreadable(
            "Donnez le nom du service applicatif : il devient le nom du certificat.",
            "Give the name of the application service: it becomes the name of the certificate.",
        )
    return wanted.organisation or establishment.name, structure, service
