"""How `ecluse pki` writes for people."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from ecluse.delivery.cli import output
from ecluse.delivery.cli.language import t
from ecluse.delivery.cli.pki_shared import MARKS, day

if TYPE_CHECKING:
    from ecluse.protocols.x509.bundle_words import Note
    from ecluse.services.queries.certificate_cli import Check, Described, FileCertificate
    from ecluse.services.queries.certificates import CertificateDocument, CertificateView, SlotDocument

_ENVIRONMENTS = {
    "production": ("production", "production"),
    "test": ("test", "test"),
    "unknown": ("inconnu", "unknown"),
}


def show_checks(checks: Iterable[Check]) -> None:
    """Each check on a line, and under those that fail what to do."""
    for one in checks:
        show_line("ok" if one.ok else "error" if one.blocking else "warning", one.text_fr, one.text_en,
                  one.remedy_fr, one.remedy_en)  # fmt: skip


def show_line(level: str, text_fr: str, text_en: str, mend_fr: str = "", mend_en: str = "") -> None:
    """A line with its mark (`ok`, `info`, `warning`, `error`), and what to do."""
    from rich.text import Text

    console = output.console()
    text = Text.assemble(output.chip(level, MARKS[level]), " ", output.printable(t(text_fr, text_en)))
    console.print(text, soft_wrap=True)
    if mend_fr:
        console.print(Text(f"    → {output.printable(t(mend_fr, mend_en))}", "bold"), soft_wrap=True)


def show_notes(notes: Iterable[Note]) -> None:
    """What is worth knowing about a file, on stderr."""
    for one in notes:
        output.note(t(one.text_fr, one.text_en))


def show_file(found: Described) -> None:
    """All the certificates of a file."""
    for place, one in enumerate(found.certificates, 1):
        if place > 1:
            output.say("")
        show_certificate(one, f"{place}/{len(found.certificates)}" if len(found.certificates) > 1 else "")
    if found.keys:
        output.note(
            t(
                f"Le fichier contient {found.keys} clé(s) privée(s).",
                f"The file holds {found.keys} private key(s).",
            )
        )


def show_certificate(one: FileCertificate, place: str = "") -> None:
    """What a certificate says, a line for each thing."""
    environment = _ENVIRONMENTS[one.environment]
    if one.contradictory:
        environment = ("contradictoire", "contradictory")
    rows = (
        (("Certificat", "Certificate"), place),
        (("Famille", "Family"), one.family + (f" ({one.confidence})" if one.confidence == "inferred" else "")),
        (("Autorité nationale", "National authority"), one.authority),
        (("Environnement", "Environment"), t(*environment)),
        (("Structure", "Structure"), _structure(one)),
        (("Organisation", "Organisation"), " · ".join(filter(None, (one.organisation, one.department)))),
        (("Service", "Service"), one.service),
        (("Personne", "Person"), _kind(one.person)),
        (("Carte", "Card"), _kind(one.card)),
        (("Nom (RFC 4514)", "Name (RFC 4514)"), one.subject),
        (("Émetteur", "Issuer"), one.issuer),
        (("Numéro de série", "Serial number"), one.serial),
        (("Valable", "Valid"), t(f"du {_at(one.not_before)} au {_at(one.not_after)}",
                                 f"from {_at(one.not_before)} to {_at(one.not_after)}")),
        (("Signature possible", "May sign"), _signing(one)),
        (("Clé", "Key"), _key(one)),
        (("Noms du serveur", "Server names"), ", ".join(one.names)),
        (("Politiques", "Policies"), ", ".join(one.policies)),
        (("Liste de révocation", "List of revocation"), "\n".join(one.crl)),
        (("OCSP", "OCSP"), "\n".join(one.ocsp)),
        (("Autorité émettrice", "Issuing authority"), "\n".join(one.issuers)),
        (("SHA-256", "SHA-256"), one.fingerprint),
        (("SHA-1", "SHA-1"), one.sha1),
    )  # fmt: skip
    facts((t(*title), value) for title, value in rows)


def facts(rows: Iterable[tuple[str, str]]) -> None:
    """Titles and values in two columns; what is empty is left out."""
    from rich.table import Table
    from rich.text import Text

    table = Table.grid(padding=(0, 2))
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for title, value in rows:
        if value:
            table.add_row(Text(title, "bold"), "\n".join(map(output.printable, value.split("\n"))))
    output.console().print(table)


def show_inventory(found: Iterable[CertificateDocument]) -> None:
    """The inventory, the soonest end first."""
    table = output.table(
        t("Fin", "End"), t("Jours", "Days"), t("Famille", "Family"), t("Service", "Service"),
        t("Établissement", "Establishment"), t("En service pour", "Serves"), t("État", "State"),
        t("Empreinte", "Fingerprint"),
    )  # fmt: skip
    for one in found:
        table.add_row(
            day(one.usable_until), output.chip(_urgency(one.days, one.state), str(one.days)), one.family,
            output.printable(one.service), output.printable(one.establishment_name),
            "\n".join((*one.uses, *(f"({use})" for use in one.waiting))), _state(one), one.fingerprint[:16],
        )  # fmt: skip
    output.console().print(table)


def show_view(found: CertificateView, told: FileCertificate) -> None:
    """One certificate of the inventory, with its chain and what stops with it."""
    one = found.document
    show_certificate(told)
    renewable = _at(one.renewable_until) if one.renewable else t("non", "no")
    looked = (_at(one.checked or ""), one.checked_status, t(one.checked_fr, one.checked_en))
    rows = (
        (("Établissement", "Establishment"), one.establishment_name),
        (("État", "State"), _state(one)),
        (("Clé privée", "Private key"), t(*_KEYS[one.key])),
        (("En service pour", "Serves"), ", ".join(one.uses)),
        (("Suivant pour", "Next for"), ", ".join(one.waiting)),
        (("Renouvelable jusqu’au", "Renewable until"), renewable),
        (("Importé", "Imported"), f"{_at(one.imported)} · {one.imported_by}"),
        (("Dernier contrôle", "Last check"), " ".join(filter(None, looked))),
        (("Plus récent", "Newer"), one.newer),
    )
    facts((t(*title), value) for title, value in rows)
    for stop in one.stops:
        show_line("warning", f"S’il s’arrête : {stop.text_fr}", f"If it ends: {stop.text_en}")
    for place, link in enumerate(found.chain):
        text = f"{'  ' * place}{link.subject} · {link.state}"
        output.say(text + (f" · {t(link.text_fr, link.text_en)}" if link.text_fr else ""))


def show_slots(found: Iterable[SlotDocument]) -> None:
    """The slots, by establishment."""
    table = output.table(
        t("Établissement", "Establishment"), t("Usage", "Use"), t("En service", "In use"), t("Jours", "Days"),
        t("Suivant", "Next"), t("Précédent", "Previous"), t("À savoir", "To know"),
    )  # fmt: skip
    for one in found:
        newest = t(f"plus récent : {one.newest[:16]}", f"newer: {one.newest[:16]}") if one.newest else ""
        days = "" if one.days is None else output.chip(_urgency(one.days, "held"), str(one.days))
        table.add_row(
            output.printable(one.establishment_name), one.use, one.current[:16] or t("aucun", "none"), days,
            one.next[:16], one.previous[:16], newest,
        )  # fmt: skip
    output.console().print(table)


_KEYS = {
    "file": ("ici, chiffrée", "here, encrypted"),
    "token": ("dans un jeton PKCS#11", "in a PKCS#11 token"),
    "none": ("absente", "absent"),
}
_STATES = {"held": ("gardé", "kept"), "revoked": ("révoqué", "revoked"), "retired": ("rangé", "put away")}


def _state(one: CertificateDocument) -> str:
    return t(*_STATES.get(one.state, (one.state, one.state)))


def _urgency(days: int, state: str) -> str:
    if state != "held":
        return "unknown"
    return "error" if days <= 7 else "warning" if days <= 30 else "ok"


def _key(one: FileCertificate) -> str:
    here = t(", clé privée présente", ", private key there") if one.key else ""
    return f"{one.key_kind.upper()} {one.key_bits}{here}"


def _structure(one: FileCertificate) -> str:
    return "" if one.structure is None else f"{one.structure['kind'].upper()} {one.structure['value']}"


def _kind(one: dict[str, str] | None) -> str:
    return (
        "" if one is None else " ".join(filter(None, (one["kind"], one["number"], one.get("structure", ""))))
    )


def _signing(one: FileCertificate) -> str:
    """Only where the key ends before its certificate."""
    if (one.signing_from, one.signing_until) == (one.not_before, one.not_after):
        return ""
    return t(f"jusqu’au {_at(one.signing_until)}", f"until {_at(one.signing_until)}")


def _at(text: str) -> str:
    """An instant in UTC, to the minute."""
    return f"{text[:10]} {text[11:16]} UTC" if text else ""
