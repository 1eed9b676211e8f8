"""Cookies of ours: no script reads them, and in production no other host can set them."""

from dataclasses import dataclass
from typing import Literal

from starlette.requests import Request
from starlette.responses import Response

from mshield.services.context import Context
from mshield.web.context import context_of


@dataclass(frozen=True, slots=True)
class Cookie:
    """One by its name, whose values have so many characters at most.

    `lax` where browsers come here from another site and must be known at once, else `strict`.
    """

    name: str
    longest: int
    samesite: Literal["strict", "lax"] = "strict"

    def of(self, request: Request) -> str:
        """Its value; empty where it can't be one of ours."""
        value = request.cookies.get(self._name(context_of(request)), "")
        return value if len(value) <= self.longest and value.isascii() else ""

    def give(self, response: Response, context: Context, value: str, *, seconds: int) -> None:
        """Hands it to the browser."""
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
        """Takes it back."""
        response.delete_cookie(
            self._name(context), path="/", secure=_is_guarded(context), httponly=True, samesite=self.samesite
        )

    def _name(self, context: Context) -> str:
        # The prefix makes browsers refuse a cookie that another host of the domain, or plain HTTP, has set.
        return f"__Host-{self.name}" if _is_guarded(context) else self.name


def _is_guarded(context: Context) -> bool:
    # Browsers take a secure cookie from this machine by plain HTTP too (`loopback`); a demonstration may be elsewhere.
    return context.settings.mode == "production" or context.settings.public_origin.startswith("https://")
