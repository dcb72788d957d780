"""The tools of the tests written in JavaScript: locked by their digests, from no host in particular."""

from __future__ import annotations

import json
from pathlib import Path

LOCK = Path(__file__).resolve().parents[1] / "node" / "package-lock.json"


def test_each_package_is_locked_and_names_no_host() -> None:
    """npm installs them from whatever registry it is set to, and checks what it got."""
    packages = json.loads(LOCK.read_text("utf-8"))["packages"]
    assert packages.pop("")["devDependencies"]
    for name, one in packages.items():
        # What a package carries within itself is covered by its own digest.
        assert one.get("inBundle") or one["integrity"].startswith("sha512-"), name
        assert "resolved" not in one, name
