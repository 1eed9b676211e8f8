"""Endpoints for a person's browser: the login page of a business system's request, and the ways on from it.

Errors that must not redirect the browser, because the address isn't verified, are pages (RFC 6749, 4.1.2.1).

A cookie binds an authorization to the browser that began it; one each, so that tabs don't interfere. SameSite=Lax,
because browsers come here from the business system.
"""

import re
from collections.abc import Awaitable, Callable
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response

from mshield.server.context import Context
from mshield.server.errors import DomainError
from mshield.server.http.caller import CAUSE, context_of
from mshield.server.http.cookies import Cookie
from mshield.server.http.oidc.answers import form, pages, parameters_of, sends, sent_to
from mshield.server.http.pages import error_page, login_page, message_page
from mshield.server.http.pages.footer import foot_in
from mshield.server.http.pages.language import Language, language_of
from mshield.server.http.pages.messages import Link
from mshield.server.http.problems import STATUS
from mshield.server.http.router import Router
from mshield.server.oidc.authorize import LoginView, Pc, StaleLogin
from mshield.server.oidc.protocol import Answer
from mshield.server.oidc.rules import AUTHORIZATION_MS
from mshield.server.values.browser_name import browser_name

SECONDS: Final = AUTHORIZATION_MS // 1000
_LONGEST: Final = 64
_SUFFIX: Final = 12

router: Final = Router("oidc", security=())

_ID: Final = re.compile(r"[0-9a-f-]{36}")
_TEXT: Final[dict[str, Any]] = {"type": "string"}
_ASKED: Final = {
    "client_id": _TEXT,
    "response_type": {"type": "string", "enum": ["code"]},
    "redirect_uri": _TEXT,
    "scope": _TEXT,
    "state": _TEXT,
    "nonce": _TEXT,
    "code_challenge": _TEXT,
    "code_challenge_method": {"type": "string", "enum": ["S256"]},
    "prompt": _TEXT,
    "max_age": _TEXT,
    "ui_locales": _TEXT,
    "acr_values": _TEXT,
    "response_mode": {"type": "string", "enum": ["query"]},
    "request_uri": _TEXT,
}
PUSHED: Final = {name: schema for name, schema in _ASKED.items() if name != "request_uri"}
_QUERY: Final[dict[str, Any]] = {
    "parameters": [
        {"name": name, "in": "query", "required": name == "client_id", "schema": schema}
        for name, schema in _ASKED.items()
    ]
}
_ONE: Final[dict[str, Any]] = {
    "parameters": [{"name": "a", "in": "query", "required": True, "schema": _TEXT}]
}
_SENT: Final = sends("Redirect to the business system, with code or error, `state` and `iss`")
_REFUSED: Final = pages("The request is invalid, and there is no valid address for a redirect", status=400)
_FAILED: Final = pages("Records were changed outside of the service", status=409) | pages(
    "The service can't do this now", status=503
)
_LOGIN_PAGES: Final = (
    pages("The login page", status=200) | _SENT | _REFUSED | pages("Too many logins", status=429) | _FAILED
)
View = LoginView | StaleLogin | Answer


def cookie_of(authorization: str) -> Cookie:
    """Returns the cookie of one authorization, named after the random end of its id."""
    return Cookie(f"mshield-oidc-{authorization[-_SUFFIX:]}", _LONGEST, "lax")


@router.get(
    "/authorize",
    summary="Log in by shield",
    operation_id="authorize",
    asks=_QUERY,
    answers=_LOGIN_PAGES,
)
async def authorize(request: Request) -> Response:
    """Shows the page with the QR code, for the request in the query or the pushed one named by `request_uri`."""
    return await _begin_login(request)


@router.post(
    "/authorize",
    summary="Log in by shield, by form",
    operation_id="authorizeByForm",
    asks=form(_ASKED, "client_id"),
    answers=_LOGIN_PAGES,
)
async def authorize_by_form(request: Request) -> Response:
    """Shows the page like `GET`, with the request as a form."""
    return await _begin_login(request)


@router.get(
    "/authorize/done",
    summary="Return to the business system",
    operation_id="finishAuthorization",
    asks=_ONE,
    answers=_LOGIN_PAGES,
)
async def done(request: Request) -> Response:
    """Redirects to the business system after the phone has signed.

    Only the browser that began the login gets its code, for a short time.
    """
    context, authorization = context_of(request), _authorization(request)
    secret = cookie_of(authorization).of(request)
    return await _render_step(
        request,
        lambda: context.oidc.authorize.done(authorization, secret, now=context.clock()),
        authorization=authorization,
    )


@router.get(
    "/authorize/again",
    summary="Get a new QR code",
    operation_id="restartAuthorization",
    asks=_ONE,
    answers=_LOGIN_PAGES,
)
async def again(request: Request) -> Response:
    """Makes a new request in the same login after the previous one has ended."""
    context, authorization = context_of(request), _authorization(request)
    secret = cookie_of(authorization).of(request)
    return await _render_step(
        request,
        lambda: context.oidc.authorize.again(authorization, secret, _pc(request), now=context.clock()),
        authorization=authorization,
    )


@router.get(
    "/authorize/cancel",
    summary="Return without logging in",
    operation_id="cancelAuthorization",
    asks=_ONE,
    answers=_SENT | _REFUSED | _FAILED,
)
async def cancel(request: Request) -> Response:
    """Ends the login and returns `access_denied` to the business system."""
    context, authorization = context_of(request), _authorization(request)
    secret = cookie_of(authorization).of(request)
    return await _render_step(
        request,
        lambda: context.oidc.authorize.cancel(authorization, secret, now=context.clock()),
        authorization=authorization,
    )


async def _begin_login(request: Request) -> Response:
    context = context_of(request)
    parameters = await parameters_of(request)
    return await _render_step(
        request,
        lambda: context.oidc.authorize.begin(
            parameters, lambda known: cookie_of(known).of(request), _pc(request), now=context.clock()
        ),
    )


async def _render_step(
    request: Request, step: Callable[[], Awaitable[View]], *, authorization: str = ""
) -> Response:
    context = context_of(request)
    try:
        view = await step()
    except Exception as error:  # noqa: BLE001  # a person reads the page, whatever failed
        return _refused(request, request.app.state.refusals.classify(request, error))
    if isinstance(view, LoginView):
        return _page(context, view)
    if isinstance(view, StaleLogin):
        return _stale(context, view)
    response = sent_to(view.location or "/")
    if authorization:
        cookie_of(authorization).take(response, context)
    return response


def _base_address(context: Context) -> str:
    return f"{context.settings.site.public_origin.rstrip('/')}/oidc/authorize"


def _stale(context: Context, view: StaleLogin) -> Response:
    again = f"{_base_address(context)}/again?a={view.authorization}"
    if view.language == "en":
        return message_page(
            title="Please scan again",
            text="This login was confirmed on the phone too long ago. Nobody was logged in",
            lang="en",
            foot=foot_in(context.settings, "en"),
            link=Link(again, "Get a new code"),
        )
    return message_page(
        title="请重新扫码",
        text="这次登录在手机上确认后过了太久，没有人登录",
        lang="zh",
        foot=foot_in(context.settings, "zh"),
        link=Link(again, "换一个二维码"),
    )


def _page(context: Context, view: LoginView) -> Response:
    ways = _base_address(context)
    lang: Language = "en" if view.language == "en" else "zh"
    response = login_page(
        system_name=view.system_name,
        domain=view.domain,
        request_id=view.request_id,
        status_token=view.status_token,
        number=view.number,
        resume_url=f"{ways}/done?a={view.authorization}",
        restart_url=f"{ways}/again?a={view.authorization}",
        cancel_url=f"{ways}/cancel?a={view.authorization}",
        lang=lang,
        foot=foot_in(context.settings, lang),
    )
    if view.secret is not None:
        cookie_of(view.authorization).give(response, context, view.secret, seconds=SECONDS)
    return response


def _refused(request: Request, error: DomainError) -> Response:
    request.scope.setdefault(CAUSE, error.code)
    lang = language_of(request)
    response = error_page(
        error,
        lang=lang,
        foot=foot_in(context_of(request).settings, lang),
        title="Can't log in" if lang == "en" else "无法登录",
        status=STATUS[error.code],
        request_id=request.scope.get("mshield.request_id"),
        reason=str(error.extra.get("reason") or ""),
    )
    if (wait := error.extra.get("retry_after")) is not None:
        response.headers["Retry-After"] = str(wait)
    return response


def _authorization(request: Request) -> str:
    authorization = request.query_params.get("a", "")
    return authorization if _ID.fullmatch(authorization) else ""


def _pc(request: Request) -> Pc:
    address = request.client.host if request.client is not None else None
    return Pc(address, browser_name(request.headers.get("user-agent", "")) or None)
