"""Console login: name and password, then a second factor; the current session."""

from typing import Annotated, Final

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from mshield.server.accounts.captcha_deeds import CaptchaPurpose
from mshield.server.errors import InvalidRequest
from mshield.server.http import openapi
from mshield.server.http.answers import JsonAnswer, filled, no_content
from mshield.server.http.body import Wire, page_body_of
from mshield.server.http.caller import context_of, note_caller, note_target
from mshield.server.http.captchas import Answer, SolvedWork, SpentId, captcha_routes, shown_by
from mshield.server.http.console.authentication import PEOPLE, SESSION, person_of, place_of, session_token
from mshield.server.http.console.factors import (
    AssertionMessage,
    OneTimeCode,
    Token,
    assertion,
)
from mshield.server.http.router import Router
from mshield.server.staff.factors import FactorProof
from mshield.server.staff.login import ConsoleLoginBegunMessage
from mshield.server.staff.members import StaffMember
from mshield.server.staff.rules import StaffRole
from mshield.server.staff.second_factor import SecondFactorAskedMessage
from mshield.server.staff.session import OpenedSession, csrf_token

router: Final = Router("console", security=PEOPLE)
captchas: Final = captcha_routes("console", {"/captchas": CaptchaPurpose.STAFF_LOGIN}, name="Console")

Password = Annotated[str, msgspec.Meta(min_length=1, max_length=256)]


class ConsoleLoginMessage(Wire, frozen=True):
    """First half of a login, with a captcha: always its proof of work, and its characters if it has an image."""

    name: Annotated[str, msgspec.Meta(min_length=1, max_length=128, examples=["周启明"])]
    password: Password
    captcha_id: SpentId | None = None
    captcha: Answer | None = None
    work: SolvedWork | None = None


class ConsoleSessionStartMessage(Wire, frozen=True):
    """Second half of a login: its ID, and either `code` or `assertion`."""

    login_id: Token
    code: OneTimeCode | None = None
    assertion: AssertionMessage | None = None


class ShowSecondFactorMessage(Wire, frozen=True):
    """ID of the challenge, and either `code` or `assertion`."""

    id: Token
    code: OneTimeCode | None = None
    assertion: AssertionMessage | None = None


class SecondFactorShownMessage(Wire, frozen=True):
    """Time (ms) until which critical operations are allowed in this session."""

    until: int


class ConsoleSessionMessage(Wire, frozen=True):
    """The person logged in. `expires_in` in seconds; `csrf_token` is the header for each changing call."""

    id: str
    name: str
    roles: tuple[StaffRole, ...]
    csrf_token: str
    expires_in: int


@router.post(
    "/logins",
    summary="Begin a login",
    operation_id="beginConsoleLogin",
    security=(),
    asks=openapi.takes(ConsoleLoginMessage),
    answers=openapi.answers(ConsoleLoginBegunMessage, "The password is right", status=201)
    | openapi.problems(503),
)
async def begin_login(request: Request) -> Response:
    """Checks name and password. Failures cause growing delays for the name and the address."""
    message, context = await page_body_of(request, ConsoleLoginMessage), context_of(request)
    note_target(request, message.name)
    address = place_of(request).address
    await context.accounts.captchas.use(
        shown_by(message), CaptchaPurpose.STAFF_LOGIN, address=address, now=context.clock()
    )
    begun = await context.staff.logins.begin(
        message.name, message.password, address=address, now=context.clock()
    )
    return JsonAnswer(begun, 201)


@router.post(
    "/sessions",
    summary="Finish a login",
    operation_id="startConsoleSession",
    security=(),
    asks=openapi.takes(ConsoleSessionStartMessage),
    answers=openapi.answers(ConsoleSessionMessage, "Logged in; the session is in the cookie", status=201)
    | openapi.problems(503),
)
async def start_session(request: Request) -> Response:
    """Opens the session with the second factor. Its cookie is HttpOnly and SameSite=Strict.

    Each login gets a new one.
    """
    message, context = await page_body_of(request, ConsoleSessionStartMessage), context_of(request)
    opened = await context.staff.logins.finish(
        message.login_id, _factor_proof(message), place_of(request), now=context.clock()
    )
    return opened_answer(request, opened)


@router.get(
    "/session",
    summary="Get the current session",
    operation_id="getConsoleSession",
    answers=openapi.answers(ConsoleSessionMessage, "The session"),
)
async def get_session(request: Request) -> Response:
    """Returns the session, with the CSRF token for a reloaded page, and the present roles."""
    login = await person_of(request)
    seconds = max(0, login.expires_at - context_of(request).clock()) // 1000
    return JsonAnswer(_session(login.member, session_token(request), seconds=seconds))


@router.post(
    "/session/factor-requests",
    summary="Request a second-factor check",
    operation_id="askSecondFactor",
    answers=openapi.answers(SecondFactorAskedMessage, "How to show the factor", status=201),
)
async def ask_second_factor(request: Request) -> Response:
    """Begins a check for a caller refused with `second_factor_needed`. It can be used once, in this session."""
    member = (await person_of(request)).member
    context = context_of(request)
    challenge = await context.staff.second_factors.ask(member, now=context.clock())
    return JsonAnswer(challenge, 201)


@router.post(
    "/session/factor",
    summary="Complete a second-factor check",
    operation_id="showSecondFactor",
    asks=openapi.takes(ShowSecondFactorMessage),
    answers=openapi.answers(SecondFactorShownMessage, "Factor accepted") | openapi.problems(503),
)
async def show_second_factor(request: Request) -> Response:
    """Allows critical operations in this session for five minutes.

    Attempts are limited together with those of logins.
    """
    member = (await person_of(request)).member
    message, context = await page_body_of(request, ShowSecondFactorMessage), context_of(request)
    until = await context.staff.second_factors.show(
        member, message.id, _factor_proof(message), place_of(request), now=context.clock()
    )
    return JsonAnswer(SecondFactorShownMessage(until))


@router.delete(
    "/session",
    summary="Log out",
    operation_id="endConsoleSession",
    answers=openapi.answers(None, "Logged out", status=204),
)
async def end_session(request: Request) -> Response:
    """Invalidates the cookie."""
    member = (await person_of(request)).member
    context = context_of(request)
    await context.staff.sessions.end(member, now=context.clock())
    response = no_content()
    SESSION.take(response, context)
    return response


def _factor_proof(message: ConsoleSessionStartMessage | ShowSecondFactorMessage) -> FactorProof:
    if message.code is not None and message.assertion is None:
        return message.code
    if message.code is None and message.assertion is not None:
        return assertion(message.assertion)
    raise InvalidRequest(fields=["code", "assertion"])


def _session(member: StaffMember, token: str, *, seconds: int) -> ConsoleSessionMessage:
    return filled(ConsoleSessionMessage, member, csrf_token=csrf_token(token), expires_in=seconds)


def opened_answer(request: Request, opened: OpenedSession) -> Response:
    """Returns a new session and sets its cookie."""
    note_caller(request, "staff", opened.member.id)
    response = JsonAnswer(_session(opened.member, opened.token, seconds=opened.expires_in), 201)
    SESSION.give(response, context_of(request), opened.token, seconds=opened.expires_in)
    return response
