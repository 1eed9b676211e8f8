"""Portal login through the page of an outside system (R2): begin it there, and return for an SMS code.

A cookie binds both steps to one browser. It is SameSite=Strict, because the page to which the browser returns
makes the call itself.
"""

from typing import Annotated, Final

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from mshield.server.http import openapi
from mshield.server.http.answers import JsonAnswer
from mshield.server.http.body import Wire, page_body_of
from mshield.server.http.caller import address_of, context_of
from mshield.server.http.consents import OutsideReturnMessage, agreement_of
from mshield.server.http.cookies import Cookie
from mshield.server.http.portal.sessions import begun_answer
from mshield.server.http.router import Router
from mshield.wire.outside_accounts import OutsideLoginBegun
from mshield.wire.portal import PortalLoginBegunMessage

router: Final = Router("portal", security=())
_COOKIE: Final = Cookie("mshield-portal-page", longest=128)


class PortalOutsideLoginMessage(Wire, frozen=True):
    """The system whose login page is wanted."""

    source: Annotated[str, msgspec.Meta(min_length=1, max_length=32, examples=["customs"])]


class PortalOutsideBegunMessage(OutsideLoginBegun, frozen=True):
    """The page to open in this browser, the `state` that it returns with the code, and the time limit in seconds."""


class PortalOutsideReturnMessage(OutsideReturnMessage, frozen=True):
    """Parameters returned by the outside page; `consents` is needed at the user's first login here."""


@router.post(
    "/outside-logins",
    summary="Begin a login on an outside system's page",
    operation_id="beginPortalOutsideLogin",
    asks=openapi.takes(PortalOutsideLoginMessage),
    answers=openapi.answers(PortalOutsideBegunMessage, "The page, and the state that it returns", status=201)
    | openapi.problems(503),
)
async def begin(request: Request) -> Response:
    """Binds the state to a cookie set by the answer: the same browser must return with it."""
    message = await page_body_of(request, PortalOutsideLoginMessage)
    context = context_of(request)
    begun = await context.legal_person.outside_login.begin(
        message.source, _COOKIE.of(request) or None, address=address_of(request), now=context.clock()
    )
    response = JsonAnswer(begun.page, 201)
    _COOKIE.give(response, context, begun.token, seconds=begun.page.expires_in)
    return response


@router.post(
    "/outside-logins/finish",
    summary="Finish a login on an outside system's page",
    operation_id="finishPortalOutsideLogin",
    asks=openapi.takes(PortalOutsideReturnMessage),
    answers=openapi.answers(PortalLoginBegunMessage, "The SMS code is sent", status=201),
)
async def finish(request: Request) -> Response:
    """Completes the first half of a login, like `POST /logins`. The state can be used once, whatever the outcome."""
    message = await page_body_of(request, PortalOutsideReturnMessage)
    context = context_of(request)
    begun = await context.legal_person.outside_login.finish(
        message.state,
        message.code,
        _COOKIE.of(request) or None,
        agreement_of(message.consents, "portal"),
        address=address_of(request),
        now=context.clock(),
    )
    return begun_answer(
        begun
    )  # The cookie stays for its ten minutes, because another tab may be logging in too.
