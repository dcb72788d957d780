"""House rules no other tool checks: size of modules, purity of the pure rooms, files that name a machine, French type.

Prints one line per breach, `path:line: what`, and exits 1 when there is one.
"""

from __future__ import annotations

import ast
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
MODULE_LINES = 400
FUNCTION_LINES = 50
THIRD_PARTY: dict[str, frozenset[str]] = {
    "protocols": frozenset({"lxml", "cryptography", "signxml", "joserfc"}),
    "rules": frozenset(),
}
"""What the pure rooms may import beside the standard library and the project (docs/architecture.md)."""

IMPURE_CALLS = frozenset({"now", "today", "utcnow", "uuid1", "uuid4", "getenv", "open", "print", "input"})
"""Calls that reach the clock, randomness, the environment or the machine (`open` only as a bare name)."""

FRENCH = re.compile(r"\s*(?:\w+_)?fr\s*=\s*(.*)")
"""A French text of a catalogue: a line `text_fr = "…"`."""
TYPEWRITTEN = re.compile(r"(?<=\w)'(?=\w)|[ \u202f](?=[:;?!»])|(?<=«)[ \u202f]|(?<=\w)[?!»]|«(?=\w)")
"""What a French text does not hold: a straight apostrophe, a breakable space (or none) at a high mark."""
LOOSE = re.compile(r"(?<=[^\s{%])[ \u202f](?=[:;?!](?:[\s‹\"<{]|$))|«[ \u202f]|[ \u202f]»")
"""The same in a page, whose marks and addresses hold apostrophes and colons of their own."""
MSGID = re.compile(r'msgid(?:_plural)? "(.*)"$')
"""A sentence of the code of the console, as `scripts.translations` collects them in the catalogues."""
MACHINE_PATH = re.compile(r"(?<![\w.:/$}-])/(?:work|root|home|Users)/\w")
ADDRESS = re.compile(r"https?://")
WITHOUT_ADDRESS = ("requirements/", ".ci/", "scripts/", "Makefile", "pyproject.toml")
TEXT = frozenset(
    {".py", ".toml", ".md", ".txt", ".in", ".sh", ".yml", ".yaml", ".html", ".css", ".svg", ".cfg", ".po", ""}
)
MADE = frozenset({"build", "dist", "site", "regles", "__pycache__"})


def tracked() -> list[Path]:
    """Files of the project: those git knows, else (a tree without git) every file outside made folders."""
    if shutil.which("git"):
        listing = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=False)
        if listing.returncode == 0:
            names = [name for name in listing.stdout.decode().split("\0") if name]
            return [ROOT / name for name in names if (ROOT / name).is_file()]
    return [path for path in ROOT.rglob("*") if path.is_file() and not _made(path.relative_to(ROOT))]


def _made(path: Path) -> bool:
    """True for what tools wrote: hidden folders, builds, caches."""
    hidden = path.parts[0].startswith(".") and path.parts[0] not in {".ci", ".gitignore"}
    return hidden or bool(MADE & set(path.parts))


def imported_roots(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Line and top-level package of every absolute import."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield node.lineno, alias.name.partition(".")[0]
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.lineno, node.module.partition(".")[0]


def impure(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Line and name of every call that a pure room must not make."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        if isinstance(node.func, ast.Name) and node.func.id in IMPURE_CALLS:
            yield node.lineno, node.func.id
        elif isinstance(node.func, ast.Attribute) and node.func.attr in IMPURE_CALLS - {"open"}:
            yield node.lineno, node.func.attr


def purity(path: Path, tree: ast.AST) -> Iterator[str]:
    """Breaches of a module of a pure room."""
    parts = path.relative_to(ROOT).parts
    if parts[:2] != ("src", "ecluse") or parts[2] not in THIRD_PARTY:
        return
    allowed = THIRD_PARTY[parts[2]] | sys.stdlib_module_names | {"ecluse"}
    for line, package in imported_roots(tree):
        if package not in allowed:
            yield f"{path.relative_to(ROOT)}:{line}: {parts[2]} may not import {package}"
    for line, call in impure(tree):
        yield f"{path.relative_to(ROOT)}:{line}: {parts[2]} may not call {call}(): pass the value in"


def sizes(path: Path, text: str, tree: ast.AST) -> Iterator[str]:
    """A module or a function that nobody can read at one sitting."""
    name = path.relative_to(ROOT)
    if (lines := text.count("\n")) > MODULE_LINES:
        yield f"{name}:1: {lines} lines; a module has {MODULE_LINES} at most"
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.end_lineno:
            length = node.end_lineno - node.lineno + 1
            if length > FUNCTION_LINES:
                yield f"{name}:{node.lineno}: {node.name} has {length} lines; {FUNCTION_LINES} at most"


def wording(path: Path, text: str) -> Iterator[str]:
    """A line that names somebody's machine, or an address where packages are described."""
    name = path.relative_to(ROOT).as_posix()
    for number, line in enumerate(text.splitlines(), 1):
        if MACHINE_PATH.search(line):
            yield f"{name}:{number}: names a folder of one machine"
        if name.startswith(WITHOUT_ADDRESS) and ADDRESS.search(line) and "ADDRESS" not in line:
            yield f"{name}:{number}: names a network address; packages come from whatever index pip is set to"


def typography(path: Path, text: str) -> Iterator[str]:
    """A French text of the product that is not set as French is: in a catalogue, the console's code or its pages."""
    name = path.relative_to(ROOT).as_posix()
    if not name.startswith("src/") or path.suffix not in (".toml", ".po", ".html"):
        return
    for number, line in enumerate(text.splitlines(), 1):
        said, wrong = (line, LOOSE) if path.suffix == ".html" else (_french(path, line), TYPEWRITTEN)
        if found := wrong.search(said):
            where = said[max(0, found.start() - 8) : found.end() + 8]
            yield f"{name}:{number}: « {where} »: typographic apostrophe, no-break space at : ; ? ! « »"


def _french(path: Path, line: str) -> str:
    """The French of a line of a catalogue; empty when it has none."""
    found = (MSGID if path.suffix == ".po" else FRENCH).match(line)
    return found[1] if found else ""


def breaches() -> Iterator[str]:
    """Every breach, file by file."""
    for path in sorted(tracked()):
        if path.suffix not in TEXT or path.name == "THIRD_PARTY_NOTICES.txt":
            continue
        text = path.read_text("utf-8", errors="replace")
        yield from wording(path, text)
        yield from typography(path, text)
        if path.suffix == ".py":
            tree = ast.parse(text, str(path))
            yield from sizes(path, text, tree)
            yield from purity(path, tree)


if __name__ == "__main__":
    found = list(breaches())
    print("\n".join(found) or "House rules: kept.")
    sys.exit(1 if found else 0)
