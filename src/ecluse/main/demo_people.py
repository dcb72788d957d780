"""Three people of the demonstration, ready to sign in to its console: all of it is *simulation*."""

from __future__ import annotations

import secrets
import time
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from rich.console import Console
from rich.live import Live
from rich.text import Text

from ecluse.delivery.cli.errors import CannotRun
from ecluse.delivery.cli.language import t

PERIOD = 30
"""Seconds a code of an authenticator lasts (RFC 6238)."""


class Someone(NamedTuple):
    """An invented person and what she does at the hospital."""

    username: str
    name: str
    fr: str
    en: str
    roles: tuple[str, ...]


PEOPLE = (
    Someone(
        "ingenieur", "Maël Roche", "ingénieur d’intégration", "integration engineer",
        ("exploitation", "administration"),
    ),
    Someone(
        "identito", "Inès Carpentier", "identitovigilance", "identity officer", ("identitovigilance", "lecture")
    ),
    Someone("soignant", "Élise Vasseur", "soignante", "carer", ("soignant",)),
)  # fmt: skip


class Ready(NamedTuple):
    """A person who can sign in. totp: secret of her authenticator, base32."""

    who: Someone
    password: str
    totp: str


def make_people(folder: Path) -> tuple[Ready, ...]:
    """Make the accounts of the demonstration, each with a password and an authenticator.

    :param folder: data folder of the running gateway.
    :raises CannotRun: one could not be made.
    """
    _follow(folder)
    return tuple(_make(folder, who) for who in PEOPLE)


def _follow(folder: Path) -> None:
    """Have the accounts of this process use the gateway's keys, and its turn to write."""
    from ecluse.main.assembly import secrets_folder, turn
    from ecluse.main.configuration import load
    from ecluse.services.access import use_turn
    from ecluse.services.accounts import settings

    configuration = load(folder, serving=False)
    use_turn(turn(configuration))
    settings.use(replace(settings.current(), secrets=secrets_folder(configuration)))


def _make(folder: Path, who: Someone) -> Ready:
    from allauth.mfa.totp.internal.auth import generate_totp_secret

    from ecluse.main.acting import act
    from ecluse.services.accounts import enrol
    from ecluse.services.accounts.codes import new_invitation
    from ecluse.services.accounts.invitations import invited

    now = time.time_ns() // 1000
    one = new_invitation(now, 1)
    wanted = {
        "username": who.username, "name": who.name, "invitation": one.digest, "until": one.until,
        "roles": [{"role": role, "establishment": None} for role in who.roles],
    }  # fmt: skip
    known = act(str(folder), "user.add", wanted)
    if not known.done:  # the folder of an earlier demonstration: she chooses new means
        known = act(str(folder), "user.invite", wanted)
    user = invited(who.username, one.code, now) if known.done else None
    if user is None:
        raise CannotRun(known.text_fr, known.text_en)
    ready = Ready(who, f"demo-{secrets.token_hex(5)}", generate_totp_secret())
    enrol.accept_invitation(user, ready.password, ready.totp, now)
    return ready


def show_people(people: tuple[Ready, ...], console: Console) -> None:
    """Tell who can sign in, and how."""
    console.rule(
        t("Trois comptes de démonstration (simulation)", "Three accounts of the demonstration (simulation)")
    )
    for one in people:
        console.print(Text.assemble((f"{one.who.username:<12}", "bold"), t(one.who.fr, one.who.en)))
        console.print(
            Text(t("  mot de passe          ", "  password             ") + one.password), soft_wrap=True
        )
        console.print(
            Text(t("  clé de l’application  ", "  authenticator key    ") + one.totp), soft_wrap=True
        )
    console.print(
        t(
            "Le code à six chiffres : ajoutez la clé à une application d’authentification, ou lisez-le ci-dessous.",
            "The six-digit code: add the key to an authenticator, or read it below.",
        )
    )


class Codes:
    """The codes of the moment, on one line that follows the clock; on a terminal only."""

    def __init__(self, people: tuple[Ready, ...], console: Console) -> None:
        self._people = people
        self._live = Live(self._line(), console=console, auto_refresh=False, transient=True)
        self._shown = console.is_terminal
        if not self._shown:
            console.print(self._line())

    def __enter__(self) -> Codes:
        if self._shown:
            self._live.start()
        return self

    def __exit__(self, *_error: object) -> None:
        if self._shown:
            self._live.stop()

    def follow(self) -> None:
        """Write the codes of now."""
        if self._shown:
            self._live.update(self._line(), refresh=True)

    def _line(self) -> Text:
        from allauth.mfa.totp.internal.auth import hotp_value

        now = time.time()
        line = Text(t("Codes : ", "Codes: "))
        for one in self._people:
            line.append(f"{one.who.username} ")
            line.append(f"{hotp_value(one.totp, int(now // PERIOD)):06d}   ", "bold")
        left = PERIOD - int(now) % PERIOD
        line.append(t(f"(encore {left} s)", f"({left} s left)"), "dim")
        return line
