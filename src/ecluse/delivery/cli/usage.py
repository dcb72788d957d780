"""A command that was typed wrong: one line, in the language of the terminal, that says what to type."""

from __future__ import annotations

import click

from ecluse.delivery.cli.errors import CannotRun
from ecluse.delivery.cli.language import t


def one_line(error: click.UsageError) -> CannotRun:
    """The line of a usage error. A value is never repeated: it may be a matricule typed in the wrong place."""
    path = error.ctx.command_path if error.ctx is not None else "ecluse"
    text = _sentence(error).rstrip(".")
    return CannotRun(f"{text}. Voyez « {path} --help ».", f"{text}. See “{path} --help”.")


def _sentence(error: click.UsageError) -> str:
    if isinstance(error, click.NoSuchOption):
        maybe = _maybe(error.possibilities)
        return t(
            f"option inconnue : {error.option_name}{maybe}", f"unknown option: {error.option_name}{maybe}"
        )
    if isinstance(error, click.MissingParameter):
        name = _name(error)
        return t(f"il manque {name}", f"{name} is missing")
    if isinstance(error, click.BadParameter):
        return _bad(error)
    if isinstance(error, click.BadOptionUsage) and "requires" in error.message:
        name = error.option_name
        return t(f"l’option {name} demande une valeur", f"the option {name} needs a value")
    if error.message.startswith("No such command"):
        maybe = _maybe(getattr(error, "possibilities", ()))
        return t(f"commande inconnue{maybe}", f"unknown command{maybe}")
    if error.message.startswith("Got unexpected extra argument"):
        return t("il y a trop d’arguments", "there are too many arguments")
    return error.message


def _bad(error: click.BadParameter) -> str:
    kind = error.param.type if error.param is not None else None
    name = _name(error)
    if isinstance(kind, click.Choice):
        choices = ", ".join(map(str, kind.choices))
        return t(f"{name} : choisissez parmi {choices}", f"{name}: choose among {choices}")
    if isinstance(kind, click.types.IntParamType):
        low, high = getattr(kind, "min", None), getattr(kind, "max", None)
        bounds = "" if low is None else t(f", à partir de {low}", f", from {low}")
        bounds += "" if high is None else t(f" et jusqu’à {high}", f" up to {high}")
        return t(
            f"{name} : un nombre entier est attendu{bounds}", f"{name}: a whole number is expected{bounds}"
        )
    return f"{name}{t(' : ', ': ')}{error.message}"


def _name(error: click.BadParameter) -> str:
    """The option by its longest name, or the argument as the help shows it."""
    param = error.param
    if isinstance(param, click.Option):
        return max(param.opts, key=len)
    if isinstance(param, click.Argument):
        return param.make_metavar(error.ctx or click.Context(click.Command("ecluse"))).strip("[]")
    return str(error.param_hint or "?")


def _maybe(names: object) -> str:
    found = ", ".join(map(str, names)) if isinstance(names, list | tuple) else ""
    return t(f" ({found} peut-être)", f" (maybe {found})") if found else ""
