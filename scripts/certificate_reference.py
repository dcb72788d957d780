"""Write the reference of the checks on certificates from the data that the program applies: see `page`."""

from __future__ import annotations

import re
from typing import Any

from ecluse.rules.certificates.facts import data
from ecluse.rules.certificates.judge import CHECKS
from ecluse.rules.certificates.refusals import refusal_texts

NAME = "certificats.md"
_HEAD = """# Contrôles des certificats

Cette référence est écrite à partir des textes que le programme donne ; elle ne peut pas en différer. Avant
d’accepter un certificat dans un emplacement, chaque contrôle est fait, et chacun dit ce qu’il faut faire. Les textes
entre accolades sont remplacés par les valeurs du cas.

## Avant d’accepter

Source : note IGC-Santé, § 7 et § 8.

| Contrôle | Constat | Que faire |
|---|---|---|
"""
_PATHS = """
## Chemin et révocation

Le contrôle `issuer` donne la phrase du chemin (RFC 5280 § 6), et `revocation` celle de l’état, quand ils refusent.

| Contrôle | Constat | Que faire | Source |
|---|---|---|---|
"""


def page() -> str:
    """The whole page, Markdown, French."""
    judged = [
        f"| `{name}` | {_cell(case['text_fr'])} | {_cell(case['remedy_fr'])} |"
        for name in CHECKS
        for case in _cases(name)
        if "remedy_fr" in case
    ]
    paths = [
        f"| `{name}` | {_cell(one.text_fr)} | {_cell(one.remedy_fr)} | {_cell(one.source)} |"
        for name, one in refusal_texts().items()
    ]
    return _HEAD + "\n".join(judged) + "\n" + _PATHS + "\n".join(paths) + "\n"


def _cases(name: str) -> list[dict[str, Any]]:
    return list(data("judgements")[name].values())


def _cell(text: str) -> str:
    """Text that stays inside one cell and shows as written."""
    return re.sub(r"([|<>*_\[\]])", r"\\\1", text).replace("\n", " ")
