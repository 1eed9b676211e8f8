"""Portal login: password and captcha, then an SMS code; the session, and the enterprises of the legal person."""

from typing import Annotated, Final

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from mshield.server.accounts.captcha_deeds import CaptchaPurpose
from mshield.server.accounts.local import LOCAL
from mshield.server.accounts.login import Credentials
from mshield.server.http import openapi
from mshield.server.http.answers import JsonAnswer, no_content
from mshield.server.http.body import Wire, page_body_of
from mshield.server.http.caller import address_of, browser_of, context_of, note_caller, note_target
from mshield.server.http.captchas import Answer, SolvedWork, SpentId, captcha_routes, shown_by
from mshield.server.http.consents import ConsentsMessage, agreement_of
from mshield.server.http.portal.authentication import SESSION, csrf_of, legal_person_of
from mshield.server.http.router import Router
from mshield.server.legal_person.first_half import MAX_FIRST_HALF
from mshield.server.legal_person.session import OpenedSession
from mshield.wire.portal import EnterprisesMessage, PortalLoginBegunMessage, PortalSessionMessage

router: Final = Router("portal")
captchas: Final = captcha_routes("portal", {"/captchas": CaptchaPurpose.PORTAL_LOGIN}, name="Portal")


Code = Annotated[str, msgspec.Meta(min_length=1, max_length=32)]


class PortalLoginMessage(Wire, frozen=True):
    """First half of a login.

    `activation_code` proves an account that isn't yet proven to be the legal person's.
    """

    account: Annotated[str, msgspec.Meta(min_length=1, max_length=64, examples=["13900005011"])]
    password: Annotated[str, msgspec.Meta(min_length=1, max_length=256)]
    captcha_id: SpentId
    captcha: Answer
    work: SolvedWork | None = None
    source: Annotated[str, msgspec.Meta(min_length=1, max_length=32)] | None = None
    activation_code: Code | None = None
    consents: ConsentsMessage | None = None


class ActivationMessage(Wire, frozen=True):
    """`activation_id` of a login that was refused with `identity_unproven`, and the code."""

    activation_id: Annotated[str, msgspec.Meta(min_length=1, max_length=MAX_FIRST_HALF)]
    activation_code: Code


class EnterpriseCodeMessage(Wire, frozen=True):
    """An activation code for another filing record of the person who is logged in."""

    activation_code: Code


class PortalSessionStartMessage(Wire, frozen=True):
    """Second half of a login: its ID and the code."""

    login_id: Annotated[str, msgspec.Meta(min_length=1, max_length=MAX_FIRST_HALF)]
    sms_code: Annotated[str, msgspec.Meta(min_length=1, max_length=16)]


class CodeAgainMessage(Wire, frozen=True):
    """ID of a begun login whose code didn't arrive."""

    login_id: Annotated[str, msgspec.Meta(min_length=1, max_length=MAX_FIRST_HALF)]


@router.post(
    "/logins",
    summary="Begin a login",
    operation_id="beginPortalLogin",
    security=(),
    asks=openapi.takes(PortalLoginMessage),
    answers=openapi.answers(PortalLoginBegunMessage, "The SMS code is sent", status=201),
)
async def begin_login(request: Request) -> Response:
    """Checks account, password and captcha, then sends a code to the account's phone. Failures cause growing delays."""
    message = await page_body_of(request, PortalLoginMessage)
    note_target(request, message.account)
    context = context_of(request)
    credentials = Credentials(
        account=message.account,
        password=message.password,
        captcha=shown_by(message),
        source=message.source or LOCAL,
        agreement=agreement_of(message.consents, "portal"),
    )
    begun = await context.legal_person.sessions.begin(
        credentials,
        activation_code=message.activation_code,
        address=address_of(request),
        now=context.clock(),
    )
    return begun_answer(begun)


@router.post(
    "/activations",
    summary="Continue a login with an activation code",
    operation_id="activateLegalPerson",
    security=(),
    asks=openapi.takes(ActivationMessage),
    answers=openapi.answers(PortalLoginBegunMessage, "The code is accepted, an SMS code sent", status=201),
)
async def activate(request: Request) -> Response:
    """Continues any kind of login (by password, on an outside system's page, or by shield) within ten minutes."""
    message = await page_body_of(request, ActivationMessage)
    context = context_of(request)
    begun = await context.legal_person.sessions.activate(
        message.activation_id,
        message.activation_code,
        address=address_of(request),
        now=context.clock(),
    )
    return begun_answer(begun)


@router.post(
    "/login-codes",
    summary="Resend a login's SMS code",
    operation_id="resendPortalCode",
    security=(),
    asks=openapi.takes(CodeAgainMessage),
    answers=openapi.answers(PortalLoginBegunMessage, "Another code is sent", status=201),
)
async def send_code_again(request: Request) -> Response:
    """Sends another SMS code for a login with correct account and password whose SMS didn't arrive.

    Only the newer code, with this answer's ID, works.
    """
    message = await page_body_of(request, CodeAgainMessage)
    context = context_of(request)
    begun = await context.legal_person.sessions.send_again(
        message.login_id, address=address_of(request), now=context.clock()
    )
    return begun_answer(begun)


@router.post(
    "/sessions",
    summary="Finish a login",
    operation_id="startPortalSession",
    security=(),
    asks=openapi.takes(PortalSessionStartMessage),
    answers=openapi.answers(PortalSessionMessage, "Logged in; the session is in the cookie", status=201)
    | openapi.problems(503),
)
async def start_session(request: Request) -> Response:
    """Opens the session with the SMS code. Its cookie is HttpOnly and SameSite=Strict."""
    message = await page_body_of(request, PortalSessionStartMessage)
    context = context_of(request)
    opened = await context.legal_person.sessions.finish(
        message.login_id,
        message.sms_code,
        now=context.clock(),
        address=address_of(request),
        browser=browser_of(request),
    )
    return opened_answer(request, opened)


@router.get(
    "/session",
    summary="Get the current session",
    operation_id="getPortalSession",
    answers=openapi.answers(PortalSessionMessage, "The session"),
)
async def get_session(request: Request) -> Response:
    """Returns the session, with the CSRF token for a reloaded page.

    `enterprises` is empty for a person no longer on file as legal person.
    """
    person = await legal_person_of(request)
    context = context_of(request)
    answer = PortalSessionMessage(
        name=person.name,
        csrf_token=csrf_of(request),
        expires_in=max(0, person.expires_at - context.clock()) // 1000,
        enterprises=await context.legal_person.sessions.enterprises(person, now=context.clock()),
    )
    return JsonAnswer(answer)


@router.post(
    "/session/activations",
    summary="Add an enterprise with an activation code",
    operation_id="addEnterprise",
    asks=openapi.takes(EnterpriseCodeMessage),
    answers=openapi.answers(EnterprisesMessage, "The code is accepted", status=201),
)
async def add_enterprise(request: Request) -> Response:
    """Adds an enterprise to a person on file as its legal person too, who has no proof of that yet."""
    person = await legal_person_of(request, changes=True)
    message, context = await page_body_of(request, EnterpriseCodeMessage), context_of(request)
    sessions, now = context.legal_person.sessions, context.clock()
    counts_from = await sessions.add_enterprise(person, message.activation_code, now=now)
    answer = EnterprisesMessage(counts_from, await sessions.enterprises(person, now=now))
    return JsonAnswer(answer, 201)


@router.delete(
    "/session",
    summary="Log out",
    operation_id="endPortalSession",
    answers=openapi.answers(None, "Logged out", status=204),
)
async def end_session(request: Request) -> Response:
    """Invalidates the cookie."""
    person = await legal_person_of(request, changes=True)
    context = context_of(request)
    await context.legal_person.sessions.end(person, now=context.clock())
    response = no_content()
    SESSION.take(response, context)
    return response


def begun_answer(begun: PortalLoginBegunMessage) -> Response:
    """The first half of a login."""
    return JsonAnswer(begun, 201)


def opened_answer(request: Request, opened: OpenedSession) -> Response:
    """Returns a new session and sets its cookie."""
    note_caller(request, "legal_person", opened.account_id)
    answer = PortalSessionMessage(opened.name, opened.csrf_token, opened.expires_in, opened.enterprises)
    response = JsonAnswer(answer, 201)
    SESSION.give(response, context_of(request), opened.token, seconds=opened.expires_in)
    return response
