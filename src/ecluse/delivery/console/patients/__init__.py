"""Patients: found, shown with their whole history, compared; merges undone, notes, dossiers."""
