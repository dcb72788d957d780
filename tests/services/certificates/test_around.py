"""Certificates in the rest of the gateway: backups, the doctor, the worker, the pages, the vault."""

from __future__ import annotations

import re
import threading
import time
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import ecluse
from ecluse.delivery.worker.loop import HANGING, aside
from ecluse.main import certificates as told
from ecluse.main.configuration import Configuration
from ecluse.main.settings_model import Certificates
from ecluse.services.back_up import back_up
from ecluse.services.certificates.checking import check
from ecluse.services.certificates.documents import keep_document, path_of, read_document
from ecluse.services.certificates.standing import examine
from ecluse.services.doctor_certificates import examine_certificates
from ecluse.services.queries import certificates, certificates_watch
from ecluse.services.restore import restore
from tests.services.certificates.house import TODAY, House

SEALING = {
    "services/accounts/seal.py": "second-factor",
    "services/certificates/key_vault.py": "private-key",
    "services/deliveries/workshop.py": "opens only",
    "services/certificates/telling.py": "opens only",
    "services/certificates/checking.py": "looks only",
    "services/new_subscriber.py": "webhook",
    "services/psc/sessions.py": "provider-token",
    "services/rewrap.py": "reseals",
    "services/vault.py": "the vault",
    "main/web_accounts.py": "derives only",
    "delivery/console/psc/kept.py": "gives it to psc/sessions",
    "delivery/console/psc/leaving.py": "gives it to psc/sessions",
}
"""Who holds the vault, and the kind under which `services.rewrap` seals it anew."""


def test_whatever_is_sealed_is_sealed_anew_with_the_master_key() -> None:
    """A new place that seals must be added to `services.rewrap`, then here."""
    root = Path(ecluse.__file__).parent
    found = {
        str(path.relative_to(root))
        for path in root.rglob("*.py")
        if re.search(r"import .*\bVault\b", path.read_text("utf-8")) or path.name == "vault.py"
    }
    found.add("services/certificates/key_vault.py")
    assert found <= set(SEALING), "seals or opens with the master key, unknown to services.rewrap"


def test_a_backup_holds_the_documents_and_a_restore_puts_them_back(house: House, tmp_path: Path) -> None:
    id_ = house.ask("procedure.open", {"establishment": 1}).data["id"]
    kept = keep_document(house.settings.data, b"%PDF scan of form 413")
    asked = {"procedure": id_, "form": "413", "name": "413.pdf", "sha256": kept.sha256, "size": kept.size}
    assert house.ask("procedure.attach", asked).done
    assert house.give(house.pki.auth_cli()).kept
    configuration = house.store.configuration
    made = back_up(configuration, tmp_path / "out.tar.gz", house.gate.now)
    assert "documents.tar" in made.manifest.files
    path_of(configuration.data, kept.sha256).unlink()
    assert any(one.about == f"document:{kept.sha256}" for one in check(house.settings, house.gate.now).items)
    restore(configuration, made.file, house.gate.now, force=True)
    assert read_document(configuration.data, kept.sha256) == b"%PDF scan of form 413"
    assert [one.family for one in certificates.inventory(house.settings, house.gate.now)] == ["ORG AUTH_CLI"]


def test_the_doctor_says_what_is_missing_and_that_all_is_well(house: House) -> None:
    house.publish()
    assert house.give(house.pki.auth_cli()).kept
    house.refresh()
    examine(house.settings, house.ask, house.gate.now)
    (well,) = examine_certificates(check(house.settings, house.gate.now))
    assert (well.name, well.status) == ("certificates", "ok")
    ended = examine_certificates(check(house.settings, house.gate.now + 1095 * 86_400_000_000))
    assert {one.status for one in ended} == {"error", "warning"}, "everything ended, and nobody looked since"


def test_the_inventory_is_sorted_by_end_and_says_what_stops(house: House) -> None:
    late = house.pki.auth_cli()
    soon = house.pki.auth_cli("Client_ROC_Annuaire_AMC", not_after=TODAY + timedelta(days=20))
    assert house.give(late).kept and house.give(soon, "roc_directory").kept
    house.publish()
    found = certificates.inventory(house.settings, house.gate.now)
    assert [one.fingerprint for one in found] == [soon.fingerprint, late.fingerprint]
    first = found[0]
    assert (first.uses, first.days, first.renewable, first.key) == (("roc_directory",), 19, True, "file")
    assert first.newer == late.fingerprint and not found[1].newer
    assert "AMC" in first.stops[0].text_fr and first.ladder
    view = certificates.one(house.settings, soon.fingerprint, house.gate.now)
    assert view is not None and [one.state for one in view.chain][-1] == "anchor" and len(view.chain) == 3
    slots = {one.use: one for one in certificates.slots(house.gate.now)}
    assert slots["roc_directory"].newest == late.fingerprint and slots["dmp_tls"].newest == ""
    seconds = {one.kind: one.seconds for one in certificates_watch.remaining(house.settings, house.gate.now)}
    assert seconds["certificate"] > 0 and seconds["authority"] > 0
    assert [one.missing != () for one in certificates_watch.trust_stores(house.gate.now)][:1] == [True]


def test_the_worker_watches_on_threads_of_its_own(house: House, tmp_path: Path) -> None:
    held = threading.Event()
    done: list[float] = []

    def slow(now: float) -> None:
        held.wait(5)
        done.append(now)

    chore = aside("slow", slow, lambda: None)
    began = time.monotonic()
    chore(1.0)
    chore(2.0)
    assert time.monotonic() - began < 1
    held.set()
    for thread in threading.enumerate():
        if thread.name == "slow":
            thread.join(5)
    assert done == [1.0], "while one run lasts, the next does nothing"
    held.clear()
    for now in (2.0, 3.0, 2.0 + HANGING, 3.0 + HANGING):
        chore(now)
    hanging = [thread for thread in threading.enumerate() if thread.name == "slow"]
    assert len(hanging) == 2, "one that hangs is given up, and the chore goes on"
    for after in range(2, 9):
        chore(2.0 + after * HANGING)
    assert sum(thread.name == "slow" for thread in threading.enumerate()) == 4, "but not for ever"
    held.set()
    for thread in threading.enumerate():
        if thread.name == "slow":
            thread.join(5)
    configuration = Configuration(data=house.settings.data, secrets=str(house.settings.secrets))
    names = [one.name for one in told.certificate_chores(configuration)]
    assert names == ["revocation", "alarms", "private-keys"]
    settings = told.certificate_settings(
        replace(configuration, certificates=Certificates(alarm_days=(7, 30, 7)))
    )
    assert settings.thresholds == (30, 7)
