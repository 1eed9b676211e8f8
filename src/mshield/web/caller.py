"""Where a call comes from."""

from typing import Final

from starlette.requests import Request

_MAX_BROWSER: Final = 200


def address_of(request: Request) -> str:
    """The address that the call comes from, as far as this service sees it; for the counters."""
    return request.client.host if request.client is not None else ""


def browser_of(request: Request) -> str | None:
    """How the caller's browser calls itself, as far as it can be shown."""
    browser = request.headers.get("user-agent", "")[:_MAX_BROWSER]
    return browser if browser.isprintable() and browser else None
