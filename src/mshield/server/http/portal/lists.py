"""The legal person's lists: people on file (R19), shields, one shield with its history (R14), and both as .xlsx."""

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

from mshield.server.certificates.rules.states import most_severe_first, shown_state
from mshield.server.errors import InvalidRequest, NotFound
from mshield.server.http import openapi
from mshield.server.http.answers import JsonAnswer, file_answer, filled
from mshield.server.http.caller import context_of
from mshield.server.http.portal.authentication import managed
from mshield.server.http.portal.words import Word, Words, searched
from mshield.server.http.router import Router
from mshield.server.legal_person import export as manage_export
from mshield.server.legal_person.lists import (
    FIRST,
    MOST_COUNTED,
    ManagedLists,
    PeopleTerms,
    ShieldCount,
    ShieldRow,
    ShieldTerms,
)
from mshield.wire.portal import (
    PeopleMessage,
    ShieldCountMessage,
    ShieldHistoryMessage,
    ShieldMessage,
    ShieldsMessage,
)
from mshield.wire.tokens import base64url

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
    """Filters of the list of people."""

    role: Literal["legal_person", "operator"] | None = None
    on_file: Annotated[bool | None, Meta(description="false: only people no longer on file")] = None
    id_number_end: IdNumberEnd | None = None

    def terms(self) -> PeopleTerms:
        """Converts the filters for the service. Raises: InvalidRequest."""
        return PeopleTerms(
            name=self.word("name"),
            role=self.role,
            on_file=self.on_file,
            shield_number=self.word("shield_number"),
            id_number_end=self.word("id_number_end"),
            end=self.end,
        )


class PeoplePage(PeopleWords, frozen=True):
    """Filters of the list of people, and the position of the page."""

    after: Annotated[Text64 | None, Meta(description="`next` of the previous page")] = None
    limit: Annotated[int, Meta(ge=1, le=100)] = 50


class ShieldWords(Words, frozen=True):
    """Filters of the list of shields."""

    state: ShownState | None = None
    hold: Literal["clone", "duplicate", "suspended", "lost", "frozen"] | None = None
    person_id: Word | None = None

    def terms(self) -> ShieldTerms:
        """Converts the filters for the service. Raises: InvalidRequest."""
        return ShieldTerms(
            state=self.state,
            hold=self.hold,
            name=self.word("name"),
            shield_number=self.word("shield_number"),
            person_id=self.word("person_id"),
            end=self.end,
        )


class ShieldsPage(ShieldWords, frozen=True):
    """Filters of the list of shields, and the position of the page."""

    before: Annotated[Text100 | None, Meta(description="`next` of the previous page")] = None
    limit: Annotated[int, Meta(ge=1, le=100)] = 50


@router.get(
    "/enterprises/{credit_code}/people",
    summary="List the people on file",
    operation_id="listPeople",
    answers=openapi.answers(PeopleMessage, "A page of people"),
)
async def list_people(request: Request, credit_code: str, query: PeoplePage) -> Response:
    """Lists the legal person and the operators on file (R19), in the order of filing."""
    enterprise, hit = await searched(request, credit_code, query)
    context = context_of(request)
    page = await context.legal_person.lists.people(
        enterprise, query.terms(), after=query.word("after") or "", limit=query.limit, now=context.clock()
    )
    await hit(page)
    following = page[-1].id if len(page) == query.limit else None
    return JsonAnswer(PeopleMessage(tuple(page), following))


@router.get(
    "/enterprises/{credit_code}/shields",
    summary="List the shields",
    operation_id="listShields",
    answers=openapi.answers(ShieldsMessage, "A page of shields"),
)
async def list_shields(request: Request, credit_code: str, query: ShieldsPage) -> Response:
    """Lists one entry per shield number, by its present certificate."""
    enterprise, hit = await searched(request, credit_code, query)
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
    await hit(page)
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
    """Returns its acts, with actor, reason and time (R14).

    404 for another enterprise's shield, as for one that doesn't exist.
    """
    _, enterprise = await managed(request, credit_code)
    if not shield_number.isprintable():
        raise NotFound
    context = context_of(request)
    lists, now = context.legal_person.lists, context.clock()
    rows, events = await lists.shield(enterprise, shield_number)
    current, *earlier = (_shield(lists, row, now=now) for row in rows)
    proofs = await lists.proofs_of(enterprise, current.person_id, now=now)
    return JsonAnswer(ShieldHistoryMessage(current, tuple(earlier), tuple(events), tuple(proofs)))


@router.get(
    "/enterprises/{credit_code}/people.xlsx",
    summary="Export the people on file",
    operation_id="exportPeople",
    answers=XLSX,
)
async def export_people(request: Request, credit_code: str, query: PeopleWords) -> Response:
    """Exports the whole list, filtered like `listPeople`; ID numbers are masked here too."""
    enterprise, hit = await searched(request, credit_code, query)
    context = context_of(request)
    lists, now = context.legal_person.lists, context.clock()
    lines = [line async for line in lists.all_people(enterprise, query.terms(), now=now)]
    await hit(lines)
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
    """Exports the whole list, filtered like `listShields`."""
    enterprise, hit = await searched(request, credit_code, query)
    context = context_of(request)
    now = context.clock()
    terms = query.terms()
    rows = [row async for row in context.legal_person.lists.all_shields(enterprise, terms, now=now)]
    await hit(rows)
    return await workbook_answer(
        request,
        f"shields-{enterprise.credit_code}",
        lambda zone: manage_export.shields_workbook(rows, zone=zone, now=now),
    )


def _count(count: ShieldCount) -> ShieldCountMessage:
    shields = min(count.shields, MOST_COUNTED)
    return ShieldCountMessage(shields, min(count.usable, shields), more=count.shields > shields)


def _shield(lists: ManagedLists, row: ShieldRow, *, now: int) -> ShieldMessage:
    return filled(
        ShieldMessage,
        row,
        name=row.common_name,
        state=shown_state(state=row.standing.state, not_after=row.not_after, now=now),
        holds=tuple(hold.value for hold in most_severe_first(row.standing.holds)),
        expiring=lists.is_expiring(row, now=now),
    )


async def workbook_answer(request: Request, name: str, make: Callable[[ZoneInfo], bytes]) -> Response:
    """Writes a workbook with `make`, in the service's time zone, and returns it as a download named after the day."""
    context = context_of(request)
    zone = ZoneInfo(context.settings.site.time_zone)
    day = dt.datetime.fromtimestamp(context.clock() / 1000, zone).date().isoformat()
    # Writing a long list takes seconds, so it runs in a thread and doesn't delay other calls.
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
        raise InvalidRequest(fields=["before"]) from error
    if not 0 <= place[0] < FIRST[0] or len(serial) > _MAX_SERIAL or not serial.isalnum():
        raise InvalidRequest(fields=["before"])
    return place
