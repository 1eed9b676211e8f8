"""Repeating a call safely (R17): any changing call takes an `Idempotency-Key`, and a repeat gets the first's answer.

One mechanism in front of the routes, which know nothing of it. It isn't for routes with rules of their own for repeats:
co-signing has the protocol's, a scan its phone, and a business system's request is remembered by its own row, since its
answer ages and a crash must not make a second one (docs/adr/0042-repeats.md).

Of callers whom nobody need know only so many answers are kept, since strangers could fill the table. What is beyond is
carried out as a call without a key is, which these calls can bear: they send a code, or begin a login.
"""

import hashlib
import logging
from collections.abc import Awaitable, Callable
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from mshield.domain.times import DAY_MS
from mshield.services.process.allowances import Allowance
from mshield.services.process.repeated_calls import AnswerOnce, Begun, KeptAnswer
from mshield.web.caller import address_of
from mshield.web.context import context_of
from mshield.web.dpop import who_of

REPLAYED: Final = "mshield.replayed"
"""In a scope: the answer was given before, so nothing happened."""

_PASSING: Final = frozenset(
    {
        "unauthenticated",
        "invalid_proof",
        "clock_skewed",
        "wrong_staff_token",
        "forbidden",
        "second_factor_needed",
        "malformed",
        "invalid_request",
        "captcha_wrong",
    }
    | {"busy", "retry", "in_progress"}
)
"""Refusals before anything was done, besides those by status 429 and 5xx: their repeat is carried out."""

_OF_STRANGERS: Final = {"address": 240, "network": 2_400, "everybody": 50_000, "window": DAY_MS}
_log = logging.getLogger(__name__)


def allowance_of_strangers() -> Allowance:
    """How many answers a process keeps for callers whom nobody need know; for its application's state."""
    return Allowance(**_OF_STRANGERS)


class _Replayed(Response):
    """An answer as it left the first time, marked."""

    def __init__(self, kept: KeptAnswer) -> None:
        self.status_code = kept.status
        self.background = None
        self.body = kept.body
        self.raw_headers = [*kept.headers, (b"idempotency-replayed", b"true")]


async def answered_once(request: Request, key: str, carry_out: Callable[[], Awaitable[Response]]) -> Response:
    """Answers a call with a key: as `carry_out` does, or where it is a repeat as the first one.

    The answer is kept before it is sent. A call that ends without one, or was refused before anything was done, is
    forgotten. Raises IdempotencyMismatch, InProgress; InvalidProof for a phone's call.
    """
    context = context_of(request)
    if not (request.scope["route"].security or _has_room(request)):
        return await carry_out()
    head = f"{request.method} {request.scope['path']}?{request.url.query}\n"
    begun = await context.answer_once.begin(
        who=await _who(request), key=key, content=head.encode() + await request.body(), now=context.clock()
    )
    if isinstance(begun, KeptAnswer):
        request.scope[REPLAYED] = True
        return _Replayed(begun)
    kept: KeptAnswer | None = None
    try:
        answer = await carry_out()
        if not _passes(request, answer):
            kept = KeptAnswer(answer.status_code, tuple(answer.raw_headers), bytes(answer.body))
        return answer
    finally:
        await _settle(context.answer_once, begun, kept)


async def _settle(answer_once: AnswerOnce, begun: Begun, answer: KeptAnswer | None) -> None:
    """Keeps the answer, or forgets the call. The call is done: its caller gets the answer even if neither works."""
    try:
        if answer is None:
            await answer_once.abandon(begun)
        else:
            await answer_once.keep(begun, answer)
    except Exception as error:  # noqa: BLE001  # the database's, or the keyring's
        _log.error("an answer could not be kept for its repeat: %s", type(error).__name__)


async def _who(request: Request) -> str:
    """Whose call it is: the device by its proof, else what the call authenticates with, else the address.

    A stored answer goes to nobody who doesn't show the same again.
    """
    if "dpop" in request.headers:
        return await who_of(request)
    for name in ("authorization", "cookie"):
        if (shown := request.headers.get(name)) is not None:
            return f"{name} {hashlib.sha256(shown.encode()).hexdigest()}"
    return f"address {request.client.host if request.client is not None else ''}"


def _has_room(request: Request) -> bool:
    """Whether one more answer is kept for strangers, and then it is counted."""
    kept: Allowance = request.app.state.kept_for_strangers
    address, now = address_of(request), context_of(request).clock()
    if kept.wait(address, now=now):
        return False
    kept.spend(address, now=now)
    return True


def _passes(request: Request, answer: Response) -> bool:
    passing: bool = request.scope.get("mshield.problem") in _PASSING
    return passing or answer.status_code == 429 or answer.status_code >= 500
