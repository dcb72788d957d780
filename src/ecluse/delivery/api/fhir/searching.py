"""The parameters of a search as they arrive, and the bundle that answers it."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse

from ecluse.delivery.api import cursors
from ecluse.delivery.api.fhir import answers
from ecluse.delivery.api.fhir.answers import NotAnswered
from ecluse.delivery.api.fhir.settings import base, current
from ecluse.protocols.fhir import Resource
from ecluse.protocols.fhir.bundle import searchset
from ecluse.protocols.fhir.capability import served
from ecluse.protocols.fhir.search import MOST_VALUES, Asked, alternatives, reference, sort, token
from ecluse.services.queries.fhir_identified import tells_ins
from ecluse.services.queries.masking import hide

_FORM = "application/x-www-form-urlencoded"
_PAGE = "fhir-matches"


def asked(request: HttpRequest, kind: str) -> Asked:
    """The parameters of a search, of the address and of the form alike (HL7 FHIR R4, 3.1.0.9).

    :raises NotAnswered: the form is of another type, or a matricule stands in the address (setting `ins_in_url`).
    :raises SearchError: a parameter cannot be used.
    """
    pairs = [(name, value) for name, values in request.GET.lists() for value in values]
    if not current().ins_in_url and any(_tells_ins(name, value) for name, value in pairs):
        raise NotAnswered("ins-in-address")
    if request.method == "POST":
        if request.content_type != _FORM and request.body:
            raise NotAnswered("form")
        pairs += [(name, value) for name, values in request.POST.lists() for value in values]
    strict = "handling=strict" in request.headers.get("Prefer", "").replace(" ", "").lower()
    return sort(pairs, served()[kind].names, strict=strict)


def _tells_ins(name: str, value: str) -> bool:
    """Whether a parameter holds a matricule; one that is not an identifier has no system to tell it by."""
    if name.partition(":")[0] == "identifier":
        return any(tells_ins(*token(one)) for one in alternatives(value))
    return hide(value) != value or hide(name) != name


def _repeatable(search: Asked) -> list[tuple[str, str]]:
    """The parameters that a link may repeat: never a matricule."""
    pairs = [(name, value) for name, values in search.known.items() for value in values]
    return [(name, value) for name, value in pairs if not _tells_ins(name, value)]


def patients(search: Asked) -> set[str]:
    """Ids of the patients that the parameter `patient` designates, whoever asks."""
    values = search.known.get("patient", ())
    sets = [{reference(one, "Patient") for one in alternatives(value)} for value in values]
    return set.intersection(*sets) if sets else set()


def bundle(
    request: HttpRequest,
    kind: str,
    search: Asked,
    matches: Sequence[Resource],
    *,
    total: int | None = None,
    following: Sequence[tuple[str, str]] = (),
) -> HttpResponse:
    """The answer to a search. following: parameters of the next page, none on the last one.

    The link to a search by POST does not repeat what was searched: it was kept out of addresses on purpose.
    """
    address = f"{base(request)}/{kind}"
    said = [*_repeatable(search), ("_count", str(search.count))]
    return answers.resource(
        searchset(
            base(request),
            matches,
            self_url=address if request.method == "POST" else f"{address}?{urlencode(said)}",
            next_url=f"{address}?{urlencode(following)}" if following else "",
            total=total,
            outcome=answers.warnings(search.ignored),
        )
    )


def first(search: Asked) -> int:
    """How many of the matches are on the pages before."""
    return int(cursors.opened(_PAGE, search.page or None, number=True) or 0)


def following(request: HttpRequest, search: Asked, rest: Sequence[str]) -> list[tuple[str, str]]:
    """The parameters of the next page when all matches are known: it is asked by ids, so what was searched by POST
    appears in no address. With more ids than a search takes, the search is asked again from there on.

    :raises NotAnswered: too many of them for a search by POST on what must not be in an address.
    """
    if not rest or not search.count:
        return []
    if len(rest) <= MOST_VALUES:
        return [("_id", ",".join(rest)), ("_count", str(search.count))]
    again = _repeatable(search)
    hidden = len(again) < sum(map(len, search.known.values()))
    if hidden or (request.method == "POST" and "identifier" in search.known):
        raise NotAnswered("too-many")
    place = cursors.seal(_PAGE, str(first(search) + search.count))
    return [*again, ("_count", str(search.count)), ("_page", place)]
