"""Accounts on the phone (manual 2.3.1.1 and 2.3.1.2): captcha, SMS code, registration, login.

These routes work without a login. Each is rate limited by counters in the database.
"""

from typing import Annotated, Any, Final, Literal

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from mshield.server.accounts.captcha_deeds import CaptchaPurpose
from mshield.server.accounts.local import LOCAL
from mshield.server.accounts.login import Credentials, DeviceProof, Session
from mshield.server.accounts.sms_budget import STRANGERS
from mshield.server.http import openapi
from mshield.server.http.answers import JsonAnswer
from mshield.server.http.body import Wire, page_body_of
from mshield.server.http.caller import address_of, browser_of, context_of, model_of, note_caller, note_target
from mshield.server.http.captchas import Answer, SolvedWork, SpentId, captcha_routes, shown_by
from mshield.server.http.consents import ConsentsMessage, agreement_of
from mshield.server.http.dpop import Proof, proof_of
from mshield.server.http.phone.authentication import phone_of
from mshield.server.http.router import Router, Security
from mshield.server.identity.errors import InvalidPhone
from mshield.server.values.names import IdType, check_phone, mask_phone
from mshield.wire.phone.accounts import AccountBody, AccountOut, IdTypeName, SessionOut, SmsCodeOut

router: Final = Router("phone", security=())
captchas: Final = captcha_routes(
    "phone", {"/captchas": CaptchaPurpose.PHONE_LOGIN, "/sms-codes/captchas": CaptchaPurpose.PHONE_CODE}
)
PROOF: Final[dict[str, Any]] = {
    "parameters": [
        {
            "name": "DPoP",
            "in": "header",
            "required": True,
            "description": (
                "DPoP proof (RFC 9449, ES256) without ath, with the claim bd; the "
                "token will be bound to its key"
            ),
            "schema": {"type": "string"},
        }
    ]
}
_PROOF_FOR_LOGIN: Final[dict[str, Any]] = {"parameters": [PROOF["parameters"][0] | {"required": False}]}
_OWN: Final = frozenset({"apply", "renew", "close", "export", "device"})
_LOGIN_IF_APPLYING: Final[Security] = ({}, {"phone": []})

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
    """Request for an SMS code.

    `apply`, `renew`, `device`, `close` and `export` need a login, and the code goes to the account's number:
    `phone` is null. The other purposes need a captcha of `/sms-codes/captchas`: always its proof of work, and
    its characters if it has an image.
    """

    phone: Phone | None
    purpose: Literal["register", "apply", "renew", "reset", "close", "export", "device"]
    captcha_id: SpentId | None = None
    captcha: Answer | None = None
    work: SolvedWork | None = None


class AccountIn(Wire, frozen=True):
    """Registration (我要注册). The phone number becomes the account name. Without `consents` it is refused."""

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
    """Login by password."""

    account: Annotated[
        str,
        msgspec.Meta(min_length=1, max_length=64, description="the phone number", examples=["13800006027"]),
    ]
    password: Password
    captcha_id: SpentId
    captcha: Answer
    source: Annotated[
        SourceName | None,
        msgspec.Meta(description="outside system that the account belongs to; absent: this service"),
    ] = None
    work: SolvedWork | None = None
    consents: Annotated[
        ConsentsMessage | None,
        msgspec.Meta(description="consents of a user of an outside system at their first login"),
    ] = None


@router.post(
    "/sms-codes",
    summary="Send an SMS code",
    operation_id="sendSmsCode",
    asks=openapi.takes(SmsCodeIn),
    security=_LOGIN_IF_APPLYING,
    answers=openapi.answers(SmsCodeOut, "SMS code sent", status=202),
)
async def send_sms_code(request: Request) -> Response:
    """Sends a code; the answer is the same whether or not the number has an account.

    A new code replaces an older one.
    """
    body, context = await page_body_of(request, SmsCodeIn), context_of(request)
    phone, address = await _phone_for(request, body), address_of(request)
    note_target(request, phone)
    if body.purpose in STRANGERS:
        await context.accounts.captchas.use(
            shown_by(body), CaptchaPurpose.PHONE_CODE, address=address, now=context.clock()
        )
    await context.accounts.sms_codes.send(
        phone=phone, purpose=body.purpose, address=address, now=context.clock()
    )
    settings = context.settings
    return JsonAnswer(
        SmsCodeOut(settings.accounts.sms_code_seconds, settings.accounts.sms_resend_seconds), 202
    )


@router.post(
    "/accounts",
    summary="Register",
    operation_id="register",
    asks=openapi.takes(AccountIn) | _PROOF_FOR_LOGIN,
    answers=openapi.answers(AccountOut, "The new account's name", status=201) | openapi.problems(503),
)
async def register(request: Request) -> Response:
    """Creates an account (manual 2.3.1.1), and logs in a phone that sends a DPoP proof.

    Only with the right SMS code the answer reveals that a number is registered already, and the code then
    stays valid. The login needs nothing else, because password and SMS code were just entered on this phone.
    """
    body, context = await page_body_of(request, AccountIn), context_of(request)
    note_target(request, body.phone)
    proof = await proof_of(request) if "dpop" in request.headers else None
    now = context.clock()
    account = await context.accounts.register(
        name=body.name,
        id_type=IdType(body.id_type),
        id_number=body.id_number,
        phone=body.phone,
        sms_code=body.sms_code,
        password=body.password,
        agreement=agreement_of(body.consents, "app"),
        now=now,
    )
    session = None
    if proof is not None:
        session = await context.accounts.log_in.registered(account.id, device_of(request, proof), now=now)
    if session is not None:
        note_caller(request, "user", account.id)
    return JsonAnswer(AccountOut(account.phone, None if session is None else _session(session)), 201)


@router.post(
    "/sessions",
    summary="Log in",
    operation_id="logIn",
    asks=openapi.takes(SessionIn) | PROOF,
    answers=openapi.answers(SessionOut, "The login", status=201) | openapi.problems(503),
)
async def log_in(request: Request) -> Response:
    """Logs in with a password (manual 2.3.1.2).

    A phone that has applied for a certificate accepts only the account that applied (R7).
    """
    body, context = await page_body_of(request, SessionIn), context_of(request)
    note_target(request, body.account)
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
    note_caller(request, "user", session.account_id)
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
    """Returns the data of the phone that logs in."""
    return DeviceProof(
        proof.jkt, proof.public_key, address_of(request), browser_of(request), model_of(request)
    )


async def _phone_for(request: Request, body: SmsCodeIn) -> str:
    if body.purpose in _OWN:
        return (await phone_of(request)).phone
    if body.phone is None:
        raise InvalidPhone(field="phone")
    return check_phone(body.phone)


def _account(name: str, phone: str, id_type: str) -> AccountBody:
    return AccountBody(name, mask_phone(phone), msgspec.convert(id_type, IdTypeName))
