"""Logging in at the console: name and password, then a second factor; who is logged in."""

from typing import Annotated, Final

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from mshield.domain import errors
from mshield.domain.staff import StaffRole
from mshield.services.accounts.captcha.deeds import Deed
from mshield.services.staff.factors import FactorProof
from mshield.services.staff.members import StaffMember
from mshield.services.staff.session import OpenedSession, csrf_token
from mshield.web import openapi
from mshield.web.answers import JsonAnswer, filled, no_content
from mshield.web.body import Wire, page_body_of
from mshield.web.caller import acting, naming
from mshield.web.captchas import Answer, SolvedWork, SpentId, captcha_routes, shown_by
from mshield.web.console.authentication import (
    PEOPLE,
    SESSION,
    person_of,
    place_of,
    session_token,
)
from mshield.web.console.factors import (
    AssertionMessage,
    KeyRequestMessage,
    Kind,
    OneTimeCode,
    Token,
    assertion,
    request_message,
)
from mshield.web.context import context_of
from mshield.web.router import Router

router: Final = Router("console", security=PEOPLE)
captchas: Final = captcha_routes("console", {"/captchas": Deed.STAFF_LOGIN}, name="Console")

Password = Annotated[str, msgspec.Meta(min_length=1, max_length=256)]


class ConsoleLoginMessage(Wire, frozen=True):
    """The first half of a login, with a captcha: its work always, its characters where it has a picture."""

    name: Annotated[str, msgspec.Meta(min_length=1, max_length=128, examples=["周启明"])]
    password: Password
    captcha_id: SpentId | None = None
    captcha: Answer | None = None
    work: SolvedWork | None = None


class ConsoleLoginBegunMessage(Wire, frozen=True):
    """What finishes it: `factors` are the kinds that the member has, `key` is for their browser, if any; seconds."""

    login_id: str
    factors: tuple[Kind, ...]
    key: KeyRequestMessage | None
    expires_in: int


class ConsoleSessionStartMessage(Wire, frozen=True):
    """The second half: the login's id, and `code` or `assertion`, one of the two."""

    login_id: Token
    code: OneTimeCode | None = None
    assertion: AssertionMessage | None = None


class SecondFactorAskedMessage(Wire, frozen=True):
    """What is to be shown: `factors` are the kinds that the member has, `key` is for their browser, if any; seconds."""

    id: str
    factors: tuple[Kind, ...]
    key: KeyRequestMessage | None
    expires_in: int


class ShowSecondFactorMessage(Wire, frozen=True):
    """The id of what was asked, and `code` or `assertion`, one of the two."""

    id: Token
    code: OneTimeCode | None = None
    assertion: AssertionMessage | None = None


class SecondFactorShownMessage(Wire, frozen=True):
    """Until when (ms) grave acts are open to this session."""

    until: int


class ConsoleSessionMessage(Wire, frozen=True):
    """Who is logged in. `expires_in` in seconds; `csrf_token` is the header of each changing call."""

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
    """Name and password. Failures slow down the name and the address."""
    message, context = await page_body_of(request, ConsoleLoginMessage), context_of(request)
    naming(request, message.name)
    address = place_of(request).address
    await context.accounts.captchas.use(
        shown_by(message), Deed.STAFF_LOGIN, address=address, now=context.clock()
    )
    begun = await context.staff.logins.begin(
        message.name, message.password, address=address, now=context.clock()
    )
    return JsonAnswer(filled(ConsoleLoginBegunMessage, begun, key=request_message(begun.key)), 201)


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
    """The second factor opens the session. Its cookie is HttpOnly and SameSite=Strict; each login gets a new one."""
    message, context = await page_body_of(request, ConsoleSessionStartMessage), context_of(request)
    opened = await context.staff.logins.finish(
        message.login_id, _shown(message), place_of(request), now=context.clock()
    )
    return opened_answer(request, opened)


@router.get(
    "/session",
    summary="Who is logged in",
    operation_id="getConsoleSession",
    answers=openapi.answers(ConsoleSessionMessage, "The session"),
)
async def get_session(request: Request) -> Response:
    """Also gives a reloaded page its CSRF token, and the roles as they are now."""
    login = await person_of(request)
    seconds = max(0, login.expires_at - context_of(request).clock()) // 1000
    return JsonAnswer(_session(login.member, session_token(request), seconds=seconds))


@router.post(
    "/session/factor-requests",
    summary="Ask to show a second factor again",
    operation_id="askSecondFactor",
    answers=openapi.answers(SecondFactorAskedMessage, "What to show", status=201),
)
async def ask_second_factor(request: Request) -> Response:
    """For who was refused with `second_factor_needed`. It serves once, in this session."""
    member = (await person_of(request)).member
    context = context_of(request)
    asked = await context.staff.second_factors.ask(member, now=context.clock())
    return JsonAnswer(filled(SecondFactorAskedMessage, asked, key=request_message(asked.key)), 201)


@router.post(
    "/session/factor",
    summary="Show a second factor again",
    operation_id="showSecondFactor",
    asks=openapi.takes(ShowSecondFactorMessage),
    answers=openapi.answers(SecondFactorShownMessage, "Shown") | openapi.problems(503),
)
async def show_second_factor(request: Request) -> Response:
    """Opens grave acts for five minutes, to this session alone. Tries count with those of logins."""
    member = (await person_of(request)).member
    message, context = await page_body_of(request, ShowSecondFactorMessage), context_of(request)
    until = await context.staff.second_factors.show(
        member, message.id, _shown(message), place_of(request), now=context.clock()
    )
    return JsonAnswer(SecondFactorShownMessage(until))


@router.delete(
    "/session",
    summary="Log out",
    operation_id="endConsoleSession",
    answers=openapi.answers(None, "Logged out", status=204),
)
async def end_session(request: Request) -> Response:
    """The cookie is worth nothing from now on."""
    member = (await person_of(request)).member
    context = context_of(request)
    await context.staff.sessions.end(member, now=context.clock())
    response = no_content()
    SESSION.take(response, context)
    return response


def _shown(message: ConsoleSessionStartMessage | ShowSecondFactorMessage) -> FactorProof:
    if message.code is not None and message.assertion is None:
        return message.code
    if message.code is None and message.assertion is not None:
        return assertion(message.assertion)
    raise errors.InvalidRequest(fields=["code", "assertion"])


def _session(member: StaffMember, token: str, *, seconds: int) -> ConsoleSessionMessage:
    return filled(ConsoleSessionMessage, member, csrf_token=csrf_token(token), expires_in=seconds)


def opened_answer(request: Request, opened: OpenedSession) -> Response:
    """A new session, with its cookie."""
    acting(request, "staff", opened.member.id)
    response = JsonAnswer(_session(opened.member, opened.token, seconds=opened.expires_in), 201)
    SESSION.give(response, context_of(request), opened.token, seconds=opened.expires_in)
    return response
