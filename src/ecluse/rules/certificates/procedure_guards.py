"""Why an event of the procedure may not happen: one guard each, in the order of the note certificats ROC §4.

The sentences are in `data/procedure.toml`.
"""

from __future__ import annotations

from collections.abc import Callable

from ecluse.rules.certificates.facts import data
from ecluse.rules.certificates.procedure_model import (
    PRODUCTS,
    Event,
    Person,
    Procedure,
    Refused,
    refused,
)
from ecluse.rules.certificates.slots import reserved_names

Guard = Callable[[Procedure, Event], Refused | None]
_TO_SEND = ("CONTRAT_A_SIGNER", "CONTRAT_A_METTRE_A_JOUR")
LEVELS = ("EJ", "EG")


def _contract_none(procedure: Procedure, event: Event) -> Refused | None:
    return None if procedure.contract == "DEBUT" else refused("contract-state")


def _representative_changed(procedure: Procedure, event: Event) -> Refused | None:
    known = ("DEBUT", "CONTRAT_OK", "CONTRAT_A_METTRE_A_JOUR")
    return None if procedure.contract in known else refused("contract-state")


def _contract_up_to_date(procedure: Procedure, event: Event) -> Refused | None:
    if procedure.contract != "DEBUT":
        return refused("contract-state")
    return None if event.way in LEVELS else refused("level-missing")


def _representative_named(procedure: Procedure, event: Event) -> Refused | None:
    """Once the contract is in order, another representative is a change, with its papers."""
    if not event.person.strip():
        return refused("person-missing")
    if procedure.contract == "CONTRAT_OK" and procedure.representative is not None:
        return refused("contract-state")
    return None


def _contract_sent(procedure: Procedure, event: Event) -> Refused | None:
    if procedure.contract not in _TO_SEND or procedure.sent:
        return refused("contract-state")
    if procedure.representative is None:
        return refused("representative-unknown")
    if event.by != procedure.representative.name:
        return refused("signatory")
    if event.way not in LEVELS:
        return refused("level-missing")
    if procedure.contract == "CONTRAT_A_METTRE_A_JOUR" and _missing(event, "contrat", "101"):
        return refused("update-together")
    return _documents(event, "contrat")


def _contract_processed(procedure: Procedure, event: Event) -> Refused | None:
    if procedure.contract not in _TO_SEND:
        return refused("contract-state")
    if not procedure.sent:
        return refused("contract-not-sent")
    representative = procedure.representative
    if representative is None or not representative.leads(event.on):
        return refused("representative-card")
    return None


def _card_ordered(procedure: Procedure, event: Event) -> Refused | None:
    """The representative's card goes with the contract; those of others need one."""
    if not event.person.strip():
        return refused("person-missing")
    person = procedure.person(event.person)
    if person is not None and person.representative:
        return _documents(event, "101") if event.way == "101" else refused("card-form")
    if procedure.contract != "CONTRAT_OK":
        return refused("contract-not-ok")
    if event.way not in ("301", "tom"):
        return refused("card-form")
    if not _is_representative(procedure, event.by) and not _is_mandataire(procedure, event.by):
        return refused("signatory-or-mandataire")
    return _documents(event, "301") if event.way == "301" else None


def _card_received(procedure: Procedure, event: Event) -> Refused | None:
    if not event.person.strip():
        return refused("person-missing")
    if event.card is None or not event.card.kind or not event.card.number:
        return refused("card-missing")
    return refused("card-expired") if event.card.until < event.on else None


def _card_opposed(procedure: Procedure, event: Event) -> Refused | None:
    person = procedure.person(event.person)
    return None if person is not None and person.card is not None else refused("person-unknown")


def _mandataire_appointed(procedure: Procedure, event: Event) -> Refused | None:
    if procedure.contract != "CONTRAT_OK":
        return refused("contract-not-ok")
    person = procedure.person(event.person)
    if person is None or not person.holds(event.on):
        return refused("mandataire-card")
    if person.mandataire:
        return refused("already-so")
    return _signed_by_representative(procedure, event) or _documents(event, "502")


def _mandataire_removed(procedure: Procedure, event: Event) -> Refused | None:
    if not _is_mandataire(procedure, event.person):
        return refused("person-unknown")
    return _signed_by_representative(procedure, event) or _documents(event, "502")


def _administrator_designated(procedure: Procedure, event: Event) -> Refused | None:
    if procedure.contract != "CONTRAT_OK":
        return refused("contract-not-ok")
    person = procedure.person(event.person)
    if person is None or not person.administers(event.on):
        return refused("administrator-card")
    if person.administrator:
        return refused("already-so")
    return _signed_by_either(procedure, event)


def _administrator_removed(procedure: Procedure, event: Event) -> Refused | None:
    person = procedure.person(event.person)
    if person is None or not person.administrator:
        return refused("person-unknown")
    return _signed_by_either(procedure, event)


def _habilitation_requested(procedure: Procedure, event: Event) -> Refused | None:
    problem = _habilitation(procedure, event, ("",))
    if problem is not None:
        return problem
    if not set(PRODUCTS) <= set(event.usages):
        return refused("both-usages")
    return _signed_by_either(procedure, event) or _documents(event, "413")


def _habilitation_granted(procedure: Procedure, event: Event) -> Refused | None:
    return _habilitation(procedure, event, ("requested",))


def _habilitation_found(procedure: Procedure, event: Event) -> Refused | None:
    """The administrator already has the rights, the platform shows it."""
    problem = _habilitation(procedure, event, ("", "requested"))
    if problem is not None:
        return problem
    return None if set(PRODUCTS) <= set(event.usages) else refused("rights")


def _habilitation(procedure: Procedure, event: Event, wanted: tuple[str, ...]) -> Refused | None:
    if procedure.contract != "CONTRAT_OK":
        return refused("contract-not-ok")
    person = procedure.person(event.person)
    if person is None or not person.administrator:
        return refused("person-unknown")
    return None if person.habilitation in wanted else refused("habilitation-state")


def _certificate_ordered(procedure: Procedure, event: Event) -> Refused | None:
    problem = _product(event) or _orders(procedure, event)
    if problem is not None:
        return problem
    running = procedure.track(event.product).order
    if running is not None and running.runs(event.on):
        return refused("order-running")
    if event.product != PRODUCTS[0] and not procedure.track(PRODUCTS[0]).ever_ordered:
        return refused("auth-cli-first")
    if not event.service_name.strip():
        return refused("service-name")
    if event.service_name.strip() in reserved_names():
        return refused("service-name-reserved")
    if event.way not in ("csr", "online"):
        return refused("way")
    if not event.ready:
        return refused("key-first" if event.way == "csr" else "p12-not-accepted")
    return None


def _orders(procedure: Procedure, event: Event) -> Refused | None:
    """Only a habilitated administrator with a valid card orders."""
    if procedure.contract != "CONTRAT_OK":
        return refused("contract-not-ok")
    person = procedure.person(event.by)
    if person is None or person.habilitation != "granted":
        return refused("not-habilitated")
    return None if person.administers(event.on) else refused("administrator-card")


def _certificate_issued(procedure: Procedure, event: Event) -> Refused | None:
    if problem := _product(event):
        return problem
    order = procedure.track(event.product).order
    if order is None or order.until is not None:
        return refused("not-ordered")
    return None if event.until is not None and event.until > event.on else refused("end-missing")


def _order_abandoned(procedure: Procedure, event: Event) -> Refused | None:
    """A lost password, or an order refused by the platform, means a new order (note IGC-Santé §6)."""
    if problem := _product(event):
        return problem
    return None if procedure.track(event.product).order is not None else refused("not-ordered")


def _certificate_installed(procedure: Procedure, event: Event) -> Refused | None:
    if problem := _product(event):
        return problem
    order = procedure.track(event.product).order
    if order is None or not procedure.track(event.product).issued(event.on):
        return refused("not-issued")
    if order.installed:
        return refused("already-so")
    return refused("intermediate") if order.way == "csr" and not event.ready else None


def _certificate_tested(procedure: Procedure, event: Event) -> Refused | None:
    if problem := _product(event):
        return problem
    order = procedure.track(event.product).order
    if order is None or not procedure.track(event.product).issued(event.on):
        return refused("not-issued")
    if not order.installed:
        return refused("not-installed")
    both = all(track.present(event.on) for track in procedure.tracks)
    return None if both else refused("both-present")


def _certificate_revoked(procedure: Procedure, event: Event) -> Refused | None:
    if problem := _product(event):
        return problem
    if event.cause not in {one["id"] for one in data("procedure")["causes"]}:
        return refused("cause")
    track = procedure.track(event.product)
    coming, serving = track.issued(event.on), track.active(event.on)
    if coming and serving and event.way not in ("coming", "serving"):
        return refused("which")
    wanted = {"coming": coming, "serving": serving}.get(event.way, coming or serving)
    return None if wanted else refused("not-issued")


def _product(event: Event) -> Refused | None:
    return None if event.product in PRODUCTS else refused("product")


def _is_representative(procedure: Procedure, name: str) -> bool:
    return _named(procedure.representative, name)


def _is_mandataire(procedure: Procedure, name: str) -> bool:
    return any(_named(one, name) for one in procedure.mandataires)


def _named(person: Person | None, name: str) -> bool:
    return person is not None and person.name == name


def _signed_by_representative(procedure: Procedure, event: Event) -> Refused | None:
    return None if _is_representative(procedure, event.by) else refused("signatory")


def _signed_by_either(procedure: Procedure, event: Event) -> Refused | None:
    either = _is_representative(procedure, event.by) or _is_mandataire(procedure, event.by)
    return None if either else refused("signatory-or-mandataire")


def _missing(event: Event, *forms: str) -> tuple[str, ...]:
    attached = {one.form for one in event.documents}
    return tuple(form for form in forms if form not in attached)


def _documents(event: Event, *forms: str) -> Refused | None:
    missing = _missing(event, *forms)
    return refused("documents-missing", forms=", ".join(missing)) if missing else None


GUARDS: dict[str, Guard] = {
    "contract_none": _contract_none,
    "representative_changed": _representative_changed,
    "contract_up_to_date": _contract_up_to_date,
    "representative_named": _representative_named,
    "contract_sent": _contract_sent,
    "contract_processed": _contract_processed,
    "card_ordered": _card_ordered,
    "card_received": _card_received,
    "card_opposed": _card_opposed,
    "mandataire_appointed": _mandataire_appointed,
    "mandataire_removed": _mandataire_removed,
    "administrator_designated": _administrator_designated,
    "administrator_removed": _administrator_removed,
    "habilitation_requested": _habilitation_requested,
    "habilitation_granted": _habilitation_granted,
    "habilitation_found": _habilitation_found,
    "certificate_ordered": _certificate_ordered,
    "order_abandoned": _order_abandoned,
    "certificate_issued": _certificate_issued,
    "certificate_installed": _certificate_installed,
    "certificate_tested": _certificate_tested,
    "certificate_revoked": _certificate_revoked,
}
"""Every event of the procedure."""
