"""The service's cookies: no script can read them, and in production no other host can set them."""

from dataclasses import dataclass
from typing import Literal

from starlette.requests import Request
from starlette.responses import Response

from mshield.server.context import Context
from mshield.server.http.caller import context_of


@dataclass(frozen=True, slots=True)
class Cookie:
    """Cookie with this name, whose values have at most `longest` characters.

    `lax` if browsers come here from another site and must be recognised immediately, else `strict`.
    """

    name: str
    longest: int
    samesite: Literal["strict", "lax"] = "strict"

    def of(self, request: Request) -> str:
        """Returns its value; empty if it is missing or can't be one of ours."""
        value = request.cookies.get(self._name(context_of(request)), "")
        return value if len(value) <= self.longest and value.isascii() else ""

    def give(self, response: Response, context: Context, value: str, *, seconds: int) -> None:
        """Sets the cookie."""
        response.set_cookie(
            self._name(context),
            value,
            max_age=seconds,
            path="/",
            secure=_is_guarded(context),
            httponly=True,
            samesite=self.samesite,
        )

    def take(self, response: Response, context: Context) -> None:
        """Deletes the cookie."""
        response.delete_cookie(
            self._name(context), path="/", secure=_is_guarded(context), httponly=True, samesite=self.samesite
        )

    def _name(self, context: Context) -> str:
        # With this prefix browsers refuse a cookie set by another host of the domain, or over plain HTTP.
        return f"__Host-{self.name}" if _is_guarded(context) else self.name


def _is_guarded(context: Context) -> bool:
    # With the setting `loopback` production runs on http://localhost, where browsers accept secure cookies too. A
    # demonstration may be on another host, so its cookies are secure only with https.
    return context.settings.site.mode == "production" or context.settings.site.public_origin.startswith(
        "https://"
    )
