"""First access to the console: the code of a set-up address, a password, and a second factor, confirmed by its code.

The code is sent in a body: it stands in no address that a server would log.
"""

from typing import Annotated, Final

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from mshield.domain.staff import StaffRole
from mshield.web import openapi
from mshield.web.answers import JsonAnswer
from mshield.web.body import Wire, page_body_of
from mshield.web.console.authentication import place_of
from mshield.web.console.factors import (
    ConfirmationMessage,
    FactorOfferMessage,
    Token,
    confirmation,
    offer_message,
)
from mshield.web.console.sessions import ConsoleSessionMessage, Password, opened_answer
from mshield.web.context import context_of
from mshield.web.router import Router

router: Final = Router("console", security=())


class SetUpMessage(Wire, frozen=True):
    """The code of the address, what stands behind its #."""

    code: Token


class SetUpBegunMessage(Wire, frozen=True):
    """Whose login is set up, and the second factor that they may add."""

    name: str
    roles: tuple[StaffRole, ...]
    offer: FactorOfferMessage


class SetUpCompletionMessage(Wire, frozen=True):
    """The address's code, a password, and the first use of the factor that was offered."""

    code: Token
    password: Annotated[Password, msgspec.Meta(description="10 to 128 characters of two kinds")]
    factor: ConfirmationMessage


@router.post(
    "/set-ups",
    summary="Open a set-up address",
    operation_id="openSetUp",
    asks=openapi.takes(SetUpMessage),
    answers=openapi.answers(SetUpBegunMessage, "Whose it is, and a new second factor")
    | openapi.problems(503),
)
async def open_set_up(request: Request) -> Response:
    """Uses nothing up: it can be opened again until it was completed, with another second factor each time."""
    message, context = await page_body_of(request, SetUpMessage), context_of(request)
    begun = await context.staff.set_ups.begin(message.code, now=context.clock())
    return JsonAnswer(SetUpBegunMessage(begun.name, begun.roles, offer_message(begun.offer)))


@router.post(
    "/set-ups/completions",
    summary="Set up a login",
    operation_id="completeSetUp",
    asks=openapi.takes(SetUpCompletionMessage),
    answers=openapi.answers(ConsoleSessionMessage, "Set up, and logged in", status=201)
    | openapi.problems(503),
)
async def complete_set_up(request: Request) -> Response:
    """The address is used; the member is logged in."""
    message, context = await page_body_of(request, SetUpCompletionMessage), context_of(request)
    opened = await context.staff.set_ups.finish(
        message.code, message.password, confirmation(message.factor), place_of(request), now=context.clock()
    )
    return opened_answer(request, opened)
