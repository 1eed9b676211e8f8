"""The legal person's lists: filed people (R19), shields, one shield with its history (R14), and both lists as .xlsx."""

import asyncio
import base64
import binascii
import datetime as dt
from collections.abc import Callable
from typing import Annotated, Any, Final, Literal
from zoneinfo import ZoneInfo

from msgspec import Meta
from starlette.requests import Request
from starlette.responses import Response

from mshield.domain import errors
from mshield.domain.certificates.states import gravest_first, shown_state
from mshield.domain.tokens import base64url
from mshield.services.identity.of_people import PersonProof
from mshield.services.legal_person import export as manage_export
from mshield.services.legal_person.lists import (
    FIRST,
    MOST_COUNTED,
    ManagedLists,
    PastEvent,
    PeopleTerms,
    PersonLine,
    ShieldCount,
    ShieldRow,
    ShieldTerms,
)
from mshield.web import openapi
from mshield.web.answers import JsonAnswer, file_answer, filled
from mshield.web.body import Wire
from mshield.web.context import context_of
from mshield.web.portal.authentication import managed
from mshield.web.portal.words import Word, Words, searched
from mshield.web.router import Router

router: Final = Router("portal")
XLSX: Final[dict[int | str, dict[str, Any]]] = {
    200: {"description": "A workbook", "content": {manage_export.MEDIA_TYPE: {}}}
}
_MAX_SERIAL: Final = 40

IdNumberEnd = Annotated[str, Meta(min_length=2, max_length=18)]
ShownState = Literal[
    "issued", "active", "pin_locked", "filing_changed", "filing_ended", "expiring", "expired", "superseded", "revoked"
]  # fmt: skip
Text64 = Annotated[str, Meta(max_length=64)]
Text100 = Annotated[str, Meta(max_length=100)]


class PeopleWords(Words, frozen=True):
    """What the list of people is narrowed to."""

    role: Literal["legal_person", "operator"] | None = None
    on_file: Annotated[bool | None, Meta(description="false: only who no longer is")] = None
    id_number_end: IdNumberEnd | None = None

    def terms(self) -> PeopleTerms:
        """The same for the service. Raises InvalidRequest."""
        return PeopleTerms(
            name=self.word("name"),
            role=self.role,
            on_file=self.on_file,
            shield_number=self.word("shield_number"),
            id_number_end=self.word("id_number_end"),
            end=self.end,
        )


class PeoplePage(PeopleWords, frozen=True):
    """A page of it."""

    after: Annotated[Text64 | None, Meta(description="`next` of the page before")] = None
    limit: Annotated[int, Meta(ge=1, le=100)] = 50


class ShieldWords(Words, frozen=True):
    """What the list of shields is narrowed to."""

    state: ShownState | None = None
    hold: Literal["clone", "duplicate", "suspended", "lost", "frozen"] | None = None
    person_id: Word | None = None

    def terms(self) -> ShieldTerms:
        """The same for the service. Raises InvalidRequest."""
        return ShieldTerms(
            state=self.state,
            hold=self.hold,
            name=self.word("name"),
            shield_number=self.word("shield_number"),
            person_id=self.word("person_id"),
            end=self.end,
        )


class ShieldsPage(ShieldWords, frozen=True):
    """A page of it."""

    before: Annotated[Text100 | None, Meta(description="`next` of the page before")] = None
    limit: Annotated[int, Meta(ge=1, le=100)] = 50


class PersonProofMessage(Wire, frozen=True):
    """How an account of the person was proven, by whom and when; numbers are masked, times in ms.

    `waits`: it counts from `counts_from`. `off`: the account is disabled, or the way is taken no more. `actor_name` is
    the legal person's; `consented_masked` the number of the account whose shield consented.
    """

    way: str
    state: Literal["counts", "waits", "ended", "off"]
    phone_masked: str
    actor: str
    actor_name: str | None
    consented_masked: str | None
    proven_at: int
    counts_from: int
    ended_at: int | None
    ended_reason: str | None


class FiledPersonMessage(Wire, frozen=True):
    """A person on file. `shields` counts their certificates that are neither revoked nor renewed; times in ms.

    `proofs` are those that have not ended, the newest first.
    """

    id: str
    name: str
    id_type: str
    id_number_masked: str
    role: str
    on_file: bool
    filed_at: int
    changed_at: int
    ended_at: int | None
    shields: int
    proofs: tuple[PersonProofMessage, ...]


class PeopleMessage(Wire, frozen=True):
    """A page of people; `next` is the `after` of the following page, or null."""

    items: tuple[FiledPersonMessage, ...]
    next: str | None


class ShieldMessage(Wire, frozen=True):
    """A shield by its certificate. `holds` the gravest first; times in ms; `used_at` is null if never used.

    `expiring`: in force, not on hold, and has under half a year left. `filing_changed`: the filing differs from what it
    says, so it logs in and signs nothing until its holder renews it. `filing_ended`: its holder is no longer on
    file, so it does neither.
    """

    shield_number: str
    serial: str
    person_id: str
    name: str
    role: str
    state: str
    holds: tuple[str, ...]
    expiring: bool
    filing_changed: bool
    filing_ended: bool
    issued_at: int
    not_before: int
    not_after: int
    changed_at: int
    device_since: int
    used_at: int | None


class ShieldCountMessage(Wire, frozen=True):
    """Of the whole enterprise; `usable`: in force, not on hold, the filing as they say; `more`: more than these."""

    shields: int
    usable: int
    more: bool


class ShieldsMessage(Wire, frozen=True):
    """A page of shields, the newest first; `next` is the `before` of the following page, or null.

    `count` comes with the first page, else it is null.
    """

    items: tuple[ShieldMessage, ...]
    next: str | None
    count: ShieldCountMessage | None


class EventMessage(Wire, frozen=True):
    """What happened: by whom, why, when (ms), and how the certificate stood then."""

    serial: str
    event: str
    actor: str
    actor_name: str | None
    reason: str
    state: str
    holds: tuple[str, ...]
    at: int


class ShieldHistoryMessage(Wire, frozen=True):
    """One shield: its present certificate, those before it, and all that happened to them, the oldest first.

    `proofs` are those of its holder's accounts for this enterprise, ended ones too, the newest first.
    """

    shield: ShieldMessage
    earlier: tuple[ShieldMessage, ...]
    events: tuple[EventMessage, ...]
    proofs: tuple[PersonProofMessage, ...]


@router.get(
    "/enterprises/{credit_code}/people",
    summary="List the filed people",
    operation_id="listPeople",
    answers=openapi.answers(PeopleMessage, "A page of people"),
)
async def list_people(request: Request, credit_code: str, query: PeoplePage) -> Response:
    """Legal person and operators as filed (R19), in the order of their filing."""
    enterprise = await searched(request, credit_code, query)
    context = context_of(request)
    page = await context.legal_person.lists.people(
        enterprise, query.terms(), after=query.word("after") or "", limit=query.limit, now=context.clock()
    )
    following = page[-1].id if len(page) == query.limit else None
    return JsonAnswer(PeopleMessage(tuple(map(_person, page)), following))


@router.get(
    "/enterprises/{credit_code}/shields",
    summary="List the shields",
    operation_id="listShields",
    answers=openapi.answers(ShieldsMessage, "A page of shields"),
)
async def list_shields(request: Request, credit_code: str, query: ShieldsPage) -> Response:
    """One line per shield number, by the certificate that stands for it now."""
    enterprise = await searched(request, credit_code, query)
    context = context_of(request)
    now = context.clock()
    lists = context.legal_person.lists
    page = await lists.shields(
        enterprise,
        query.terms(),
        before=FIRST if query.before is None else _place(query.before),
        limit=query.limit,
        now=now,
    )
    following = _cursor(page[-1]) if len(page) == query.limit else None
    count = None if query.before is not None else await lists.count_shields(enterprise, now=now)
    items = tuple(_shield(lists, row, now=now) for row in page)
    return JsonAnswer(ShieldsMessage(items, following, None if count is None else _count(count)))


@router.get(
    "/enterprises/{credit_code}/shields/{shield_number}",
    summary="Show one shield",
    operation_id="showShield",
    answers=openapi.answers(ShieldHistoryMessage, "The shield and its history"),
)
async def show_shield(request: Request, credit_code: str, shield_number: str) -> Response:
    """Who did what to it, why and when (R14). Another enterprise's shield is as unknown as one that doesn't exist."""
    _, enterprise = await managed(request, credit_code)
    if not shield_number.isprintable():
        raise errors.NotFound
    context = context_of(request)
    lists, now = context.legal_person.lists, context.clock()
    rows, events = await lists.shield(enterprise, shield_number)
    current, *earlier = (_shield(lists, row, now=now) for row in rows)
    proofs = await lists.proofs_of(enterprise, current.person_id, now=now)
    answer = ShieldHistoryMessage(
        current, tuple(earlier), tuple(map(event_message, events)), tuple(map(_proof, proofs))
    )
    return JsonAnswer(answer)


@router.get(
    "/enterprises/{credit_code}/people.xlsx",
    summary="Export the filed people",
    operation_id="exportPeople",
    answers=XLSX,
)
async def export_people(request: Request, credit_code: str, query: PeopleWords) -> Response:
    """The whole list, narrowed like `listPeople`; id numbers are masked there too."""
    enterprise = await searched(request, credit_code, query)
    context = context_of(request)
    lists, now = context.legal_person.lists, context.clock()
    lines = [line async for line in lists.all_people(enterprise, query.terms(), now=now)]
    return await workbook_answer(
        request,
        f"people-{enterprise.credit_code}",
        lambda zone: manage_export.people_workbook(lines, zone=zone),
    )


@router.get(
    "/enterprises/{credit_code}/shields.xlsx",
    summary="Export the shields",
    operation_id="exportShields",
    answers=XLSX,
)
async def export_shields(request: Request, credit_code: str, query: ShieldWords) -> Response:
    """The whole list, narrowed like `listShields`."""
    enterprise = await searched(request, credit_code, query)
    context = context_of(request)
    now = context.clock()
    terms = query.terms()
    rows = [row async for row in context.legal_person.lists.all_shields(enterprise, terms, now=now)]
    return await workbook_answer(
        request,
        f"shields-{enterprise.credit_code}",
        lambda zone: manage_export.shields_workbook(rows, zone=zone, now=now),
    )


def _person(line: PersonLine) -> FiledPersonMessage:
    return filled(
        FiledPersonMessage, line, on_file=line.ended_at is None, proofs=tuple(map(_proof, line.proofs))
    )


def _proof(proof: PersonProof) -> PersonProofMessage:
    return filled(PersonProofMessage, proof)


def _count(count: ShieldCount) -> ShieldCountMessage:
    shields = min(count.shields, MOST_COUNTED)
    return ShieldCountMessage(shields, min(count.usable, shields), more=count.shields > shields)


def _shield(lists: ManagedLists, row: ShieldRow, *, now: int) -> ShieldMessage:
    return filled(
        ShieldMessage,
        row,
        name=row.common_name,
        state=shown_state(state=row.standing.state, not_after=row.not_after, now=now),
        holds=tuple(hold.value for hold in gravest_first(row.standing.holds)),
        expiring=lists.is_expiring(row, now=now),
    )


def event_message(event: PastEvent) -> EventMessage:
    """What happened, as it is told."""
    return filled(EventMessage, event, holds=tuple(filter(None, event.holds.split(","))))


async def workbook_answer(request: Request, name: str, make: Callable[[ZoneInfo], bytes]) -> Response:
    """What `make` writes with the times of the service's zone, as a file to save; its name ends with the day."""
    context = context_of(request)
    zone = ZoneInfo(context.settings.time_zone)
    day = dt.datetime.fromtimestamp(context.clock() / 1000, zone).date().isoformat()
    # Writing takes seconds where the list is long: the other calls needn't wait for it.
    file = await asyncio.to_thread(make, zone)
    return file_answer(file, manage_export.MEDIA_TYPE, f"{name}-{day}.xlsx")


def _cursor(row: ShieldRow) -> str:
    return base64url(f"{row.issued_at} {row.serial}".encode())


def _place(cursor: str) -> tuple[int, str]:
    try:
        padded = cursor.encode("ascii") + b"=" * (-len(cursor) % 4)
        at, serial = base64.b64decode(padded, altchars=b"-_", validate=True).decode("ascii").split(" ")
        place = int(at), serial
    except (binascii.Error, ValueError) as error:
        raise errors.InvalidRequest(fields=["before"]) from error
    if not 0 <= place[0] < FIRST[0] or len(serial) > _MAX_SERIAL or not serial.isalnum():
        raise errors.InvalidRequest(fields=["before"])
    return place
