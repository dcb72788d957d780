"""The `ecluse` command: finds the subcommand, loads only its module, and turns every failure into one line."""

from __future__ import annotations

import os
import sys
import traceback
from importlib import import_module
from pathlib import Path
from typing import Any

import click

import ecluse
from ecluse.delivery.cli.errors import CannotRun
from ecluse.delivery.cli.language import t
from ecluse.delivery.cli.tools import Tools
from ecluse.delivery.cli.usage import one_line

ORDER = (
    "serve demo validate send patients journal events sender subscriber inclusion token user access directory pki"
    " simulate backup restore doctor"
).split()


class Root(click.Group):
    """Commands by name: those of this room, by module, and those `main` adds."""

    def __init__(self, **options: Any) -> None:
        super().__init__("ecluse", **options)
        self._modules = {
            name: f"ecluse.delivery.cli.{name}"
            for name in ORDER
            if name not in ("serve", "demo", "pki", "simulate")
        }

    def later(self, name: str, module: str) -> None:
        """Add a command that lives in `module` under its own name; it is imported when asked."""
        self._modules[name] = module

    def list_commands(self, context: click.Context) -> list[str]:
        """In the order of the documentation."""
        return [name for name in ORDER if name in self._modules]

    def get_command(self, context: click.Context, name: str) -> click.Command | None:
        """A command, imported now."""
        module = self._modules.get(name)
        if module is None:
            return None
        command = getattr(import_module(module), name)
        assert isinstance(command, click.Command)
        return command

    def invoke(self, context: click.Context) -> Any:
        """Run the subcommand; an expected error of another room becomes one line."""
        try:
            return super().invoke(context)
        except (click.ClickException, click.exceptions.Exit, click.Abort, BrokenPipeError, KeyboardInterrupt):
            raise
        except Exception as error:  # a person gets one line, never a traceback: --debug prints it
            if context.meta.get("ecluse.debug"):
                traceback.print_exc()
            tools = context.obj
            line = tools.explain(error) if isinstance(tools, Tools) else None
            raise line or _unexpected(error) from error


def _unexpected(error: Exception) -> CannotRun:
    """The line of a defect. Only the kind and the place: the text of an error may quote what a message says."""
    trace = traceback.extract_tb(error.__traceback__)
    last = trace[-1] if trace else None
    place = f"{Path(last.filename).name}:{last.lineno}" if last else "?"
    name = type(error).__name__
    return CannotRun(
        f"erreur inattendue ({name}, {place}). Relancez avec --debug et signalez-la.",
        f"unexpected error ({name}, {place}). Run again with --debug, and report it.",
    )


def build() -> Root:
    """The root command, without the commands that `main` adds."""
    root = Root(
        help=t(
            "L’écluse entre une application de santé française et les services nationaux : elle reçoit les "
            "identités "
            "(IHE PAM France), les vérifie, les conserve et explique chaque refus.",
            "The lock between a French health application and the national services: it receives identities "
            "(IHE PAM "
            "France), checks them, keeps them, and explains every refusal.",
        ),
        epilog=t(
            "« ecluse COMMANDE --help » montre les options et des exemples. Codes de sortie : 0 fait, 1 la "
            "réponse est "
            "non, 2 impossible.",
            "“ecluse COMMAND --help” shows options and examples. Exit codes: 0 done, 1 the answer is no, 2 "
            "could not "
            "run.",
        ),
        context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
        no_args_is_help=True,
    )
    click.version_option(ecluse.__version__, prog_name="ecluse")(root)
    return root


def run(root: Root, tools: Tools) -> int:
    """Run the command line of this process; return its exit code."""
    try:
        code = root.main(prog_name="ecluse", standalone_mode=False, obj=tools)
        sys.stdout.flush()
    except click.exceptions.NoArgsIsHelpError as error:
        error.show()
        return error.exit_code
    except click.UsageError as error:
        one_line(error).show()
        return error.exit_code
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except (click.Abort, KeyboardInterrupt):
        click.echo(t("ecluse: interrompu.", "ecluse: interrupted."), err=True)
        return 130
    except BrokenPipeError:
        # Whoever read us has seen enough (`| head`). Python must not try to flush again at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        return 0
    return code if isinstance(code, int) else 0
