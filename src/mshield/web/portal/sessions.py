"""Logging in at the portal: password and captcha, then an SMS code; who is logged in, and for which enterprises."""

from collections.abc import Iterable
from typing import Annotated, Final

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from mshield.services.accounts.captcha.deeds import Deed
from mshield.services.accounts.local import LOCAL
from mshield.services.accounts.login import Credentials
from mshield.services.legal_person.first_half import MAX_FIRST_HALF
from mshield.services.legal_person.session import LoginBegun, ManagedEnterprise, OpenedSession
from mshield.web import openapi
from mshield.web.answers import JsonAnswer, filled, no_content
from mshield.web.body import Wire, page_body_of
from mshield.web.caller import acting, address_of, browser_of, naming
from mshield.web.captchas import Answer, SolvedWork, SpentId, captcha_routes, shown_by
from mshield.web.consents import ConsentsMessage, agreement_of
from mshield.web.context import context_of
from mshield.web.portal.authentication import SESSION, csrf_of, legal_person_of
from mshield.web.router import Router

router: Final = Router("portal")
captchas: Final = captcha_routes("portal", {"/captchas": Deed.PORTAL_LOGIN}, name="Portal")


Code = Annotated[str, msgspec.Meta(min_length=1, max_length=32)]


class PortalLoginMessage(Wire, frozen=True):
    """The first half of a login. `activation_code` proves an account that isn't proven to be the legal person's yet."""

    account: Annotated[str, msgspec.Meta(min_length=1, max_length=64, examples=["13900005011"])]
    password: Annotated[str, msgspec.Meta(min_length=1, max_length=256)]
    captcha_id: SpentId
    captcha: Answer
    work: SolvedWork | None = None
    source: Annotated[str, msgspec.Meta(min_length=1, max_length=32)] | None = None
    activation_code: Code | None = None
    consents: ConsentsMessage | None = None


class ActivationMessage(Wire, frozen=True):
    """`activation_id` of the login that was refused with `identity_unproven`, and the code."""

    activation_id: Annotated[str, msgspec.Meta(min_length=1, max_length=MAX_FIRST_HALF)]
    activation_code: Code


class EnterpriseCodeMessage(Wire, frozen=True):
    """A code for another filing record of who is logged in."""

    activation_code: Code


class EnterprisesMessage(Wire, frozen=True):
    """What they answer for now; `counts_from` in ms: a second account's proof counts later than now."""

    counts_from: int
    enterprises: tuple["EnterpriseMessage", ...]


class PortalLoginBegunMessage(Wire, frozen=True):
    """Where the SMS code went; times in seconds."""

    login_id: str
    phone_masked: str
    expires_in: int
    resend_in: int


class PortalSessionStartMessage(Wire, frozen=True):
    """The second half: the login's id and the code."""

    login_id: Annotated[str, msgspec.Meta(min_length=1, max_length=MAX_FIRST_HALF)]
    sms_code: Annotated[str, msgspec.Meta(min_length=1, max_length=16)]


class CodeAgainMessage(Wire, frozen=True):
    """Whose code didn't come: the id of the login that is half done."""

    login_id: Annotated[str, msgspec.Meta(min_length=1, max_length=MAX_FIRST_HALF)]


class EnterpriseMessage(Wire, frozen=True):
    """An enterprise that the legal person answers for.

    `acts_from` (ms) where the password was set anew by SMS lately: until then they confirm nobody, make no activation
    code, lift no hold and revoke nothing (`acts_later`), but by a shield of theirs from before; null where none waits.
    """

    credit_code: str
    name: str
    acts_from: int | None


class PortalSessionMessage(Wire, frozen=True):
    """Who is logged in. `expires_in` in seconds; `csrf_token` is the header of each changing call."""

    name: str
    csrf_token: str
    expires_in: int
    enterprises: tuple[EnterpriseMessage, ...]


@router.post(
    "/logins",
    summary="Begin a login",
    operation_id="beginPortalLogin",
    security=(),
    asks=openapi.takes(PortalLoginMessage),
    answers=openapi.answers(PortalLoginBegunMessage, "The SMS code is sent", status=201),
)
async def begin_login(request: Request) -> Response:
    """The account, its password and a captcha; then a code goes to the account's phone. Failures slow down."""
    message = await page_body_of(request, PortalLoginMessage)
    naming(request, message.account)
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
    summary="Go on with a login by an activation code",
    operation_id="activateLegalPerson",
    security=(),
    asks=openapi.takes(ActivationMessage),
    answers=openapi.answers(PortalLoginBegunMessage, "The code is used, an SMS code sent", status=201),
)
async def activate(request: Request) -> Response:
    """Of whatever kind the login was: by password, at an outside system's page, or by a shield. Ten minutes."""
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
    summary="Send a login's code again",
    operation_id="resendPortalCode",
    security=(),
    asks=openapi.takes(CodeAgainMessage),
    answers=openapi.answers(PortalLoginBegunMessage, "Another code is sent", status=201),
)
async def send_code_again(request: Request) -> Response:
    """For who has shown account and password, and got no SMS. The newer code counts, with the id of this answer."""
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
    """The SMS code opens the session. Its cookie is HttpOnly and SameSite=Strict."""
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
    summary="Who is logged in",
    operation_id="getPortalSession",
    answers=openapi.answers(PortalSessionMessage, "The session"),
)
async def get_session(request: Request) -> Response:
    """Also gives a reloaded page its CSRF token. `enterprises` is empty for who is no longer a legal person on file."""
    person = await legal_person_of(request)
    context = context_of(request)
    answer = PortalSessionMessage(
        name=person.name,
        csrf_token=csrf_of(request),
        expires_in=max(0, person.expires_at - context.clock()) // 1000,
        enterprises=_enterprises(
            await context.legal_person.sessions.enterprises(person, now=context.clock())
        ),
    )
    return JsonAnswer(answer)


@router.post(
    "/session/activations",
    summary="Add an enterprise by an activation code",
    operation_id="addEnterprise",
    asks=openapi.takes(EnterpriseCodeMessage),
    answers=openapi.answers(EnterprisesMessage, "The code is used", status=201),
)
async def add_enterprise(request: Request) -> Response:
    """For who is a legal person on file elsewhere too, and has no proof of it yet."""
    person = await legal_person_of(request, changes=True)
    message, context = await page_body_of(request, EnterpriseCodeMessage), context_of(request)
    sessions, now = context.legal_person.sessions, context.clock()
    counts_from = await sessions.add_enterprise(person, message.activation_code, now=now)
    answer = EnterprisesMessage(counts_from, _enterprises(await sessions.enterprises(person, now=now)))
    return JsonAnswer(answer, 201)


@router.delete(
    "/session",
    summary="Log out",
    operation_id="endPortalSession",
    answers=openapi.answers(None, "Logged out", status=204),
)
async def end_session(request: Request) -> Response:
    """The cookie is worth nothing from now on."""
    person = await legal_person_of(request, changes=True)
    context = context_of(request)
    await context.legal_person.sessions.end(person, now=context.clock())
    response = no_content()
    SESSION.take(response, context)
    return response


def begun_answer(begun: LoginBegun) -> Response:
    """The first half of a login."""
    return JsonAnswer(filled(PortalLoginBegunMessage, begun), 201)


def opened_answer(request: Request, opened: OpenedSession) -> Response:
    """A new session, with its cookie."""
    acting(request, "legal_person", opened.account_id)
    answer = filled(PortalSessionMessage, opened, enterprises=_enterprises(opened.enterprises))
    response = JsonAnswer(answer, 201)
    SESSION.give(response, context_of(request), opened.token, seconds=opened.expires_in)
    return response


def _enterprises(enterprises: Iterable[ManagedEnterprise]) -> tuple[EnterpriseMessage, ...]:
    return tuple(filled(EnterpriseMessage, enterprise) for enterprise in enterprises)
