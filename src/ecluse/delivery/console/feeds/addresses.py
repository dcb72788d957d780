"""Addresses of the feeds."""

from __future__ import annotations

from django.urls import URLPattern, path

from ecluse.delivery.console.feeds import change_sender, show_feeds, show_message, show_messages, show_senders


def addresses() -> list[URLPattern]:
    """The feeds, the senders, the messages."""
    return [
        path("flux/", show_feeds.show, name="feeds"),
        path("flux/emetteurs/", show_senders.every, name="senders"),
        path("flux/emetteurs/nouveau/", change_sender.declare, name="sender_new"),
        path("flux/emetteurs/<int:sender>/", show_senders.one, name="sender"),
        path("flux/emetteurs/<int:sender>/confirmer/", change_sender.confirm, name="sender_confirm"),
        path("flux/emetteurs/<int:sender>/refuser/", change_sender.refuse, name="sender_refuse"),
        path("flux/emetteurs/<int:sender>/exigence/", change_sender.policy, name="sender_policy"),
        path("flux/emetteurs/<int:sender>/domaine/", change_sender.domain, name="sender_domain"),
        path(
            "flux/emetteurs/<int:sender>/certificats/", change_sender.certificate, name="sender_certificate"
        ),
        path("flux/messages/", show_messages.every, name="messages"),
        path("flux/messages/<int:seq>/", show_message.show, name="message"),
        path("flux/messages/<int:seq>/brut.hl7", show_message.raw, name="message_raw"),
        path("flux/messages/<int:seq>/lettre.txt", show_message.letter_file, name="message_letter"),
    ]
