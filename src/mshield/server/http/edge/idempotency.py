"""Idempotent repeats (R17): modifying calls accept an `Idempotency-Key`, and a repeat gets the first call's answer.

This is one mechanism in front of the routes, which know nothing of it. Routes with their own rules for
repeats don't use it: co-signing follows the protocol, a scan belongs to its phone, and a business system's
request is remembered by its own row, because its answer ages and a crash must not create a second one
(docs/adr/0042-repeats.md).

A stored answer is given only to a caller who is authenticated for the call now: a session that ended, a lost
role or an old second factor gets a refusal. An answer without content reveals nothing, so the repeat of a
logout gets it too. Secrets that are shown once, such as activation codes, are never stored: a repeat is
refused. A login's answer holds its token, which is worth nothing after the session's end.

The number of answers stored for unauthenticated callers is limited, since strangers could fill the table.
Above the limit their calls are carried out as if they had no key. These calls can bear that: they send a code
or begin a login.
"""

import hashlib
import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from mshield.server.errors import AnswerShownOnce
from mshield.server.http.caller import address_of, context_of, may_hold_secret, requirements_of
from mshield.server.http.dpop import identify_caller
from mshield.server.http.router import Route
from mshield.server.runtime.allowances import Allowance
from mshield.server.runtime.repeated_calls import AnswerOnce, Begun, StoredAnswer
from mshield.wire.times import DAY_MS

Again = Callable[[Request, tuple[str, ...]], Awaitable[object]]
"""Authenticates the caller of a repeat, given what the first call required besides a login."""

REPLAYED: Final = "mshield.replayed"
"""Key in a scope: the answer was a stored one, so nothing was carried out."""

_PASSING: Final = frozenset(
    {
        "unauthenticated",
        "invalid_proof",
        "clock_skewed",
        "wrong_staff_token",
        "forbidden",
        "second_factor_needed",
        "malformed",
        "record_changed",
        "invalid_request",
        "captcha_wrong",
    }
    | {"busy", "retry", "in_progress"}
)
"""Codes of refusals before anything was done; like 429 and 5xx they aren't stored, and a repeat is carried out."""

_OF_PEOPLE: Final = {"console", "portal"}
"""Audiences of the operations that show secrets once, or require a role."""

_OF_STRANGERS: Final = {"address": 240, "network": 2_400, "everybody": 50_000, "window": DAY_MS}
_log = logging.getLogger(__name__)


def allowance_of_strangers() -> Allowance:
    """Returns the limit of answers a process stores for unauthenticated callers; it belongs into the app's state."""
    return Allowance(**_OF_STRANGERS)


class _Replayed(Response):
    """Stored answer, marked with a header as a repeat."""

    def __init__(self, kept: StoredAnswer) -> None:
        self.status_code = kept.status
        self.background = None
        self.body = kept.body
        self.raw_headers = [*kept.headers, (b"idempotency-replayed", b"true")]


async def answered_once(request: Request, key: str, carry_out: Callable[[], Awaitable[Response]]) -> Response:
    """Carries out a call with a key and stores its answer, or returns the stored answer to its repeat.

    The answer is stored before it is sent. A call that ends without an answer, or was refused before anything
    was done, is forgotten. Raises: IdempotencyMismatch, InProgress, InvalidProof (a phone's call),
    AnswerShownOnce, and the audience's errors of authentication.
    """
    context = context_of(request)
    if not (request.scope["route"].security or _has_room(request)):
        return await carry_out()
    head = f"{request.method} {request.scope['path']}?{request.url.query}\n"
    entry = await context.answer_once.begin(
        who=await _who(request), key=key, content=head.encode() + await request.body(), now=context.clock()
    )
    if isinstance(entry, StoredAnswer):
        await _require_again(request, entry)
        request.scope[REPLAYED] = True
        return _Replayed(entry)
    stored: StoredAnswer | None = None
    try:
        answer = await carry_out()
        if not _passes(request, answer):
            stored = _stored_answer(request, answer)
        return answer
    finally:
        await _settle(context.answer_once, entry, stored)


async def _require_again(request: Request, kept: StoredAnswer) -> None:
    """Checks that the caller may have this answer now. Raises: as `answered_once`."""
    route: Route = request.scope["route"]
    is_optional = {} in route.security and "authorization" not in request.headers
    if route.security and kept.body and not is_optional:
        again: Mapping[str, Again] = request.app.state.again
        await again[route.audience or ""](request, kept.needs or ())
    # A release that stored no `needs` stored secrets too, and what a person has to be isn't known.
    if kept.secret or (kept.needs is None and route.audience in _OF_PEOPLE):
        raise AnswerShownOnce


def _stored_answer(request: Request, answer: Response) -> StoredAnswer:
    """Returns the stored form of an answer; if the answer contains a secret, only the fact that it was given."""
    needs = requirements_of(request)
    if answer.status_code < 300 and may_hold_secret(request):
        return StoredAnswer(answer.status_code, (), b"-", needs, secret=True)
    return StoredAnswer(answer.status_code, tuple(answer.raw_headers), bytes(answer.body), needs)


async def _settle(answer_once: AnswerOnce, begun: Begun, answer: StoredAnswer | None) -> None:
    """Stores the answer or forgets the call.

    Errors are only logged, because the call is done and is answered anyway.
    """
    try:
        if answer is None:
            await answer_once.abandon(begun)
        else:
            await answer_once.keep(begun, answer)
    except Exception as error:  # noqa: BLE001  # the database's, or the keyring's
        _log.error("an answer could not be stored for repeats: %s", type(error).__name__)


async def _who(request: Request) -> str:
    """Identifies the caller: the device by its proof, else by a hash of its credentials, else by the address.

    A stored answer goes only to a caller who shows the same again.
    """
    if "dpop" in request.headers:
        return await identify_caller(request)
    for name in ("authorization", "cookie"):
        if (credentials := request.headers.get(name)) is not None:
            return f"{name} {hashlib.sha256(credentials.encode()).hexdigest()}"
    return f"address {request.client.host if request.client is not None else ''}"


def _has_room(request: Request) -> bool:
    """Consumes one stored answer of the allowance for unauthenticated callers; False if it is exhausted."""
    allowance: Allowance = request.app.state.kept_for_strangers
    address, now = address_of(request), context_of(request).clock()
    if allowance.wait(address, now=now):
        return False
    allowance.spend(address, now=now)
    return True


def _passes(request: Request, answer: Response) -> bool:
    passing: bool = request.scope.get("mshield.problem") in _PASSING
    return passing or answer.status_code == 429 or answer.status_code >= 500
