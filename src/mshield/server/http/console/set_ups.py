"""First access to the console with a set-up address: its code, a password, and a second factor.

The code is sent in a body, so it is in no address that a server might log.
"""

from typing import Annotated, Final

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from mshield.server.http import openapi
from mshield.server.http.answers import JsonAnswer
from mshield.server.http.body import Wire, page_body_of
from mshield.server.http.caller import context_of
from mshield.server.http.console.authentication import place_of
from mshield.server.http.console.factors import (
    ConfirmationMessage,
    Token,
    confirmation,
)
from mshield.server.http.console.sessions import ConsoleSessionMessage, Password, opened_answer
from mshield.server.http.router import Router
from mshield.server.staff.set_up import SetUpBegunMessage

router: Final = Router("console", security=())


class SetUpMessage(Wire, frozen=True):
    """The address's code, which follows its #."""

    code: Token


class SetUpCompletionMessage(Wire, frozen=True):
    """The address's code, a password, and the first use of the offered factor."""

    code: Token
    password: Annotated[Password, msgspec.Meta(description="10 to 128 characters of two kinds")]
    factor: ConfirmationMessage


@router.post(
    "/set-ups",
    summary="Open a set-up address",
    operation_id="openSetUp",
    shows_secret=True,
    asks=openapi.takes(SetUpMessage),
    answers=openapi.answers(SetUpBegunMessage, "The member, and a new second factor") | openapi.problems(503),
)
async def open_set_up(request: Request) -> Response:
    """Shows whose login is set up, and offers another second factor each time.

    This doesn't use the address up: it can be opened until it is completed.
    """
    message, context = await page_body_of(request, SetUpMessage), context_of(request)
    begun = await context.staff.set_ups.begin(message.code, now=context.clock())
    return JsonAnswer(begun)


@router.post(
    "/set-ups/completions",
    summary="Set up a login",
    operation_id="completeSetUp",
    asks=openapi.takes(SetUpCompletionMessage),
    answers=openapi.answers(ConsoleSessionMessage, "Set up, and logged in", status=201)
    | openapi.problems(503),
)
async def complete_set_up(request: Request) -> Response:
    """Uses the address up and logs the member in."""
    message, context = await page_body_of(request, SetUpCompletionMessage), context_of(request)
    opened = await context.staff.set_ups.finish(
        message.code, message.password, confirmation(message.factor), place_of(request), now=context.clock()
    )
    return opened_answer(request, opened)
