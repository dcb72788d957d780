"""`ecluse pki procedure do`: one step of the way to the certificates, with all that it may say."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ecluse.delivery.cli import options, output
from ecluse.delivery.cli.errors import CannotRun
from ecluse.delivery.cli.language import t
from ecluse.delivery.cli.pki_procedure_view import show_next
from ecluse.delivery.cli.pki_shared import Command, opened, read_bytes
from ecluse.delivery.cli.tools import tools

if TYPE_CHECKING:
    from ecluse.services.queries.certificates_ways import WayView

EVENTS = (
    "contract_none", "representative_changed", "contract_up_to_date", "representative_named", "contract_sent",
    "contract_processed", "card_ordered", "card_received", "card_opposed", "mandataire_appointed",
    "mandataire_removed", "administrator_designated", "administrator_removed", "habilitation_requested",
    "habilitation_granted", "habilitation_found", "certificate_ordered", "order_abandoned", "certificate_issued",
    "certificate_installed", "certificate_tested", "certificate_revoked",
)  # fmt: skip
"""`rules.certificates.procedure.EVENTS`, written again: help does not read the rules."""
PRODUCTS = {"auth_cli": "ORG AUTH_CLI", "sign": "ORG SIGN"}
FORMS = ("contrat", "101", "301", "413", "502", "tom")

_TOLD = (
    click.option(
        "--on",
        metavar="DATE",
        help=t("Jour, AAAA-MM-JJ (à défaut : aujourd’hui).", "Day, YYYY-MM-DD (default: today)."),
    ),
    click.option("--by", default="", metavar="NAME", help=t("Qui a agi ou signé.", "Who acted or signed.")),
    click.option("--person", default="", metavar="NAME", help=t("De qui il s’agit.", "Whom it is about.")),
    click.option(
        "--product",
        type=click.Choice(tuple(PRODUCTS)),
        help=t("De quel certificat il s’agit.", "Which certificate it is about."),
    ),
    click.option(
        "--card",
        metavar="KIND:NUMBER:UNTIL",
        help=t("Carte reçue : genre, numéro, dernier jour.", "Card received: kind, number, last day."),
    ),
    click.option(
        "--shared-card", is_flag=True, help=t("La carte n’est pas nominative.", "The card names nobody.")
    ),
    click.option(
        "--way",
        default="",
        metavar="WORD",
        help=t(
            "EJ ou EG (contrat) ; 101, 301, tom (carte) ; csr, online (commande) ; serving, coming (révocation).",
            "EJ or EG (contract); 101, 301, tom (card); csr, online (order); serving, coming (revocation).",
        ),
    ),
    click.option(
        "--service",
        default="",
        metavar="NAME",
        help=t("Service applicatif commandé.", "Service name ordered."),
    ),
    click.option(
        "--until", metavar="DATE", help=t("Dernier jour du certificat.", "Last day of the certificate.")
    ),
    click.option(
        "--usage",
        "usages",
        type=click.Choice(tuple(PRODUCTS)),
        multiple=True,
        help=t("Usage demandé ou constaté. Peut se répéter.", "Usage asked for or seen. May be repeated."),
    ),
    click.option(
        "--ready",
        is_flag=True,
        help=t(
            "Clé faite avant la demande, PKCS#12 accepté par l’éditeur, ou chaîne complète à l’installation.",
            "Key made before the request, PKCS#12 accepted by the editor, or chain complete at the installation.",
        ),
    ),
    click.option(
        "--cause",
        default="",
        metavar="WORD",
        help=t(
            "Cause d’une révocation : error, loss, theft, end-of-activity, change.",
            "Cause of a revocation: error, loss, theft, end-of-activity, change.",
        ),
    ),
    click.option(
        "--editor",
        is_flag=True,
        help=t(
            "La personne est de l’éditeur du logiciel.", "The person works for the editor of the software."
        ),
    ),
    click.option(
        "--document",
        "documents",
        metavar="FORM[=FILE]",
        multiple=True,
        help=t(
            "Formulaire de cette étape, et son fichier. Peut se répéter.",
            "Form of this step, and its file. May be repeated.",
        ),
    ),
    click.option("--note", default="", help=t("Remarque.", "Remark.")),
)


def _told(command: Command) -> Command:
    """What a step says; which of it counts depends on the step."""
    for option in reversed(_TOLD):
        command = option(command)
    return command


def today() -> date:
    """The day, UTC."""
    return datetime.fromtimestamp(tools().clock() / 1_000_000, UTC).date()


def view(id_: str) -> WayView:
    """A procedure by its id.

    :raises CannotRun: it is unknown.
    """
    from ecluse.services.queries.certificates_ways import procedure as read_procedure

    found = read_procedure(id_, today())
    if found is None:
        raise CannotRun(
            "aucune démarche n’a cet identifiant : voyez « ecluse pki procedure list ».",
            "no procedure has this id: see “ecluse pki procedure list”.",
        )
    return found


@click.command(
    short_help=t("Noter une étape.", "Record a step."),
    help=t(
        "Noter une étape de la démarche ID. STEP : {events}. « show » nomme celles qui peuvent l’être maintenant. Une "
        "étape hors de son ordre est refusée, avec ce qu’il faut faire avant.",
        "Record a step of the procedure ID. STEP: {events}. “show” names those that may be recorded now. A step out of "
        "its order is refused, with what to do before.",
    ).format(events=", ".join(EVENTS)),
    epilog=options.examples(
        "ecluse pki procedure do proc_k3xample representative_named --person 'Anne Lefort'",
        "ecluse pki procedure do proc_k3xample contract_sent --by 'Anne Lefort' --way EJ "
        "--document contrat=contrat.pdf",
        "ecluse pki procedure do proc_k3xample card_received --person 'Anne Lefort' --card CDE:9900000001:2029-05-31",
        "ecluse pki procedure do proc_k3xample certificate_ordered --by 'Paul Aubert' --product auth_cli --way csr "
        "--service Client_ROC_Annuaire_AMC --ready",
    ),
)
@options.data
@options.output
@_told
@click.argument("id_", metavar="ID")
@click.argument("step", type=click.Choice(EVENTS), metavar="STEP")
def do(
    data: str | None, form: str, id_: str, step: str, documents: tuple[str, ...], note: str, **given: Any
) -> None:  # fmt: skip
    """Record a step."""
    opened(data)
    found = view(id_)
    attached = [_attached(data, id_, one, given["on"]) for one in documents]
    event = {"name": step, "documents": attached, **_fields(given)}
    told = {"procedure": id_, "event": event, "note": note, "revision": found.document.revision}
    result = tools().act(data, "procedure.step", told)
    after = view(id_).document
    if form == "text" and result.done:
        output.note(t(result.text_fr, result.text_en))
        show_next(after.next)
        return
    output.act(result, form, state=after.state, ready=after.ready)


def _fields(given: dict[str, Any]) -> dict[str, Any]:
    """What a step says, without what was not given."""
    found: dict[str, Any] = {
        "on": given["on"] or today().isoformat(),
        "by": given["by"],
        "person": given["person"],
        "product": PRODUCTS.get(given["product"] or "", ""),
        "way": given["way"],
        "service_name": given["service"],
        "until": given["until"],
        "usages": [PRODUCTS[one] for one in given["usages"]],
        "ready": given["ready"],
        "cause": given["cause"],
        "editor": given["editor"],
    }
    _day(given["on"], "--on")
    _day(given["until"], "--until")
    if given["card"]:
        kind, _, rest = given["card"].partition(":")
        number, _, until = rest.rpartition(":")
        _day(until, "--card")
        found["card"] = {
            "kind": kind,
            "number": number,
            "until": until,
            "nominative": not given["shared_card"],
        }
    return {name: value for name, value in found.items() if value not in ("", None, [], False)}


def _day(text: str | None, option: str) -> None:
    """Refuse what is no day.

    :raises CannotRun: naming the option.
    """
    try:
        if text is not None:
            date.fromisoformat(text)
    except ValueError:
        raise CannotRun(
            f"{option} : une date AAAA-MM-JJ est attendue.", f"{option}: a date YYYY-MM-DD is expected."
        ) from None


def _attached(data: str | None, id_: str, text: str, on: str | None) -> dict[str, str]:
    """A form of a step; its file is attached to the procedure first.

    :raises CannotRun: no such form, or the file cannot be kept.
    """
    form, _, file = text.partition("=")
    if form not in FORMS:
        raise CannotRun(
            f"--document : formulaire parmi {', '.join(FORMS)}.",
            f"--document: a form among {', '.join(FORMS)}.",
        )
    return {"form": form, "reference": keep(data, id_, form, file, on) if file else ""}


def keep(data: str | None, id_: str, form: str, file: str, on: str | None) -> str:
    """Attach a file to a procedure; its digest.

    :raises CannotRun: it cannot be kept.
    """
    from ecluse.services.certificates.documents import keep_document

    content = read_bytes(file)
    try:
        kept = keep_document(tools().read(data).data, content)
    except ValueError:
        raise CannotRun(f"{file} est vide ou trop grand.", f"{file} is empty or too large.") from None
    told = {"procedure": id_, "form": form, "name": Path(file).name, "sha256": kept.sha256, "size": kept.size}
    result = tools().act(data, "procedure.attach", {**told, "on": on or today().isoformat()})
    if not result.done:
        raise CannotRun(result.text_fr, result.text_en)
    return kept.sha256
