"""Opening the app again (ADR 106): by the PIN of the phone's own shield, or by an SMS code to its account's number.

No login, password or captcha is needed: the phone has applied, so its key says whose it is (R7).
"""

from typing import Annotated, Any, Final, Literal

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from mshield.domain.certificates.pin_tries import MAX_FAILURES
from mshield.services.signing.unlock import UnlockBegun
from mshield.web import openapi
from mshield.web.answers import JsonAnswer
from mshield.web.body import Hex16, Hex32, Wire, page_body_of
from mshield.web.caller import address_of, concerning
from mshield.web.context import context_of
from mshield.web.dpop import caller_and_proof_of, proof_of
from mshield.web.phone.account.accounts import (
    PROOF,
    SessionOut,
    SmsCode,
    SmsCodeOut,
    device_of,
    session_answer,
)
from mshield.web.router import Router

router: Final = Router("phone", security=())
unlocking: Final = Router("phone")


class UnlockOut(Wire, frozen=True):
    """What the phone signs to open the app: `M` of purpose `unlock` for key `uid` and task `sid` (protocol, "Tasks").

    The token goes with `open` and `finish` of this one task, then with the login; it is no login. `sid` is made from
    `challenge`, `account`, the device's key, the shield number and the service's origin (protocol, "Unlock"). `left`
    are all PIN tries left.
    """

    access_token: str
    token_type: Literal["DPoP"]
    expires_in: Annotated[int, msgspec.Meta(description="seconds", examples=[300])]
    uid: Hex16
    sid: Hex16
    challenge: Hex32
    account: Annotated[str, msgspec.Meta(description="the account's id")]
    left: Annotated[int, msgspec.Meta(ge=0, le=MAX_FAILURES)]


class UnlockForLoginOut(UnlockOut, frozen=True):
    """The same beside the login at a PC that the claim is to: `login_sid` is that of its document."""

    login_sid: Hex16


class ForLoginIn(Wire, frozen=True):
    """This phone's claim to a login, as `claimScan` gave it."""

    claim: Annotated[str, msgspec.Meta(min_length=1, max_length=256)]


class SmsLoginIn(Wire, frozen=True):
    """Login by an SMS code that `sendUnlockCode` sent."""

    sms_code: SmsCode


@router.post(
    "/unlocks",
    summary="Begin to open the app with its shield's PIN",
    operation_id="beginUnlock",
    asks=PROOF,
    answers=openapi.answers(UnlockOut, "What to sign", status=201) | openapi.problems(429),
)
async def begin_unlock(request: Request) -> Response:
    """For a phone that has applied. Refused with one PIN try left, so that opening the app never locks the shield."""
    proof, context = await proof_of(request), context_of(request)
    begun = await context.signing.unlock.begin(proof.jkt, now=context.clock())
    concerning(request, begun.uid.hex())
    return JsonAnswer(UnlockOut(**_begun(begun)), 201)


@router.post(
    "/unlocks/for-login",
    summary="Begin to open the app and to log in at a PC with one PIN",
    operation_id="beginUnlockForLogin",
    asks=openapi.takes(ForLoginIn) | PROOF,
    answers=openapi.answers(UnlockForLoginOut, "What to sign", status=201) | openapi.problems(404, 429),
)
async def begin_unlock_for_login(request: Request) -> Response:
    """As `beginUnlock`, for a phone that has a claim to a login and has shown it.

    `open` and `finish` then take both documents, or the unlock's alone. The request is taken once the PIN was right;
    where another phone has taken it by then, its document is answered as closed, and the app opens all the same.
    """
    body, context = await page_body_of(request, ForLoginIn), context_of(request)
    proof, now = await proof_of(request), context.clock()
    login = await context.requests.claim.login(proof.jkt, body.claim, now=now)
    begun = await context.signing.unlock.begin(proof.jkt, login=login, now=now)
    concerning(request, begun.uid.hex())
    return JsonAnswer(UnlockForLoginOut(**_begun(begun), login_sid=login.hex()), 201)


def _begun(begun: UnlockBegun) -> dict[str, Any]:
    return {
        "access_token": begun.token,
        "token_type": "DPoP",  # RFC 9449's name of the kind, no secret
        "expires_in": begun.expires_in,
        "uid": begun.uid.hex(),
        "sid": begun.sid.hex(),
        "challenge": begun.challenge.hex(),
        "account": begun.account,
        "left": begun.left,
    }


@unlocking.post(
    "/unlocks/login",
    summary="Log in with what was signed",
    operation_id="logInByPin",
    answers=openapi.answers(SessionOut, "The login", status=201),
)
async def log_in_by_pin(request: Request) -> Response:
    """With the token of `beginUnlock`, once, after `open` and `finish` of its task. The shield must still be usable."""
    caller, proof = await caller_and_proof_of(request)
    context = context_of(request)
    session = await context.signing.unlock.finish(caller, device_of(request, proof), now=context.clock())
    return session_answer(request, session)


@router.post(
    "/unlocks/sms-codes",
    summary="Send an SMS code that opens the app",
    operation_id="sendUnlockCode",
    asks=PROOF,
    answers=openapi.answers(SmsCodeOut, "Sent", status=202) | openapi.problems(429, 503),
)
async def send_unlock_code(request: Request) -> Response:
    """To the number of the account that this phone belongs to, within the limits of all SMS codes."""
    proof, context = await proof_of(request), context_of(request)
    await context.signing.unlock.send_sms(proof.jkt, address=address_of(request), now=context.clock())
    settings = context.settings
    return JsonAnswer(SmsCodeOut(settings.sms_code_seconds, settings.sms_resend_seconds), 202)


@router.post(
    "/unlocks/by-sms",
    summary="Log in by an SMS code",
    operation_id="logInBySms",
    asks=openapi.takes(SmsLoginIn) | PROOF,
    answers=openapi.answers(SessionOut, "The login", status=201),
)
async def log_in_by_sms(request: Request) -> Response:
    """Not for a shield that was reported lost, revoked, locked or held as a possible copy: then by password."""
    body, context = await page_body_of(request, SmsLoginIn), context_of(request)
    proof = await proof_of(request)
    session = await context.signing.unlock.by_sms(
        body.sms_code, device_of(request, proof), now=context.clock()
    )
    return session_answer(request, session)
