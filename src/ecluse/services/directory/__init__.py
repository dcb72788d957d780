"""The Annuaire Santé here: its open extraction imported beside the one in use, numbers checked against it."""
