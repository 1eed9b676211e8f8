"""Applying for a certificate on this phone (申请证书, manual 2.3.1.3): the data page, then the key."""

from typing import Annotated, Final, Literal

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from mshield.gm.cosign import Proof
from mshield.services.certificates.enrol import Application
from mshield.web import openapi
from mshield.web.answers import JsonAnswer, no_content
from mshield.web.body import Hex16, Hex32, Hex65, ProtocolWire, Wire, body_of
from mshield.web.context import context_of
from mshield.web.phone.authentication import phone_and_nonce_of, phone_of
from mshield.web.phone.keys import named
from mshield.web.router import Router

router: Final = Router("phone")


class ApplicantMessage(Wire, frozen=True):
    """The data page without its code. All must match the filing (R4).

    Without `id_number` it is the account's own, the only one that it could be with.
    """

    name: Annotated[str, msgspec.Meta(min_length=1, max_length=64)]
    id_number: Annotated[str, msgspec.Meta(min_length=1, max_length=32)] | None
    user_type: Literal["legal_person", "operator"]
    credit_code: Annotated[str, msgspec.Meta(min_length=1, max_length=32)]

    @property
    def application(self) -> Application:
        """As it was entered."""
        return Application(self.name, self.id_number, self.user_type, self.credit_code)


class ApplyMessage(ApplicantMessage, frozen=True):
    """The data page; the code went to the account's phone.

    `confirm_duplicate` (R6): the user was warned with `already_certified` and applies all the same, which fails and
    stops the certificate that this phone has.
    """

    sms_code: Annotated[str, msgspec.Meta(min_length=1, max_length=16)]
    confirm_duplicate: bool = False


class SubjectMessage(Wire, frozen=True):
    """The names that the certificate will carry."""

    country: str
    organisation: str
    role: str
    common_name: str


class BegunMessage(Wire, frozen=True):
    """Protocol, enrolment step 1. `challenge` is the nonce of the next call's DPoP proof.

    `id_number` is the holder's own where the application had none, so that the phone refuses a PIN that stands in it
    (R10); it keeps nothing of it.
    """

    uid: Hex16
    sid: Hex16
    challenge: str
    shield_number: str
    subject: SubjectMessage
    id_number: str | None


class KeyMessage(ProtocolWire, frozen=True):
    """Protocol, enrolment step 2: the phone's point and its proof."""

    P1: Hex65
    A: Hex65
    z: Hex32


class PublicKeyMessage(Wire, frozen=True):
    """Protocol, enrolment step 3: the joint public key."""

    P: Hex65


@router.post(
    "/enrolments/check",
    summary="Would this application be taken?",
    operation_id="checkApplication",
    asks=openapi.takes(ApplicantMessage),
    answers=openapi.answers(None, "All matches so far", status=204) | openapi.problems(429),
)
async def check(request: Request) -> Response:
    """Before a PIN is chosen: what an application would be refused for, but for its SMS code.

    As the application, it takes over what the outside filing system says; it changes nothing else. 60 an hour.
    """
    login, context = await phone_of(request), context_of(request)
    message = await body_of(request, ApplicantMessage)
    await context.certificates.enrol.check(login, message.application, now=context.clock())
    return no_content()


@router.post(
    "/enrolments",
    summary="Apply for a certificate",
    operation_id="apply",
    asks=openapi.takes(ApplyMessage),
    answers=openapi.answers(BegunMessage, "The enrolment begins", status=201) | openapi.problems(429),
)
async def apply(request: Request) -> Response:
    """The enrolment is void after an hour without its finish; a new one on the same phone replaces it.

    On a phone that has a certificate the answer is `already_certified`, which changes nothing and spends no SMS code.
    Only with `confirm_duplicate` the certificate is put on hold, and the answer is `duplicate_application`.
    """
    login, context = await phone_of(request), context_of(request)
    message, now = await body_of(request, ApplyMessage), context.clock()
    begun = await context.certificates.enrol.begin(
        login,
        message.application,
        sms_code=message.sms_code,
        confirm_duplicate=message.confirm_duplicate,
        now=now,
    )
    subject = begun.subject
    answer = BegunMessage(
        uid=begun.uid.hex(),
        sid=begun.sid.hex(),
        challenge=begun.challenge,
        shield_number=begun.shield_number,
        subject=SubjectMessage(subject.country, subject.organisation, subject.role, subject.common_name),
        id_number=begun.own_id_number,
    )
    return JsonAnswer(answer, 201)


@router.post(
    "/enrolments/{uid}/key",
    summary="Make the joint key",
    operation_id="makeKey",
    asks=openapi.takes(KeyMessage),
    answers=openapi.answers(PublicKeyMessage, "The public key"),
)
async def make_key(request: Request, uid: str) -> Response:
    """Protocol, enrolment steps 2 and 3. The device's public key is the one of the DPoP proof."""
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
