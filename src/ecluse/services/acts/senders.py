"""Acts on senders and domains: declared, confirmed, refused, bound to certificates."""

from __future__ import annotations

from typing import Any

from ecluse.services.acts.managing import check_reach
from ecluse.services.acts.outcome import ActRefused, Done
from ecluse.services.certificates import read_fingerprint
from ecluse.services.columns import column
from ecluse.services.intake_settings import zone_of
from ecluse.services.receive_message import Intake
from ecluse.services.zones import is_zone
from ecluse.store.senders import DomainRecord, SenderBook, SenderRecord
from ecluse.store.trust import DEFAULT_DOMAIN

_DELIMITERS = frozenset("|^~\\&")
"""Of HL7 (v2.5, 2.5.4): a message never has one in a component, so a sender of that name would never come."""


def _check_written(names: str) -> None:
    """:raises ActRefused: a delimiter of HL7 is in the names of a new sender."""
    if found := sorted(set(names) & _DELIMITERS):
        raise ActRefused(
            f"MSH-3 et MSH-4 ne peuvent pas contenir {' '.join(found)} : HL7 s’en sert pour séparer. Donnez la"
            " première composante seule, telle que l’émetteur l’écrit.",
            f"MSH-3 and MSH-4 cannot contain {' '.join(found)}: HL7 separates with it. Give the first component alone,"
            " as the sender writes it.",
        )


def _name(given: dict[str, Any]) -> tuple[str, str]:
    """MSH-3 and MSH-4, as senders are registered."""
    application, facility = given.get("application"), given.get("facility")
    if not isinstance(application, str) or not isinstance(facility, str):
        raise ActRefused(
            "Indiquez l’application (MSH-3) et l’établissement (MSH-4) de l’émetteur.",
            "Give the application (MSH-3) and the facility (MSH-4) of the sender.",
        )
    return column(application), column(facility)


def _named(intake: Intake, given: dict[str, Any]) -> list[SenderRecord]:
    """The senders meant: that of the id given, else on the listener given, else on all. Each is in a domain of whoever
    asks.

    :raises ActRefused: one of them is not.
    """
    id_ = given.get("sender")
    found = [
        one
        for one in intake.senders.senders.values()
        if (one.application, one.facility) == _name(given)
        and (given.get("listener") in (None, "", one.listener) if id_ is None else one.id == id_)
    ]
    check_reach(given, "senders.manage", [one.domain for one in found])
    return found


def add(intake: Intake, given: dict[str, Any], now: int) -> Done:
    book = intake.senders
    application, facility = _name(given)
    named = _named(intake, given) or [_new(book, given, now)]
    domain, zone, certificates = _domain(intake, given), _zone(given), _certificates(given)
    check_reach(given, "senders.manage", [one.domain if domain is None else domain.id for one in named])
    for one in named:
        if domain is not None and one.domain != domain.id and book.has_sent(one.id):
            raise _settled(one, book.domains[one.domain])
        if certificates and not _asks_for_certificates(intake, one.listener):
            raise _plain(one)
    if domain is not None and domain.id not in book.domains:
        book.keep(domain)
    for one in named:
        book.keep(
            one._replace(
                domain=one.domain if domain is None else domain.id,
                status="confirmed",
                policy=given.get("policy") or one.policy,
                certificates=_joined({*one.certificates.split(), *certificates}),
                zone=zone or one.zone,
            )
        )
    name = f"{application} / {facility}"
    kept = [_of(book, one) for one in named]
    places = ", ".join(dict.fromkeys(book.domains[one.domain].name for one in kept))
    zones = ", ".join(dict.fromkeys(zone_of(intake.settings, one).key for one in kept))
    bound_fr, bound_en = _recognised(kept)
    return Done(
        f"Émetteur {name} enregistré et confirmé, domaine « {places} », fuseau horaire {zones}.{bound_fr}",
        f"Sender {name} registered and confirmed, domain “{places}”, time zone {zones}.{bound_en}",
    )


def edit(intake: Intake, given: dict[str, Any], now: int) -> Done:
    """Change what is told of known senders (policy, time zone, domain, one more certificate) and not their status.

    What is not given stays; an empty `timezone` gives back that of the listener.
    """
    book = intake.senders
    named = _known(intake, given)
    domain, certificates = _domain(intake, given), _certificates(given)
    if domain is not None and domain.id not in book.domains:
        raise ActRefused(
            f"Domaine inconnu : {domain.name}. Déclarez-le d’abord.",
            f"Unknown domain: {domain.name}. Declare it first.",
        )
    changed: list[SenderRecord] = []
    for one in named:
        if domain is not None and one.domain != domain.id and book.has_sent(one.id):
            raise _settled(one, book.domains[one.domain])
        if certificates and not _asks_for_certificates(intake, one.listener):
            raise _plain(one)
        changed.append(
            one._replace(
                domain=one.domain if domain is None else domain.id,
                policy=given.get("policy") or one.policy,
                certificates=_joined({*one.certificates.split(), *certificates}),
                zone=_zone(given) if "timezone" in given else one.zone,
            )
        )
    if changed == named:
        raise ActRefused("C’était déjà ainsi : rien n’a changé.", "It was so already: nothing changed.")
    for one in changed:
        book.keep(one)
    name = f"{named[0].application} / {named[0].facility}"
    bound_fr, bound_en = _recognised(changed) if certificates else ("", "")
    return Done(f"Émetteur {name} modifié.{bound_fr}", f"Sender {name} changed.{bound_en}")


def forget(intake: Intake, given: dict[str, Any], now: int) -> Done:
    """A sender is no longer recognised by some certificates."""
    named, certificates = _known(intake, given), _certificates(given)
    kept = [one for one in named if certificates & set(one.certificates.split())]
    if not kept or not certificates <= set(" ".join(one.certificates for one in kept).split()):
        raise ActRefused(
            "Ce certificat n’est pas lié à cet émetteur. Voyez « ecluse sender list ».",
            "This certificate is not bound to this sender. See “ecluse sender list”.",
        )
    for one in kept:
        intake.senders.keep(one._replace(certificates=_joined(set(one.certificates.split()) - certificates)))
    left = [_of(intake.senders, one) for one in kept]
    name = f"{left[0].application} / {left[0].facility}"
    bound_fr, bound_en = _recognised(left)
    free_fr = " Il n’en a plus aucun : MSH-3 et MSH-4 suffisent de nouveau à se présenter sous ce nom."
    free_en = " It has none left: MSH-3 and MSH-4 are enough again to present itself under this name."
    return Done(
        f"Émetteur {name} : certificat oublié.{bound_fr or free_fr}",
        f"Sender {name}: certificate forgotten.{bound_en or free_en}",
    )


def _new(book: SenderBook, given: dict[str, Any], now: int) -> SenderRecord:
    """A sender to declare. One that has the name of a sender of every listener is recognised like it."""
    application, facility = _name(given)
    _check_written(application + facility)
    listener = given.get("listener") or ""
    everywhere = book.find("", application, facility)
    return SenderRecord(
        book.next_sender(),
        listener,
        application,
        facility,
        DEFAULT_DOMAIN.id,
        "confirmed",
        "tolerant",
        now,
        "" if everywhere is None else everywhere.certificates,
        "" if everywhere is None else everywhere.zone,
    )


def _zone(given: dict[str, Any]) -> str:
    """The zone asked for, or empty."""
    name = given.get("timezone") or ""
    if not isinstance(name, str) or (name and not is_zone(name)):
        raise ActRefused(
            f"Fuseau horaire inconnu : {name}. Écrivez un nom de l’IANA, par exemple Europe/Paris ou"
            " America/Guadeloupe ; « ecluse sender add --help » donne ceux de la France.",
            f"Unknown time zone: {name}. Write an IANA name, for example Europe/Paris or America/Guadeloupe;"
            " “ecluse sender add --help” gives those of France.",
        )
    return name


def _certificates(given: dict[str, Any]) -> set[str]:
    """Fingerprints asked for."""
    found = set()
    for text in given.get("certificates") or ():
        fingerprint = read_fingerprint(text) if isinstance(text, str) else None
        if fingerprint is None:
            raise ActRefused(
                "Un certificat se donne par son empreinte SHA-256 : sha256: et 64 chiffres hexadécimaux, comme"
                " l’écrit « openssl x509 -noout -fingerprint -sha256 ».",
                "A certificate is given by its SHA-256 fingerprint: sha256: and 64 hexadecimal digits, as"
                " “openssl x509 -noout -fingerprint -sha256” writes it.",
            )
        found.add(fingerprint)
    return found


def _joined(certificates: set[str]) -> str:
    return " ".join(sorted(certificates))


def _asks_for_certificates(intake: Intake, listener: str) -> bool:
    """Whether a sender of that listener (empty: of any) can come with a client certificate at all."""
    rules = intake.settings.listeners
    return any(rule.mutual_tls for name, rule in rules.items() if listener in ("", name))


def _plain(one: SenderRecord) -> ActRefused:
    where_fr, where_en = (
        (f"L’écouteur « {one.listener} » ne demande", f"The listener “{one.listener}” asks for")
        if one.listener
        else ("Aucun écouteur ne demande", "No listener asks for")
    )
    return ActRefused(
        f"{where_fr} pas de certificat client : lié à un certificat, cet émetteur ne serait plus jamais admis."
        " Écrivez d’abord tls_client_ca dans les réglages de l’écouteur, et redémarrez la passerelle.",
        f"{where_en} {'no client certificate' if one.listener else 'a client certificate'}: bound to one, this sender"
        " would never be admitted again. First write tls_client_ca in the settings of the listener, and restart the"
        " gateway.",
    )


def _recognised(senders: list[SenderRecord]) -> tuple[str, str]:
    """By how many certificates alone senders of one name are recognised; empty when by none."""
    count = len({one for sender in senders for one in sender.certificates.split()})
    if not count:
        return "", ""
    if count == 1:
        return (
            " Il n’est plus reconnu que par son certificat client.",
            " It is recognised by its client certificate only.",
        )
    return (
        f" Il n’est plus reconnu que par l’un de ses {count} certificats clients.",
        f" It is recognised by one of its {count} client certificates only.",
    )


def _of(book: SenderBook, one: SenderRecord) -> SenderRecord:
    """The sender as it is now."""
    return book.senders[one.listener, one.application, one.facility]


def _settled(one: SenderRecord, domain: DomainRecord) -> ActRefused:
    """Identities stay in the domain that received them: their sender cannot leave it behind them."""
    name = f"{one.application} / {one.facility}"
    return ActRefused(
        f"L’émetteur {name} a déjà transmis des identités dans le domaine « {domain.name} » : il ne peut plus en"
        " changer. Gardez ce domaine, ou faites-le émettre sous un autre nom (MSH-3, MSH-4), déclaré dans le"
        " nouveau domaine avant son premier message ; « ecluse sender refuse » rend inutilisables les INS déjà reçus.",
        f"The sender {name} already sent identities into the domain “{domain.name}”: it cannot change any more."
        " Keep that domain, or have it send under another name (MSH-3, MSH-4), declared in the new domain before"
        " its first message; “ecluse sender refuse” makes the INS already received unusable.",
    )


def _domain(intake: Intake, given: dict[str, Any]) -> DomainRecord | None:
    """The domain asked for, not kept yet when it is new; None when none is asked for."""
    book = intake.senders
    name = given.get("domain") or ""
    if not name:
        return None
    oid, foreign = given.get("domain_oid") or "", bool(given.get("foreign", False))
    for domain in book.domains.values():
        if domain.name == name:
            if (foreign and domain.own) or (oid and oid != domain.oid):
                raise _other_domain(domain)
            check_reach(given, "senders.manage", [domain.id])
            return domain
    new = book.next_domain()
    check_reach(given, "senders.manage", [new])
    authorities = frozenset(given.get("authorities") or ([oid] if oid else []))
    return DomainRecord(new, name, oid, authorities or None, not foreign)


def _other_domain(domain: DomainRecord) -> ActRefused:
    whose_fr, whose_en = ("le nôtre", "ours") if domain.own else ("celui d’autrui", "foreign")
    return ActRefused(
        f"Le domaine « {domain.name} » existe déjà, comme {whose_fr} et avec l’OID « {domain.oid or 'aucun'} » :"
        " donnez un autre nom au nouveau domaine, ou retirez --domain-oid et --foreign.",
        f"The domain “{domain.name}” exists already, as {whose_en} and with the OID “{domain.oid or 'none'}”:"
        " give the new domain another name, or leave out --domain-oid and --foreign.",
    )


def _known(intake: Intake, given: dict[str, Any]) -> list[SenderRecord]:
    """The senders meant, one at least."""
    application, facility = _name(given)
    named = _named(intake, given)
    if not named:
        raise ActRefused(
            f"Émetteur inconnu : {application} / {facility}. Voyez « ecluse sender list », ou déclarez-le par"
            " « ecluse sender add ».",
            f"Unknown sender: {application} / {facility}. See “ecluse sender list”, or declare it with"
            " “ecluse sender add”.",
        )
    return named


def _set_status(intake: Intake, given: dict[str, Any], status: str) -> SenderRecord:
    named = _known(intake, given)
    for one in named:
        intake.senders.keep(one._replace(status=status, policy=given.get("policy") or one.policy))
    return named[0]


def confirm(intake: Intake, given: dict[str, Any], now: int) -> Done:
    one = _set_status(intake, given, "confirmed")
    name = f"{one.application} / {one.facility}"
    return Done(
        f"Émetteur {name} confirmé : les INS qu’il a transmis deviennent utilisables.",
        f"Sender {name} confirmed: the INS it sent become usable.",
    )


def refuse(intake: Intake, given: dict[str, Any], now: int) -> Done:
    one = _set_status(intake, given, "refused")
    name = f"{one.application} / {one.facility}"
    return Done(
        f"Émetteur {name} refusé : ses prochains messages recevront AR, les INS qu’il a transmis ne sont plus"
        " utilisables.",
        f"Sender {name} refused: its next messages will get AR, the INS it sent are no longer usable.",
    )
