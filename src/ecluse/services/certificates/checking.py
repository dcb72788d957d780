"""The probe: what is wrong with the certificates, for `ecluse pki check`, a supervision, and `ecluse doctor`.

Nothing is fetched: the worker's last look counts, and how old it is.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

from ecluse.rules.certificates.calendar import days_left, severity
from ecluse.rules.certificates.slots import uses
from ecluse.services.certificates.crls import moment_of, watched
from ecluse.services.certificates.documents import path_of
from ecluse.services.certificates.ends import ends, list_state
from ecluse.services.certificates.settings import CertificateSettings
from ecluse.services.certificates.standing import store_names
from ecluse.services.certificates.trust import missing
from ecluse.services.typography import french
from ecluse.services.vault import Vault
from ecluse.store.models.certificates import (
    CertificateAlarm,
    CertificateAuthority,
    CertificateSlot,
    CrlKept,
    HeldCertificate,
    ProcedureDocument,
)

Level = Literal["ok", "warning", "critical"]
_RANK: dict[Level, int] = {"ok": 0, "warning": 1, "critical": 2}
_MINUTE = 60_000_000
_LOOKS = 3
"""Looks that the worker may miss before somebody is told: an hour each unless set otherwise."""
_SOON = 30
"""Days under which an end is a warning (`rules.certificates.calendar.severity`)."""


@dataclass(frozen=True, slots=True)
class Item:
    """One thing looked at. about: `certificate:…`, `slot:1/dmp_tls`, `crl:…`, `store:…`, `mailbox:…`,
    `worker:revocation`; mend: what to do,
    empty when it is ok.
    """

    about: str
    level: Level
    text_fr: str
    text_en: str
    mend_fr: str = ""
    mend_en: str = ""


@dataclass(frozen=True, slots=True)
class Checked:
    """level: the worst; code: 0 when all is well, 1 for a warning, 2 for something critical."""

    level: Level
    code: int
    items: tuple[Item, ...]


def check(settings: CertificateSettings, now: int, live: Iterable[Item] = ()) -> Checked:
    """Everything looked at, the worst first.

    :param now: µs since 1970; live: what was found by asking the ports (`services.listening.served`).
    """
    found = [
        *live,
        *_ends(settings, now),
        *_slots(settings, now),
        *_standing(),
        *_worker(settings, now),
        *_lists(settings, now),
        *_stores(settings),
        *_mail(),
        *_documents(settings),
        *_master_key(settings),
    ]
    found.sort(key=lambda one: -_RANK[one.level])
    worst: Level = found[0].level if found else "ok"
    return Checked(worst, _RANK[worst], tuple(found))


def _ends(settings: CertificateSettings, now: int) -> Iterator[Item]:
    for one in ends(settings):
        if one.kind == "crl":
            continue
        end, left = moment_of(one.ends), days_left(moment_of(one.ends), moment_of(now))
        step = 0 if one.ends <= now else left
        level: Level = {"critical": "critical", "warning": "warning"}.get(severity(step), "ok")  # type: ignore[assignment]
        if step > _SOON:
            level = "ok"
        over = one.ends <= now
        yield Item(
            one.about,
            level,
            french(
                f"{one.name_fr} {'a pris fin' if over else f'prend fin dans {left} jour(s)'}, le {end:%d/%m/%Y}."
            ),
            f"{one.name_en} {'ended' if over else f'ends in {left} day(s)'}, on {end:%Y-%m-%d}.",
            "" if level == "ok" else french(one.do_fr),
            "" if level == "ok" else one.do_en,
        )


def _slots(settings: CertificateSettings, now: int) -> Iterator[Item]:
    rows = CertificateSlot.objects.select_related("establishment", "current", "next")
    for slot in rows.order_by("establishment_id", "use"):
        about = f"slot:{slot.establishment_id}/{slot.use}"
        use = uses().get(slot.use)
        name_fr = f"{use.text_fr if use else slot.use} ({slot.establishment.name})"
        name_en = f"{use.text_en if use else slot.use} ({slot.establishment.name})"
        if (slot.current is None and slot.previous_id is not None) or (
            slot.current is None and slot.next is None
        ):
            yield Item(
                about, "critical",
                french(f"{name_fr} : aucun certificat en service. {use.stops_fr if use else ''}".strip()),
                f"{name_en}: no certificate in use. {use.stops_en if use else ''}".strip(),
                "Importez un certificat, ou remettez le précédent.",
                "Import a certificate, or put the previous one back.",
            )  # fmt: skip
        elif slot.next is not None and slot.next.not_before <= now and slot.next.state == "held":
            yield Item(
                about, "ok",
                french(f"{name_fr} : un certificat plus récent attend d’être mis en service."),
                f"{name_en}: a newer certificate waits to be put to use.",
                french("Faites la rotation : ecluse pki rotate."), "Rotate: ecluse pki rotate.",
            )  # fmt: skip


def _standing() -> Iterator[Item]:
    for row in HeldCertificate.objects.filter(state="held").exclude(checked_status__in=["", "good"]):
        revoked = row.checked_status == "revoked"
        yield Item(
            f"certificate:{row.fingerprint}", "critical" if revoked else "warning", row.checked_fr, row.checked_en,
            french("Voyez « ecluse pki show » pour ce certificat."), "See “ecluse pki show” for this certificate.",
        )  # fmt: skip


def _worker(settings: CertificateSettings, now: int) -> Iterator[Item]:
    """What is shown is the worker's last look: when it looks no more, all is well for ever."""
    before = now - _LOOKS * settings.crl_minutes * _MINUTE
    looked = [at or imported for at, imported in HeldCertificate.objects.filter(state="held").values_list(
        "checked", "imported")]  # fmt: skip
    addresses = [one.address for one in watched(settings)]
    looked += CrlKept.objects.filter(address__in=addresses).values_list("tried", flat=True)
    if not looked or (last := min(looked)) >= before:
        return
    day = moment_of(last)
    yield Item(
        "worker:revocation", "warning",
        french(f"La révocation n’a pas été regardée partout depuis le {day:%d/%m/%Y à %H:%M} UTC."),
        f"Revocation has not been looked at everywhere since {day:%Y-%m-%d %H:%M} UTC.",
        "Vérifiez que la passerelle tourne ; son journal dit si la tâche « revocation » échoue.",
        "Check that the gateway runs; its log says whether the chore “revocation” fails.",
    )  # fmt: skip


def _lists(settings: CertificateSettings, now: int) -> Iterator[Item]:
    rows = {row.address: row for row in CrlKept.objects.all()}
    for address, _ in watched(settings):
        row = rows.get(address)
        state = "missing" if row is None else list_state(row, now)
        if state in ("fresh", "to-refresh", "endless"):
            continue
        why_fr, why_en = (row.error_fr, row.error_en) if row is not None else ("", "")
        words = {
            "missing": ("n’a pas encore pu être lue", "could not be had yet"),
            "late": ("sera bientôt périmée", "will be stale soon"),
            "stale": ("est périmée", "is stale"),
        }[state]
        yield Item(
            f"crl:{address}",
            "critical" if state == "stale" else "warning",
            french(f"La liste de révocation {address} {words[0]}{f' : {why_fr}' if why_fr else ''}."),
            f"The list of revocation {address} {words[1]}{f': {why_en}' if why_en else ''}.",
            "Vérifiez que la machine atteint cette adresse, puis relancez : ecluse pki check --online.",
            "Check that the machine reaches this address, then again: ecluse pki check --online.",
        )


def _stores(settings: CertificateSettings) -> Iterator[Item]:
    """The stores that a slot needs must hold authorities; the national ones are named when they are missing."""
    wanted: dict[str, None] = {}
    for use in CertificateSlot.objects.values_list("use", flat=True):
        if use in uses():
            wanted.update(dict.fromkeys(store_names(uses()[use], settings)))
    for name in wanted:
        if name == "public" or CertificateAuthority.objects.filter(store=name, anchor=True).exists():
            continue
        known = ", ".join(missing(name))
        yield Item(
            f"store:{name}", "critical",
            french(f"Le magasin de confiance {name} est vide{f' : il attend {known}' if known else ''}."),
            f"The trust store {name} is empty{f': it waits for {known}' if known else ''}.",
            "Importez les certificats de ces autorités.", "Import the certificates of these authorities.",
        )  # fmt: skip


def _mail() -> Iterator[Item]:
    for row in CertificateAlarm.objects.filter(way="console", seen=None, ends__gt=0).order_by("about", "-id"):
        if row.about.partition(":")[0] in ("mailbox", "mail", "given-up"):
            yield Item(
                row.about, "warning", row.text_fr, row.text_en, "Corrigez la table [mail].", "Correct [mail]."
            )


def _documents(settings: CertificateSettings) -> Iterator[Item]:
    for digest, name in ProcedureDocument.objects.values_list("sha256", "name").distinct():
        if not path_of(settings.data, digest).is_file():
            yield Item(
                f"document:{digest}", "warning",
                french(f"Le document « {name} » d’une démarche manque dans le dossier de données."),
                f"The document “{name}” of a procedure is missing from the data folder.",
                "Joignez-le de nouveau, ou restaurez une sauvegarde.", "Attach it again, or restore a backup.",
            )  # fmt: skip


def _master_key(settings: CertificateSettings) -> Iterator[Item]:
    if Vault(settings.secrets).replacing:
        yield Item(
            "master-key", "warning",
            "Un remplacement de la clé maîtresse n’est pas terminé : deux clés ouvrent encore les secrets.",
            "A replacement of the master key is not finished: two keys still open the secrets.",
            "La passerelle le termine d’elle-même dans l’heure ; sinon, relancez le remplacement.",
            "The gateway finishes it by itself within the hour; otherwise start the replacement again.",
        )  # fmt: skip
