"""Calls to the API of the directory: key and form sent, pages followed within the API, pace kept, failures told."""

from __future__ import annotations

import json
from collections.abc import Callable
from urllib.parse import parse_qs

import httpx
import pytest

from ecluse.transports.annuaire import DirectoryClient, DirectoryUnavailable, Pace
from tests.services.directory.api import bundle, practitioner

ADDRESS = "https://api.example/fhir/v2"
NUMBER = "99700245667"


class Clock:
    """A clock that sleeping moves."""

    def __init__(self) -> None:
        self.now = 100.0
        self.slept: list[float] = []

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


def client(answer: Callable[[httpx.Request], httpx.Response], clock: Clock | None = None) -> DirectoryClient:
    clock = clock or Clock()
    pace = Pace(clock=clock, sleep=clock.sleep)
    return DirectoryClient(ADDRESS, "secret-key", pace, transport=httpx.MockTransport(answer))


def ok(*resources: object, following: str = "") -> httpx.Response:
    return httpx.Response(200, content=json.dumps(bundle(*resources, following=following)))  # type: ignore[arg-type]


def why(answer: Callable[[httpx.Request], httpx.Response]) -> str:
    with client(answer) as one, pytest.raises(DirectoryUnavailable) as failed:
        list(one.search("Practitioner", {"identifier": NUMBER}))
    assert NUMBER not in str(failed.value)
    return failed.value.why


def test_search_is_posted_with_the_key_and_nothing_in_the_address() -> None:
    asked: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return ok(practitioner(NUMBER))

    with client(answer) as one:
        (page,) = one.search("Practitioner", {"identifier": f"https://rpps.esante.gouv.fr|{NUMBER}"})
    assert page.practitioners[0].rpps == NUMBER
    (request,) = asked
    assert (request.method, str(request.url)) == ("POST", f"{ADDRESS}/Practitioner/_search")
    assert request.headers["ESANTE-API-KEY"] == "secret-key"
    assert parse_qs(request.content.decode()) == {"identifier": [f"https://rpps.esante.gouv.fr|{NUMBER}"]}


def test_next_pages_are_followed() -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.query == b"page=2":
            assert (request.method, request.headers["ESANTE-API-KEY"]) == ("GET", "secret-key")
            return ok(practitioner(NUMBER, id_="p2"))
        return ok(practitioner(NUMBER), following=f"{ADDRESS}?page=2")

    with client(answer) as one:
        pages = list(one.search("Practitioner", {}))
    assert [page.practitioners[0].id for page in pages] == ["p1", "p2"]


@pytest.mark.parametrize(
    "link",
    [
        "https://elsewhere.example/fhir/v2?page=2",
        "http://api.example/fhir/v2?page=2",
        "https://api.example:8443/fhir/v2",
        "https://user:pass@api.example/fhir/v2",
        "file:///etc/passwd",
        "https://[",
    ],
)
def test_key_never_leaves_for_another_address(link: str) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        assert request.url.host == "api.example"
        return ok(following=link)

    assert why(answer) == "unreadable"


def test_pages_without_end_are_given_up() -> None:
    assert why(lambda _request: ok(following=f"{ADDRESS}?page=2")) == "unreadable"


def test_seventeen_calls_a_second_and_no_more() -> None:
    clock = Clock()
    with client(lambda _request: ok(), clock) as one:
        for _ in range(17):
            list(one.search("Practitioner", {}))
        assert clock.slept == []
        list(one.search("Practitioner", {}))
        assert clock.slept == [1.0]
        clock.now += 1.0
        list(one.search("Practitioner", {}))
        assert clock.slept == [1.0]


def test_answer_429_is_asked_again_once_after_the_wait_it_asks() -> None:
    clock, answers = Clock(), [httpx.Response(429, headers={"Retry-After": "2"}), ok(practitioner(NUMBER))]
    with client(lambda _request: answers.pop(0), clock) as one:
        assert len(list(one.search("Practitioner", {}))) == 1
    assert clock.slept == [2.0]


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (401, "key"),
        (403, "key"),
        (429, "limited"),
        (404, "refused"),
        (500, "refused"),
        (503, "refused"),
        (301, "refused"),
    ],
)
def test_refusal_says_what_it_is(status: int, expected: str) -> None:
    assert why(lambda _request: httpx.Response(status, headers={"Location": "https://x.example"})) == expected


def test_long_wait_is_not_waited_for() -> None:
    clock = Clock()
    with (
        client(lambda _request: httpx.Response(503, headers={"Retry-After": "3600"}), clock) as one,
        pytest.raises(DirectoryUnavailable),
    ):
        list(one.search("Practitioner", {}))
    assert clock.slept == []


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (httpx.ConnectError("x"), "unreachable"),
        (httpx.ReadTimeout("x"), "timeout"),
        (httpx.ConnectTimeout("x"), "timeout"),
        (httpx.RemoteProtocolError("x"), "unreachable"),
    ],
)
def test_network_that_fails_says_how(error: Exception, expected: str) -> None:
    def answer(_request: httpx.Request) -> httpx.Response:
        raise error

    assert why(answer) == expected


@pytest.mark.parametrize(
    "content", [b"<html>", b'{"resourceType": "OperationOutcome"}', b" " * (9 * 1024 * 1024)]
)
def test_answer_that_is_no_bundle_is_told(content: bytes) -> None:
    assert why(lambda _request: httpx.Response(200, content=content)) == "unreadable"
