"""An account's requests to its legal person, as customer service sees them (操作员的请求)."""

from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from mshield.server.http import openapi
from mshield.server.http.answers import JsonAnswer, filled
from mshield.server.http.body import Wire
from mshield.server.http.caller import context_of
from mshield.server.http.console.authentication import staff_of
from mshield.server.http.console.readings import record_reading
from mshield.server.http.router import Router
from mshield.server.staff.rules import StaffRole
from mshield.server.values.ids import require_id
from mshield.wire.portal import Ask

router: Final = Router("console")
_READERS: Final = (StaffRole.FILING_OFFICER, StaffRole.CUSTOMER_SERVICE, StaffRole.AUDITOR)
_MOST: Final = 50


class AccountAskMessage(Ask, frozen=True):
    """A request to the legal person and its answer; times in ms."""

    credit_code: str


class AccountAsksMessage(Wire, frozen=True):
    """Newest first, at most fifty."""

    items: tuple[AccountAskMessage, ...]


@router.get(
    "/accounts/{account_id}/asks",
    summary="List an account's requests to its legal representative",
    operation_id="listAccountAsks",
    answers=openapi.answers(AccountAsksMessage, "Requests and answers"),
)
async def asks(request: Request, account_id: str) -> Response:
    """Lists requests; empty for an unknown account, 404 for an invalid ID."""
    member = await staff_of(request, *_READERS)
    context = context_of(request)
    rows = await context.legal_person.asks.of_account(
        require_id(account_id), limit=_MOST, now=context.clock()
    )
    await record_reading(request, member, "asks", subject=account_id)
    return JsonAnswer(AccountAsksMessage(tuple(filled(AccountAskMessage, row) for row in rows)))
