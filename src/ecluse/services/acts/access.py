"""Acts on who may ask: tokens made and revoked, inclusion lists and the patients in them.

A secret never comes here: whoever makes a token keeps the secret to show it once and gives its digest.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Sequence
from typing import Any

from ecluse.services.access import SCOPES
from ecluse.services.acts.managing import check_gives
from ecluse.services.acts.outcome import ActRefused, Done
from ecluse.services.leave_list import leave_list
from ecluse.services.receive_message import Intake
from ecluse.store.models import PatientState
from ecluse.store.models.access import Inclusion, InclusionList, Token

_ID = re.compile(r"[a-z2-7]{10}")
_HEXADECIMAL = re.compile(r"[0-9a-f]{64}")
_ALPHABET = "abcdefghijklmnopqrstuvwxyz234567"
MOST_PATIENTS = 500
"""Patients of one act."""


def create_token(intake: Intake, given: dict[str, Any], now: int) -> Done:
    """Keep a token. id, digest (hexadecimal): of `access.new_secret`; name; scopes; domain: its name, or empty;
    inclusion: id of a list, or empty; certificate: SHA-256 in hexadecimal, or empty; expires: µs, or None.
    """
    id_, digest = _matching(given, "id", _ID), _matching(given, "digest", _HEXADECIMAL)
    name = text(given, "name")
    wanted = _texts(given, "scopes")
    if unknown := sorted(set(wanted) - SCOPES):
        raise ActRefused(
            f"Droit inconnu : {', '.join(unknown)}. Droits possibles : {', '.join(sorted(SCOPES))}.",
            f"Unknown scope: {', '.join(unknown)}. Possible scopes: {', '.join(sorted(SCOPES))}.",
        )
    if not wanted:
        raise ActRefused("Indiquez au moins un droit.", "Give at least one scope.")
    check_gives(given, wanted)
    domain = _domain(intake, given)
    included = _list(given, "inclusion") if given.get("inclusion") else None
    if included is not None and domain is not None and included.domain_id != domain:
        raise ActRefused(
            f"La liste d’inclusion « {included.name} » n’est pas de ce domaine : laissez le domaine vide, ou choisissez"
            " une liste de ce domaine.",
            f"The inclusion list “{included.name}” is not of that domain: leave the domain out, or choose a list of"
            " that domain.",
        )
    if included is not None:
        domain = included.domain_id
    certificate = given.get("certificate") or ""
    if certificate:
        _matching(given, "certificate", _HEXADECIMAL)
    expires = given.get("expires")
    if expires is not None and (not isinstance(expires, int) or expires <= now):
        raise ActRefused("La date d’expiration est déjà passée.", "The expiry date is already past.")
    if Token.objects.filter(id=id_).exists():
        raise ActRefused(
            "Ce jeton existe déjà : faites-en un autre.", "This token exists already: make another one."
        )
    token = Token(
        id=id_, name=name, digest=bytes.fromhex(digest), scopes=" ".join(sorted(set(wanted))), domain_id=domain,
        inclusion=included, certificate=certificate, created=now, expires=expires,
    )  # fmt: skip
    return Done(
        f"Jeton « {name} » créé ({id_}).",
        f"Token “{name}” created ({id_}).",
        data={"id": id_},
        domain=domain or 0,
        write=lambda: token.save(force_insert=True),
    )


def revoke_token(intake: Intake, given: dict[str, Any], now: int) -> Done:
    """Have a token refused from now on. id: of the token."""
    token = Token.objects.filter(id=text(given, "id")).first()
    if token is None:
        raise ActRefused(
            "Jeton inconnu : voyez « ecluse token list ».", "Unknown token: see “ecluse token list”."
        )
    if token.revoked is not None:
        raise ActRefused("Ce jeton est déjà révoqué.", "This token is revoked already.")
    return Done(
        f"Jeton « {token.name} » révoqué : il est refusé dès maintenant.",
        f"Token “{token.name}” revoked: it is refused from now on.",
        data={"id": token.id},
        domain=token.domain_id or 0,
        write=lambda: _save(Token.objects.filter(id=token.id).update(revoked=now)),
    )


def create_list(intake: Intake, given: dict[str, Any], now: int) -> Done:
    """Make an inclusion list, empty. name; domain: name of the domain of its patients, empty: the first one."""
    name = text(given, "name")
    if InclusionList.objects.filter(name=name).exists():
        raise ActRefused(
            f"Une liste d’inclusion se nomme déjà « {name} ».",
            f"An inclusion list is named “{name}” already.",
        )
    id_ = "".join(secrets.choice(_ALPHABET) for _ in range(10))
    made = InclusionList(
        id=id_, name=name, domain_id=_domain(intake, given) or min(intake.senders.domains), created=now
    )
    return Done(
        f"Liste d’inclusion « {name} » créée ({id_}).",
        f"Inclusion list “{name}” created ({id_}).",
        data={"id": id_},
        domain=made.domain_id,
        write=lambda: made.save(force_insert=True),
    )


def include(intake: Intake, given: dict[str, Any], now: int) -> Done:
    """Put patients in an inclusion list. list: its id; patients: their ids."""
    found = _list(given, "list")
    patients = _patients(given)
    known = dict(PatientState.objects.filter(id__in=patients).values_list("id", "domain_id"))
    if strange := [one for one in patients if known.get(one) != found.domain_id]:
        raise ActRefused(
            f"Patients inconnus dans le domaine de cette liste : {', '.join(strange[:5])}.",
            f"Patients unknown in the domain of this list: {', '.join(strange[:5])}.",
        )
    return Done(
        f"Inclus dans « {found.name} » : {len(patients)}.",
        f"Included in “{found.name}”: {len(patients)}.",
        domain=found.domain_id,
        write=lambda: _put(found.id, patients, now, included=True, purge=False),
    )


def exclude(intake: Intake, given: dict[str, Any], now: int) -> Done:
    """Put patients out of an inclusion list. list, patients: as for `include`; purge: what was delivered for this list
    about them is deleted here, and is to be purged where it went; patients already excluded may be purged so too.
    """
    found = _list(given, "list")
    patients = _patients(given)
    purge = given.get("purge") is True
    asked = Inclusion.objects.filter(list_id=found.id, patient__in=patients)
    rows = dict(asked.values_list("patient", "included"))
    if absent := {one for one in patients if not (one in rows if purge else rows.get(one))}:
        raise ActRefused(
            f"Patients qui ne sont pas dans cette liste : {', '.join(sorted(absent)[:5])}.",
            f"Patients who are not in this list: {', '.join(sorted(absent)[:5])}.",
        )

    def write() -> None:
        leaving = [one for one in patients if rows[one]]
        _put(found.id, leaving, now, included=False, purge=purge)
        if purge:
            asked.update(purge=True)
        leave_list(found.id, patients, purge=purge)

    return Done(
        f"Exclus de « {found.name} » : {len(patients)}.",
        f"Excluded from “{found.name}”: {len(patients)}.",
        domain=found.domain_id,
        write=write,
    )


def _put(list_: str, patients: Sequence[str], now: int, *, included: bool, purge: bool) -> None:
    """Write the last word on patients. Inside the writer's transaction, so without one of Django's own."""
    for patient in patients:
        row = {"included": included, "since": now, "purge": purge}
        if not Inclusion.objects.filter(list_id=list_, patient=patient).update(**row):
            Inclusion(list_id=list_, patient=patient, **row).save(force_insert=True)


def _save(changed: int) -> None:
    """Nothing was changed only when the row is gone, which the writer alone could do."""
    assert changed == 1


def text(given: dict[str, Any], name: str, longest: int = 200, *, needed: bool = True) -> str:
    """An argument that is a text without control characters, blanks around it taken off.

    :raises ActRefused: when it is not.
    """
    value = given.get(name)
    value = value.strip() if isinstance(value, str) else ""
    if (needed and not value) or len(value) > longest or not value.isprintable():
        raise ActRefused(
            f"« {name} » : donnez de 1 à {longest} caractères, sans caractère de commande.",
            f"“{name}”: give 1 to {longest} characters, without control characters.",
        )
    return value


def _matching(given: dict[str, Any], name: str, form: re.Pattern[str]) -> str:
    value = given.get(name)
    if not isinstance(value, str) or not form.fullmatch(value):
        raise ActRefused(f"« {name} » n’a pas la forme attendue.", f"“{name}” has not the form expected.")
    return value


def _texts(given: dict[str, Any], name: str) -> list[str]:
    values = given.get(name)
    return [one for one in values if isinstance(one, str)] if isinstance(values, list | tuple) else []


def _patients(given: dict[str, Any]) -> list[str]:
    found = list(dict.fromkeys(_texts(given, "patients")))
    if not 0 < len(found) <= MOST_PATIENTS:
        raise ActRefused(
            f"Donnez de 1 à {MOST_PATIENTS} identifiants de patients.",
            f"Give 1 to {MOST_PATIENTS} ids of patients.",
        )
    return found


def _list(given: dict[str, Any], name: str) -> InclusionList:
    found = InclusionList.objects.filter(id=text(given, name)).first()
    if found is None:
        raise ActRefused("Liste d’inclusion inconnue.", "Unknown inclusion list.")
    return found


def _domain(intake: Intake, given: dict[str, Any]) -> int | None:
    name = given.get("domain") or ""
    if not name:
        return None
    for one in intake.senders.domains.values():
        if one.name == name:
            return one.id
    names = ", ".join(sorted(one.name for one in intake.senders.domains.values()))
    raise ActRefused(
        f"Domaine inconnu. Domaines connus : {names}.", f"Unknown domain. Known domains: {names}."
    )
