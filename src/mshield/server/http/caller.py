"""Origin of a call, notes about its caller for the security log, and the running service that routes use."""

from typing import Final, Literal, cast

from starlette.requests import Request

from mshield.server.acts.actor import Actor
from mshield.server.context import Context
from mshield.server.values.browser_name import device_model

ACTOR: Final = "mshield.actor"
SUBJECT: Final = "mshield.subject"
TARGET: Final = "mshield.target"
REASON: Final = "mshield.reason"
CAUSE: Final = "mshield.cause"
"""Key in a scope: error code for the security log, if the answer has no problem document or hides the real error."""

Caller = Actor | Literal["system"]
_NEEDS: Final = "mshield.needs"
_PLAIN: Final = "mshield.plain_answer"
_MAX_BROWSER: Final = 200


def note_caller(request: Request, kind: Caller, caller_id: str) -> None:
    """Notes the authenticated caller: an account, a member of staff, a business system."""
    request.scope[ACTOR] = kind, caller_id


def note_requirements(request: Request, *names: str) -> None:
    """Records what the call requires of its caller besides a login: a repeat requires it again."""
    request.scope[_NEEDS] = (*requirements_of(request), *names)


def requirements_of(request: Request) -> tuple[str, ...]:
    """Returns what was noted by `note_requirements`."""
    needs: tuple[str, ...] = request.scope.get(_NEEDS, ())
    return needs


def holds_no_secret(request: Request) -> None:
    """Notes that this answer holds no secret, although its route's answers may, so that it can be stored."""
    request.scope[_PLAIN] = True


def may_hold_secret(request: Request) -> bool:
    """Reports whether the answer may hold a secret that is shown only once."""
    return request.scope["route"].shows_secret and _PLAIN not in request.scope


def note_subject(request: Request, own_id: str) -> None:
    """Notes the subject of the call: an id of this service, whose form was checked."""
    request.scope[SUBJECT] = own_id


def note_target(request: Request, name: str) -> None:
    """Notes the name or number that somebody typed as their own; the log gets a keyed hash of it."""
    request.scope[TARGET] = name


def address_of(request: Request) -> str:
    """Returns the address that the call comes from, as far as this service sees it; for rate limits."""
    client = request.scope.get("client")
    return client[0] if client else ""


def model_of(request: Request) -> str | None:
    """Returns the model of the caller's device, if the browser reports it."""
    hint = request.headers.get("sec-ch-ua-model", "")[:_MAX_BROWSER]
    return device_model(hint, browser_of(request) or "") or None


def browser_of(request: Request) -> str | None:
    """Returns the caller's User-Agent, shortened; None if it is missing or unprintable."""
    browser = request.headers.get("user-agent", "")[:_MAX_BROWSER]
    return browser if browser.isprintable() and browser else None


def context_of(request: Request) -> Context:
    context: Context | None = request.scope.get("mshield.context")
    return context or cast("Context", request.app.state.context)
