"""Where a call comes from, and what the security log is told of its caller."""

from typing import Final, Literal

from starlette.requests import Request

from mshield.domain.actor import Actor
from mshield.domain.browser_name import device_model

ACTOR: Final = "mshield.actor"
SUBJECT: Final = "mshield.subject"
TARGET: Final = "mshield.target"
REASON: Final = "mshield.reason"
CAUSE: Final = "mshield.cause"
"""In a scope: what a refusal is called that no problem document names, or that hides what it was."""

Caller = Actor | Literal["system"]
_MAX_BROWSER: Final = 200


def acting(request: Request, kind: Caller, caller_id: str) -> None:
    """Notes who calls, once it is known: an account, a member of staff, a business system."""
    request.scope[ACTOR] = kind, caller_id


def concerning(request: Request, own_id: str) -> None:
    """Notes what the call is about: an id of this service's, once its form was checked."""
    request.scope[SUBJECT] = own_id


def naming(request: Request, name: str) -> None:
    """Notes the name or number that somebody typed as their own, for a keyed hash of it."""
    request.scope[TARGET] = name


def address_of(request: Request) -> str:
    """The address that the call comes from, as far as this service sees it; for the counters."""
    client = request.scope.get("client")
    return client[0] if client else ""


def model_of(request: Request) -> str | None:
    """The caller's model, where its browser tells it."""
    hint = request.headers.get("sec-ch-ua-model", "")[:_MAX_BROWSER]
    return device_model(hint, browser_of(request) or "") or None


def browser_of(request: Request) -> str | None:
    """How the caller's browser calls itself, as far as it can be shown."""
    browser = request.headers.get("user-agent", "")[:_MAX_BROWSER]
    return browser if browser.isprintable() and browser else None
