"""Accounts on the phone (manual 2.3.1.1 and 2.3.1.2): captcha, SMS code, registration, login.

The only routes of the app that work without a login. Each is limited by counters in the database.
"""

import base64
from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, Body, Path
from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import Request
from starlette.responses import Response

from mshield.domain import errors
from mshield.domain.identity import IdType, check_phone, mask_phone
from mshield.services.accounts.local import LOCAL
from mshield.services.accounts.login import Credentials, DeviceProof, Session
from mshield.services.accounts.register import Registration
from mshield.services.accounts.session import authenticate_phone
from mshield.web import openapi
from mshield.web.caller import address_of, browser_of
from mshield.web.context import context_of
from mshield.web.dpop import caller_of, proof_of

router: Final = APIRouter(tags=["phone"])
PROOF: Final[dict[str, Any]] = {
    "parameters": [
        {
            "name": "DPoP",
            "in": "header",
            "required": True,
            "description": "Proof (RFC 9449, ES256) without ath, with the claim bd: the token will be bound to its key",
            "schema": {"type": "string"},
        }
    ]
}
_LOGIN_IF_APPLYING: Final[dict[str, Any]] = {"security": [{}, {"phone": []}]}

IdTypeName = Literal["resident_id", "passport", "hk_macau_permit", "taiwan_permit", "foreign_resident_id"]
Phone = Annotated[
    str, Field(min_length=11, max_length=24, description="mainland mobile number", examples=["13800006027"])
]
SmsCode = Annotated[
    str, Field(pattern="^[0-9]{6}$", description="the six digits of the SMS", examples=["048213"])
]
IdNumber = Annotated[
    str,
    Field(min_length=1, max_length=32, description="as on the document", examples=["11010519491231002X"]),
]
Password = Annotated[str, Field(min_length=1, max_length=256, examples=["correct horse 7 staple"])]


class _In(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class SmsCodeIn(_In):
    """Asks for an SMS code. `apply` and `renew` need a login and go to the account's own number: `phone` is null."""

    phone: Phone | None
    purpose: Literal["register", "apply", "renew", "reset"]


class AccountIn(_In):
    """Registration (我要注册). The phone number becomes the account name."""

    name: Annotated[
        str, Field(min_length=1, max_length=64, description="as on the document", examples=["林知远"])
    ]
    id_type: IdTypeName
    id_number: IdNumber
    phone: Phone
    sms_code: SmsCode
    password: Password


class SessionIn(_In):
    """Login."""

    account: Annotated[
        str, Field(min_length=1, max_length=64, description="the phone number", examples=["13800006027"])
    ]
    password: Password
    captcha_id: Annotated[str, Field(min_length=1, max_length=200)]
    captcha: Annotated[
        str, Field(min_length=1, max_length=16, description="in either case", examples=["A7KD"])
    ]
    source: Annotated[
        str | None,
        Field(
            pattern="^[a-z][a-z0-9-]{0,31}$",
            description="an outside system whose account it is; absent: ours",
        ),
    ] = None


class CaptchaOut(BaseModel):
    """A captcha: one use, right or wrong."""

    captcha_id: str
    image_b64: Annotated[str, Field(description="PNG, base64")]
    expires_in: Annotated[int, Field(description="seconds", examples=[120])]


class SmsCodeOut(BaseModel):
    """Sent. Both in seconds."""

    expires_in: Annotated[int, Field(examples=[300])]
    resend_in: Annotated[int, Field(examples=[60])]


class AccountBody(BaseModel):
    """An account as its owner sees it."""

    name: str
    phone_masked: Annotated[str, Field(examples=["138****6027"])]
    id_type: IdTypeName


class AccountOut(BaseModel):
    """The new account's name: its phone number."""

    account: Annotated[str, Field(examples=["13800006027"])]


class SessionOut(BaseModel):
    """A login, valid with proofs of the same key only. `shield_number` is the device's, once it has applied."""

    access_token: str
    token_type: Literal["DPoP"]
    expires_in: Annotated[int, Field(description="seconds", examples=[43200])]
    account: AccountBody
    shield_number: Annotated[str | None, Field(examples=["MS10720468813"])]


@router.post(
    "/captchas",
    status_code=201,
    summary="Get a captcha",
    operation_id="makeCaptcha",
    response_description="A captcha",
    responses=openapi.problems(429, 503),
)
async def make_captcha(request: Request, response: Response) -> CaptchaOut:
    """Its id holds the answer, sealed: nothing is stored until it is used."""
    context = context_of(request)
    made = await context.accounts.captchas.new(address=address_of(request), now=context.clock())
    response.headers["Cache-Control"] = "no-store"
    return CaptchaOut(
        captcha_id=made.id,
        image_b64=base64.b64encode(made.image).decode(),
        expires_in=context.settings.captcha_seconds,
    )


@router.get(
    "/captchas/{captcha_id}/audio",
    summary="Hear a captcha",
    operation_id="hearCaptcha",
    response_class=Response,
    responses=openapi.problems(404, 422, 429, 503)
    | {200: {"description": "The characters, spoken", "content": {"audio/wav": {}}}},
)
async def hear_captcha(
    request: Request,
    captcha_id: Annotated[str, Path(max_length=200, description="of a captcha that is still valid")],
) -> Response:
    """For who can't see the picture. Hearing doesn't use the captcha."""
    context = context_of(request)
    sound = await context.accounts.captchas.audio(
        captcha_id, address=address_of(request), now=context.clock()
    )
    return Response(sound, media_type="audio/wav", headers={"Cache-Control": "no-store"})


@router.post(
    "/sms-codes",
    status_code=202,
    summary="Send an SMS code",
    operation_id="sendSmsCode",
    response_description="Sent",
    openapi_extra=_LOGIN_IF_APPLYING,
    responses=openapi.problems(400, 401, 422, 429, 503),
)
async def send_sms_code(request: Request, body: Annotated[SmsCodeIn, Body()]) -> SmsCodeOut:
    """The answer is the same whether the number has an account or not. A newer code replaces an older one."""
    context = context_of(request)
    phone = await _phone_for(request, body)
    await context.accounts.sms_codes.send(
        phone=phone, purpose=body.purpose, address=address_of(request), now=context.clock()
    )
    return SmsCodeOut(
        expires_in=context.settings.sms_code_seconds, resend_in=context.settings.sms_resend_seconds
    )


@router.post(
    "/accounts",
    status_code=201,
    summary="Register",
    operation_id="register",
    response_description="The new account's name",
    responses=openapi.problems(400, 409, 422, 503),
)
async def register(request: Request, body: Annotated[AccountIn, Body()]) -> AccountOut:
    """Manual 2.3.1.1. That a number is registered is told only with the right SMS code, which then stays valid."""
    context = context_of(request)
    registration = Registration(
        name=body.name,
        id_type=IdType(body.id_type),
        id_number=body.id_number,
        phone=body.phone,
        sms_code=body.sms_code,
        password=body.password,
    )
    made = await context.accounts.register(registration, now=context.clock())
    return AccountOut(account=made.phone)


@router.post(
    "/sessions",
    status_code=201,
    summary="Log in",
    operation_id="logIn",
    response_description="The login",
    openapi_extra=PROOF,
    responses=openapi.problems(400, 401, 403, 409, 422, 424, 429, 503),
)
async def log_in(request: Request, response: Response, body: Annotated[SessionIn, Body()]) -> SessionOut:
    """Manual 2.3.1.2. A phone that has applied for a certificate lets only that account in (R7)."""
    context = context_of(request)
    proof = await proof_of(request)
    credentials = Credentials(
        account=body.account,
        password=body.password,
        captcha_id=body.captcha_id,
        captcha=body.captcha,
        source=body.source or LOCAL,
    )
    session = await context.accounts.log_in(
        credentials,
        DeviceProof(proof.jkt, proof.public_key, address_of(request), browser_of(request)),
        address=address_of(request),
        now=context.clock(),
    )
    response.headers["Cache-Control"] = "no-store"
    return session_out(session)


def session_out(session: Session) -> SessionOut:
    """A login as the app gets it."""
    return SessionOut(
        access_token=session.access_token,
        token_type="DPoP",  # noqa: S106  # RFC 9449's name of the kind, no secret
        expires_in=session.expires_in,
        account=_account(session.name, session.phone, session.id_type),
        shield_number=session.shield_number,
    )


async def _phone_for(request: Request, body: SmsCodeIn) -> str:
    if body.purpose in {"apply", "renew"}:
        context = context_of(request)
        login = await authenticate_phone(context.db, await caller_of(request), now=context.clock())
        return login.phone
    if body.phone is None:
        raise errors.InvalidPhone(field="phone")
    return check_phone(body.phone)


def _account(name: str, phone: str, id_type: str) -> AccountBody:
    return AccountBody.model_validate({"name": name, "phone_masked": mask_phone(phone), "id_type": id_type})
