"""What operators ask of the legal person about their shields (操作员的请求), and the answers."""

from typing import Annotated, Final, Literal

from msgspec import Meta
from starlette.requests import Request
from starlette.responses import Response

from mshield.domain.actor import By
from mshield.domain.identity import mask_phone
from mshield.domain.ids import require_id
from mshield.domain.lines import MAX_REASON
from mshield.web import openapi
from mshield.web.answers import JsonAnswer, filled, no_content
from mshield.web.body import Wire, page_body_of
from mshield.web.context import context_of
from mshield.web.portal.authentication import managed
from mshield.web.query import StrictQuery
from mshield.web.router import Router

router: Final = Router("portal")

AskStateName = Literal["waiting", "done", "refused", "withdrawn", "expired"]
_NEWEST: Final = "z"


class AsksPage(StrictQuery, frozen=True):
    """Which, and where the page begins."""

    state: AskStateName | None = None
    before: Annotated[str, Meta(max_length=64, description="`next` of the page before")] = ""
    limit: Annotated[int, Meta(ge=1, le=100)] = 50


class AskMessage(Wire, frozen=True):
    """Who asks for what about which shield, and how it ended; times in ms."""

    id: str
    kind: Literal["report_loss", "revoke", "lift", "renew"]
    shield_number: str
    name: str
    phone_masked: str
    note: str
    state: AskStateName
    asked_at: int
    expires_at: int
    decided_at: int | None
    reason: str | None


class AskCountsMessage(Wire, frozen=True):
    """How many there are in each state."""

    waiting: int = 0
    done: int = 0
    refused: int = 0
    withdrawn: int = 0
    expired: int = 0


class AsksMessage(Wire, frozen=True):
    """The newest first; `next` is the `before` of the page that follows, or null."""

    items: tuple[AskMessage, ...]
    next: str | None
    counts: AskCountsMessage


class AskAnswerMessage(Wire, frozen=True):
    """`done` once the shield is revoked, or the hold lifted, by the usual acts; a refusal needs a reason."""

    answer: Literal["done", "refused"]
    reason: Annotated[str, Meta(max_length=MAX_REASON)] = ""


@router.get(
    "/enterprises/{credit_code}/asks",
    summary="What operators ask about their shields",
    operation_id="listAsks",
    answers=openapi.answers(AsksMessage, "A page"),
)
async def asks(request: Request, credit_code: str, query: AsksPage) -> Response:
    """What was done without an answer stands as done."""
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
    summary="Answer an operator",
    operation_id="answerAsk",
    asks=openapi.takes(AskAnswerMessage),
    answers=openapi.answers(None, "Answered", status=204),
)
async def answer(request: Request, credit_code: str, ask_id: str) -> Response:
    """Final. The operator is told."""
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
