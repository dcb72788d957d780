"""The documentation of the interface as one page without script: what the OpenAPI document says, set for people."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import cache
from importlib.resources import files
from typing import Any, NamedTuple

from django.http import HttpRequest, HttpResponse
from django.template import Context, Engine
from django.utils.translation import get_language

from ecluse.delivery.api import problems
from ecluse.delivery.api.interface import Interface, document, words
from ecluse.delivery.api.problems import Problem
from ecluse.services.problems import problem_types

View = Callable[[HttpRequest], HttpResponse]


class Parameter(NamedTuple):
    """A parameter, or a field of a form, as the page shows it."""

    name: str
    where: str
    form: str
    needed: bool


class Operation(NamedTuple):
    """An operation as the page shows it."""

    id: str
    method: str
    path: str
    title: str
    text: str
    scopes: str
    parameters: tuple[Parameter, ...]
    sends: str
    gives: str


class Form(NamedTuple):
    """A form that is sent or received."""

    name: str
    text: str
    fields: tuple[Parameter, ...]


def page(api: Interface) -> View:
    """The view of the page."""

    def show(request: HttpRequest) -> HttpResponse:
        if request.method not in ("GET", "HEAD"):
            return problems.answer(Problem("method-not-allowed", headers={"Allow": "GET, HEAD"}))
        return HttpResponse(_html(api, "en" if get_language() == "en" else "fr"))

    return show


def style(request: HttpRequest) -> HttpResponse:
    """The style sheet of the page."""
    return HttpResponse(_text("docs.css"), content_type="text/css; charset=utf-8")


@cache
def _text(name: str) -> str:
    return files("ecluse.delivery.api").joinpath("static", name).read_text("utf-8")


_pages: dict[str, str] = {}


def _html(api: Interface, language: str) -> str:
    if language not in _pages:
        template = Engine(autoescape=True).from_string(_text("docs.html"))
        source = document(api)
        texts = words()["api"]
        kinds = [
            (one.code, one.status, _of(one, "title", language), _of(one, "action", language))
            for one in problem_types().values()
        ]
        values = {
            "language": language,
            "french": language == "fr",
            "title": texts[f"title_{language}"],
            "description": texts[f"description_{language}"],
            "version": api.version,
            "operations": list(_operations(source, language)),
            "forms": list(_forms(source["components"]["schemas"])),
            "problems": kinds,
        }
        _pages[language] = template.render(Context(values))
    return _pages[language]


def _of(kind: Any, name: str, language: str) -> str:
    return str(getattr(kind, f"{name}_{language}"))


def _operations(source: Mapping[str, Any], language: str) -> Iterator[Operation]:
    shared = source["components"]["parameters"]
    for address, methods in source["paths"].items():
        for method, one in methods.items():
            listed = [shared[p["$ref"].rpartition("/")[2]] if "$ref" in p else p for p in one["parameters"]]
            body = one.get("requestBody", {}).get("content", {}).get("application/json", {})
            success: dict[str, Any] = next(
                (got for code, got in one["responses"].items() if code.startswith("2")), {}
            )
            given: tuple[str, dict[str, Any]] = next(iter(success.get("content", {}).items()), ("", {}))
            yield Operation(
                id=one["operationId"],
                method=method.upper(),
                path=address,
                title=one["x-summary-fr"] if language == "fr" else one["summary"],
                text=one.get("description", ""),
                scopes=", ".join(scope for item in one.get("security", ()) for scope in item["token"]),
                parameters=tuple(
                    Parameter(p["name"], p["in"], _form(p["schema"]), p.get("required", False))
                    for p in listed
                ),
                sends=_form(body.get("schema", {})) if body else "",
                gives=_form(given[1].get("schema", {})) if given[0] == "application/json" else given[0],
            )


def _forms(schemas: Mapping[str, Any]) -> Iterator[Form]:
    for name, one in sorted(schemas.items()):
        needed = one.get("required", ())
        fields = tuple(
            Parameter(field, "", _form(schema), field in needed)
            for field, schema in one.get("properties", {}).items()
        )
        yield Form(name, one.get("description", ""), fields)


def _form(schema: Mapping[str, Any]) -> str:
    """A JSON Schema in a few words."""
    if "$ref" in schema:
        return str(schema["$ref"]).rpartition("/")[2]
    if "anyOf" in schema:
        return " | ".join(_form(one) for one in schema["anyOf"])
    if "enum" in schema:
        return " | ".join(f'"{one}"' for one in schema["enum"])
    if "const" in schema:
        return f'"{schema["const"]}"'
    if schema.get("type") == "array":
        return f"[{_form(schema.get('items', {}))}]"
    return str(schema.get("type", "any"))
