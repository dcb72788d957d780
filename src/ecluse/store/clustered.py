"""Tables kept in the order of their key: one tree to search and to write instead of two (SQLite)."""

from __future__ import annotations

from typing import Any

from django.db import migrations, models


class CreateClusteredModel(migrations.CreateModel):
    """Create a table whose rows live in its primary key: WITHOUT ROWID on SQLite, an ordinary table elsewhere.

    For tables that are all key, where a second copy of every row would double the pages a message dirties.
    """

    def database_forwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        """Create the table."""
        if schema_editor.connection.vendor != "sqlite":
            super().database_forwards(app_label, schema_editor, from_state, to_state)
            return
        model = to_state.apps.get_model(app_label, self.name)
        statement, parameters = schema_editor.table_sql(model)
        schema_editor.execute(f"{statement} WITHOUT ROWID", parameters or None)


class RowNumberField(models.BigIntegerField):  # type: ignore[type-arg]  # (generic for its stubs only)
    """A 64-bit primary key that SQLite keeps as the number of the row itself.

    SQLite takes only the type `integer` for it: under `bigint`, every row would be entered in an index of its own too.
    """

    def db_type(self, connection: Any) -> str:
        """The type of the column."""
        return "integer" if connection.vendor == "sqlite" else "bigint"
