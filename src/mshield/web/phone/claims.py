"""A code that is read before login is kept for the phone that read it (ADR 107)."""

import base64
from typing import Final, Literal

from starlette.requests import Request
from starlette.responses import Response

from mshield.services.requests.codes.claim import Claimed
from mshield.web import openapi
from mshield.web.answers import JsonAnswer
from mshield.web.body import Hex16, Wire, body_of
from mshield.web.context import context_of
from mshield.web.dpop import proof_of
from mshield.web.phone.account.accounts import PROOF
from mshield.web.phone.requests import RequesterMessage, ScanMessage, requester_message
from mshield.web.router import Router

router: Final = Router("phone", security=())


class ClaimedLoginMessage(Wire, frozen=True):
    """What a login shows before the PIN, as a scan would, and M (`message_b64`) of its document `sid`.

    `number` also stands on the PC's screen; `unlike` is what of its PC the account's logins have not had. Times in ms.
    """

    request_id: str
    number: str
    sid: Hex16
    message_b64: str
    unlike: tuple[Literal["computer", "network"], ...]
    asked_at: int
    expires_at: int


class ClaimMessage(Wire, frozen=True):
    """`claim` is sent to `scan` in place of the code's text, after the login and until `expires_at` (ms).

    `login` is there where `beginUnlockForLogin` takes the claim: one PIN opens the app and confirms the login.
    """

    claim: str
    kind: Literal["login", "signature"]
    requester: RequesterMessage
    expires_at: int
    login: ClaimedLoginMessage | None


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
    message, now = await body_of(request, ScanMessage), context.clock()
    claimed = await context.requests.claim(proof.jkt, message.code, typed=message.typed_ms, now=now)
    answer = ClaimMessage(
        claim=claimed.code,
        kind="login" if claimed.request.kind == "login" else "signature",
        requester=requester_message(claimed.request.requester),
        expires_at=claimed.expires_at,
        login=await _login(request, claimed),
    )
    return JsonAnswer(answer)


async def _login(request: Request, claimed: Claimed) -> ClaimedLoginMessage | None:
    """None also for an account that has to agree to a document anew: it does that first."""
    context, asked = context_of(request), claimed.request
    shown = await context.requests.claim.shown(asked, now=context.clock())
    if shown is None or await context.accounts.consents.due(asked.account_id):
        return None
    return ClaimedLoginMessage(
        request_id=asked.id,
        number=asked.number,
        sid=shown.task.sid.hex(),
        message_b64=base64.b64encode(shown.task.message).decode(),
        unlike=shown.unlike,
        asked_at=asked.created_at,
        expires_at=asked.expires_at,
    )
