"""One's own login: second factors, password, sessions. For people only; what changes asks for the password again."""

from typing import Annotated, Final

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from mshield.web import openapi
from mshield.web.answers import JsonAnswer, filled, no_content
from mshield.web.body import Wire, body_of
from mshield.web.console.authentication import PEOPLE, person_of, place_of
from mshield.web.console.factors import (
    ConfirmationMessage,
    FactorOfferMessage,
    Kind,
    confirmation,
    offer_message,
)
from mshield.web.console.sessions import Password
from mshield.web.context import context_of
from mshield.web.router import Router

router: Final = Router("console", security=PEOPLE)
Id = Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f-]{1,36}\Z")]


class FactorMessage(Wire, frozen=True):
    """A second factor; `label` is its owner's name for it. Times in ms."""

    id: str
    kind: Kind
    label: str
    created_at: int
    used_at: int | None


class OwnSessionMessage(Wire, frozen=True):
    """One of one's sessions; `browser` is how it names itself. Times in ms."""

    id: str
    is_this: bool
    address: str
    browser: str
    created_at: int
    used_at: int
    expires_at: int


class MyLoginMessage(Wire, frozen=True):
    """All of it; the newest session first."""

    factors: tuple[FactorMessage, ...]
    sessions: tuple[OwnSessionMessage, ...]


class OwnPasswordMessage(Wire, frozen=True):
    """The password, to show that it is still its owner who sits there."""

    password: Password


class ChangePasswordMessage(Wire, frozen=True):
    """The password as it is and as it shall be."""

    password: Password
    new_password: Annotated[Password, msgspec.Meta(description="10 to 128 characters of two kinds")]


class PasswordChangedMessage(Wire, frozen=True):
    """How many of one's other sessions ended."""

    sessions_ended: int


class FactorAddedMessage(Wire, frozen=True):
    """The new factor's id."""

    id: str


@router.get(
    "/me/login",
    summary="One's own login",
    operation_id="getOwnLogin",
    answers=openapi.answers(MyLoginMessage, "Factors and sessions"),
)
async def get_own_login(request: Request) -> Response:
    """What lets one in, and where one is logged in."""
    member = (await person_of(request)).member
    context = context_of(request)
    factors, sessions = await context.staff.own_login.show(member, now=context.clock())
    message = MyLoginMessage(
        tuple(filled(FactorMessage, factor) for factor in factors),
        tuple(
            filled(OwnSessionMessage, session, is_this=session.id == member.session_id)
            for session in sessions
        ),
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
    """One's other sessions end."""
    member = (await person_of(request)).member
    message, context = await body_of(request, ChangePasswordMessage), context_of(request)
    ended = await context.staff.own_login.change_password(
        member,
        message.password,
        message.new_password,
        address=place_of(request).address,
        now=context.clock(),
    )
    return JsonAnswer(PasswordChangedMessage(ended))


@router.post(
    "/me/factors/offers",
    summary="Begin to add a second factor",
    operation_id="offerFactor",
    asks=openapi.takes(OwnPasswordMessage),
    answers=openapi.answers(FactorOfferMessage, "What may be added", status=201),
)
async def offer_factor(request: Request) -> Response:
    """A TOTP or a security key, whichever is then confirmed."""
    member = (await person_of(request)).member
    message, context = await body_of(request, OwnPasswordMessage), context_of(request)
    offer = await context.staff.own_login.offer(
        member, message.password, address=place_of(request).address, now=context.clock()
    )
    return JsonAnswer(offer_message(offer), 201)


@router.post(
    "/me/factors",
    summary="Add a second factor",
    operation_id="addFactor",
    asks=openapi.takes(ConfirmationMessage),
    answers=openapi.answers(FactorAddedMessage, "Added", status=201),
)
async def add_factor(request: Request) -> Response:
    """Its first use confirms it."""
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
    """Never the last one."""
    member = (await person_of(request)).member
    message, context = await body_of(request, OwnPasswordMessage), context_of(request)
    await context.staff.own_login.remove(
        member, factor_id, message.password, address=place_of(request).address, now=context.clock()
    )
    return no_content()


@router.delete(
    "/me/sessions/{session_id}",
    summary="Log out elsewhere",
    operation_id="endOwnSession",
    answers=openapi.answers(None, "Ended", status=204),
)
async def end_own_session(request: Request, session_id: Id) -> Response:
    """One of one's own sessions ends at once."""
    member = (await person_of(request)).member
    context = context_of(request)
    await context.staff.own_login.end_session(member, session_id, now=context.clock())
    return no_content()
