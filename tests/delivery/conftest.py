"""What asks the services is tested on SQLite by `make test`, and on PostgreSQL too by `make test-all`.

The store and the services below, which write the SQL, are tested on both each time.
"""

from __future__ import annotations

from pathlib import Path

import pytest

_HERE = Path(__file__).parent


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests of this room that were given a PostgreSQL store as slow."""
    for item in items:
        given = getattr(getattr(item, "callspec", None), "params", {})
        if given.get("vendor") == "postgresql" and _HERE in item.path.parents:
            item.add_marker(pytest.mark.slow)
