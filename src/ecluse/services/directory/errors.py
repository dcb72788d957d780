"""Why the directory cannot do what was asked, as sentences an administrator can act on."""

from __future__ import annotations

from ecluse.store.errors import StoreError


class DirectoryRefused(StoreError):
    """A file is not imported, or an extract cannot be used; the one in use stays so."""
