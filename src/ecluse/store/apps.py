"""Django application of the store."""

from django.apps import AppConfig


class StoreConfig(AppConfig):
    """The only Django application that owns tables."""

    name = "ecluse.store"
    label = "store"
    verbose_name = "Écluse"
