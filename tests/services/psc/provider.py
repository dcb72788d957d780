"""A certified OpenID provider in the shape of Pro Santé Connect (`psc_provider.mjs`), and a browser for it."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx

NODE = Path(__file__).parents[2] / "node"
BACK = "http://127.0.0.1:8080/connexion/psc/retour"
AFTER = "http://127.0.0.1:8080/connexion/"
DOCTOR, NURSE = "99700000013", "99700000021"


@dataclass(frozen=True)
class TestedProvider:
    """The provider that runs. discovery: address of its document; client_id, client_secret: of the gateway."""

    discovery: str
    control: str
    client_id: str
    client_secret: str

    __test__ = False

    def lie(self, **how: Any) -> None:
        """Make it lie as `psc_provider.mjs` says; without argument, make it honest again."""
        httpx.post(self.control, json=how).raise_for_status()


@contextmanager
def running(**options: Any) -> Iterator[TestedProvider]:
    """Run the provider."""
    given = {"redirect_uris": [BACK], "post_logout_redirect_uris": [AFTER], **options}
    with subprocess.Popen(
        ["node", "psc_provider.mjs", json.dumps(given)],
        cwd=NODE, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    ) as process:  # fmt: skip
        assert process.stdin is not None and process.stdout is not None
        try:
            yield TestedProvider(**json.loads(process.stdout.readline()))
        finally:
            process.stdin.close()
            process.wait(10)


class Browser:
    """Follows the provider's pages as a person would, up to the address that is ours."""

    def __init__(self) -> None:
        self._client = httpx.Client()

    def sign_in(self, address: str, person: str = "medecin", back: str = BACK) -> str:
        """Choose a person if asked; the query of the address the browser comes back to."""
        return urlsplit(self._follow(self._client.get(address), back, {"person": person})).query

    def sign_out(self, address: str) -> str:
        """Agree to leave; the address the browser comes back to."""
        return self._follow(self._client.get(address), AFTER, {"logout": "yes"})

    def _follow(self, response: httpx.Response, ours: str, answer: dict[str, str]) -> str:
        for _ in range(12):
            if response.is_redirect:
                target = str(response.url.join(response.headers["location"]))
                if target.startswith(ours):
                    return target
                response = self._client.get(target)
            else:
                response = self._submit(response, answer)
        raise AssertionError(_shown(response))

    def _submit(self, response: httpx.Response, answer: dict[str, str]) -> httpx.Response:
        assert "<form" in response.text, _shown(response)
        action = re.search(r'action="([^"]*)"', response.text)
        target = response.url.join(unescape(action[1])) if action else response.url
        hidden = re.findall(r'name="(\w+)" value="([^"]*)"/?>', response.text)
        return self._client.post(target, data={**dict(hidden), **answer})


def _shown(response: httpx.Response) -> str:
    """What a page of the provider says, for an assertion that fails."""
    words = re.sub(r"<(style|title).*?</\1>|<[^>]*>|\s+", " ", response.text, flags=re.DOTALL)
    return f"{response.status_code} {response.url} {words[:600]}"
