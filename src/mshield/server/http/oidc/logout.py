"""RP-initiated logout: redirects to the business system at once if a token identifies it, else after a click."""

from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response

from mshield.server.context import Context
from mshield.server.http.caller import context_of
from mshield.server.http.oidc.answers import form, pages, parameters_of, sends, sent_to
from mshield.server.http.pages import error_page, message_page
from mshield.server.http.pages.footer import foot_in
from mshield.server.http.pages.language import Language, language_of
from mshield.server.http.pages.messages import Link
from mshield.server.http.problems import STATUS
from mshield.server.http.router import Router
from mshield.server.oidc.logout import LogoutView
from mshield.server.systems.errors import LogoutRefused

router: Final = Router("oidc", security=())

_TEXT: Final[dict[str, Any]] = {"type": "string"}
_FIELDS: Final = {
    "id_token_hint": _TEXT,
    "client_id": _TEXT,
    "post_logout_redirect_uri": _TEXT,
    "state": _TEXT,
    "ui_locales": _TEXT,
    "logout_hint": _TEXT,
}
_ANSWERS: Final[dict[int | str, dict[str, Any]]] = (
    pages("Logged out; the page has a link back if the address is registered", status=200)
    | sends("Redirect to the registered address, with `state`")
    | pages("The token isn't from this service, or belongs to another client", status=400)
)


@router.get(
    "/logout",
    summary="Log out",
    operation_id="endOidcSession",
    asks={
        "parameters": [
            {"name": name, "in": "query", "required": False, "schema": schema}
            for name, schema in _FIELDS.items()
        ]
    },
    answers=_ANSWERS,
)
async def log_out(request: Request) -> Response:
    """Ends the access token of the login named by `id_token_hint`."""
    return await _logged_out(request)


@router.post(
    "/logout",
    summary="Log out, by form",
    operation_id="endOidcSessionByForm",
    asks=form(_FIELDS),
    answers=_ANSWERS,
)
async def log_out_by_form(request: Request) -> Response:
    """Logs out like `GET`, with a form."""
    return await _logged_out(request)


async def _logged_out(request: Request) -> Response:
    context = context_of(request)
    try:
        view = await context.oidc.log_out(await parameters_of(request), now=context.clock())
    except LogoutRefused as error:
        lang = language_of(request)
        return error_page(
            error,
            lang=lang,
            foot=foot_in(context.settings, lang),
            title="Can't log out" if lang == "en" else "无法退出",
            status=STATUS[error.code],
            request_id=request.scope.get("mshield.request_id"),
            reason=str(error.extra.get("reason") or ""),
        )
    if view.go and view.back is not None:
        return sent_to(view.back)
    return _page(context, view)


def _page(context: Context, view: LogoutView) -> Response:
    english = view.language == "en"
    lang: Language = "en" if english else "zh"
    name = view.system_name or ("business system" if english else "业务系统")
    back = f"Back to {name}" if english else f"返回{name}"
    return message_page(
        title="Logged out" if english else "已退出",
        text=(
            "Mobile Shield keeps no login: each one needs a new scan. Log out of the business system as well."
            if english
            else "手机盾不保留登录状态，每次登录都要重新扫码。请同时在业务系统中退出。"
        ),
        lang=lang,
        foot=foot_in(context.settings, lang),
        link=None if view.back is None else Link(view.back, back),
    )
