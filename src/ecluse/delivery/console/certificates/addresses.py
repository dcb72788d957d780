"""Addresses of the pages of certificates."""

from __future__ import annotations

from django.urls import URLPattern, path

from ecluse.delivery.console.certificates import (
    change_certificate,
    import_file,
    show_certificates,
    show_requests,
    show_slots,
    show_trust,
)


def addresses() -> list[URLPattern]:
    """The inventory, slots, requests, authorities; then one certificate."""
    here = "certificats/"
    return [
        path(here, show_certificates.every, name="certificates"),
        path(f"{here}echeances/telecharger/", show_certificates.calendar, name="certificate_calendar"),
        path(f"{here}alarmes/<int:alarm>/traitee/", show_certificates.see, name="certificate_alarm"),
        path(f"{here}importer/", import_file.give, name="import_certificate"),
        *_slots(f"{here}emplacements/"),
        *_requests(f"{here}demandes/"),
        path(f"{here}autorites/", show_trust.every, name="authorities"),
        path(f"{here}autorites/importer/", show_trust.add, name="import_authorities"),
        path(f"{here}autorites/<slug:store>/<slug:fingerprint>/retirer/", show_trust.remove, name="remove_authority"),
        path(f"{here}<slug:fingerprint>/", show_certificates.one, name="certificate"),
        path(f"{here}<slug:fingerprint>/telecharger/", show_certificates.download, name="download_certificate"),
        path(f"{here}<slug:fingerprint>/revoquer/", change_certificate.revoke, name="revoke_certificate"),
        path(f"{here}<slug:fingerprint>/ranger/", change_certificate.retire, name="retire_certificate"),
    ]  # fmt: skip


def _slots(here: str) -> list[URLPattern]:
    one = f"{here}<int:establishment>/<slug:use>/"
    return [
        path(here, show_slots.every, name="slots"),
        path(f"{one}placer/", show_slots.place, name="place_certificate"),
        path(f"{one}rotation/", show_slots.rotate, name="rotate_slot"),
        path(f"{one}retour/", show_slots.go_back, name="go_back_slot"),
        path(f"{one}retirer/", show_slots.empty, name="empty_slot"),
    ]


def _requests(here: str) -> list[URLPattern]:
    return [
        path(here, show_requests.every, name="requests"),
        path(f"{here}nouvelle/", show_requests.add, name="add_request"),
        path(f"{here}<str:id_>/", show_requests.one, name="request"),
        path(f"{here}<str:id_>/telecharger/", show_requests.download, name="download_request"),
        path(f"{here}<str:id_>/abandonner/", show_requests.drop, name="drop_request"),
    ]
