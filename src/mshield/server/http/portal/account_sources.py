"""Outside systems whose users can log in at the portal (R2)."""

from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from mshield.server.http import openapi
from mshield.server.http.answers import JsonAnswer
from mshield.server.http.body import Wire
from mshield.server.http.caller import context_of
from mshield.server.http.router import Router
from mshield.wire.outside_accounts import AccountSource, AccountSources

router: Final = Router("portal", security=())


class SourceMessage(AccountSource, frozen=True):
    """A system whose accounts can log in here; `password`: by `POST /logins`, `page`: by `POST /outside-logins`."""


class SourcesMessage(Wire, frozen=True):
    """All outside systems; empty if only accounts of this service can log in."""

    items: tuple[SourceMessage, ...]


@router.get(
    "/account-sources",
    summary="List systems whose accounts can log in",
    operation_id="listPortalAccountSources",
    answers=openapi.answers(SourcesMessage, "The systems") | openapi.problems(503),
)
async def sources(request: Request) -> Response:
    """Lists the systems that the login page offers besides the service's own accounts."""
    return JsonAnswer(AccountSources(context_of(request).accounts.outside.sources.names))
