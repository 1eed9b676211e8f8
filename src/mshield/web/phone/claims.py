"""A code that is read before login is kept for the phone that read it (ADR 107)."""

from typing import Final, Literal

from starlette.requests import Request
from starlette.responses import Response

from mshield.web import openapi
from mshield.web.answers import JsonAnswer
from mshield.web.body import Wire, body_of
from mshield.web.context import context_of
from mshield.web.dpop import proof_of
from mshield.web.phone.account.accounts import PROOF
from mshield.web.phone.requests import RequesterMessage, ScanMessage, requester_message
from mshield.web.router import Router

router: Final = Router("phone", security=())


class ClaimMessage(Wire, frozen=True):
    """`claim` is sent to `scan` in place of the code's text, after the login and until `expires_at` (ms)."""

    claim: str
    kind: Literal["login", "signature"]
    requester: RequesterMessage
    expires_at: int


@router.post(
    "/claims",
    summary="Keep a code that was read or typed before login",
    operation_id="claimScan",
    knows_repeats=True,
    asks=openapi.takes(ScanMessage) | PROOF,
    answers=openapi.answers(ClaimMessage, "Who asks, and the claim") | openapi.problems(404),
)
async def claim_scan(request: Request) -> Response:
    """For a phone that has applied. The code must be a fresh one, as for `scan`; the request isn't taken by this.

    Needs no Idempotency-Key: nothing is changed.
    """
    proof, context = await proof_of(request), context_of(request)
    message = await body_of(request, ScanMessage)
    claimed = await context.requests.claim(
        proof.jkt, message.code, typed=message.typed_ms, now=context.clock()
    )
    answer = ClaimMessage(
        claim=claimed.code,
        kind="login" if claimed.request.kind == "login" else "signature",
        requester=requester_message(claimed.request.requester),
        expires_at=claimed.expires_at,
    )
    return JsonAnswer(answer)
