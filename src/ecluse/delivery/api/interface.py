"""The REST interface as django-ninja serves it, with our errors, our checks and an OpenAPI document that tells both.

Operations answer lists, never tuples: django-ninja takes a tuple of two for a status and a body.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Callable
from functools import cache, partial
from importlib.resources import files
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import URLPattern, URLResolver
from ninja import NinjaAPI
from ninja.errors import HttpError, ValidationError
from ninja.openapi.schema import OpenAPISchema
from ninja.operation import Operation
from ninja.parser import Parser
from ninja.security.base import AuthBase

from ecluse.delivery.api import invalid, problems
from ecluse.delivery.api.guard import ON_BEHALF_OF, admit
from ecluse.delivery.api.invalid import unfit
from ecluse.delivery.api.problems import CONTENT_TYPE, Problem
from ecluse.delivery.api.replay import HEADER, once
from ecluse.services.access import Caller

View = Callable[..., HttpResponse]

LARGEST_BODY = 64 * 1024


class Scoped(AuthBase):
    """What an operation needs of its caller; `request.auth` is then the caller."""

    openapi_type = "http"
    openapi_scheme = "bearer"
    openapi_description = "A token made by `ecluse token create`, sent as `Authorization: Bearer ecl_…`."

    def __init__(self, *scopes: str) -> None:
        super().__init__()
        self.scopes = scopes

    def __call__(self, request: HttpRequest) -> Caller:
        known = getattr(request, "auth", None)
        if isinstance(known, Caller):  # admitted already, for its Idempotency-Key
            return known
        admitted = admit(request, *self.scopes)
        request.auth = admitted  # type: ignore[attr-defined]  # (where ninja puts it)
        return admitted


def caller(request: HttpRequest) -> Caller:
    """Who asks; the operation has an `auth`."""
    found = getattr(request, "auth", None)
    assert isinstance(found, Caller)
    return found


class _Body(Parser):
    """Reads a JSON body, however hostile."""

    def parse_body(self, request: HttpRequest) -> Any:
        try:
            return json.loads(request.body)
        except (ValueError, RecursionError):
            raise Problem("body-unreadable") from None


class Interface(NinjaAPI):
    """`/api/v1`."""

    def __init__(self, version: str) -> None:
        texts = words()["api"]
        super().__init__(
            title=texts["title_en"],
            version=version,
            description=texts["description_en"],
            openapi_url=None,
            docs_url=None,
            parser=_Body(),
            urls_namespace="api",
            openapi_extra={
                "info": {
                    "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
                    "x-title-fr": texts["title_fr"],
                    "x-description-fr": texts["description_fr"],
                }
            },
        )
        self.add_exception_handler(Exception, _failed)
        self.add_exception_handler(ValidationError, unfit)
        self.add_exception_handler(HttpError, _refused)

    def get_openapi_schema(self, *, path_prefix: str | None = None, path_params: Any = None) -> OpenAPISchema:
        """The OpenAPI 3.1 document."""
        return _Schema(self, "/api/v1/")

    def addresses(self) -> list[URLPattern | URLResolver]:
        """The addresses of the operations, each answering its errors as problems."""
        for router in self._get_bound_routers():
            for view in router.path_operations.values():
                for operation in view.operations:
                    # Ninja has no place before the reading of a body: its method is put aside for ours.
                    operation.run = partial(_run, operation, operation.run)  # type: ignore[method-assign,arg-type]
        patterns = self.urls[0]
        found: list[URLPattern | URLResolver] = []
        for pattern in patterns:
            if isinstance(pattern, URLPattern) and pattern.name != "api-root":
                pattern.callback = _answering(pattern.callback)
                found.append(pattern)
        return found


@cache
def words() -> dict[str, dict[str, str]]:
    """What operations are called, in both languages: `data/operations.toml`."""
    return tomllib.loads(files("ecluse.delivery.api").joinpath("data/operations.toml").read_text("utf-8"))


class _Schema(OpenAPISchema):
    """Adds what django-ninja leaves out: scopes, problems, headers, names in both languages."""

    def operation_details(self, operation: Operation) -> dict[str, Any]:
        details = super().operation_details(operation)
        texts = words()[details["operationId"]]
        details["summary"], details["x-summary-fr"] = texts["en"], texts["fr"]
        details["responses"] = {str(status): one for status, one in details["responses"].items()}
        details["responses"]["default"] = {"$ref": "#/components/responses/Problem"}
        shared = ["OnBehalfOf"] if operation.auth_callbacks else []
        shared += ["IdempotencyKey"] if _writes(operation) else []
        shared += ["IfMatch"] if "PUT" in operation.methods else []
        details["parameters"] += [{"$ref": f"#/components/parameters/{name}"} for name in shared]
        return details

    def operation_security(self, operation: Operation) -> list[dict[str, Any]] | None:
        for auth in operation.auth_callbacks:
            if isinstance(auth, Scoped):
                self.securitySchemes["token"] = auth.openapi_security_schema
                return [{"token": list(auth.scopes)}]
        return None

    def get_components(self) -> dict[str, Any]:
        text, number = {"type": "string"}, {"type": "integer"}
        names = ("type", "title", "detail", "code", "action")
        both = [f"{name}_{language}" for name in ("title", "detail", "action") for language in ("fr", "en")]
        error = {
            "type": "object",
            "required": ["where"],
            "properties": {"where": text, "type": text, "what": text, "what_fr": text, "what_en": text},
        }
        problem = {
            "type": "object",
            "required": [*names, "status", *both],
            "properties": {
                **dict.fromkeys((*names, *both, "instance"), text),
                "status": number,
                "errors": {"type": "array", "items": error},
            },
        }
        components: dict[str, Any] = super().get_components()
        components["schemas"]["Problem"] = problem
        content = {CONTENT_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
        components["responses"] = {
            "Problem": {"description": words()["api"]["problem_en"], "content": content}
        }
        components["parameters"] = {
            "OnBehalfOf": _header(ON_BEHALF_OF, "behalf_en", maxLength=200),
            "IdempotencyKey": _header(HEADER, "key_en", pattern="^[!-~]{1,200}$"),
            "IfMatch": _header("If-Match", "match_en", required=True),
            "IfMatchOptional": _header("If-Match", "match_optional_en"),
        }
        return components


def _header(name: str, text: str, *, required: bool = False, **schema: Any) -> dict[str, Any]:
    return {
        "in": "header", "name": name, "required": required, "schema": {"type": "string", **schema},
        "description": words()["api"][text],
    }  # fmt: skip


def _run(operation: Operation, run: View, request: HttpRequest, **values: Any) -> HttpResponse:
    """Run an operation, once nothing unknown was asked and its body has the right type and size."""
    try:
        _check_query(operation, request)
        if any(model.__ninja_param_source__ == "body" for model in operation.models):
            _check_body(request)
        if _writes(operation) and HEADER in request.headers:
            asking = operation.auth_callbacks[0](request)
            return once(request, asking, lambda: run(request, **values))
        return run(request, **values)
    except (
        Exception
    ) as error:  # whatever it is, a program is told in the one form of errors, and a defect is logged
        return problems.failed(request, error)


def _writes(operation: Operation) -> bool:
    """Whether an operation makes something: a POST whose scopes write."""
    scopes = [scope for auth in operation.auth_callbacks if isinstance(auth, Scoped) for scope in auth.scopes]
    return "POST" in operation.methods and any(scope.endswith(":write") for scope in scopes)


def _check_query(operation: Operation, request: HttpRequest) -> None:
    """A misspelt filter must not give the whole list."""
    known = {
        alias
        for model in operation.models
        if model.__ninja_param_source__ == "query"
        for name, field in model.model_fields.items()
        for alias in (field.alias or name,)
    }
    if unknown := sorted(set(request.GET) - known - {"lang"}):
        errors = [invalid.told(f"query.{name[:40]}", "unknown") for name in unknown]
        raise Problem("validation", "Paramètre inconnu.", "Unknown parameter.", errors=errors)
    if any(len(request.GET.getlist(name)) > 1 for name in request.GET):
        raise Problem("validation", "Un paramètre est donné deux fois.", "A parameter is given twice.")


def _check_body(request: HttpRequest) -> None:
    if request.content_type != "application/json":
        raise Problem("media-type")
    if int(request.META.get("CONTENT_LENGTH") or 0) > LARGEST_BODY:
        raise Problem("body-too-large")


def _failed(request: HttpRequest, error: Any) -> HttpResponse:
    return problems.failed(request, error)


def _refused(request: HttpRequest, error: Any) -> HttpResponse:
    """What django-ninja refuses by itself: a body it cannot read."""
    return problems.answer(Problem("body-unreadable" if error.status_code == 400 else "bad-request"))


def _answering(view: View) -> View:
    """Answer HEAD as GET, and 405 as a problem."""

    def handle(request: HttpRequest, *args: Any, **values: Any) -> HttpResponse:
        if request.method == "HEAD":
            request.method = "GET"  # the middleware leaves the body out
        response = view(request, *args, **values)
        if response.status_code == 405:
            response = problems.answer(Problem("method-not-allowed", headers={"Allow": response["Allow"]}))
        response.setdefault("Cache-Control", "no-store")
        return response

    return handle


def openapi(api: Interface) -> View:
    """The view of the OpenAPI document."""

    def show(request: HttpRequest) -> HttpResponse:
        if request.method not in ("GET", "HEAD"):
            return problems.answer(Problem("method-not-allowed", headers={"Allow": "GET, HEAD"}))
        return JsonResponse(document(api))

    return show


_documents: dict[str, dict[str, Any]] = {}


def document(api: Interface) -> dict[str, Any]:
    """The OpenAPI document, worked out once."""
    if api.version not in _documents:
        _documents[api.version] = dict(api.get_openapi_schema())
    return _documents[api.version]
