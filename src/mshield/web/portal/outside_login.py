"""Logging in at the portal through the page of an outside system (R2): the way there, and the way back to an SMS code.

A cookie binds both to one browser. It is Strict: the page that the browser comes back to asks for itself.
"""

from typing import Annotated, Final

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from mshield.services.accounts.outside_pages import MAX_CODE, MAX_STATE
from mshield.web import openapi
from mshield.web.answers import JsonAnswer
from mshield.web.body import Wire, page_body_of
from mshield.web.caller import address_of
from mshield.web.consents import ConsentsMessage, agreement_of
from mshield.web.context import context_of
from mshield.web.cookies import Cookie
from mshield.web.portal.sessions import PortalLoginBegunMessage, begun_answer
from mshield.web.router import Router

router: Final = Router("portal", security=())
_COOKIE: Final = Cookie("mshield-portal-page", longest=128)


class PortalOutsideLoginMessage(Wire, frozen=True):
    """The source whose page is wanted."""

    source: Annotated[str, msgspec.Meta(min_length=1, max_length=32, examples=["customs"])]


class PortalOutsideBegunMessage(Wire, frozen=True):
    """The page to open in this browser, the state that comes back with the code, and the time for it in seconds."""

    address: str
    state: str
    expires_in: int


class PortalOutsideReturnMessage(Wire, frozen=True):
    """What the page sent back; `consents` where it is the user's first login here."""

    state: Annotated[str, msgspec.Meta(min_length=1, max_length=MAX_STATE)]
    code: Annotated[str, msgspec.Meta(min_length=1, max_length=MAX_CODE)]
    consents: ConsentsMessage | None = None


@router.post(
    "/outside-logins",
    summary="Go to an outside system's login page",
    operation_id="beginPortalOutsideLogin",
    asks=openapi.takes(PortalOutsideLoginMessage),
    answers=openapi.answers(PortalOutsideBegunMessage, "Its page, and the state that comes back", status=201)
    | openapi.problems(503),
)
async def begin(request: Request) -> Response:
    """The state is bound to a cookie that comes with the answer: the same browser must come back with it."""
    message = await page_body_of(request, PortalOutsideLoginMessage)
    context = context_of(request)
    left = await context.legal_person.outside_login.begin(
        message.source, _COOKIE.of(request) or None, address=address_of(request), now=context.clock()
    )
    begun = left.page
    answer = PortalOutsideBegunMessage(begun.address, begun.state, begun.expires_in)
    response = JsonAnswer(answer, 201)
    _COOKIE.give(response, context, left.token, seconds=begun.expires_in)
    return response


@router.post(
    "/outside-logins/finish",
    summary="Come back from an outside system's login page",
    operation_id="finishPortalOutsideLogin",
    asks=openapi.takes(PortalOutsideReturnMessage),
    answers=openapi.answers(PortalLoginBegunMessage, "The SMS code is sent", status=201),
)
async def finish(request: Request) -> Response:
    """The first half of a login, as `POST /logins` is. The state is used, whatever the outcome."""
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
    return begun_answer(begun)  # the cookie stays for its ten minutes: another tab may be on its way
