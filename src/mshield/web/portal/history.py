"""What happened to all shields of an enterprise: who did what, why and when (R14), as a list and as .xlsx."""

from typing import Annotated, Final, Literal

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from mshield.domain import errors
from mshield.services.legal_person import export as manage_export
from mshield.services.legal_person.lists import NEWEST, HistoryRow, HistoryTerms
from mshield.web import openapi
from mshield.web.answers import JsonAnswer
from mshield.web.body import Wire
from mshield.web.context import context_of
from mshield.web.portal.lists import (
    XLSX,
    EventMessage,
    Text64,
    event_message,
    workbook_answer,
)
from mshield.web.portal.words import Words, searched
from mshield.web.router import Router

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
    """What the history is narrowed to."""

    event: EventName | None = None
    since: Annotated[Time | None, msgspec.Meta(description="ms, the first that counts")] = None
    until: Annotated[Time | None, msgspec.Meta(description="ms, the first that no longer counts")] = None

    def terms(self) -> HistoryTerms:
        """The same for the service. Raises InvalidRequest."""
        times = {"since": self.since, "until": self.until}
        return HistoryTerms(
            shield_number=self.word("shield_number"),
            name=self.word("name"),
            end=self.end,
            event=self.event,
            **{name: at for name, at in times.items() if at is not None},
        )


class HistoryPage(HistoryWords, frozen=True):
    """A page of it."""

    before: Annotated[Text64 | None, msgspec.Meta(description="`next` of the page before")] = None
    limit: Annotated[int, msgspec.Meta(ge=1, le=100)] = 50


class PastActMessage(Wire, frozen=True):
    """A change of one of the enterprise's shields, and whose shield it is."""

    shield_number: str
    name: str
    change: EventMessage


class HistoryMessage(Wire, frozen=True):
    """A page of it, the newest first; `next` is the `before` of the following page, or null."""

    items: tuple[PastActMessage, ...]
    next: str | None


@router.get(
    "/enterprises/{credit_code}/history",
    summary="List what happened to the shields",
    operation_id="listHistory",
    answers=openapi.answers(HistoryMessage, "A page of it"),
)
async def list_history(request: Request, credit_code: str, query: HistoryPage) -> Response:
    """Every act of the legal person and whatever else changed a certificate, with reason, actor and time."""
    enterprise = await searched(request, credit_code, query)
    before = query.word("before")
    if before is not None and not (before.isascii() and before.replace("-", "").isalnum()):
        raise errors.InvalidRequest(fields=["before"])
    page = await context_of(request).legal_person.lists.history(
        enterprise, query.terms(), before=before or NEWEST, limit=query.limit
    )
    following = page[-1].id if len(page) == query.limit else None
    return JsonAnswer(HistoryMessage(tuple(map(_past_act, page)), following))


@router.get(
    "/enterprises/{credit_code}/history.xlsx",
    summary="Export what happened to the shields",
    operation_id="exportHistory",
    answers=XLSX,
)
async def export_history(request: Request, credit_code: str, query: HistoryWords) -> Response:
    """The whole list, narrowed like `listHistory`."""
    enterprise = await searched(request, credit_code, query)
    terms = query.terms()
    rows = [row async for row in context_of(request).legal_person.lists.all_history(enterprise, terms)]
    return await workbook_answer(
        request,
        f"history-{enterprise.credit_code}",
        lambda zone: manage_export.history_workbook(rows, zone=zone),
    )


def _past_act(row: HistoryRow) -> PastActMessage:
    return PastActMessage(row.shield_number, row.common_name, event_message(row.event))
