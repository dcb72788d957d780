"""Addresses of the pages of settings."""

from __future__ import annotations

from django.urls import URLPattern, path

from ecluse.delivery.console.settings_pages import (
    show_backup,
    show_keeping,
    show_listeners,
    show_lists,
    show_places,
    show_subscribers,
    show_tokens,
    subscriber_acts,
)


def addresses() -> list[URLPattern]:
    """Réglages; accounts have theirs."""
    return [
        path("reglages/", show_keeping.overview, name="settings"),
        path("reglages/ecouteurs/", show_listeners.every, name="listeners"),
        path("reglages/ecouteurs/essayer/", show_listeners.attempt, name="try_listener"),
        path("reglages/conservation/", show_keeping.keeping, name="keeping"),
        path("reglages/sauvegarde/", show_backup.show_page, name="backup"),
        path("reglages/sauvegarde/lancer/", show_backup.start, name="start_backup"),
        path("reglages/langues/", show_keeping.languages, name="languages"),
        *_places(),
        *_subscribers(),
        *_tokens(),
    ]


def _places() -> list[URLPattern]:
    return [
        path("reglages/etablissements/", show_places.every, name="places"),
        path("reglages/etablissements/ajouter/", show_places.add_establishment, name="add_establishment"),
        path("reglages/etablissements/<int:id_>/", show_places.establishment, name="establishment"),
        path("reglages/etablissements/<int:id_>/sites/", show_places.add_site, name="add_site"),
        path("reglages/sites/<int:id_>/", show_places.site, name="site"),
        path("reglages/domaines/ajouter/", show_places.add_domain, name="add_domain"),
        path("reglages/domaines/<int:id_>/", show_places.domain, name="domain"),
    ]


def _subscribers() -> list[URLPattern]:
    here = "reglages/abonnes/"
    return [
        path(here, show_subscribers.every, name="subscribers"),
        path(f"{here}ajouter/", show_subscribers.add, name="add_subscriber"),
        path(f"{here}<str:id_>/", show_subscribers.show_one, name="subscriber"),
        path(f"{here}<str:id_>/pause/", subscriber_acts.pause, name="pause_subscriber"),
        path(f"{here}<str:id_>/reprendre/", subscriber_acts.resume, name="resume_subscriber"),
        path(f"{here}<str:id_>/relancer/", subscriber_acts.release, name="release_deliveries"),
        path(f"{here}<str:id_>/abandonner/", subscriber_acts.skip, name="skip_delivery"),
        path(f"{here}<str:id_>/rejouer/", subscriber_acts.replay, name="replay_subscriber"),
        path(f"{here}<str:id_>/cle/", subscriber_acts.rotate, name="rotate_key"),
        path(f"{here}<str:id_>/retirer/", subscriber_acts.remove, name="remove_subscriber"),
    ]


def _tokens() -> list[URLPattern]:
    return [
        path("reglages/jetons/", show_tokens.every, name="tokens"),
        path("reglages/jetons/ajouter/", show_tokens.add, name="add_token"),
        path("reglages/jetons/<str:id_>/revoquer/", show_tokens.revoke, name="revoke_token"),
        path("reglages/listes/", show_lists.every, name="inclusion_lists"),
        path("reglages/listes/ajouter/", show_lists.add, name="add_inclusion_list"),
        path("reglages/listes/<str:id_>/", show_lists.show_one, name="inclusion_list"),
        path("reglages/listes/<str:id_>/inclure/", show_lists.include, name="include_patients"),
        path("reglages/listes/<str:id_>/exclure/", show_lists.exclude, name="exclude_patient"),
    ]
