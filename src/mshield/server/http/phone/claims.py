"""Claims: a code that was read before the login is reserved for the phone that read it (ADR 107)."""

import base64
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from mshield.server.http import openapi
from mshield.server.http.answers import JsonAnswer
from mshield.server.http.body import body_of
from mshield.server.http.caller import context_of
from mshield.server.http.dpop import proof_of
from mshield.server.http.phone.accounts import PROOF
from mshield.server.http.phone.requests import ScanMessage
from mshield.server.http.router import Router
from mshield.server.requests.claim import Claimed
from mshield.wire.phone.requests import ClaimedLoginMessage, ClaimMessage

router: Final = Router("phone", security=())


@router.post(
    "/claims",
    summary="Claim a code that was scanned or typed before login",
    operation_id="claimScan",
    knows_repeats=True,
    asks=openapi.takes(ScanMessage) | PROOF,
    answers=openapi.answers(ClaimMessage, "The business system, and the claim") | openapi.problems(404),
)
async def claim_scan(request: Request) -> Response:
    """Reserves a code for a phone that has applied. The code must be fresh, as for `scan`.

    This doesn't accept the request.

    Needs no Idempotency-Key: nothing is changed.
    """
    proof, context = await proof_of(request), context_of(request)
    message, now = await body_of(request, ScanMessage), context.clock()
    claimed = await context.requests.claim(proof.jkt, message.code, typed=message.typed_ms, now=now)
    answer = ClaimMessage(
        claim=claimed.code,
        kind="login" if claimed.request.kind == "login" else "signature",
        requester=claimed.request.requester,
        expires_at=claimed.expires_at,
        login=await _login(request, claimed),
    )
    return JsonAnswer(answer)


async def _login(request: Request, claimed: Claimed) -> ClaimedLoginMessage | None:
    """Returns the login to show; None if it can't be, or if the account must first agree to a new policy."""
    context, claimed_request = context_of(request), claimed.request
    display = await context.requests.claim.shown(claimed_request, now=context.clock())
    if display is None or await context.accounts.consents.due(claimed_request.account_id):
        return None
    return ClaimedLoginMessage(
        request_id=claimed_request.id,
        number=claimed_request.number,
        sid=display.task.sid.hex(),
        message_b64=base64.b64encode(display.task.message).decode(),
        unlike=display.unlike,
        asked_at=claimed_request.created_at,
        expires_at=claimed_request.expires_at,
    )
