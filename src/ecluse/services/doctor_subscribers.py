"""Subscribers in trouble, as `ecluse doctor` tells them: which, why, and the command to run."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ecluse.services.check import Check
from ecluse.services.queries.subscribers import SubscriberDocument


def examine_subscribers(alarms: Sequence[SubscriberDocument]) -> Iterator[Check]:
    """What a person has to do for subscribers, or that there is nothing.

    :param alarms: those of `queries.subscribers.alarms`.
    """
    if not alarms:
        yield Check(
            "subscribers", "ok", "Aucun abonné n’attend d’intervention.", "No subscriber needs anybody."
        )
    for one in alarms:
        yield from _destination(one)
        if one.parked:
            yield Check(
                f"subscriber-{one.name}-parked",
                "warning",
                f"Abonné « {one.name} » : {one.parked} envoi(s) refusé(s) attendent une décision ; les suivants des "
                "mêmes patients attendent derrière.",
                f"Subscriber “{one.name}”: {one.parked} refused delivery(ies) wait for a decision; those that follow "
                "for the same patients wait behind.",
                f"ecluse subscriber show {one.name}, puis ecluse subscriber release {one.name} (ou skip).",
                f"ecluse subscriber show {one.name}, then ecluse subscriber release {one.name} (or skip).",
            )


def _destination(one: SubscriberDocument) -> Iterator[Check]:
    if one.status == "gone":
        yield Check(
            f"subscriber-{one.name}-gone",
            "warning",
            f"Abonné « {one.name} » : sa destination a répondu qu’elle ne veut plus rien ; plus rien ne lui part.",
            f"Subscriber “{one.name}”: its destination answered that it wants nothing any more; nothing leaves.",
            f"ecluse subscriber resume {one.name}, ou ecluse subscriber remove {one.name}",
            f"ecluse subscriber resume {one.name}, or ecluse subscriber remove {one.name}",
        )
    elif one.status == "active" and one.reason:
        yield Check(
            f"subscriber-{one.name}-unserved",
            "error",
            f"Abonné « {one.name} » ne peut pas être servi d’ici ({one.reason}).",
            f"Subscriber “{one.name}” cannot be served from here ({one.reason}).",
            f"ecluse subscriber show {one.name} ; corrigez la cause, puis ecluse subscriber resume {one.name}",
            f"ecluse subscriber show {one.name}; mend the cause, then ecluse subscriber resume {one.name}",
        )
    elif one.status == "active" and one.circuit != "closed":
        last_fr = f"dernière réponse {one.answered}" if one.answered else "jamais de réponse"
        last_en = f"last answer {one.answered}" if one.answered else "never an answer"
        yield Check(
            f"subscriber-{one.name}-dead",
            "warning",
            f"Abonné « {one.name} » ne répond pas ({last_fr}) ; {one.waiting} envoi(s) attendent, rien ne se perd.",
            f"Subscriber “{one.name}” does not answer ({last_en}); {one.waiting} delivery(ies) wait, nothing is lost.",
            f"ecluse subscriber show {one.name} ; vérifiez {one.target}",
            f"ecluse subscriber show {one.name}; check {one.target}",
        )
