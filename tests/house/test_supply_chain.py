"""What is shipped: licences read and allowed, locks that name no host."""

from __future__ import annotations

from pathlib import Path

import pytest

from scripts import licences, locks


@pytest.mark.parametrize(
    "licence", ["MIT", "Apache-2.0 OR BSD-3-Clause", "MIT OR GPL-3.0-only", "MIT AND ISC"]
)
def test_a_permissive_licence_is_accepted(licence: str) -> None:
    """One permissive alternative is enough; every part of a conjunction counts."""
    assert licences.acceptable("example", licence)


@pytest.mark.parametrize(
    "licence", ["GPL-3.0-only", "AGPL-3.0-or-later", "LGPL-3.0-only", "MIT AND GPL-2.0-only", "unknown", ""]
)
def test_a_licence_outside_the_list_is_refused(licence: str) -> None:
    """No GPL or AGPL in the product; what cannot be read is refused too."""
    assert not licences.acceptable("example", licence)


def test_the_lgpl_is_accepted_only_for_the_optional_driver() -> None:
    """psycopg comes with the extra « postgresql » and never with the product alone."""
    shipped = licences.shipped()
    for name, told in licences.POLICY["exceptions"].items():
        if told["licence"].startswith("LGPL"):
            assert shipped[name], f"{name} must be optional"
    assert licences.acceptable("psycopg", "LGPL-3.0-only")
    assert not licences.acceptable("psycopg", "GPL-3.0-only")


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("--extra-index-url https://packages.example", "names a host"),
        ("--find-links wheels", "names a host"),
        ("example @ file:///somewhere/example.whl", "names a host"),
        ("example==1.0", "no hash for example==1.0"),
    ],
)
def test_a_bad_line_in_a_lock_is_seen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, line: str, problem: str
) -> None:
    """Wherever the lock was made, it installs from any index."""
    (tmp_path / "build.txt").write_text(line + "\n", "utf-8")
    monkeypatch.setattr(locks, "FOLDER", tmp_path)
    assert any(problem in found for found in locks.problems_of("build", {}))


def test_a_requirement_that_is_not_locked_is_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A dependency added to pyproject.toml without « make lock » stops the check."""
    (tmp_path / "runtime.txt").write_text("click==1.0 --hash=sha256:00\n", "utf-8")
    monkeypatch.setattr(locks, "FOLDER", tmp_path)
    found = list(locks.problems_of("runtime", {}))
    assert any("does not lock « Django" in problem for problem in found)
    assert any("does not lock « click" in problem for problem in found)
