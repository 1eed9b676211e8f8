"""Operators' requests to the legal person about their shields (操作员的请求), and the answers."""

from typing import Annotated, Final

from msgspec import Meta
from starlette.requests import Request
from starlette.responses import Response

from mshield.server.acts.actor import By
from mshield.server.http import openapi
from mshield.server.http.answers import JsonAnswer, filled, no_content
from mshield.server.http.body import Wire, page_body_of
from mshield.server.http.caller import context_of
from mshield.server.http.portal.authentication import managed
from mshield.server.http.portal.words import Page
from mshield.server.http.router import Router
from mshield.server.values.ids import require_id
from mshield.server.values.lines import MAX_REASON
from mshield.server.values.names import mask_phone
from mshield.wire.portal import AskAnswer, AskCountsMessage, AskMessage, AsksMessage, AskState

router: Final = Router("portal")

_NEWEST: Final = "z"


class AsksPage(Page, frozen=True):
    """Filter by state, and the position of the page."""

    state: AskState | None = None


class AskAnswerMessage(Wire, frozen=True):
    """`done` after the shield was revoked, or the hold lifted, by the usual operations; a refusal needs a reason."""

    answer: AskAnswer
    reason: Annotated[str, Meta(max_length=MAX_REASON)] = ""


@router.get(
    "/enterprises/{credit_code}/asks",
    summary="List operators' requests about their shields",
    operation_id="listAsks",
    answers=openapi.answers(AsksMessage, "A page"),
)
async def asks(request: Request, credit_code: str, query: AsksPage) -> Response:
    """Lists requests; one that was fulfilled without an answer has the state `done`."""
    _, enterprise = await managed(request, credit_code)
    context = context_of(request)
    service = context.legal_person.asks
    rows = await service.page(
        enterprise.credit_code,
        state=query.state or "",
        before=query.before or _NEWEST,
        limit=query.limit + 1,
        now=context.clock(),
    )
    items = tuple(filled(AskMessage, row, phone_masked=mask_phone(row.phone)) for row in rows[: query.limit])
    counts = AskCountsMessage(**await service.counts(enterprise.credit_code))
    return JsonAnswer(AsksMessage(items, items[-1].id if len(rows) > query.limit else None, counts))


@router.post(
    "/enterprises/{credit_code}/asks/{ask_id}/answer",
    summary="Answer an operator's request",
    operation_id="answerAsk",
    asks=openapi.takes(AskAnswerMessage),
    answers=openapi.answers(None, "Answered", status=204),
)
async def answer(request: Request, credit_code: str, ask_id: str) -> Response:
    """Answers finally, and notifies the operator."""
    person, enterprise = await managed(request, credit_code, changes=True)
    message, context = await page_body_of(request, AskAnswerMessage), context_of(request)
    await context.legal_person.asks.answer(
        require_id(ask_id),
        message.answer,
        credit_code=enterprise.credit_code,
        reason=message.reason,
        by=By("legal_person", person.account_id),
        now=context.clock(),
    )
    return no_content()
