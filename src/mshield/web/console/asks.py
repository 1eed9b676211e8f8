"""What an account has asked its legal person, as customer service sees it (操作员的请求)."""

from typing import Final, Literal

from starlette.requests import Request
from starlette.responses import Response

from mshield.domain.ids import require_id
from mshield.domain.staff import StaffRole
from mshield.web import openapi
from mshield.web.answers import JsonAnswer, filled
from mshield.web.body import Wire
from mshield.web.console.authentication import staff_of
from mshield.web.context import context_of
from mshield.web.router import Router

router: Final = Router("console")
_READERS: Final = (StaffRole.FILING_OFFICER, StaffRole.CUSTOMER_SERVICE, StaffRole.AUDITOR)
_MOST: Final = 50


class AccountAskMessage(Wire, frozen=True):
    """An ask and its answer; times in ms."""

    id: str
    kind: Literal["report_loss", "revoke", "lift", "renew"]
    shield_number: str
    credit_code: str
    note: str
    state: Literal["waiting", "done", "refused", "withdrawn", "expired"]
    asked_at: int
    expires_at: int
    decided_at: int | None
    reason: str | None


class AccountAsksMessage(Wire, frozen=True):
    """The newest first, fifty at most."""

    items: tuple[AccountAskMessage, ...]


@router.get(
    "/accounts/{account_id}/asks",
    summary="What an account has asked its legal person",
    operation_id="listAccountAsks",
    answers=openapi.answers(AccountAsksMessage, "Asks and answers"),
)
async def asks(request: Request, account_id: str) -> Response:
    """An unknown account has none. 404 for what is no id."""
    await staff_of(request, *_READERS)
    context = context_of(request)
    rows = await context.legal_person.asks.of_account(
        require_id(account_id), limit=_MOST, now=context.clock()
    )
    return JsonAnswer(AccountAsksMessage(tuple(filled(AccountAskMessage, row) for row in rows)))
