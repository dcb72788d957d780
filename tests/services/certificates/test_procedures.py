"""The way of an establishment is kept step by step, with its documents; two people cannot take the same step."""

from __future__ import annotations

import pytest

from ecluse.services.certificates.documents import keep_document, path_of, read_document
from ecluse.services.certificates.ways import NotAnEvent, events_of, read_event, write_event
from ecluse.services.queries import certificates_watch, certificates_ways
from ecluse.services.wire import ActResult
from ecluse.store.models.certificates import Procedure, ProcedureDocument, ProcedureStep
from tests.services.certificates.house import TODAY, House
from tests.services.feeding import assert_sound

CARD = {"kind": "CDE", "number": "8025000001", "until": "2028-01-01"}


def test_a_procedure_goes_on_by_steps_that_the_rules_allow(house: House) -> None:
    opened = house.ask("procedure.open", {"establishment": 1})
    assert opened.done and not house.ask("procedure.open", {"establishment": 1}).done
    id_ = opened.data["id"]

    def step(name: str, revision: int | None = None, **more: object) -> object:
        event = {"name": name, "on": "2026-11-18", **more}
        return house.ask("procedure.step", {"procedure": id_, "event": event, "revision": revision})

    content = house.ask(
        "procedure.step", {"procedure": id_, "event": {"name": "no-such", "on": "2026-11-18"}}
    )
    assert not content.done and content.data["code"] == "unknown-event"
    assert step("contract_none").done  # type: ignore[attr-defined]
    assert step("representative_named", person="Mme Alix Valmont").done  # type: ignore[attr-defined]
    again = step("representative_named", 1, person="M. Autre")
    assert not again.done and "avancé" in again.text_fr  # type: ignore[attr-defined]
    kept = keep_document(house.settings.data, b"%PDF-1.7 contrat")
    asked = {
        "procedure": id_,
        "form": "contrat",
        "name": "contrat.pdf",
        "sha256": kept.sha256,
        "size": kept.size,
    }
    documents = [{"form": "contrat", "reference": kept.sha256}]
    unknown = step("contract_sent", by="Mme Alix Valmont", way="EJ", documents=documents)
    assert not unknown.done, "attached nowhere"  # type: ignore[attr-defined]
    assert house.ask("procedure.attach", asked).done
    assert step("contract_sent", by="Mme Alix Valmont", way="EJ", documents=documents).done  # type: ignore[attr-defined]
    assert not step("contract_processed").done, "no card yet"  # type: ignore[attr-defined]
    assert step("card_received", person="Mme Alix Valmont", card=CARD).done  # type: ignore[attr-defined]
    assert step("contract_processed").done  # type: ignore[attr-defined]
    assert Procedure.objects.get().state == "CONTRAT_OK"
    assert house.ask("procedure.undo", {"procedure": id_}).done
    assert Procedure.objects.get().state == "CONTRAT_A_SIGNER"
    assert list(ProcedureStep.objects.order_by("number").values_list("number", flat=True)) == [1, 2, 3, 4]
    assert [one.name for one in events_of(id_)][-1] == "card_received"
    assert ProcedureDocument.objects.count() == 1
    assert house.ask("procedure.close", {"procedure": id_}).done
    assert not step("contract_processed").done  # type: ignore[attr-defined]
    assert_sound()


@pytest.mark.parametrize(
    "told",
    [None, {}, {"name": "x"}, {"name": "x", "on": "18/11/2026"}, {"name": 3, "on": "2026-11-18"},
     {"name": "x" * 400, "on": "2026-11-18"}, {"name": "x", "on": "2026-11-18", "by": "a\n"},
     {"name": "x", "on": "2026-11-18", "card": {"kind": "CPS"}}],
)  # fmt: skip
def test_a_step_of_another_form_is_refused(told: object) -> None:
    with pytest.raises(NotAnEvent):
        read_event(told)


def test_a_step_is_read_as_it_was_written() -> None:
    event = read_event(
        {"name": "card_received", "on": "2026-11-18", "person": "A", "card": CARD, "usages": ["ORG SIGN"],
         "documents": [{"form": "301", "reference": "0" * 64}]}
    )  # fmt: skip
    import msgspec

    assert read_event(msgspec.json.decode(write_event(event))) == event


def test_a_document_is_kept_once_under_its_digest_and_a_changed_one_is_not_given(house: House) -> None:
    data = house.settings.data
    kept = keep_document(data, b"scan")
    assert keep_document(data, b"scan") == kept and read_document(data, kept.sha256) == b"scan"
    assert path_of(data, kept.sha256).stat().st_mode & 0o777 == 0o600
    path_of(data, kept.sha256).write_bytes(b"other")
    assert read_document(data, kept.sha256) is None
    with pytest.raises(ValueError):
        keep_document(data, b"")
    with pytest.raises(ValueError):
        path_of(data, "../../etc/passwd")


def test_cards_are_registered_and_retired(house: House) -> None:
    card = {
        "establishment": 1,
        "kind": "CPE",
        "holder": "M. Paul Durand",
        "number": "123",
        "expires": "2027-01-31",
    }
    added = house.ask("card.add", card)
    assert added.done and not house.ask("card.add", card).done
    changed = {"card": added.data["id"], **card, "expires": "2028-01-31"}
    assert house.ask("card.edit", changed).done
    assert not house.ask("card.edit", {**changed, "expires": "31/01/2028"}).done
    assert house.ask("card.retire", {"card": added.data["id"]}).done
    assert house.ask("card.add", card).done


def test_a_card_that_a_step_brings_is_watched_once(house: House) -> None:
    id_ = house.ask("procedure.open", {"establishment": 1}).data["id"]

    def received(card: dict[str, str]) -> ActResult:
        event = {"name": "card_received", "on": "2026-11-18", "person": "Odile Ferrand", "card": card}
        return house.ask("procedure.step", {"procedure": id_, "event": event})

    for name in ("contract_up_to_date", "representative_named"):
        event = {"name": name, "on": "2026-11-18", "person": "Odile Ferrand", "way": "EJ"}
        assert house.ask("procedure.step", {"procedure": id_, "event": event}).done
    assert "2028-01-01" in received(CARD).text_fr
    assert received(CARD).done, "its number is registered already"
    assert not received({**CARD, "kind": "XYZ"}).done
    (card,) = certificates_watch.cards(house.gate.now)
    assert (card.kind, card.holder, card.number, card.establishment) == (
        "CDE",
        "Odile Ferrand",
        "8025000001",
        1,
    )


def test_what_is_next_is_told_with_who_acts(house: House) -> None:
    id_ = house.ask("procedure.open", {"establishment": 1}).data["id"]
    house.ask("procedure.step", {"procedure": id_, "event": {"name": "contract_none", "on": "2026-11-18"}})
    (found,) = certificates_ways.procedures(TODAY.date())
    assert (found.id, found.state, found.ready) == (id_, "CONTRAT_A_SIGNER", False)
    assert found.next and found.next == certificates_ways.procedure(id_, TODAY.date()).document.next  # type: ignore[union-attr]
    assert certificates_ways.procedure("proc_unknown", TODAY.date()) is None
