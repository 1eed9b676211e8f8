"""History of all shields of an enterprise, with actor, reason and time (R14), as a list and as .xlsx."""

from typing import Annotated, Final, Literal

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from mshield.server.errors import InvalidRequest
from mshield.server.http import openapi
from mshield.server.http.answers import JsonAnswer
from mshield.server.http.caller import context_of
from mshield.server.http.portal.lists import XLSX, Text64, workbook_answer
from mshield.server.http.portal.words import Words, searched
from mshield.server.http.router import Router
from mshield.server.legal_person import export as manage_export
from mshield.server.legal_person.lists import NEWEST, HistoryTerms
from mshield.wire.portal import HistoryMessage, PastActMessage

router: Final = Router("portal")
EventName = Literal[
    "prepare",
    "activate",
    "lock_pin",
    "supersede",
    "revoke",
    "withdraw",
    "find_clone",
    "lift_clone",
    "apply_again",
    "report_loss",
    "lift_loss",
    "freeze",
    "unfreeze",
    "suspend",
    "resume",
]
Time = Annotated[int, msgspec.Meta(ge=0, le=2**53 - 1)]


class HistoryWords(Words, frozen=True):
    """Filters of the history."""

    event: EventName | None = None
    since: Annotated[Time | None, msgspec.Meta(description="start time in ms, inclusive")] = None
    until: Annotated[Time | None, msgspec.Meta(description="end time in ms, exclusive")] = None

    def terms(self) -> HistoryTerms:
        """Converts the filters for the service. Raises: InvalidRequest."""
        times = {"since": self.since, "until": self.until}
        return HistoryTerms(
            shield_number=self.word("shield_number"),
            name=self.word("name"),
            end=self.end,
            event=self.event,
            **{name: at for name, at in times.items() if at is not None},
        )


class HistoryPage(HistoryWords, frozen=True):
    """Filters of the history, and the position of the page."""

    before: Annotated[Text64 | None, msgspec.Meta(description="`next` of the previous page")] = None
    limit: Annotated[int, msgspec.Meta(ge=1, le=100)] = 50


@router.get(
    "/enterprises/{credit_code}/history",
    summary="List the history of the shields",
    operation_id="listHistory",
    answers=openapi.answers(HistoryMessage, "A page of the history"),
)
async def list_history(request: Request, credit_code: str, query: HistoryPage) -> Response:
    """Lists every action of the legal person and every other change of a certificate, with reason, actor and time."""
    enterprise, hit = await searched(request, credit_code, query)
    before = query.word("before")
    if before is not None and not (before.isascii() and before.replace("-", "").isalnum()):
        raise InvalidRequest(fields=["before"])
    page = await context_of(request).legal_person.lists.history(
        enterprise, query.terms(), before=before or NEWEST, limit=query.limit
    )
    await hit(page)
    following = page[-1].id if len(page) == query.limit else None
    items = tuple(PastActMessage(row.shield_number, row.common_name, row.event) for row in page)
    return JsonAnswer(HistoryMessage(items, following))


@router.get(
    "/enterprises/{credit_code}/history.xlsx",
    summary="Export the history of the shields",
    operation_id="exportHistory",
    answers=XLSX,
)
async def export_history(request: Request, credit_code: str, query: HistoryWords) -> Response:
    """Exports the whole list, filtered like `listHistory`."""
    enterprise, hit = await searched(request, credit_code, query)
    terms = query.terms()
    rows = [row async for row in context_of(request).legal_person.lists.all_history(enterprise, terms)]
    await hit(rows)
    return await workbook_answer(
        request,
        f"history-{enterprise.credit_code}",
        lambda zone: manage_export.history_workbook(rows, zone=zone),
    )
