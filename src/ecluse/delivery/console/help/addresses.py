"""Addresses of the help."""

from __future__ import annotations

from django.urls import URLPattern, path

from ecluse.delivery.console.help import show_help, show_rules


def addresses() -> list[URLPattern]:
    """Help, glossary, rules, accessibility."""
    return [
        path("aide/", show_help.index, name="help"),
        path("aide/glossaire/", show_help.glossary, name="glossary"),
        path("aide/lire-un-refus/", show_help.refusal, name="reading_refusals"),
        path("aide/clavier/", show_help.keyboard, name="keyboard"),
        path("aide/regles/", show_rules.every, name="rules"),
        path("aide/regles/groupe/<str:name>/", show_rules.group, name="rule_group"),
        path("aide/regles/<str:id_>", show_rules.one, name="rule"),
        path("accessibilite/", show_help.accessibility, name="accessibility"),
    ]
