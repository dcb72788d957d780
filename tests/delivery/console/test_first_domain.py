"""The first steps: a domain counts as declared when what arrives enters it."""

from __future__ import annotations

from django.test import Client

from ecluse.delivery.console.welcome.steps import steps
from tests.delivery.console.conftest import SignedIn
from tests.delivery.console.test_settings_pages import fresh, text
from tests.services.feeding import Gate, adt

HERE = "/premiere-visite/etapes/"


def proof(name: str) -> str:
    return next(one.proof for one in steps("") if one.name == name)


def placed(writer: Gate, signed_in: SignedIn) -> Client:
    writer.act("establishment.add", name="CH Test", finess="")
    return fresh(signed_in("administration"))


def declare(admin: Client, name: str, oid: str) -> None:
    assert admin.post(f"{HERE}domaine/", {"name": name, "oid": oid}).status_code == 302


def test_a_domain_that_nobody_enters_proves_nothing(writer: Gate, signed_in: SignedIn) -> None:
    """Renaming the domain that is proposed makes another one, where no sender would ever come."""
    admin = placed(writer, signed_in)
    declare(admin, "CH Test", "1.2.250.1.999.7")
    writer.receive(adt())
    assert proof("domain") == ""
    page = text(admin.get(HERE)).replace("\xa0", " ")
    assert "Le domaine « CH Test » est déclaré, mais aucun émetteur n’y entre" in page
    assert 'value="défaut"' in admin.get(HERE).content.decode()
    declare(admin, "défaut", "1.2.250.1.999.8")
    assert proof("domain") == "défaut, OID 1.2.250.1.999.8."


def test_the_domain_of_the_sender_that_waits_is_the_one_asked_for(writer: Gate, signed_in: SignedIn) -> None:
    admin = placed(writer, signed_in)
    declare(admin, "défaut", "1.2.250.1.999.8")
    assert proof("domain") == "défaut, OID 1.2.250.1.999.8."
    writer.act("domain.add", name="CH Test")
    writer.act("sender.add", application="GAM", facility="VALMONT", domain="CH Test")
    assert proof("domain") == ""
    assert 'value="CH Test"' in admin.get(HERE).content.decode()
