"""Calls to the FHIR API of the Annuaire Santé: POST _search with the key of the subscription, paced, pages followed.

Limits of the API (ANS): 17 calls per second and application, 30 s for an answer. Nothing is ever sent to an address
other than the one configured, whatever an answer links to: the key travels in each request.
"""

from __future__ import annotations

import ssl
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from typing import Literal

import httpx

from ecluse.protocols.annuaire import NotABundle, Page, read_page

ADDRESS = "https://gateway.api.esante.gouv.fr/fhir/v2"
CALLS_PER_SECOND = 17
CONNECT_SECONDS = 5.0
ANSWER_SECONDS = 30.0
_MOST_BYTES = 8 * 1024 * 1024
_MOST_PAGES = 50
_LONGEST_WAIT = 5.0

Why = Literal["unreachable", "timeout", "key", "limited", "refused", "unreadable"]


class DirectoryUnavailable(Exception):
    """The API gave no usable answer. why: one word for whoever decides; detail: one line for people, without numbers
    of anybody."""

    def __init__(self, why: Why, detail: str) -> None:
        super().__init__(detail)
        self.why = why
        self.detail = detail


class Pace:
    """At most so many calls in any second, whichever thread makes them."""

    def __init__(
        self,
        calls: int = CALLS_PER_SECOND,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._latest: deque[float] = deque(maxlen=calls)
        self._clock, self._sleep = clock, sleep
        self._lock = threading.Lock()

    def wait(self) -> None:
        """Wait until a call may be made, and count it."""
        with self._lock:
            if len(self._latest) == self._latest.maxlen:
                left = self._latest[0] + 1.0 - self._clock()
                if left > 0:
                    self._sleep(left)
            self._latest.append(self._clock())

    def hold(self, seconds: float) -> None:
        """Wait as long as the server asked."""
        self._sleep(seconds)


class DirectoryClient:
    """A client of the API, for one thread at a time; close it.

    :param address: of the API, version included; key: of the subscription; authorities: PEM file of more certificate
        authorities (IGC-Santé), or empty; pace: shared by the clients of a process; patience: seconds for an answer;
        transport: of httpx, for tests.
    """

    def __init__(
        self,
        address: str,
        key: str,
        pace: Pace,
        authorities: str = "",
        patience: float = ANSWER_SECONDS,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        self._base = httpx.URL(address.rstrip("/") + "/")
        self._pace = pace
        self._client = httpx.Client(
            headers={"ESANTE-API-KEY": key, "Accept": "application/fhir+json", "User-Agent": "Ecluse"},
            timeout=httpx.Timeout(patience, connect=min(patience, CONNECT_SECONDS)),
            verify=_context(authorities),
            follow_redirects=False,
            transport=transport,
        )

    def __enter__(self) -> DirectoryClient:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def search(self, resource: str, criteria: Mapping[str, str]) -> Iterator[Page]:
        """Every page of a search (`Practitioner`, `PractitionerRole`, `Organization`), in order.

        :raises DirectoryUnavailable: no answer, or none that can be used.
        """
        page = self._page("POST", self._base.join(f"{resource}/_search"), criteria)
        yield page
        for _ in range(_MOST_PAGES):
            if not page.next:
                return
            page = self._page("GET", self._following(page.next), None)
            yield page
        raise DirectoryUnavailable("unreadable", "the answer has too many pages")

    def _following(self, link: str) -> httpx.URL:
        """The address of the next page, when it is one of the same API."""
        try:
            url = self._base.join(link)
        except httpx.InvalidURL:
            raise DirectoryUnavailable("unreadable", "the link to the next page is no address") from None
        base = self._base
        if (url.scheme, url.host, url.port) != (base.scheme, base.host, base.port) or url.userinfo:
            raise DirectoryUnavailable("unreadable", "the link to the next page leads elsewhere")
        return url

    def _page(self, method: str, url: httpx.URL, form: Mapping[str, str] | None) -> Page:
        for last in (False, True):
            self._pace.wait()
            status, body, wait = self._exchange(method, url, form)
            if status == 200:
                try:
                    return read_page(body)
                except NotABundle:
                    raise DirectoryUnavailable("unreadable", "the answer is not a Bundle") from None
            if status not in (429, 502, 503, 504) or last or wait > _LONGEST_WAIT:
                raise _refused(status)
            self._pace.hold(wait)
        raise AssertionError

    def _exchange(
        self, method: str, url: httpx.URL, form: Mapping[str, str] | None
    ) -> tuple[int, bytes, float]:
        """Status, body and seconds that the server asks to wait (1 when it does not say)."""
        try:
            with self._client.stream(method, url, data=form) as answer:
                body = bytearray()
                for part in answer.iter_bytes():
                    body += part
                    if len(body) > _MOST_BYTES:
                        raise DirectoryUnavailable("unreadable", "the answer is too long")
                wait = answer.headers.get("Retry-After", "")
                seconds = float(wait) if wait.isascii() and wait.isdigit() and len(wait) < 7 else 1.0
                return answer.status_code, bytes(body), seconds
        except httpx.TimeoutException:
            raise DirectoryUnavailable("timeout", "no answer in time") from None
        except (httpx.HTTPError, httpx.InvalidURL, ssl.SSLError, OSError) as error:
            raise DirectoryUnavailable("unreachable", type(error).__name__) from None


def _refused(status: int) -> DirectoryUnavailable:
    if status in (401, 403):
        return DirectoryUnavailable("key", f"HTTP {status}: the key is not accepted")
    if status == 429:
        return DirectoryUnavailable("limited", "HTTP 429: too many calls")
    return DirectoryUnavailable("refused", f"HTTP {status}")


def _context(authorities: str) -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.hostname_checks_common_name = False  # RFC 9525 §2: other names alone
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if authorities:
        context.load_verify_locations(authorities)
    return context
