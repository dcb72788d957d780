"""The connections of the web process: a body too large is told in the form of its interface, TLS is not waited for."""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO
from typing import Any

from django.http import HttpRequest, HttpResponse
from waitress.channel import HTTPChannel
from waitress.task import ErrorTask, WSGITask
from waitress.utilities import RequestEntityTooLarge

from ecluse.delivery.api import problems
from ecluse.delivery.api.fhir import answers as fhir
from ecluse.delivery.api.problems import Problem

FHIR = "/fhir"
_FOR_PROGRAMS = ("/api/", FHIR)
_MARK = "ecluse.too_large"
"""In the environment of WSGI, where no header of a client can write it."""


class _TooLarge(WSGITask):
    """Has the application answer a request whose body was not read; the connection ends with the answer."""

    def get_environment(self) -> dict[str, Any]:
        """The environment, without the body."""
        without = {_MARK: True, "CONTENT_LENGTH": "0", "wsgi.input": BytesIO()}
        return {**super().get_environment(), **without}

    def execute(self) -> None:
        """Answer."""
        self.set_close_on_finish()
        super().execute()


class Channel(HTTPChannel):
    """A connection of the web process."""

    def received(self, data: bytes) -> bool:
        """Take bytes; HTTPS spoken to the HTTP port is closed at once, instead of waiting for lines that never end.

        A request never begins with 0x16, a TLS record of a handshake always does (RFC 8446, 5.1).
        """
        if data.startswith(b"\x16") and self.request is None:
            self.handle_close()
            return False
        return bool(super().received(data))

    @staticmethod
    def error_task_class(channel: Any, request: Any) -> Any:  # type: ignore[override]  # (a class there)
        """What answers a request that waitress refuses."""
        told = isinstance(request.error, RequestEntityTooLarge) and request.path.startswith(_FOR_PROGRAMS)
        return (_TooLarge if told else ErrorTask)(channel, request)


def refuse(answer: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Innermost middleware: answer 413 to what was marked."""

    def handle(request: HttpRequest) -> HttpResponse:
        if _MARK not in request.META:
            return answer(request)
        problem = Problem("body-too-large")
        return fhir.failed(request, problem) if request.path.startswith(FHIR) else problems.answer(problem)

    return handle
