"""The state of an establishment on its way to its two certificates: contract, people, orders.

The words of the states are those of the note certificats ROC §4. Everything is known from the events, in their order.
"""

from __future__ import annotations

from calendar import monthrange
from dataclasses import dataclass, field
from datetime import date
from typing import Literal, NamedTuple

from ecluse.rules.certificates.facts import data

Product = Literal["ORG AUTH_CLI", "ORG SIGN"]
PRODUCTS: tuple[Product, ...] = ("ORG AUTH_CLI", "ORG SIGN")
"""In the order in which they are ordered."""

State = Literal[
    "DEBUT",
    "CONTRAT_A_SIGNER",
    "CONTRAT_A_METTRE_A_JOUR",
    "CONTRAT_OK",
    "ADMIN_DESIGNE",
    "HABILITATION_DEMANDEE",
    "HABILITE",
]
OrderState = Literal["A_COMMANDER", "COMMANDE", "CERT_EMIS", "ACTIF", "ALERTE", "EXPIRE", "REVOQUE"]
Contract = Literal["DEBUT", "CONTRAT_A_SIGNER", "CONTRAT_A_METTRE_A_JOUR", "CONTRAT_OK"]
Habilitation = Literal["", "requested", "granted"]
HEADS = frozenset({"CDE", "CPS"})
"""Cards with which a legal representative acts."""


class Card(NamedTuple):
    """A CPx card. kind: `CDE`, `CPS`, `CPE`…; until: its last day; nominative: it names its holder."""

    kind: str
    number: str
    until: date
    nominative: bool = True


class Document(NamedTuple):
    """A document attached to a step. form: `contrat`, `101`, `301`, `413`, `502`; reference: where it is kept."""

    form: str
    reference: str = ""


class Event(NamedTuple):
    """Something that happened. Which fields count depends on the name: see `procedure.EVENTS`.

    on: the day; by: who acted (the signatory of a form); person: whom it is about; product: which certificate;
    card: the one received; way: `101`, `301`, `tom` (cards), `csr`, `online` (orders), `serving`, `coming`
    (revocations), `EJ`, `EG` (contract); until: last day of the certificate; usages: those stated on a form, or seen
    on the platform; ready: key pair made before a CSR, PKCS#12 accepted by the editor, or chain complete at the
    installation; cause: of a revocation; editor: the person works for the editor of the software.
    """

    name: str
    on: date
    by: str = ""
    person: str = ""
    product: str = ""
    card: Card | None = None
    way: str = ""
    service_name: str = ""
    until: date | None = None
    usages: tuple[str, ...] = ()
    ready: bool = False
    cause: str = ""
    editor: bool = False
    documents: tuple[Document, ...] = ()


class Refused(NamedTuple):
    """An event that may not happen. code: `auth-cli-first`…; the sentences say what to do instead."""

    code: str
    text_fr: str
    text_en: str


class Person(NamedTuple):
    """Somebody of the procedure. ordered: how a card was ordered that has not come yet; editor: not of the house."""

    name: str
    representative: bool = False
    mandataire: bool = False
    administrator: bool = False
    habilitation: Habilitation = ""
    card: Card | None = None
    ordered: str = ""
    editor: bool = False

    def holds(self, on: date) -> bool:
        """Whether a card is valid on a day."""
        return self.card is not None and on <= self.card.until

    def leads(self, on: date) -> bool:
        """Whether a CDE or a CPS is valid on a day."""
        return self.card is not None and self.card.kind in HEADS and on <= self.card.until

    def administers(self, on: date) -> bool:
        """Whether a nominative card is valid on a day, as an administrator needs."""
        return self.card is not None and self.card.nominative and on <= self.card.until


class Order(NamedTuple):
    """An order that runs, then what came of it. until: last day, once issued."""

    way: str
    service_name: str
    on: date
    until: date | None = None
    installed: bool = False

    def runs(self, on: date) -> bool:
        """False once what it gave has expired without ever serving."""
        return self.until is None or on <= self.until


class Track(NamedTuple):
    """One of the two certificates. serving: last day of the one in service; revoked: nothing serves any more."""

    product: Product
    order: Order | None = None
    serving: date | None = None
    service_name: str = ""
    revoked: bool = False
    ever_ordered: bool = False

    def serving_state(self, on: date) -> OrderState:
        """State of the certificate in service, whatever is being ordered."""
        if self.serving is None:
            return "REVOQUE" if self.revoked else "A_COMMANDER"
        if on > self.serving:
            return "EXPIRE"
        return "ALERTE" if on >= month_before(self.serving) else "ACTIF"

    def state(self, on: date) -> OrderState:
        """Where this certificate is: an order that runs hides the one in service, which goes on serving."""
        if self.order is None:
            return self.serving_state(on)
        if self.order.runs(on):
            return "CERT_EMIS" if self.issued(on) else "COMMANDE"
        return "EXPIRE" if self.serving is None else self.serving_state(on)

    def active(self, on: date) -> bool:
        """Whether a certificate serves: ALERTE is an active certificate whose end is near."""
        return self.serving_state(on) in ("ACTIF", "ALERTE")

    def issued(self, on: date) -> bool:
        """Whether a certificate was issued and does not serve yet."""
        return self.order is not None and self.order.until is not None and self.order.runs(on)

    def present(self, on: date) -> bool:
        """Whether a certificate is at hand: issued, or in service."""
        return self.active(on) or self.issued(on)


@dataclass(frozen=True)
class Procedure:
    """The way of one establishment. level: `EJ` or `EG`, who signed; sent: the contract is at ANS."""

    establishment: str
    contract: Contract = "DEBUT"
    sent: bool = False
    level: str = ""
    people: tuple[Person, ...] = ()
    tracks: tuple[Track, ...] = tuple(Track(product) for product in PRODUCTS)
    events: tuple[Event, ...] = field(default=(), repr=False)

    @property
    def state(self) -> State:
        """Where the establishment is, before its orders."""
        if self.contract != "CONTRAT_OK":
            return self.contract
        habilitations = {one.habilitation for one in self.administrators}
        if "granted" in habilitations:
            return "HABILITE"
        if "requested" in habilitations:
            return "HABILITATION_DEMANDEE"
        return "ADMIN_DESIGNE" if habilitations else "CONTRAT_OK"

    @property
    def representative(self) -> Person | None:
        """The legal representative, once named."""
        return next((one for one in self.people if one.representative), None)

    @property
    def administrators(self) -> tuple[Person, ...]:
        """The technical administrators."""
        return tuple(one for one in self.people if one.administrator)

    @property
    def mandataires(self) -> tuple[Person, ...]:
        """The mandataires."""
        return tuple(one for one in self.people if one.mandataire)

    def person(self, name: str) -> Person | None:
        """Somebody by name."""
        return next((one for one in self.people if one.name == name), None)

    def track(self, product: str) -> Track:
        """One of the two certificates. Raises KeyError for another product."""
        return {track.product: track for track in self.tracks}[product]  # type: ignore[index]

    def ready_for_roc(self, on: date) -> bool:
        """Whether both certificates are active on a day."""
        return all(track.active(on) for track in self.tracks)


def refused(code: str, **values: str) -> Refused:
    """The refusal of this code."""
    body = data("procedure")["refusals"][code]
    return Refused(code, body["text_fr"].format(**values), body["text_en"].format(**values))


def month_before(day: date) -> date:
    """The same day of the month before, or its last day."""
    year, month = (day.year, day.month - 1) if day.month > 1 else (day.year - 1, 12)
    return date(year, month, min(day.day, monthrange(year, month)[1]))
