"""Registering on a PC (R2): a captcha before each SMS code, then the data that the app asks for.

Nothing here tells what the service knows of anybody: whether a number has an account learns who received its code, and
whether somebody is on file learns nobody.
"""

from typing import Annotated, Final, Literal

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from mshield.domain.identity import IdType, check_phone
from mshield.services.accounts.captcha.deeds import Deed
from mshield.services.accounts.register import Registration
from mshield.web import openapi
from mshield.web.answers import JsonAnswer
from mshield.web.body import Wire, page_body_of
from mshield.web.caller import address_of, naming
from mshield.web.captchas import Answer, SolvedWork, SpentId, captcha_routes, shown_by
from mshield.web.consents import ConsentsMessage, agreement_of
from mshield.web.context import context_of
from mshield.web.router import Router

router: Final = Router("register")
captchas: Final = captcha_routes("register", {"/captchas": Deed.PC_CODE}, name="Register")

IdTypeName = Literal["resident_id", "passport", "hk_macau_permit", "taiwan_permit", "foreign_resident_id"]
Phone = Annotated[str, msgspec.Meta(min_length=1, max_length=24, examples=["13800006027"])]


class RegisterCodeMessage(Wire, frozen=True):
    """The mainland mobile number that the code goes to, and a captcha."""

    phone: Phone
    captcha_id: SpentId
    captcha: Answer
    work: SolvedWork | None = None


class RegisterCodeSentMessage(Wire, frozen=True):
    """Sent. Both in seconds."""

    expires_in: int
    resend_in: int


class RegistrationMessage(Wire, frozen=True):
    """What a new account consists of; name and number as on the document. Without `consents` it is refused."""

    name: Annotated[str, msgspec.Meta(min_length=1, max_length=64)]
    id_type: IdTypeName
    id_number: Annotated[str, msgspec.Meta(min_length=1, max_length=32)]
    phone: Phone
    sms_code: Annotated[str, msgspec.Meta(min_length=1, max_length=16)]
    password: Annotated[str, msgspec.Meta(min_length=1, max_length=256)]
    consents: ConsentsMessage | None = None


class RegisteredMessage(Wire, frozen=True):
    """The new account's name: its phone number."""

    account: str


class SourceNamesMessage(Wire, frozen=True):
    """How people call a system whose accounts log in as they are."""

    title_zh: str
    title_en: str


class SourcesMessage(Wire, frozen=True):
    """All of them; empty where only accounts of this service log in."""

    items: tuple[SourceNamesMessage, ...]


@router.get(
    "/account-sources",
    summary="Systems whose users need no registration",
    operation_id="listRegisterAccountSources",
    answers=openapi.answers(SourcesMessage, "The systems") | openapi.problems(503),
)
async def sources(request: Request) -> Response:
    """The page tells them up front: their users log in with the account that they have (manual 3.4)."""
    names = context_of(request).accounts.outside.sources.names
    answer = SourcesMessage(tuple(SourceNamesMessage(source.title_zh, source.title_en) for source in names))
    return JsonAnswer(answer)


@router.post(
    "/sms-codes",
    summary="Send an SMS code",
    operation_id="sendRegisterCode",
    asks=openapi.takes(RegisterCodeMessage),
    answers=openapi.answers(RegisterCodeSentMessage, "Sent", status=202),
)
async def send_code(request: Request) -> Response:
    """One captcha, one code. The answer is the same whether the number has an account or not."""
    message = await page_body_of(request, RegisterCodeMessage)
    context, phone = context_of(request), check_phone(message.phone)
    naming(request, phone)
    address = address_of(request)
    await context.accounts.captchas.use(shown_by(message), Deed.PC_CODE, address=address, now=context.clock())
    await context.accounts.sms_codes.send(
        phone=phone, purpose="register", address=address, now=context.clock()
    )
    answer = RegisterCodeSentMessage(
        expires_in=context.settings.sms_code_seconds, resend_in=context.settings.sms_resend_seconds
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
    """That a number is registered is told only with the right SMS code, which then stays valid."""
    message = await page_body_of(request, RegistrationMessage)
    naming(request, message.phone)
    context = context_of(request)
    registration = Registration(
        name=message.name,
        id_type=IdType(message.id_type),
        id_number=message.id_number,
        phone=message.phone,
        sms_code=message.sms_code,
        password=message.password,
        agreement=agreement_of(message.consents, "register_page"),
    )
    account = await context.accounts.register(registration, now=context.clock())
    answer = RegisteredMessage(account.phone)
    return JsonAnswer(answer, 201)
