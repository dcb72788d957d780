"""A key serves its own establishment only, lives as long as it is needed, and never again once it got out of hand."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest
from cryptography import x509

from ecluse.services.certificates import keys, settings, trust
from ecluse.services.certificates.importing import CertificateFile, Target, examine_file, import_certificate
from ecluse.services.certificates.requesting import Wanted, new_request
from ecluse.simulators.pki import profiles
from ecluse.simulators.pki.issued import Issued, pem
from ecluse.store.access_turn import writing
from ecluse.store.models.access import Establishment
from ecluse.store.models.certificates import (
    CertificateRequest,
    CertificateRevocation,
    CertificateSlot,
    HeldCertificate,
    PrivateKey,
)
from tests.services.certificates.house import House

HOUR = 3600 * 1_000_000


def revoke(house: House, one: Issued, reason: str) -> dict[str, Any]:
    done = house.ask(
        "certificate.revoke", {"fingerprint": one.fingerprint, "reason": reason, "source": "operator"}
    )
    assert done.done, done.text_en
    return done.data


def again(house: House, one: Issued, name: str = "Ecluse bis") -> bytes:
    """A new certificate (PEM) of the authority on the key of another one."""
    profile = profiles.organisation(profiles.AUTH_CLI, house.pki.hierarchy.structure, name, house.pki.begin)
    return pem([house.pki.hierarchy.organisations.issue(profile, one.key.public_key(), name)])


def neighbour(house: House, finess: str = "990000036") -> Establishment:
    return Establishment.objects.create(id=2, name="CLINIQUE DU BOIS", finess=finess)


def give_to(house: House, establishment: int, file: CertificateFile, *structures: str) -> Any:
    target = Target(establishment, "dmp_tls", structures=structures)
    return import_certificate(house.settings, house.ask, file, target, house.gate.now, by="cli:claire")


def test_a_recorded_revocation_survives_what_is_imported_again(house: House) -> None:
    held = house.pki.auth_cli()
    assert house.give(held).kept
    revoke(house, held, "content")
    assert house.ask("certificate.retire", {"fingerprint": held.fingerprint}).done
    done = house.give(held)
    assert not done.kept
    assert [one.name for one in done.verdict.failed if one.blocking] == ["revocation"]
    assert HeldCertificate.objects.get().state == "retired"
    assert CertificateSlot.objects.get().current_id is None


def test_a_stolen_key_takes_every_certificate_on_it_and_bears_no_new_one(house: House) -> None:
    held = house.pki.auth_cli()
    second = CertificateFile(again(house, held))
    assert house.give(held).kept
    assert house.file(second, "roc_directory").placed == "current"
    assert sorted(revoke(house, held, "theft")["stopped"]) == ["dmp_tls", "roc_directory"]
    assert [one.state for one in HeldCertificate.objects.all()] == ["revoked", "revoked"]
    assert CertificateRevocation.objects.filter(reason="theft").count() == 2
    done = house.file(CertificateFile(again(house, held, "Ecluse ter"), key=held.key_pem))
    assert not done.kept and "nouvelle clé" in done.text_fr


def test_a_change_of_data_leaves_the_other_certificates_of_the_key(house: House) -> None:
    held = house.pki.auth_cli()
    assert house.give(held).kept
    assert house.file(CertificateFile(again(house, held)), "roc_directory").kept
    assert revoke(house, held, "changed_data")["stopped"] == ["dmp_tls"]
    assert CertificateSlot.objects.get(use="roc_directory").current is not None


def test_a_key_that_an_act_takes_while_the_chore_waits_for_its_turn_stays(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    held = house.pki.auth_cli()
    now = house.gate.now
    id_ = keys.keep_key(house.settings.secrets, held.key_der, origin="imported", by="x", now=now, bits=2048)
    asked = {"id": "req_1", "key": id_, "establishment": 1, "use": "dmp_tls", "subject": "CN=x"}
    request = {**asked, "content": "-----BEGIN CERTIFICATE REQUEST-----"}

    @contextmanager
    def turn_after(act: Callable[[], Any]) -> Iterator[None]:
        assert act().done
        with writing():
            yield

    monkeypatch.setattr(
        keys, "writing", lambda: turn_after(lambda: house.ask("certificate.request", request))
    )
    assert keys.forget_unused(now + HOUR + 1) == 0
    assert PrivateKey.objects.get().sealed is not None


def test_a_key_wanted_again_lives_another_hour(house: House) -> None:
    der, now = house.pki.auth_cli().key_der, house.gate.now
    for at in (now, now + HOUR):
        keys.keep_key(house.settings.secrets, der, origin="imported", by="x", now=at, bits=2048)
    assert keys.forget_unused(now + HOUR + 1) == 0
    assert keys.forget_unused(now + 2 * HOUR + 1) == 1


def test_no_act_takes_a_key_that_was_destroyed(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    real = keys.keep_key

    def destroyed(*given: Any, **named: Any) -> str:
        id_ = real(*given, **named)
        PrivateKey.objects.filter(id=id_).update(sealed=None, wrapped=None)
        return id_

    monkeypatch.setattr(keys, "keep_key", destroyed)
    done = house.give(house.pki.auth_cli())
    assert not done.kept and "détruite" in done.text_fr
    asked = new_request(house.settings, house.ask, Wanted(1, "insi"), house.gate.now, by="cli:claire")
    assert not asked.done and "détruite" in asked.text_fr
    assert not HeldCertificate.objects.exists()


def test_the_key_of_a_request_is_not_lent_to_another_establishment(house: House) -> None:
    neighbour(house)
    asked = new_request(house.settings, house.ask, Wanted(1, "dmp_tls", "x"), house.gate.now, by="cli:claire")
    assert asked.done, asked.text_en
    public = x509.load_pem_x509_csr(asked.content.encode()).public_key()
    profile = profiles.organisation(profiles.AUTH_CLI, house.pki.hierarchy.structure, "x", house.pki.begin)
    answer = house.pki.hierarchy.organisations.issue(profile, public, "x")  # type: ignore
    done = give_to(house, 2, CertificateFile(pem([answer])), house.pki.hierarchy.structure.identifier)
    assert not done.kept and {"key", "structure"} <= {one.name for one in done.verdict.failed if one.blocking}
    assert CertificateRequest.objects.get().state == "pending"
    assert house.file(CertificateFile(pem([answer]))).kept, "its own establishment takes it"


def test_an_act_keeps_no_certificate_on_the_key_of_another_establishment(house: House) -> None:
    held = house.pki.auth_cli()
    assert house.give(held).kept
    # The neighbour has the same legal entity, so that nothing else refuses it.
    neighbour(house, finess=house.place.finess)
    done = give_to(house, 2, CertificateFile(again(house, held), key=held.key_pem))
    assert not done.kept and "autre établissement" in done.text_fr
    done = give_to(house, 2, CertificateFile(held.p12("secret"), "secret"))
    assert not done.kept, "nor the same certificate"
    assert HeldCertificate.objects.get().establishment_id == 1


def test_a_number_that_another_establishment_declares_cannot_be_typed(house: House) -> None:
    neighbour(house)
    other = house.pki.hierarchy.structure.identifier
    done = give_to(house, 2, CertificateFile(house.pki.auth_cli().p12("secret"), "secret"), other)
    assert [one.name for one in done.verdict.failed if one.blocking] == ["structure"]
    assert not PrivateKey.objects.exists()


def test_an_authority_enters_no_store_but_its_own(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    content = pem([house.pki.hierarchy.amc_root.certificate])
    typed = house.pki_fingerprint(content)
    settings.use(replace(house.settings, environment="production"))
    for store in ("igc-sante-production", "igc-osi"):
        (refused,) = trust.import_authorities(house.ask, store, content, typed)
        assert not refused.done and "autre magasin" in refused.text_fr
    settings.use(house.settings)
    monkeypatch.setattr(trust, "published", lambda store: {typed: "ACR"} if store == "igc-sante-test" else {})
    (refused,) = trust.import_authorities(house.ask, "igc-osi", content, typed)
    assert not refused.done, "published for another store"
    monkeypatch.undo()
    (kept,) = trust.import_authorities(house.ask, "igc-osi", content, typed)
    assert kept.done, "a test gateway speaks to the test authorities of others"


def test_the_names_of_a_server_are_compared_with_those_by_which_it_is_reached(house: House) -> None:
    held = house.pki.serv(["mllp.hopital.example"])
    file = CertificateFile(held.p12("secret"), "secret")

    def looked(*hosts: str) -> tuple[bool, list[tuple[bool, bool]]]:
        target = Target(1, "listener_server", hosts=hosts)
        found = examine_file(house.settings, file, target, house.gate.now)[0].verdict
        return found.ok, [(one.ok, one.blocking) for one in found.checks if one.name == "names"]

    assert looked("mllp.hopital.example") == (True, [(True, True)])
    assert looked("autre.hopital.example") == (False, [(False, True)])
    assert looked() == (True, [(False, False)]), "compared with nothing: told, not green"
