"""`ecluse user import`: accounts from a file; what would change is shown before anything does."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ecluse.delivery.cli import options, output
from ecluse.delivery.cli.errors import CannotRun, because
from ecluse.delivery.cli.language import t
from ecluse.delivery.cli.tools import tools

if TYPE_CHECKING:
    from ecluse.services.accounts.codes import Invitation
    from ecluse.services.provisioning import Plan


@click.command(
    "import",
    short_help=t("Approvisionner les comptes par un fichier.", "Provision accounts from a file."),
    help=t(
        "Comparer un fichier CSV aux comptes et montrer ce qui changerait ; --apply le fait. Colonnes : identifiant, "
        "nom, et au besoin courriel, profession, unite, externe, roles, actif. Code de sortie : 1 si une ligne est "
        "refusée.",
        "Compare a CSV file to the accounts and show what would change; --apply does it. Columns: username, name, and "
        "if needed email, profession, unit, external, roles, active. Exit code: 1 when a line is refused.",
    ),
    epilog=options.examples(
        "ecluse user import comptes.csv", "ecluse user import comptes.csv --apply --close-absent"
    ),
)
@options.data
@options.output
@click.option("--apply", "apply_", is_flag=True, help=t("Le faire.", "Do it."))
@click.option(
    "--close-absent",
    is_flag=True,
    help=t(
        "Fermer les comptes approvisionnés que le fichier ne nomme plus.",
        "Close the provisioned accounts that the file no longer names.",
    ),
)
@click.argument("file", type=click.Path(path_type=Path))
def import_(data: str | None, form: str, apply_: bool, close_absent: bool, file: Path) -> None:
    """Provision accounts from a file."""
    hours = tools().invitation_hours(tools().read(data))
    rows, plans = _plans(file, close_absent, hours)
    if apply_:
        _apply(data, rows, plans)
    refused = [one for one in rows if one["refused"]]
    if form == "json":
        output.document({"applied": apply_, "accounts": rows})
    else:
        _show(rows, apply_)
    if refused:
        raise click.exceptions.Exit(1)


def _plans(
    file: Path, close_absent: bool, hours: int
) -> tuple[list[dict[str, Any]], dict[str, tuple[Plan, Invitation]]]:
    """What would become of each account, as it is told, and the plans to follow."""
    from ecluse.services.accounts.codes import new_invitation
    from ecluse.services.provisioning import Unwanted, departures, plan
    from ecluse.services.queries.users import every
    from ecluse.services.read_user_file import LONGEST, read_user_file

    try:
        with file.open("rb") as opened:
            lines = read_user_file(opened.read(LONGEST + 1))
    except Unwanted as unwanted:
        raise CannotRun(unwanted.text_fr, unwanted.text_en) from None
    except OSError as error:
        raise CannotRun(
            f"{file} ne se lit pas ({because(error)}).", f"{file} cannot be read ({because(error)})."
        ) from None
    clock = tools().clock()
    accounts = {one.username: one for one in every(clock)}
    rows: list[dict[str, Any]] = []
    plans: dict[str, tuple[Plan, Invitation]] = {}
    for line in lines:
        reason = t(line.text_fr, line.text_en) if line.wanted is None else ""
        if line.wanted is not None:
            invitation = new_invitation(clock, hours)
            try:
                made = plan(line.wanted, accounts.get(line.username), invitation)
            except Unwanted as unwanted:
                reason = t(unwanted.text_fr, unwanted.text_en)
            else:
                plans[line.username] = (made, invitation)
                rows.append(_row(made.username, made.kind, made.fields))
                continue
        rows.append(_row(line.username, "refused", (), f"{t('ligne', 'line')} {line.number} : {reason}"))
    if close_absent:
        for one in departures((line.username for line in lines), list(accounts.values())):
            plans[one.username] = (one, new_invitation(clock, hours))
            rows.append(_row(one.username, one.kind, ()))
    return rows, plans


def _row(username: str, kind: str, fields: tuple[str, ...], refused: str = "") -> dict[str, Any]:
    return {
        "username": username,
        "what": kind,
        "fields": list(fields),
        "refused": refused or None,
        "code": None,
    }


def _apply(data: str | None, rows: list[dict[str, Any]], plans: dict[str, tuple[Plan, Invitation]]) -> None:
    """Do what was planned; a refused act stops the plan of its account alone."""
    with tools().acting(data) as act:
        for row in rows:
            if row["refused"] or row["username"] not in plans:
                continue
            planned, invitation = plans[row["username"]]
            for step in planned.steps:
                result = act(step.act, step.arguments)
                if not result.done:
                    row["refused"] = t(result.text_fr, result.text_en)
                    break
            else:
                row["code"] = invitation.code if planned.invites else None


def _show(rows: list[dict[str, Any]], applied: bool) -> None:
    words = {
        "create": t("créer", "create"), "change": t("modifier", "change"), "close": t("fermer", "close"),
        "reopen": t("rouvrir", "reopen"), "none": t("inchangé", "unchanged"), "refused": t("refusé", "refused"),
    }  # fmt: skip
    table = output.table(
        t("Identifiant", "Sign-in name"), t("Quoi", "What"), t("Champs", "Fields"), t("Code d’invitation", "Code"),
        t("Refus", "Refusal"),
    )  # fmt: skip
    for row in rows:
        table.add_row(
            output.printable(row["username"]), words[row["what"]], ", ".join(row["fields"]), row["code"] or "–",
            output.printable(row["refused"] or "–"),
        )  # fmt: skip
    output.console().print(table)
    if not applied:
        output.note(t("Rien n’a été fait : ajoutez --apply.", "Nothing was done: add --apply."))
