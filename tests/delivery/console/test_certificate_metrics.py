"""What Prometheus reads of certificates: seconds before each end, the age of the lists, and nobody's name."""

from __future__ import annotations

import time

from prometheus_client.parser import text_string_to_metric_families

from tests.delivery.console.conftest import Gateway
from tests.pki_kit import TestPki

_SECOND = 1_000_000


def test_ends_and_lists_are_measured_without_names_of_people(gateway: Gateway) -> None:
    from ecluse.store.models.access import Establishment
    from ecluse.store.models.certificates import CertificateSlot, CrlKept, HeldCertificate, ProfessionalCard

    now = time.time_ns() // 1000
    place = Establishment.objects.create(id=1, name="CH de Valmont", finess="990000028")
    one = TestPki.make().auth_cli()
    held = HeldCertificate.objects.create(
        fingerprint=one.fingerprint, der=one.der, establishment=place, family="ORG AUTH_CLI", environment="test",
        service="Client_ROC_Annuaire_AMC", subject="CN=x", issuer="CN=y", serial="1", state="held", not_before=0,
        not_after=now + 3600 * _SECOND, usable_until=now + 3600 * _SECOND, imported=now, imported_by="cli:claire",
    )  # fmt: skip
    CertificateSlot.objects.create(
        establishment=place, use="roc_directory", current=held, since=now, revision=1
    )
    ProfessionalCard.objects.create(
        id="card_abc",
        establishment=place,
        kind="CDE",
        holder="Anne Lefort",
        number="99000001",
        expires="2099-01-01",
    )
    CrlKept.objects.create(
        address="http://igc.example/a.crl", der=b"x", this_update=now - 7200 * _SECOND,
        next_update=now + 90_000 * _SECOND, fetched=now, tried=now, failing_since=now - 60 * _SECOND,
    )  # fmt: skip

    text = gateway.browser.get("/metrics").content.decode()
    assert "Lefort" not in text and "99000001" not in text
    families = {one.name: one.samples for one in text_string_to_metric_families(text)}
    ends = {sample.labels["kind"]: sample for sample in families["ecluse_certificate_remaining_seconds"]}
    certificate = ends["certificate"]
    assert certificate.labels == {
        "kind": "certificate", "id": one.fingerprint, "uses": "roc_directory", "family": "ORG AUTH_CLI",
        "finess": "990000028",
    }  # fmt: skip
    assert 3500 < certificate.value <= 3600
    assert (ends["card"].labels["id"], ends["card"].labels["finess"]) == ("card_abc", "")
    (age,) = families["ecluse_crl_age_seconds"]
    assert age.labels == {"address": "http://igc.example/a.crl"} and 7200 <= age.value < 7300
    (failing,) = families["ecluse_crl_failing_seconds"]
    assert 60 <= failing.value < 160
