"""Addresses of the pages about consents."""

from __future__ import annotations

from django.urls import URLPattern, path

from ecluse.delivery.console.consents import views


def addresses() -> list[URLPattern]:
    """The worklist, the leaflet, and what records a consent."""
    return [
        path("consentements/", views.worklist, name="consents"),
        path("consentements/notice/", views.notice, name="notice"),
        path("consentements/notice/textes/", views.notice_texts, name="notice_texts"),
        path("consentements/<slug:stay>/noter/", views.quick, name="consent_quick"),
        path("patients/<slug:patient>/consentements/noter/", views.record_consent, name="consent_record"),
    ]
