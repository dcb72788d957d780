"""Addresses of the habilitation matrix and of its reviews."""

from __future__ import annotations

from django.urls import URLPattern, path

from ecluse.delivery.console.habilitations import show_matrix, show_review

_HERE = "reglages/habilitations/"


def addresses() -> list[URLPattern]:
    """What answers under `/reglages/habilitations/`."""
    return [
        path(_HERE, show_matrix.every, name="habilitations"),
        path(f"{_HERE}<int:id_>/", show_matrix.matrix, name="matrix"),
        path(f"{_HERE}<int:id_>/ajouter/", show_matrix.add, name="add_habilitation"),
        path(f"{_HERE}<int:id_>/lignes/<int:rank>/", show_matrix.edit, name="edit_habilitation"),
        path(f"{_HERE}<int:id_>/versions/", show_matrix.versions, name="matrix_versions"),
        path(f"{_HERE}<int:id_>/versions/<int:number>/", show_matrix.version, name="matrix_version"),
        path(f"{_HERE}<int:id_>/versions/<int:number>/export.csv", show_matrix.export, name="matrix_export"),
        path(f"{_HERE}<int:id_>/revue/", show_review.start, name="start_review"),
        path(f"{_HERE}revues/<int:id_>/", show_review.show, name="review"),
        path(f"{_HERE}revues/<int:id_>/decider/", show_review.decide, name="decide_review"),
        path(f"{_HERE}revues/<int:id_>/clore/", show_review.close, name="close_review"),
        path(f"{_HERE}revues/<int:id_>/export.csv", show_review.export, name="review_export"),
    ]
