"""The cookie that binds an authorization to the browser that began it: one for each, for the sake of other tabs.

Lax, since browsers come here from the business system; no script reads it, and another host can't set it.
"""

from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from mshield.domain.systems.oidc import AUTHORIZATION_MS
from mshield.services.context import Context

_MAX_SECRET: Final = 64
_SUFFIX: Final = 12


def secret_of(request: Request, context: Context, authorization: str) -> str:
    """This browser's secret; empty where it has none."""
    found = request.cookies.get(_name(context, authorization), "")
    return found if len(found) <= _MAX_SECRET and found.isascii() else ""


def give(response: Response, context: Context, authorization: str, secret: str) -> None:
    """Hands it to the browser."""
    response.set_cookie(
        _name(context, authorization),
        secret,
        max_age=AUTHORIZATION_MS // 1000,
        path="/",
        secure=_is_https(context),
        httponly=True,
        samesite="lax",
    )


def take(response: Response, context: Context, authorization: str) -> None:
    """Takes it back."""
    response.delete_cookie(
        _name(context, authorization), path="/", secure=_is_https(context), httponly=True, samesite="lax"
    )


def _is_https(context: Context) -> bool:
    return context.settings.public_origin.startswith("https://")


def _name(context: Context, authorization: str) -> str:
    # The end of the id is its random part.
    prefix = "__Host-" if _is_https(context) else ""
    return f"{prefix}mshield-oidc-{authorization[-_SUFFIX:]}"
