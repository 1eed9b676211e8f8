"""Unlocking the app (ADR 106): with the PIN of the phone's own shield, or with an SMS code to its account's number.

No login, password or captcha is needed: the phone has applied for a certificate, so its key identifies the
account (R7).
"""

from typing import Annotated, Any, Final

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from mshield.server.http import openapi
from mshield.server.http.answers import JsonAnswer
from mshield.server.http.body import Wire, page_body_of
from mshield.server.http.caller import address_of, context_of, note_subject
from mshield.server.http.dpop import caller_and_proof_of, proof_of
from mshield.server.http.phone.accounts import PROOF, SmsCode, device_of, session_answer
from mshield.server.http.router import Router
from mshield.server.signing.unlock import UnlockBegun
from mshield.wire.phone.accounts import SessionOut, SmsCodeOut, UnlockForLoginOut, UnlockOut

router: Final = Router("phone", security=())
unlocking: Final = Router("phone")


class ForLoginIn(Wire, frozen=True):
    """This phone's claim to a login, as returned by `claimScan`."""

    claim: Annotated[str, msgspec.Meta(min_length=1, max_length=256)]


class SmsLoginIn(Wire, frozen=True):
    """Login with an SMS code sent by `sendUnlockCode`."""

    sms_code: SmsCode


@router.post(
    "/unlocks",
    summary="Begin to unlock the app with the shield's PIN",
    operation_id="beginUnlock",
    asks=PROOF,
    answers=openapi.answers(UnlockOut, "What to sign", status=201) | openapi.problems(429),
)
async def begin_unlock(request: Request) -> Response:
    """Begins an unlock on a phone that has applied.

    It is refused if only one PIN try is left, so that unlocking never locks the shield.
    """
    proof, context = await proof_of(request), context_of(request)
    unlock = await context.signing.unlock.begin(proof.jkt, now=context.clock())
    note_subject(request, unlock.uid.hex())
    return JsonAnswer(UnlockOut(**_begun(unlock)), 201)


@router.post(
    "/unlocks/for-login",
    summary="Begin to unlock the app and log in at a PC with one PIN",
    operation_id="beginUnlockForLogin",
    asks=openapi.takes(ForLoginIn) | PROOF,
    answers=openapi.answers(UnlockForLoginOut, "What to sign", status=201) | openapi.problems(404, 429),
)
async def begin_unlock_for_login(request: Request) -> Response:
    """Begins an unlock like `beginUnlock`, for a phone that has a claim to a login and has displayed it.

    `open` and `finish` then include both documents, or only the unlock's. The request is accepted once the
    PIN was correct. If another phone has accepted it by then, its document is reported as closed, and the app
    is unlocked nevertheless.
    """
    body, context = await page_body_of(request, ForLoginIn), context_of(request)
    proof, now = await proof_of(request), context.clock()
    login = await context.requests.claim.login(proof.jkt, body.claim, now=now)
    unlock = await context.signing.unlock.begin(proof.jkt, login=login, now=now)
    note_subject(request, unlock.uid.hex())
    return JsonAnswer(UnlockForLoginOut(**_begun(unlock), login_sid=login.hex()), 201)


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
    summary="Log in after unlocking with the PIN",
    operation_id="logInByPin",
    answers=openapi.answers(SessionOut, "The login", status=201),
)
async def log_in_by_pin(request: Request) -> Response:
    """Requires the token of `beginUnlock`, once, after `open` and `finish` of its task.

    The shield must still be usable.
    """
    caller, proof = await caller_and_proof_of(request)
    context = context_of(request)
    session = await context.signing.unlock.finish(caller, device_of(request, proof), now=context.clock())
    return session_answer(request, session)


@router.post(
    "/unlocks/sms-codes",
    summary="Send an SMS code that unlocks the app",
    operation_id="sendUnlockCode",
    asks=PROOF,
    answers=openapi.answers(SmsCodeOut, "SMS code sent", status=202) | openapi.problems(429, 503),
)
async def send_unlock_code(request: Request) -> Response:
    """Sends a code to the number of the account that this phone belongs to, within the limits for all SMS codes."""
    proof, context = await proof_of(request), context_of(request)
    await context.signing.unlock.send_sms(proof.jkt, address=address_of(request), now=context.clock())
    settings = context.settings
    return JsonAnswer(
        SmsCodeOut(settings.accounts.sms_code_seconds, settings.accounts.sms_resend_seconds), 202
    )


@router.post(
    "/unlocks/by-sms",
    summary="Log in with an SMS code",
    operation_id="logInBySms",
    asks=openapi.takes(SmsLoginIn) | PROOF,
    answers=openapi.answers(SessionOut, "The login", status=201),
)
async def log_in_by_sms(request: Request) -> Response:
    """Logs in with the code, unless the shield was reported lost, revoked, locked, or is on hold as a possible copy.

    In these cases use the password.
    """
    body, context = await page_body_of(request, SmsLoginIn), context_of(request)
    proof = await proof_of(request)
    session = await context.signing.unlock.by_sms(
        body.sms_code, device_of(request, proof), now=context.clock()
    )
    return session_answer(request, session)
