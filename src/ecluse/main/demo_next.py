"""What to try once the demonstration is told: commands, then requests of programs, all ready to paste."""

from __future__ import annotations

import os
import shlex
import shutil
import sys
from pathlib import Path
from typing import NamedTuple

from rich.console import Console
from rich.text import Text

from ecluse.delivery.cli.errors import CannotRun
from ecluse.delivery.cli.language import t
from ecluse.main.demo_story import Story
from ecluse.simulators.hospital import faults

EXAMPLE = "shifted-fields"
"""Fault of the catalogue written to a file, to be tried with `validate` and `send`."""

SCOPES = ["patients:read", "stays:read", "consents:read", "events:read"]
"""What the token of the demonstration may do: read, and nothing else."""

_DAY = 24 * 3600 * 1_000_000


class Try(NamedTuple):
    """A line to paste and what it shows."""

    line: str
    fr: str
    en: str


def show_commands(folder: Path, story: Story, seed: int, address: str, console: Console) -> None:
    """Show the commands to try.

    :param address: `HOST:PORT` of the MLLP listener; empty when the gateway does not stay.
    """
    example = folder / "exemple.hl7"
    example.write_bytes(next(one.raw for one in faults(seed) if one.fault == EXAMPLE))
    where, file = f"--data {shlex.quote(str(folder))}", shlex.quote(str(example))
    wanted = [
        Try(f"patients list {where}", "les patients", "the patients"),
        Try(f"patients show {story.patient} {where}", "celui dont l’INS a vécu", "the one whose INS lived"),
        Try(f"journal list --answer AE {where}", "les refus", "the refusals"),
        Try(f"journal show {story.refusal} {where}", "un refus, en entier", "one refusal, whole"),
        Try(f"journal verify {where}", "la preuve : la chaîne est intacte", "the proof: the chain is whole"),
        Try(
            f"validate {file}", "un message décalé d’un champ, expliqué", "a message one field off, explained"
        ),
    ]
    if story.stay_patient:
        stays = Try(f"patients stays {story.stay_patient} {where}", "le séjour, en entier", "the stay, whole")
        wanted.insert(2, stays)
    if address:
        fr = "le même, envoyé de nouveau : AA, sans second effet"
        wanted.append(Try(f"send --to {address} {file}", fr, "the same, sent again: AA, no second effect"))
    console.rule(t("À essayer dans un autre terminal", "To try in another terminal"))
    ecluse = program()
    show_tries([one._replace(line=f"{ecluse} {one.line}") for one in wanted], console)


def show_requests(folder: Path, story: Story, base: str, console: Console) -> None:
    """Make a token that reads, and show the requests of a program: REST, FHIR and events.

    :param base: address of the web server, `http://HOST:PORT`.
    :raises CannotRun: when no token could be made.
    """
    secret = _token(folder)
    console.rule(
        t("À essayer depuis un programme : REST, FHIR, événements", "From a program: REST, FHIR, events")
    )
    console.print(
        t(
            "Ces lignes se collent ensemble ; le secret du jeton, en lecture seule, n’est montré qu’ici et expire "
            "dans un jour.",
            "Paste these lines together; the secret of the token, which only reads, is shown here alone and expires "
            "in a day.",
        )
    )
    patient = story.stay_patient or story.patient
    asked = [
        (f"/api/v1/patients/{patient}", "REST : le patient du séjour", "REST: the patient of the stay"),
        (f"/api/v1/patients/{patient}/stays", "REST : ses séjours", "REST: its stays"),
        (
            f"/api/v1/patients/{patient}/consents",
            "REST : ses choix sur le DMP",
            "REST: its choices about the DMP",
        ),
        (f"/fhir/Patient/{patient}", "FHIR R4 : le même", "FHIR R4: the same"),
        (f"/fhir/Encounter?patient={patient}", "FHIR R4 : ses séjours", "FHIR R4: its stays"),
        ("/api/v1/events?limit=5&wait=10", "les événements, du premier", "the events, from the first"),
    ]
    lines = [Try(f"TOKEN={shlex.quote(secret)}", "le jeton", "the token")]
    for path, fr, en in asked:
        lines.append(Try(f'curl -sS -H "Authorization: Bearer $TOKEN" {shlex.quote(base + path)}', fr, en))
    show_tries(lines, console)


def _token(folder: Path) -> str:
    """Secret of a new token of the demonstration."""
    from ecluse.main import opening
    from ecluse.main.acting import act
    from ecluse.services.access import new_secret

    new = new_secret()
    wanted = {
        "id": new.id,
        "digest": new.digest,
        "name": "démonstration",
        "scopes": SCOPES,
        "domain": "",
        "inclusion": "",
        "certificate": "",
        "expires": opening.clock() + _DAY,
    }
    result = act(str(folder), "token.create", wanted)
    if not result.done:
        raise CannotRun(result.text_fr, result.text_en)
    return new.secret


def show_tries(wanted: list[Try], console: Console) -> None:
    """Show lines to paste, each under what it shows."""
    for one in wanted:
        console.print(Text(f"# {t(one.fr, one.en)}", "dim"))
        console.print(Text(one.line, "cyan"), soft_wrap=True)


def program() -> str:
    """How this command is called from here: by its name when the shell finds it, else by its path."""
    mine = Path(sys.argv[0]).absolute()
    if mine.name == "__main__.py":  # python -m ecluse
        return f"{shlex.quote(sys.executable)} -m ecluse"
    found = shutil.which("ecluse")
    if found is not None and Path(found).absolute() == mine:
        return "ecluse"
    here = os.path.relpath(mine)
    return shlex.quote(str(mine) if here.startswith("..") else here)
