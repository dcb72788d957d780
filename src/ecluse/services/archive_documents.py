"""The documents of the data folder in a backup: one tar file inside the archive, each member named by its digest."""

from __future__ import annotations

import re
import tarfile
from pathlib import Path

from django.db import connection

from ecluse.services.archive import DOCUMENTS
from ecluse.services.certificates.documents import keep_document, path_of
from ecluse.store.errors import BackupError
from ecluse.store.models.certificates import ProcedureDocument

_DIGEST = re.compile(r"[0-9a-f]{64}")


def pack(data: Path, folder: Path) -> bool:
    """Put the documents that the store names in `DOCUMENTS` of a folder; whether there are any.

    One that is missing from the data folder is left out: `ecluse doctor` tells it, and a backup is made all the same.
    """
    if ProcedureDocument._meta.db_table not in connection.introspection.table_names():
        return False  # a store about to be upgraded from before there were any
    named = ProcedureDocument.objects.values_list("sha256", flat=True).distinct().order_by("sha256")
    found = [digest for digest in named if path_of(data, digest).is_file()]
    if not found:
        return False
    with tarfile.open(folder / DOCUMENTS, "w") as tar:
        for digest in found:
            tar.add(path_of(data, digest), arcname=digest, recursive=False)
    return True


def unpack(folder: Path, data: Path) -> int:
    """Put the documents of a restored archive back in the data folder; how many. One that is there already stays.

    :raises BackupError: a member is not the document that its name says.
    """
    if not (folder / DOCUMENTS).exists():
        return 0
    restored = 0
    with tarfile.open(folder / DOCUMENTS, "r") as tar:
        for member in tar:
            content = tar.extractfile(member) if member.isreg() and _DIGEST.fullmatch(member.name) else None
            if content is None or _kept(data, content.read()) != member.name:
                raise BackupError(
                    "Un document de cette sauvegarde n’est pas celui que dit son nom : elle est abîmée.",
                    "A document of this backup is not the one its name says: it is damaged.",
                )
            restored += 1
    return restored


def _kept(data: Path, content: bytes) -> str:
    try:
        return keep_document(data, content).sha256
    except ValueError:
        return ""
