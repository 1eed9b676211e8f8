"""A member's own login: second factors, password, sessions. For people only; changes require the password again."""

from typing import Annotated, Final

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from mshield.server.http import openapi
from mshield.server.http.answers import JsonAnswer, filled, no_content
from mshield.server.http.body import Wire, body_of
from mshield.server.http.caller import context_of
from mshield.server.http.console.authentication import PEOPLE, person_of, place_of
from mshield.server.http.console.factors import (
    ConfirmationMessage,
    confirmation,
)
from mshield.server.http.console.sessions import Password
from mshield.server.http.router import Router
from mshield.server.staff.factors import FactorOfferMessage
from mshield.server.staff.rules import Kind, OwnSessionMessage

router: Final = Router("console", security=PEOPLE)
Id = Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f-]{1,36}\Z")]


class FactorMessage(Wire, frozen=True):
    """A second factor; `label` is its owner's name for it. Times in ms."""

    id: str
    kind: Kind
    label: str
    created_at: int
    used_at: int | None


class MyLoginMessage(Wire, frozen=True):
    """Second factors and sessions, the newest session first."""

    factors: tuple[FactorMessage, ...]
    sessions: tuple[OwnSessionMessage, ...]


class OwnPasswordMessage(Wire, frozen=True):
    """The password, to show that the owner is still present."""

    password: Password


class ChangePasswordMessage(Wire, frozen=True):
    """The current and the new password."""

    password: Password
    new_password: Annotated[Password, msgspec.Meta(description="10 to 128 characters of two kinds")]


class PasswordChangedMessage(Wire, frozen=True):
    """Number of other sessions ended."""

    sessions_ended: int


class FactorAddedMessage(Wire, frozen=True):
    """ID of the new factor."""

    id: str


@router.get(
    "/me/login",
    summary="Show one's own login",
    operation_id="getOwnLogin",
    answers=openapi.answers(MyLoginMessage, "Factors and sessions"),
)
async def get_own_login(request: Request) -> Response:
    """Returns the caller's second factors and sessions."""
    member = (await person_of(request)).member
    context = context_of(request)
    factors, sessions = await context.staff.own_login.show(member, now=context.clock())
    message = MyLoginMessage(
        tuple(filled(FactorMessage, factor) for factor in factors),
        tuple(sessions),
    )
    return JsonAnswer(message)


@router.post(
    "/me/password",
    summary="Change one's own password",
    operation_id="changeOwnPassword",
    asks=openapi.takes(ChangePasswordMessage),
    answers=openapi.answers(PasswordChangedMessage, "Changed"),
)
async def change_password(request: Request) -> Response:
    """Ends the caller's other sessions."""
    member = (await person_of(request)).member
    message, context = await body_of(request, ChangePasswordMessage), context_of(request)
    count = await context.staff.own_login.change_password(
        member,
        message.password,
        message.new_password,
        address=place_of(request).address,
        now=context.clock(),
    )
    return JsonAnswer(PasswordChangedMessage(count))


@router.post(
    "/me/factors/offers",
    summary="Begin to add a second factor",
    operation_id="offerFactor",
    shows_secret=True,
    asks=openapi.takes(OwnPasswordMessage),
    answers=openapi.answers(FactorOfferMessage, "The factors offered", status=201),
)
async def offer_factor(request: Request) -> Response:
    """Offers a TOTP and a security key; the one that is confirmed is added."""
    member = (await person_of(request)).member
    message, context = await body_of(request, OwnPasswordMessage), context_of(request)
    offer = await context.staff.own_login.offer(
        member, message.password, address=place_of(request).address, now=context.clock()
    )
    return JsonAnswer(offer, 201)


@router.post(
    "/me/factors",
    summary="Add a second factor",
    operation_id="addFactor",
    asks=openapi.takes(ConfirmationMessage),
    answers=openapi.answers(FactorAddedMessage, "Added", status=201),
)
async def add_factor(request: Request) -> Response:
    """Adds the offered factor, which is confirmed by its first use."""
    member = (await person_of(request)).member
    message, context = await body_of(request, ConfirmationMessage), context_of(request)
    factor_id = await context.staff.own_login.add(member, confirmation(message), now=context.clock())
    return JsonAnswer(FactorAddedMessage(factor_id), 201)


@router.post(
    "/me/factors/{factor_id}/removal",
    summary="Remove a second factor",
    operation_id="removeFactor",
    asks=openapi.takes(OwnPasswordMessage),
    answers=openapi.answers(None, "Removed", status=204),
)
async def remove_factor(request: Request, factor_id: Id) -> Response:
    """Removes a factor, but not the last one."""
    member = (await person_of(request)).member
    message, context = await body_of(request, OwnPasswordMessage), context_of(request)
    await context.staff.own_login.remove(
        member, factor_id, message.password, address=place_of(request).address, now=context.clock()
    )
    return no_content()


@router.delete(
    "/me/sessions/{session_id}",
    summary="End one of one's own sessions",
    operation_id="endOwnSession",
    answers=openapi.answers(None, "Ended", status=204),
)
async def end_own_session(request: Request, session_id: Id) -> Response:
    """Ends the session immediately."""
    member = (await person_of(request)).member
    context = context_of(request)
    await context.staff.own_login.end_session(member, session_id, now=context.clock())
    return no_content()
