"""Check the licences of what is shipped against the allow-list, and write or check the third-party notices.

`licences.py check` (offline) · `licences.py write`. Reads the packages of the runtime and postgresql locks in
the running environment; the allow-list is `licences.toml`.
"""

from __future__ import annotations

import re
import sys
import tomllib
from collections.abc import Iterator
from email.message import Message
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path
from typing import Any, cast

ROOT = Path(__file__).resolve().parent.parent
NOTICES = ROOT / "THIRD_PARTY_NOTICES.txt"
POLICY: dict[str, Any] = tomllib.loads((ROOT / "scripts" / "licences.toml").read_text("utf-8"))
LICENCE_FILE = re.compile(r"(licen[cs]e|copying|notice)", re.IGNORECASE)
STATIC = ROOT / "src" / "ecluse" / "delivery" / "console" / "static"
HEAD = """Third-party notices of Écluse

Écluse itself is under the Apache License 2.0 (see LICENSE). It uses the packages below, each under its own
licence. Those marked « optional » are installed only with the extra « postgresql » or « pkcs11 ».
"""


def shipped() -> dict[str, bool]:
    """Packages of the product, by name: True when only the optional extra brings it."""
    names: dict[str, bool] = {}
    for lock, optional in (("runtime", False), ("postgresql", True), ("pkcs11", True)):
        text = (ROOT / "requirements" / f"{lock}.txt").read_text("utf-8")
        for name in re.findall(r"^([A-Za-z0-9._-]+)==", text, re.MULTILINE):
            names.setdefault(name, optional)
    return dict(sorted(names.items()))


def licence_of(package: Distribution) -> str:
    """SPDX expression of a package: its own, else deduced from its classifiers, else its free text."""
    metadata = cast(Message, package.metadata)
    if expression := metadata.get("License-Expression"):
        return str(expression)
    words: dict[str, str] = POLICY["words"]
    classifiers = [
        line.rpartition(" :: ")[2] for line in metadata.get_all("Classifier") or [] if "License ::" in line
    ]
    known = [words.get(word, word) for word in classifiers if word != "OSI Approved"]
    return " OR ".join(known) or str(metadata.get("License") or "unknown").splitlines()[0]


def acceptable(name: str, licence: str) -> bool:
    """True when one alternative of the expression is wholly allowed, or the exception is explained."""
    if (exception := POLICY["exceptions"].get(name)) is not None:
        return bool(exception["licence"] == licence)
    alternatives = licence.replace("(", "").replace(")", "").split(" OR ")
    return any(all(part in POLICY["allowed"] for part in one.split(" AND ")) for one in alternatives)


def texts_of(package: Distribution) -> Iterator[tuple[str, str]]:
    """Licence files that the package installed: name and text."""
    for file in sorted(package.files or [], key=str):
        if ".dist-info" in file.parts[0] and LICENCE_FILE.search(file.name) and file.suffix != ".py":
            yield file.name, Path(str(file.locate())).read_text("utf-8", errors="replace").strip()


def notices(packages: dict[str, Distribution]) -> str:
    """The notices file: a table, then the licence texts, each text once."""
    optional = shipped()
    lines = [HEAD]
    bodies: dict[str, list[str]] = {}
    for name, package in packages.items():
        mark = "  (optional)" if optional[name] else ""
        lines.append(f"{name} {package.version}: {licence_of(package)}{mark}")
        if carried := POLICY["carried"].get(name):
            lines.append(f"    carries {carried}")
        for file, text in texts_of(package):
            bodies.setdefault(text, []).append(f"{name} ({file})")
    for name, asset in sorted(POLICY["assets"].items()):
        lines.append(
            f"{name} {asset['version']}: {asset['licence']}  (served by the console; {asset['from']})"
        )
        if asset["changed"]:
            lines.append(f"    changed: {asset['changed']}")
        text = (STATIC / "licences" / asset["text"]).read_text("utf-8").strip()
        bodies.setdefault(text, []).append(name)
    for text, users in bodies.items():
        lines += ["", "=" * 100, ", ".join(users), "=" * 100, "", text]
    return "\n".join(line.rstrip() for line in "\n".join(lines).splitlines()) + "\n"


def wrong_assets() -> Iterator[str]:
    """Assets that are not there or whose licence is not allowed, and served files that nobody has described."""
    described = {(STATIC / file).resolve() for one in POLICY["assets"].values() for file in one["files"]}
    for name, asset in POLICY["assets"].items():
        if asset["licence"] not in POLICY["allowed"] + POLICY["allowed_assets"]:
            yield f"{name}: licence « {asset['licence']} » is not in scripts/licences.toml"
    for file in sorted(described):
        if not file.is_file():
            yield f"{file.name} is described in scripts/licences.toml and is not there"
    for file in sorted(STATIC.glob("*.*")):
        if file.name not in POLICY["own_assets"] and file.resolve() not in described:
            yield f"{file.name} is served by the console and scripts/licences.toml does not say whose it is"


def main(verb: str) -> int:
    """Check or write; 1 when a licence is not allowed or the notices are out of date."""
    packages: dict[str, Distribution] = {}
    wrong = list(wrong_assets())
    for name in shipped():
        try:
            packages[name] = distribution(name)
        except PackageNotFoundError:
            wrong.append(f"{name} is locked but not installed: its licence cannot be read")
    for name, package in packages.items():
        if not acceptable(name, licence := licence_of(package)):
            wrong.append(f"{name} {package.version}: licence « {licence} » is not in scripts/licences.toml")
    if not wrong and verb == "write":
        NOTICES.write_text(notices(packages), "utf-8")
    if not wrong and (not NOTICES.exists() or NOTICES.read_text("utf-8") != notices(packages)):
        wrong.append("THIRD_PARTY_NOTICES.txt is out of date: run « make notices »")
    print(
        "\n".join(wrong)
        or f"Licences: {len(packages)} packages, {len(POLICY['assets'])} assets, all allowed."
    )
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1] if len(sys.argv) > 1 else "check"))
