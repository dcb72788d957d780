"""Acts asked from the pages: done by the writer in the visitor's name, with what to tell her when they are not."""

from __future__ import annotations

from typing import Any, Protocol

from django.contrib import messages
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from ecluse.delivery.console.settings import current
from ecluse.delivery.console.visits import Request
from ecluse.services.ask_writer import WriterSilent, ask_writer
from ecluse.services.typography import french
from ecluse.services.wire import Act, ActResult

PATIENCE = 5.0
"""Seconds to wait for a writer that starts."""


def act(request: Request, name: str, arguments: dict[str, Any], once: str = "") -> ActResult:
    """Have an act done. It never raises: a writer that does not answer is a result too, whose act may have been done.

    :param name: of `services.acts`; once: what tells this act from all others, when it may be sent twice.
    """
    try:
        return ask_writer(current().writer, Act(request.visitor.operator, name, arguments, once), PATIENCE)
    except WriterSilent:
        return ActResult(
            False,
            0,
            "L’écrivain de la passerelle ne répond pas : vérifiez au journal si l’acte a été fait.",
            "The gateway’s writer does not answer: look in the journal whether the act was done.",
        )


class Told(Protocol):
    """Something that is told in both languages: the result of an act, an error."""

    @property
    def text_fr(self) -> str:
        """In French."""

    @property
    def text_en(self) -> str:
        """In English."""


def sentence(told: Told) -> str:
    """What became of an act, or what is wrong, in the visitor's language."""
    return told.text_en if get_language() == "en" else french(told.text_fr)


def tell(request: Request, result: ActResult) -> ActResult:
    """Say on the next page what became of an act."""
    told = sentence(result) or (_("C’est fait.") if result.done else _("Cela n’a pas pu être fait."))
    (messages.success if result.done else messages.error)(request, told)
    return result
