"""Registration on a PC (R2): a captcha before each SMS code, then the same data as in the app.

The answers don't reveal what the service knows about anybody: only the recipient of a number's code learns
whether it has an account, and nobody learns whether a person is on file.
"""

from typing import Annotated, Final, Literal

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from mshield.server.accounts.captcha_deeds import CaptchaPurpose
from mshield.server.http import openapi
from mshield.server.http.answers import JsonAnswer
from mshield.server.http.body import Wire, page_body_of
from mshield.server.http.caller import address_of, context_of, note_target
from mshield.server.http.captchas import Answer, SolvedWork, SpentId, captcha_routes, shown_by
from mshield.server.http.consents import ConsentsMessage, agreement_of
from mshield.server.http.router import Router
from mshield.server.values.names import IdType, check_phone

router: Final = Router("register")
captchas: Final = captcha_routes("register", {"/captchas": CaptchaPurpose.PC_CODE}, name="Register")

IdTypeName = Literal["resident_id", "passport", "hk_macau_permit", "taiwan_permit", "foreign_resident_id"]
Phone = Annotated[str, msgspec.Meta(min_length=1, max_length=24, examples=["13800006027"])]


class RegisterCodeMessage(Wire, frozen=True):
    """The mainland mobile number that the code goes to, and a captcha."""

    phone: Phone
    captcha_id: SpentId
    captcha: Answer
    work: SolvedWork | None = None


class RegisterCodeSentMessage(Wire, frozen=True):
    """An SMS code was sent; both times are in seconds."""

    expires_in: int
    resend_in: int


class RegistrationMessage(Wire, frozen=True):
    """Data of a new account; name and number as on the document. Without `consents` it is refused."""

    name: Annotated[str, msgspec.Meta(min_length=1, max_length=64)]
    id_type: IdTypeName
    id_number: Annotated[str, msgspec.Meta(min_length=1, max_length=32)]
    phone: Phone
    sms_code: Annotated[str, msgspec.Meta(min_length=1, max_length=16)]
    password: Annotated[str, msgspec.Meta(min_length=1, max_length=256)]
    consents: ConsentsMessage | None = None


class RegisteredMessage(Wire, frozen=True):
    """Name of the new account: its phone number."""

    account: str


class SourceNamesMessage(Wire, frozen=True):
    """Name of a system whose users log in without registering."""

    title_zh: str
    title_en: str


class SourcesMessage(Wire, frozen=True):
    """All outside systems; empty if only accounts of this service can log in."""

    items: tuple[SourceNamesMessage, ...]


@router.get(
    "/account-sources",
    summary="List systems whose users need no registration",
    operation_id="listRegisterAccountSources",
    answers=openapi.answers(SourcesMessage, "The systems") | openapi.problems(503),
)
async def sources(request: Request) -> Response:
    """Lists systems whose users log in with their existing account; the page shows them first (manual 3.4)."""
    names = context_of(request).accounts.outside.sources.names
    answer = SourcesMessage(tuple(SourceNamesMessage(source.title_zh, source.title_en) for source in names))
    return JsonAnswer(answer)


@router.post(
    "/sms-codes",
    summary="Send an SMS code",
    operation_id="sendRegisterCode",
    asks=openapi.takes(RegisterCodeMessage),
    answers=openapi.answers(RegisterCodeSentMessage, "SMS code sent", status=202),
)
async def send_code(request: Request) -> Response:
    """Sends one code per captcha. The answer is the same whether or not the number has an account."""
    message = await page_body_of(request, RegisterCodeMessage)
    context, phone = context_of(request), check_phone(message.phone)
    note_target(request, phone)
    address = address_of(request)
    await context.accounts.captchas.use(
        shown_by(message), CaptchaPurpose.PC_CODE, address=address, now=context.clock()
    )
    await context.accounts.sms_codes.send(
        phone=phone, purpose="register", address=address, now=context.clock()
    )
    answer = RegisterCodeSentMessage(
        expires_in=context.settings.accounts.sms_code_seconds,
        resend_in=context.settings.accounts.sms_resend_seconds,
    )
    return JsonAnswer(answer, 202)


@router.post(
    "/accounts",
    summary="Register on a PC",
    operation_id="registerOnPc",
    asks=openapi.takes(RegistrationMessage),
    answers=openapi.answers(RegisteredMessage, "The new account's name", status=201) | openapi.problems(503),
)
async def register(request: Request) -> Response:
    """Creates an account.

    Only with the right SMS code the answer reveals that a number is registered already, and the code then
    stays valid.
    """
    message = await page_body_of(request, RegistrationMessage)
    note_target(request, message.phone)
    context = context_of(request)
    account = await context.accounts.register(
        name=message.name,
        id_type=IdType(message.id_type),
        id_number=message.id_number,
        phone=message.phone,
        sms_code=message.sms_code,
        password=message.password,
        agreement=agreement_of(message.consents, "register_page"),
        now=context.clock(),
    )
    answer = RegisteredMessage(account.phone)
    return JsonAnswer(answer, 201)
