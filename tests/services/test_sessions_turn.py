"""What Django writes by itself takes the turn to write, whatever the statement gives back."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from django.db import connection

from ecluse.store import access_turn
from ecluse.store.models.accounts import User
from tests.conftest import NOW

pytestmark = pytest.mark.usefixtures("store")


@contextmanager
def turns() -> Iterator[list[str]]:
    """Each time the turn is taken, in this process."""
    from ecluse.services.accounts.sessions import _in_turn

    taken: list[str] = []

    class Turn:
        def __enter__(self) -> None:
            taken.append("taken")

        def __exit__(self, *_error: object) -> None:
            taken.append("given back")

    former = access_turn._turn[0]
    access_turn.use_turn(Turn())  # type: ignore[arg-type]
    try:
        with connection.execute_wrapper(_in_turn):
            yield taken
    finally:
        access_turn.use_turn(former)


def test_a_row_whose_number_the_database_chooses_is_written_in_turn() -> None:
    """INSERT … RETURNING: a transaction closed before its row is read is refused by SQLite."""
    with turns() as taken:
        user = User.objects.create(username="c.moreau", name="Claire", created=NOW)
    assert User.objects.get(pk=user.pk).username == "c.moreau"
    assert taken == ["taken", "given back"]


def test_reading_takes_no_turn_and_a_transaction_takes_it_once() -> None:
    with turns() as taken:
        assert not User.objects.exists()
        assert taken == []
        with access_turn.writing():
            User.objects.create(username="c.moreau", name="Claire", created=NOW)
            User.objects.update(name="Claire Moreau")
    assert taken == ["taken", "given back"]
