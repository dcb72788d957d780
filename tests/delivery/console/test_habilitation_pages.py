"""The habilitation matrix in the console: rows changed, versions read back, a review led row by row."""

from __future__ import annotations

import html
import time
from typing import TYPE_CHECKING, Any

import pytest

from tests.delivery.console.acted import acting
from tests.delivery.console.conftest import Gateway, SignedIn
from tests.delivery.console.people import PASSWORD

if TYPE_CHECKING:
    from django.test import Client

    from tests.services.feeding import Gate

HERE = "/reglages/habilitations/"
NURSES = {
    "profession": "60", "unit": "Cardiologie", "rights": ["patients.read", "consents.record"], "reason": "Ouverture",
    "expected": "0",
}  # fmt: skip


@pytest.fixture
def gate(gateway: Gateway, monkeypatch: pytest.MonkeyPatch) -> Gate:
    gate = acting(monkeypatch)
    assert gate.act("establishment.add", name="CH de Valmont").done
    assert gate.act("site.add", establishment=1, name="Site nord").done
    return gate


def text(answer: Any) -> str:
    return html.unescape(answer.content.decode())


def fresh(visitor: Client) -> Client:
    """She just proved again who she is: what gives rights asks for it."""
    assert visitor.post("/compte/confirmer/", {"password": PASSWORD}).status_code == 302
    return visitor


def added(visitor: Client, **changed: Any) -> Any:
    return visitor.post(f"{HERE}1/ajouter/", {**NURSES, **changed})


def test_row_is_added_and_shown_with_its_ticks(gate: Gate, signed_in: SignedIn) -> None:
    visitor = fresh(signed_in("administration", username="claire"))
    assert "pas encore de matrice" in text(visitor.get(HERE))
    assert added(visitor)["Location"] == f"{HERE}1/"
    shown = text(visitor.get(f"{HERE}1/"))
    for word in (
        "Infirmier",
        "Cardiologie",
        "Voir les patients",
        "Recueillir les consentements",
    ):
        assert word in shown, word
    assert "Gérer les comptes" not in shown, "a column that no row uses is not there"
    assert "Toutes les versions" in shown and "Ouverture" in shown and "Tous les sites" not in shown


def test_row_is_changed_then_removed_and_the_past_can_be_read(gate: Gate, signed_in: SignedIn) -> None:
    visitor = fresh(signed_in("administration"))
    added(visitor)
    form = text(visitor.get(f"{HERE}1/lignes/1/"))
    assert 'value="Cardiologie"' in form and form.count("checked") == 2
    given = {
        **NURSES,
        "rights": ["patients.read"],
        "site": "1",
        "ends": "2027-06-30",
        "expected": "1",
        "reason": "Moins",
    }
    assert visitor.post(f"{HERE}1/lignes/0/", given).status_code == 302
    shown = text(visitor.get(f"{HERE}1/"))
    assert "Site nord" in shown and "30/06/2027" in shown and "Recueillir les consentements" not in shown
    gone = {**given, "rights": [], "expected": "2", "reason": "Plus rien"}
    assert visitor.post(f"{HERE}1/lignes/0/", gone).status_code == 302
    assert "Aucune ligne" in text(visitor.get(f"{HERE}1/"))
    past = text(visitor.get(f"{HERE}1/versions/1/"))
    assert "Recueillir les consentements" in past and "Modifier" not in past
    history = text(visitor.get(f"{HERE}1/versions/"))
    assert history.index("Plus rien") < history.index("Moins") < history.index("Ouverture")
    assert visitor.get(f"{HERE}1/versions/9/").status_code == 404


def test_what_is_wrong_is_said_beside_its_field_and_nothing_is_kept(gate: Gate, signed_in: SignedIn) -> None:
    visitor = fresh(signed_in("administration"))
    for changed, told in (
        ({"rights": []}, "au moins un droit"),
        ({"profession": "*", "unit": ""}, "pour tout le monde"),
        ({"starts": "2027-02-01", "ends": "2027-01-01"}, "La fin précède le début"),
        ({"reason": ""}, "Pourquoi"),
        ({"expected": "4"}, "relisez-la"),
    ):
        answer = added(visitor, **changed)
        assert answer.status_code == 422, changed
        assert told in text(answer), changed
    assert "Aucune ligne" in text(visitor.get(f"{HERE}1/"))


def test_review_goes_row_by_row_to_its_close(gate: Gate, signed_in: SignedIn) -> None:
    visitor = fresh(signed_in("administration"))
    added(visitor)
    added(visitor, profession="10", unit="", rights=["patients.read"], expected="1")
    added(visitor, profession="50", unit="Maternité", rights=["patients.read"], expected="2")
    where = visitor.post(f"{HERE}1/revue/")["Location"]
    first = text(visitor.get(where))
    assert "0 / 3" in first and "Ligne 1 sur 3" in first and "Toutes les unités" in first
    assert visitor.post(f"{where}decider/", {"row": "0", "decision": "keep"})["Location"] == where
    second = text(visitor.get(where))
    assert "1 / 3" in second and "Ligne 2 sur 3" in second and "Gardée" in second
    silent = visitor.post(f"{where}decider/", {"row": "1", "decision": "remove"})
    assert silent.status_code == 422 and "Dites pourquoi" in text(silent)
    visitor.post(
        f"{where}decider/", {"row": "1", "decision": "change", "ends": "2027-03-31", "note": "Renfort"}
    )
    visitor.post(f"{where}decider/", {"row": "3", "decision": "remove", "note": "Maternité fermée"})
    done = text(visitor.get(where))
    assert "3 / 3" in done and "Tout est revu" in done and "Limitée" in done and "Retirée" in done
    assert visitor.post(f"{where}clore/", {"next_due": "2099-01-01"}).status_code == 409
    assert visitor.post(f"{where}clore/", {"next_due": "2027-10-01"})["Location"] == f"{HERE}1/"
    after = text(visitor.get(f"{HERE}1/"))
    assert "31/03/2027" in after and "Maternité" not in after and "01/10/2027" in after
    closed = text(visitor.get(where))
    assert "Revenir" not in closed and "Maternité fermée" in closed
    assert visitor.post(f"{where}decider/", {"row": "0", "decision": "keep"}).status_code == 409


def test_people_concerned_are_named(gate: Gate, signed_in: SignedIn) -> None:
    from ecluse.store.models.accounts import User

    visitor = fresh(signed_in("administration"))
    signed_in("soignant", username="paul")
    User.objects.filter(username="paul").update(name="Paul Durand", profession="60", unit="cardiologie ")
    added(visitor)
    where = visitor.post(f"{HERE}1/revue/")["Location"]
    assert "Paul Durand" in text(visitor.get(where))


def test_exports_are_tables(gate: Gate, signed_in: SignedIn) -> None:
    visitor = fresh(signed_in("administration"))
    added(visitor)
    table = visitor.get(f"{HERE}1/versions/1/export.csv")
    assert table["Content-Type"].startswith("text/csv")
    assert "Cardiologie;60;patients.read" in table.content.decode("utf-8-sig")
    where = visitor.post(f"{HERE}1/revue/")["Location"]
    assert "decision" in visitor.get(f"{where}export.csv").content.decode("utf-8-sig")


def test_who_reads_settings_sees_and_changes_nothing(gate: Gate, signed_in: SignedIn) -> None:
    added(fresh(signed_in("administration")))
    reader = signed_in("conformite")
    shown = text(reader.get(f"{HERE}1/"))
    assert "Infirmier" in shown and "Modifier" not in shown and "Commencer la revue" not in shown
    for address in (f"{HERE}1/ajouter/", f"{HERE}1/lignes/0/", f"{HERE}1/revue/"):
        assert reader.post(address, NURSES).status_code == 403
    assert signed_in("soignant").get(HERE).status_code == 403


def test_administrator_of_one_establishment_reaches_no_other(gate: Gate, signed_in: SignedIn) -> None:
    assert gate.act("establishment.add", name="Clinique").done
    assert gate.act("domain.add", name="valmont", establishments=[1]).done
    assert gate.act("domain.add", name="clinique", establishments=[2]).done
    added(fresh(signed_in("administration")))
    other = fresh(signed_in("administration", establishment=2))
    listed = text(other.get(HERE))
    assert "Clinique" in listed and "CH de Valmont" not in listed
    for address in (f"{HERE}1/", f"{HERE}1/versions/1/export.csv", f"{HERE}1/ajouter/", f"{HERE}1/lignes/0/"):
        assert other.get(address).status_code == 404, address
    assert other.post(f"{HERE}1/revue/").status_code == 404
    where = fresh(signed_in("administration")).post(f"{HERE}1/revue/")["Location"]
    assert other.get(where).status_code == 404
    assert other.post(f"{where}decider/", {"row": "0", "decision": "keep"}).status_code == 404


def test_pages_speak_english(gate: Gate, signed_in: SignedIn) -> None:
    from ecluse.store.models.accounts import User

    visitor = fresh(signed_in("administration", username="claire"))
    added(visitor)
    User.objects.filter(username="claire").update(language="en")
    shown = text(visitor.get(f"{HERE}1/"))
    assert "See patients" in shown and "All versions" in shown and "Voir les patients" not in shown


def test_first_page_rings_before_the_review_is_due_and_once_it_is_late(
    gate: Gate, signed_in: SignedIn
) -> None:
    from ecluse.store.models.habilitations import HabilitationVersion

    visitor = fresh(signed_in("administration"))
    added(visitor)
    assert "revue annuelle" not in text(visitor.get("/"))
    today = time.time_ns() // 1000
    for days, told in ((360, "revue annuelle dans 5 jours"), (370, "la revue a 5 jours de retard")):
        HabilitationVersion.objects.update(at=today - days * 86_400_000_000)
        shown = text(visitor.get("/"))
        assert told in shown and f"{HERE}1/" in shown
    assert "de retard" not in text(signed_in("lecture").get("/"))


def test_hostile_names_are_only_text(gate: Gate, signed_in: SignedIn) -> None:
    visitor = fresh(signed_in("administration"))
    added(visitor, unit="<script>alert(1)</script>", reason="<b>x</b>")
    for address in (f"{HERE}1/", f"{HERE}1/versions/", visitor.post(f"{HERE}1/revue/")["Location"]):
        raw = visitor.get(address).content.decode()
        assert "<script>alert" not in raw and "<b>x" not in raw
