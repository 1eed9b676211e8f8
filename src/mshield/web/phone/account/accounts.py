"""Accounts on the phone (manual 2.3.1.1 and 2.3.1.2): captcha, SMS code, registration, login.

The only routes of the app that work without a login. Each is limited by counters in the database.
"""

from typing import Annotated, Any, Final, Literal

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from mshield.domain import errors
from mshield.domain.identity import IdType, check_phone, mask_phone
from mshield.services.accounts.captcha.deeds import Deed
from mshield.services.accounts.local import LOCAL
from mshield.services.accounts.login import Credentials, DeviceProof, Session
from mshield.services.accounts.register import Registration
from mshield.services.accounts.sms_budget import STRANGERS
from mshield.web import openapi
from mshield.web.answers import JsonAnswer
from mshield.web.body import Wire, page_body_of
from mshield.web.caller import acting, address_of, browser_of, model_of, naming
from mshield.web.captchas import Answer, SolvedWork, SpentId, captcha_routes, shown_by
from mshield.web.consents import ConsentsMessage, agreement_of
from mshield.web.context import context_of
from mshield.web.dpop import Proof, proof_of
from mshield.web.phone.authentication import phone_of
from mshield.web.router import Router, Security

router: Final = Router("phone", security=())
captchas: Final = captcha_routes(
    "phone", {"/captchas": Deed.PHONE_LOGIN, "/sms-codes/captchas": Deed.PHONE_CODE}
)
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
_PROOF_FOR_LOGIN: Final[dict[str, Any]] = {"parameters": [PROOF["parameters"][0] | {"required": False}]}
_OWN: Final = frozenset({"apply", "renew", "close", "export", "device"})
_LOGIN_IF_APPLYING: Final[Security] = ({}, {"phone": []})

IdTypeName = Literal["resident_id", "passport", "hk_macau_permit", "taiwan_permit", "foreign_resident_id"]
Phone = Annotated[
    str,
    msgspec.Meta(
        min_length=11, max_length=24, description="mainland mobile number", examples=["13800006027"]
    ),
]
SmsCode = Annotated[
    str, msgspec.Meta(pattern=r"^[0-9]{6}\Z", description="the six digits of the SMS", examples=["048213"])
]
IdNumber = Annotated[
    str,
    msgspec.Meta(
        min_length=1, max_length=32, description="as on the document", examples=["11010519491231002X"]
    ),
]
SourceName = Annotated[str, msgspec.Meta(pattern=r"^[a-z][a-z0-9-]{0,31}\Z", examples=["single-window"])]
Password = Annotated[str, msgspec.Meta(min_length=1, max_length=256, examples=["correct horse 7 staple"])]


class SmsCodeIn(Wire, frozen=True):
    """Asks for an SMS code.

    `apply`, `renew`, `device`, `close` and `export` need a login and go to the account's number: `phone` is null.
    The others need a captcha of `/sms-codes/captchas`: its work always, its characters where it has a picture.
    """

    phone: Phone | None
    purpose: Literal["register", "apply", "renew", "reset", "close", "export", "device"]
    captcha_id: SpentId | None = None
    captcha: Answer | None = None
    work: SolvedWork | None = None


class AccountIn(Wire, frozen=True):
    """Registration (我要注册). The phone number becomes the account name; without `consents` it is refused."""

    name: Annotated[
        str, msgspec.Meta(min_length=1, max_length=64, description="as on the document", examples=["林知远"])
    ]
    id_type: IdTypeName
    id_number: IdNumber
    phone: Phone
    sms_code: SmsCode
    password: Password
    consents: ConsentsMessage | None = None


class SessionIn(Wire, frozen=True):
    """Login."""

    account: Annotated[
        str,
        msgspec.Meta(min_length=1, max_length=64, description="the phone number", examples=["13800006027"]),
    ]
    password: Password
    captcha_id: SpentId
    captcha: Answer
    source: Annotated[
        SourceName | None, msgspec.Meta(description="an outside system whose account it is; absent: ours")
    ] = None
    work: SolvedWork | None = None
    consents: Annotated[
        ConsentsMessage | None,
        msgspec.Meta(description="what a user of an outside system agrees to at their first login"),
    ] = None


class SmsCodeOut(Wire, frozen=True):
    """Sent. Both in seconds."""

    expires_in: Annotated[int, msgspec.Meta(examples=[300])]
    resend_in: Annotated[int, msgspec.Meta(examples=[60])]


class AccountBody(Wire, frozen=True):
    """An account as its owner sees it."""

    name: str
    phone_masked: Annotated[str, msgspec.Meta(examples=["138****6027"])]
    id_type: IdTypeName


class SessionOut(Wire, frozen=True):
    """A login, valid with proofs of the same key only. `shield_number` is the device's, once it has applied."""

    access_token: str
    token_type: Literal["DPoP"]
    expires_in: Annotated[int, msgspec.Meta(description="seconds", examples=[43200])]
    account: AccountBody
    shield_number: Annotated[str, msgspec.Meta(examples=["MS10720468813"])] | None


class AccountOut(Wire, frozen=True):
    """The new account's name: its phone number. `session` is null without a proof, and on another account's phone."""

    account: Annotated[str, msgspec.Meta(examples=["13800006027"])]
    session: SessionOut | None


@router.post(
    "/sms-codes",
    summary="Send an SMS code",
    operation_id="sendSmsCode",
    asks=openapi.takes(SmsCodeIn),
    security=_LOGIN_IF_APPLYING,
    answers=openapi.answers(SmsCodeOut, "Sent", status=202),
)
async def send_sms_code(request: Request) -> Response:
    """The answer is the same whether the number has an account or not. A newer code replaces an older one."""
    body, context = await page_body_of(request, SmsCodeIn), context_of(request)
    phone, address = await _phone_for(request, body), address_of(request)
    naming(request, phone)
    if body.purpose in STRANGERS:
        await context.accounts.captchas.use(
            shown_by(body), Deed.PHONE_CODE, address=address, now=context.clock()
        )
    await context.accounts.sms_codes.send(
        phone=phone, purpose=body.purpose, address=address, now=context.clock()
    )
    settings = context.settings
    return JsonAnswer(SmsCodeOut(settings.sms_code_seconds, settings.sms_resend_seconds), 202)


@router.post(
    "/accounts",
    summary="Register",
    operation_id="register",
    asks=openapi.takes(AccountIn) | _PROOF_FOR_LOGIN,
    answers=openapi.answers(AccountOut, "The new account's name", status=201) | openapi.problems(503),
)
async def register(request: Request) -> Response:
    """Manual 2.3.1.1. That a number is registered is told only with the right SMS code, which then stays valid.

    A phone that proves its key is logged in by it: password and SMS code were just entered on it.
    """
    body, context = await page_body_of(request, AccountIn), context_of(request)
    naming(request, body.phone)
    registration = Registration(
        name=body.name,
        id_type=IdType(body.id_type),
        id_number=body.id_number,
        phone=body.phone,
        sms_code=body.sms_code,
        password=body.password,
        agreement=agreement_of(body.consents, "app"),
    )
    proof = await proof_of(request) if "dpop" in request.headers else None
    now = context.clock()
    account = await context.accounts.register(registration, now=now)
    session = None
    if proof is not None:
        session = await context.accounts.log_in.registered(account.id, device_of(request, proof), now=now)
    if session is not None:
        acting(request, "user", account.id)
    return JsonAnswer(AccountOut(account.phone, None if session is None else _session(session)), 201)


@router.post(
    "/sessions",
    summary="Log in",
    operation_id="logIn",
    asks=openapi.takes(SessionIn) | PROOF,
    answers=openapi.answers(SessionOut, "The login", status=201) | openapi.problems(503),
)
async def log_in(request: Request) -> Response:
    """Manual 2.3.1.2. A phone that has applied for a certificate lets only that account in (R7)."""
    body, context = await page_body_of(request, SessionIn), context_of(request)
    naming(request, body.account)
    proof = await proof_of(request)
    credentials = Credentials(
        account=body.account,
        password=body.password,
        captcha=shown_by(body),
        agreement=agreement_of(body.consents, "app"),
        source=body.source or LOCAL,
    )
    session = await context.accounts.log_in(
        credentials,
        device_of(request, proof),
        address=address_of(request),
        now=context.clock(),
    )
    return session_answer(request, session)


def session_answer(request: Request, session: Session) -> Response:
    """A login as the app gets it."""
    acting(request, "user", session.account_id)
    return JsonAnswer(_session(session), 201)


def _session(session: Session) -> SessionOut:
    return SessionOut(
        access_token=session.access_token,
        token_type="DPoP",  # noqa: S106  # RFC 9449's name of the kind, no secret
        expires_in=session.expires_in,
        account=_account(session.name, session.phone, session.id_type),
        shield_number=session.shield_number,
    )


def device_of(request: Request, proof: Proof) -> DeviceProof:
    """The phone that logs in."""
    return DeviceProof(
        proof.jkt, proof.public_key, address_of(request), browser_of(request), model_of(request)
    )


async def _phone_for(request: Request, body: SmsCodeIn) -> str:
    if body.purpose in _OWN:
        return (await phone_of(request)).phone
    if body.phone is None:
        raise errors.InvalidPhone(field="phone")
    return check_phone(body.phone)


def _account(name: str, phone: str, id_type: str) -> AccountBody:
    return AccountBody(name, mask_phone(phone), msgspec.convert(id_type, IdTypeName))
