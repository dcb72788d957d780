"""Addresses of the pages about patients; nothing of a person stands in them but the patient's internal id."""

from __future__ import annotations

from django.urls import URLPattern, path

from ecluse.delivery.console.patients import change_patient, show_duplicates, show_patient, show_search


def addresses() -> list[URLPattern]:
    """Search, duplicates, and one patient."""
    return [
        path("patients/", show_search.search, name="patients"),
        path("patients/doublons/", show_duplicates.every, name="suspects"),
        path("patients/doublons/<int:group>/", show_duplicates.one, name="suspect"),
        path("patients/doublons/<int:group>/examiner/", show_duplicates.review, name="suspect_review"),
        path("patients/<slug:patient>/", show_patient.versions, name="patient"),
        path("patients/<slug:patient>/sejours/", show_patient.stays_of, name="patient_stays"),
        path("patients/<slug:patient>/consentements/", show_patient.consents, name="patient_consents"),
        path("patients/<slug:patient>/messages/", show_patient.messages, name="patient_messages"),
        path("patients/<slug:patient>/partages/", show_patient.sharing, name="patient_sharing"),
        path("patients/<slug:patient>/acces/", show_patient.accesses, name="patient_accesses"),
        path("patients/<slug:patient>/inclusion/", change_patient.inclusion, name="patient_inclusion"),
        path("patients/<slug:patient>/defusion/", change_patient.unmerge, name="unmerge"),
        path("patients/<slug:patient>/note/", change_patient.note, name="note"),
        path("patients/<slug:patient>/dossier/", change_patient.dossier, name="dossier"),
    ]
