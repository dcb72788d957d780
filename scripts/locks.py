"""Write the dependency locks (`compile`, needs the package index) or check them offline (`check`).

A lock pins every package with its hashes and names no package host, so that it installs from any index.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "requirements"
SOURCES: dict[str, tuple[str, ...]] = {
    "runtime": ("pyproject.toml",),
    "postgresql": ("pyproject.toml", "--extra", "postgresql", "-c", "requirements/runtime.txt"),
    "pkcs11": ("pyproject.toml", "--extra", "pkcs11", "-c", "requirements/runtime.txt"),
    "build": ("requirements/build.in",),
    "dev": ("requirements/dev.in",),
    "docs": ("requirements/docs.in",),
    "supply": ("requirements/supply.in",),
}
"""Locks in the order they are compiled: a later one is constrained by the earlier ones."""

OPTIONS = (
    *("--quiet", "--generate-hashes", "--strip-extras", "--allow-unsafe", "--newline=lf"),
    *("--no-emit-index-url", "--no-emit-find-links", "--no-emit-trusted-host", "--no-emit-options"),
)
HOST = re.compile(r"https?://|file:|--(extra-)?index-url|--find-links|--trusted-host|@ ")


def pins(lock: Path) -> dict[str, str]:
    """Versions pinned by a lock, by normalised name."""
    found = re.findall(r"^([A-Za-z0-9._-]+)==([^ \\]+)", lock.read_text("utf-8"), re.MULTILINE)
    return {canonicalize_name(name): version for name, version in found}


def requirements(name: str) -> Iterator[Requirement]:
    """Requirements a lock must satisfy: those of pyproject.toml or of its `.in` file."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    if SOURCES[name][0] == "pyproject.toml":
        yield from map(Requirement, project["dependencies"])
        yield from map(Requirement, project["optional-dependencies"].get(name, ()))
        return
    for line in (ROOT / SOURCES[name][0]).read_text("utf-8").splitlines():
        if line and not line.startswith(("#", "-")):
            yield Requirement(line)


def problems_of(name: str, known: dict[str, tuple[str, str]]) -> Iterator[str]:
    """What is wrong with one lock. `known` gathers (version, lock) over all locks, which must agree."""
    lock = FOLDER / f"{name}.txt"
    if not lock.exists():
        yield f"requirements/{name}.txt is missing"
        return
    text = lock.read_text("utf-8")
    for number, line in enumerate(text.splitlines(), 1):
        if HOST.search(line.partition("#")[0]):
            yield f"requirements/{name}.txt:{number} names a host or an address"
    pinned = pins(lock)
    for entry in re.split(r"\n(?=[A-Za-z0-9])", text):
        if "==" in entry.partition("\n")[0] and "--hash=sha256:" not in entry:
            yield f"requirements/{name}.txt: no hash for {entry.partition(' ')[0]}"
    for wanted in requirements(name):
        version = pinned.get(canonicalize_name(wanted.name))
        if version is None or not wanted.specifier.contains(version, prereleases=True):
            yield f"requirements/{name}.txt does not lock « {wanted} » (found: {version})"
    for package, version in pinned.items():
        other = known.setdefault(package, (version, name))
        if other[0] != version:
            yield f"{package} is {version} in {name}.txt and {other[0]} in {other[1]}.txt"


def check() -> int:
    """Print what is wrong with the locks; 0 when nothing is."""
    known: dict[str, tuple[str, str]] = {}
    problems = [problem for name in SOURCES for problem in problems_of(name, known)]
    for problem in problems:
        print(problem)
    if problems:
        print("Run « make lock », read the difference, commit it.")
    return 1 if problems else 0


def compile_all(upgrade: bool) -> int:
    """Compile every lock with pip-tools, keeping the versions already locked unless `upgrade`."""
    environment = os.environ | {"CUSTOM_COMPILE_COMMAND": "make lock"}
    for name, source in SOURCES.items():
        command = [sys.executable, "-m", "piptools", "compile", *OPTIONS, *source]
        command += ["--output-file", f"requirements/{name}.txt"] + (["--upgrade"] if upgrade else [])
        print(f"requirements/{name}.txt", flush=True)
        subprocess.run(command, cwd=ROOT, env=environment, check=True)
    return check()


if __name__ == "__main__":
    verb = sys.argv[1] if len(sys.argv) > 1 else "check"
    sys.exit(check() if verb == "check" else compile_all(upgrade="--upgrade" in sys.argv))
