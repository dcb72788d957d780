"""Addresses of the journal."""

from __future__ import annotations

from django.urls import URLPattern, path

from ecluse.delivery.console.journal import show_lines, show_proofs


def addresses() -> list[URLPattern]:
    """Acts, accesses, proofs."""
    return [
        path("journal/", show_lines.acts, name="journal"),
        path("journal/acces/", show_lines.accesses, name="accesses"),
        path("journal/actes/<int:seq>/", show_lines.act, name="journal_act"),
        path("journal/export/", show_lines.export, name="export_journal"),
        path("journal/preuves/", show_proofs.proofs, name="proofs"),
        path("journal/preuves/verifier/", show_proofs.verify, name="verify_journal"),
        path("journal/preuves/signer/", show_proofs.checkpoint, name="sign_checkpoint"),
        path("journal/preuves/<str:name>", show_proofs.download, name="download_checkpoint"),
    ]
