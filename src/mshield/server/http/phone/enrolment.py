"""Applying for a certificate on this phone (申请证书, manual 2.3.1.3): the application form, then the key."""

from typing import Final

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from mshield.gm.cosign import Proof
from mshield.server.certificates.outside_reports import issuer_message
from mshield.server.http import openapi
from mshield.server.http.answers import JsonAnswer, no_content
from mshield.server.http.body import body_of
from mshield.server.http.caller import context_of
from mshield.server.http.phone.authentication import phone_and_nonce_of, phone_of
from mshield.server.http.phone.keys import named
from mshield.server.http.router import Router
from mshield.wire.messages import Hex32, Hex65, ProtocolWire
from mshield.wire.phone.enrolment import (
    ApplicantMessage,
    ApplyMessage,
    BegunMessage,
    PublicKeyMessage,
    SubjectMessage,
)

router: Final = Router("phone")


class KeyMessage(ProtocolWire, frozen=True):
    """Protocol, enrolment step 2: the phone's point and its proof."""

    P1: Hex65
    A: Hex65
    z: Hex32


@router.post(
    "/enrolments/check",
    summary="Check an application without submitting it",
    operation_id="checkApplication",
    asks=openapi.takes(ApplicantMessage),
    answers=openapi.answers(None, "Everything matches so far", status=204) | openapi.problems(429),
)
async def check(request: Request) -> Response:
    """Reports why an application would be refused, except for its SMS code, before the user chooses a PIN.

    Like an application, it adopts what the outside filing system reports; it changes nothing else. At most 60
    an hour.
    """
    login, context = await phone_of(request), context_of(request)
    message = await body_of(request, ApplicantMessage)
    await context.certificates.enrol.check(login, message, now=context.clock())
    return no_content()


@router.post(
    "/enrolments",
    summary="Apply for a certificate",
    operation_id="apply",
    asks=openapi.takes(ApplyMessage),
    answers=openapi.answers(BegunMessage, "The enrolment begins", status=201) | openapi.problems(429),
)
async def apply(request: Request) -> Response:
    """Begins an enrolment, which expires after an hour unless it is finished; a new one on the same phone replaces it.

    On a phone that has a certificate the answer is `already_certified`, which changes nothing and uses no SMS
    code. With `confirm_duplicate` the certificate is put on hold, and the answer is `duplicate_application`.
    """
    login, context = await phone_of(request), context_of(request)
    message, now = await body_of(request, ApplyMessage), context.clock()
    enrolment = await context.certificates.enrol.begin(
        login,
        message,
        sms_code=message.sms_code,
        confirm_duplicate=message.confirm_duplicate,
        now=now,
    )
    subject = enrolment.subject
    answer = BegunMessage(
        uid=enrolment.uid.hex(),
        sid=enrolment.sid.hex(),
        challenge=enrolment.challenge,
        shield_number=enrolment.shield_number,
        subject=SubjectMessage(subject.country, subject.organisation, subject.role, subject.common_name),
        id_number=enrolment.own_id_number,
        issuer=msgspec.UNSET if enrolment.issuer is None else issuer_message(enrolment.issuer),
    )
    return JsonAnswer(answer, 201)


@router.post(
    "/enrolments/{uid}/key",
    summary="Create the joint key",
    operation_id="makeKey",
    asks=openapi.takes(KeyMessage),
    answers=openapi.answers(PublicKeyMessage, "The public key"),
)
async def make_key(request: Request, uid: str) -> Response:
    """Creates the key (protocol, enrolment steps 2 and 3). The device's public key is that of the DPoP proof."""
    login, nonce = await phone_and_nonce_of(request)
    message, context = await body_of(request, KeyMessage), context_of(request)
    P = await context.certificates.enrol.make_key(
        login,
        named(uid),
        P1=bytes.fromhex(message.P1),
        proof=Proof(bytes.fromhex(message.A), int(message.z, 16)),
        nonce=nonce,
        now=context.clock(),
    )
    return JsonAnswer(PublicKeyMessage(P.hex()))
