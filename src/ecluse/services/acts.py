"""Operators' acts that only the writer may do: each is a line of the journal, with who asked."""

from __future__ import annotations

from hashlib import sha256
from typing import Any

import msgspec

from ecluse.services.receive_message import Intake
from ecluse.services.wire import Act, ActResult
from ecluse.store.ledger import Entry
from ecluse.store.senders import DomainRecord, SenderRecord


class ActRefused(Exception):
    """The act cannot be done; its two sentences say why and what to do."""

    def __init__(self, text_fr: str, text_en: str) -> None:
        super().__init__(text_en)
        self.text_fr = text_fr
        self.text_en = text_en


def perform(intake: Intake, act: Act, now: int) -> ActResult:
    """Do an act and keep it. Never raises for a wrong act: the result says why it was not done."""
    known = {"sender.add": _add, "sender.confirm": _confirm, "sender.refuse": _refuse}
    if act.name not in known:
        return ActResult(False, 0, f"Acte inconnu : {act.name}.", f"Unknown act: {act.name}.")
    try:
        text_fr, text_en = known[act.name](intake, act.arguments, now)
    except ActRefused as refused:
        return ActResult(False, 0, refused.text_fr, refused.text_en)
    details = msgspec.json.encode({"operator": act.operator, "act": act.name, "arguments": act.arguments})
    seq = intake.ledger.append(
        Entry("act", 0, None, "", act.name[:12], "", "", sha256(details).digest(), details, b"", b"[]", details), now
    )
    intake.ledger.commit(intake.senders.write)
    return ActResult(True, seq, text_fr, text_en)


def _add(intake: Intake, given: dict[str, Any], now: int) -> tuple[str, str]:
    book = intake.senders
    found = book.senders.get((given.get("listener", ""), given["application"], given["facility"]))
    domain = _domain(intake, given, found)
    record = SenderRecord(
        found.id if found else book.next_sender(),
        given.get("listener", ""),
        given["application"],
        given["facility"],
        domain.id,
        "confirmed",
        given.get("policy") or (found.policy if found else "tolerant"),
        found.first_seen if found else now,
    )
    book.keep(record)
    name = f"{record.application} / {record.facility}"
    return (
        f"Émetteur {name} enregistré et confirmé, domaine « {domain.name} ».",
        f"Sender {name} registered and confirmed, domain “{domain.name}”.",
    )


def _domain(intake: Intake, given: dict[str, Any], found: SenderRecord | None) -> DomainRecord:
    book = intake.senders
    name = given.get("domain") or ""
    if not name:
        return book.domains[found.domain if found else 1]
    for domain in book.domains.values():
        if domain.name == name:
            return domain
    oid = given.get("domain_oid") or ""
    authorities = frozenset(given.get("authorities") or ([oid] if oid else []))
    domain = DomainRecord(book.next_domain(), name, oid, authorities or None, not given.get("foreign", False))
    book.keep(domain)
    return domain


def _set_status(intake: Intake, given: dict[str, Any], status: str) -> SenderRecord:
    book = intake.senders
    named = [
        one for one in book.senders.values()
        if one.application == given["application"] and one.facility == given["facility"]
        and given.get("listener") in (None, one.listener)
    ]  # fmt: skip
    if not named:
        raise ActRefused(
            f"Émetteur inconnu : {given['application']} / {given['facility']}. Voyez « ecluse sender list », ou"
            " déclarez-le par « ecluse sender add ».",
            f"Unknown sender: {given['application']} / {given['facility']}. See “ecluse sender list”, or declare it with"
            " “ecluse sender add”.",
        )
    for one in named:
        book.keep(one._replace(status=status, policy=given.get("policy") or one.policy))
    return named[0]


def _confirm(intake: Intake, given: dict[str, Any], now: int) -> tuple[str, str]:
    one = _set_status(intake, given, "confirmed")
    name = f"{one.application} / {one.facility}"
    return (
        f"Émetteur {name} confirmé : les INS qu'il a transmises deviennent utilisables.",
        f"Sender {name} confirmed: the INS it sent become usable.",
    )


def _refuse(intake: Intake, given: dict[str, Any], now: int) -> tuple[str, str]:
    one = _set_status(intake, given, "refused")
    name = f"{one.application} / {one.facility}"
    return (
        f"Émetteur {name} refusé : ses prochains messages recevront AR, les INS qu'il a transmises ne sont plus utilisables.",
        f"Sender {name} refused: its next messages will get AR, the INS it sent are no longer usable.",
    )
