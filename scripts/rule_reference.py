"""Write the references of the documentation from the rules themselves: python -m scripts.rule_reference FOLDER."""

from __future__ import annotations

import re
import shutil
import sys
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path

from ecluse.protocols.findings import Rule
from ecluse.services import rulebook
from scripts import certificate_reference

SEVERITY = {"error": "erreur", "warning": "avertissement", "info": "information"}
FAMILIES = {
    "PAM": "Profil PAM France",
    "HL7": "Lecture HL7",
    "IDN": "Identités",
    "INS": "INS",
    "SRV": "Réception des messages",
}
HEAD = """# Référence des règles

Cette référence est écrite à partir des règles que le programme applique ; elle ne peut pas en différer. Une
règle n’existe que si une source la dit : chacune nomme la sienne. Le code est celui de la table 0357 de HL7,
dans ERR-3 de l’acquittement. La gravité est celle par défaut ; un cas peut
la changer, et le constat dit alors la sienne.

Les textes entre accolades (`{received}`, `{expected}`, `{location}`) sont remplacés par les valeurs du cas.

"""


def group(rule: str) -> str:
    """Page of a rule: its family, and for the profile its segment (`PAM-PID-32-001` → `pam-pid`)."""
    words = rule.lower().split("-")
    return "-".join(words[:2]) if words[0] == "pam" else words[0]


def _cell(text: str) -> str:
    """Text that stays inside one cell and shows as written."""
    return re.sub(r"([|<>*_\[\]])", r"\\\1", text).replace("\n", " ")


def page(title: str, rules: Iterable[Rule]) -> str:
    """One page: a section per rule, so that every rule has an address."""
    lines = [f"# {title}", ""]
    for rule in rules:
        lines += [
            f"## {rule.id} {{ #{rule.id} }}",
            "",
            f"{_cell(rule.text_fr)}",
            "",
            f"*{_cell(rule.text_en)}*",
            "",
            f"Gravité : {SEVERITY[rule.severity]} · code {rule.code} · source : {_cell(rule.source)}",
            "",
        ]
    return "\n".join(lines)


def pages(rules: Iterable[Rule]) -> dict[str, str]:
    """File name → Markdown of the whole reference."""
    groups: dict[str, list[Rule]] = defaultdict(list)
    for rule in sorted(rules, key=lambda rule: rule.id):
        groups[group(rule.id)].append(rule)
    found = {}
    index = [HEAD, "| Page | Règles |", "|---|---:|"]
    for name, members in sorted(groups.items()):
        family, _, subject = name.upper().partition("-")
        title = FAMILIES.get(family, family) + (f" : {subject}" if subject else "")
        found[f"{name}.md"] = page(title, members)
        index.append(f"| [{title}]({name}.md) | {len(members)} |")
    index.append(f"| **Total** | **{sum(map(len, groups.values()))}** |")
    return {"index.md": "\n".join(index) + "\n", **found}


def main(folder: Path) -> None:
    """Replace the folder by the reference."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for name, text in pages(rulebook.rules().values()).items():
        (folder / name).write_text(text, "utf-8")
    (folder / certificate_reference.NAME).write_text(certificate_reference.page(), "utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
