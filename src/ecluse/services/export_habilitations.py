"""The habilitation matrix as a table for a spreadsheet: semicolons and a byte order mark, as French ones open it."""

from __future__ import annotations

from ecluse.services.queries.habilitations import LineDocument, ReviewDocument, VersionDocument
from ecluse.services.spreadsheet import spreadsheet

_LINE = ("site", "unite", "profession", "droit", "debut", "fin")
_REVIEW = (*_LINE, "decision", "motif", "decide_par", "decide_le", "remplacee_par")


def export_matrix(version: VersionDocument) -> bytes:
    """A version, one line each; the first lines tell which version, when and by whom."""
    rows = [_cells(one) for one in version.lines]
    about = [
        ("etablissement", version.establishment_name),
        ("version", str(version.number)),
        ("du", version.at),
        ("par", version.by),
        ("motif", version.reason),
    ]
    held = [(*row, "oui" if one.held else "non") for row, one in zip(rows, version.lines, strict=True)]
    return spreadsheet([*about, (), (*_LINE, "en_vigueur"), *held])


def export_review(review: ReviewDocument) -> bytes:
    """A review, each line with what was decided, by whom and when."""
    about = [
        ("etablissement", review.establishment_name),
        ("version", str(review.version)),
        ("ouverte", f"{review.opened} {review.opened_by}"),
        ("close", f"{review.closed or ''} {review.closed_by}".strip()),
        ("prochaine_revue", review.next_due),
    ]
    rows = []
    for one in review.lines:
        said = one.decision
        told = (
            ("", "", "", "", "")
            if said is None
            else (
                said.decision,
                said.note,
                said.by,
                said.at,
                " · ".join(_cells(said.replacement)) if said.replacement is not None else "",
            )
        )
        rows.append((*_cells(one.line), *told))
    return spreadsheet([*about, (), _REVIEW, *rows])


def _cells(line: LineDocument) -> tuple[str, ...]:
    return (line.site_name or "*", line.unit, line.profession, line.right, line.starts, line.ends)
