"""Accounts at the console: customer service finds one, changes its number (R18), disables it, ends its logins."""

from typing import Annotated, Any, Final, Literal

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from mshield.domain import errors
from mshield.domain.identity import mask_phone
from mshield.domain.staff import StaffRole
from mshield.services.accounts.manage import Account
from mshield.services.staff.members import StaffMember
from mshield.web import openapi
from mshield.web.answers import JsonAnswer, filled, no_content
from mshield.web.body import Wire, body_of
from mshield.web.caller import address_of
from mshield.web.console.approvals import ApprovalMessage, approval_message
from mshield.web.console.authentication import PEOPLE, staff_of
from mshield.web.console.grave import require_grave
from mshield.web.context import context_of
from mshield.web.query import Query
from mshield.web.router import Router

router: Final = Router("console")
Reason = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
Phone = Annotated[str, msgspec.Meta(min_length=11, max_length=24)]
Evidence = Annotated[str, msgspec.Meta(min_length=1, max_length=1000)]
SmsCode = Annotated[str, msgspec.Meta(pattern=r"^[0-9]{6}\Z")]


class ConsoleAccountMessage(Wire, frozen=True):
    """An account; `source` is `local` or the outside system that holds its data. Times in ms.

    A disabled one has time and reason.
    """

    id: str
    name: str
    phone_masked: str
    id_type: str
    state: Literal["active", "disabled"]
    source: str
    created_at: int
    disabled_at: int | None
    disabled_reason: str | None


class AccountLoginMessage(Wire, frozen=True):
    """A login that counts, at a phone or at the portal; times in ms.

    `shield_number` (null before the application) and `device_since` are the phone's, `used_at` is the portal's. Address
    and browser are null for logins of before they were kept.
    """

    id: str
    kind: Literal["phone", "portal"]
    created_at: int
    expires_at: int
    used_at: int | None
    address: str | None
    browser: str | None
    shield_number: str | None
    device_since: int | None


class AccountActMessage(Wire, frozen=True):
    """What was done to the account, by whom, and when (ms); `details` as they were recorded."""

    act: str
    actor_name: str | None
    details: dict[str, Any]
    at: int


class WaitingPhoneMessage(Wire, frozen=True):
    """Another number that two people approved; it counts from `effective_at` (ms) unless it is stopped before."""

    phone_masked: str
    approved_at: int
    effective_at: int


class StopPhoneMessage(Wire, frozen=True):
    """Why it is stopped, such as who called."""

    reason: Reason


class AccountRecordMessage(Wire, frozen=True):
    """An account with its logins, phones first, and what was done to it, the newest first.

    `phone_change`: another number that waits, or null.
    """

    account: ConsoleAccountMessage
    phone_change: WaitingPhoneMessage | None
    logins: tuple[AccountLoginMessage, ...]
    acts: tuple[AccountActMessage, ...]


class AccountStateMessage(Wire, frozen=True):
    """What the account's state shall be, and why."""

    state: Literal["active", "disabled"]
    reason: Reason


class EndLoginsMessage(Wire, frozen=True):
    """Which login to end, or null for all of them; and why."""

    login_id: Annotated[str, msgspec.Meta(min_length=1, max_length=64)] | None
    reason: Reason


class LoginsEndedMessage(Wire, frozen=True):
    """How many ended."""

    logins_ended: int


class PhoneCodeMessage(Wire, frozen=True):
    """The new number, and to which of the two the code goes."""

    phone: Phone
    to: Literal["new", "old"]


class PhoneCodeSentMessage(Wire, frozen=True):
    """Where it went, and for how long it counts, in seconds; the next one can be sent after `resend_after`.

    `unchanged`: it is the account's own number already, and nothing was sent.
    """

    phone_masked: str
    expires_in: int
    resend_after: int
    unchanged: bool = False


class CheckPhoneCodeMessage(Wire, frozen=True):
    """The new number, and the code that its holder told."""

    phone: Phone
    new_code: SmsCode


class ChangePhoneMessage(Wire, frozen=True):
    """The new number, the codes that its holder told from both, and what was seen: it is kept with the act."""

    phone: Phone
    evidence: Evidence
    new_code: SmsCode
    old_code: SmsCode


class AskPhoneMessage(Wire, frozen=True):
    """The new number, the code that its holder told, what was seen, and why no code reaches the old number."""

    phone: Phone
    evidence: Evidence
    new_code: SmsCode
    reason: Reason


class PhoneChangedMessage(Wire, frozen=True):
    """`old_number_told`: whether the SMS to the old number was handed over."""

    phone_masked: str
    logins_ended: int
    old_number_told: bool


class AccountWanted(Query, frozen=True):
    """Whose account."""

    phone: Annotated[str, msgspec.Meta(min_length=11, max_length=24, description="the bound number")]


@router.get(
    "/accounts",
    summary="Find an account by its phone number",
    operation_id="findAccount",
    answers=openapi.answers(ConsoleAccountMessage, "The account") | openapi.problems(404),
)
async def find(request: Request, query: AccountWanted) -> Response:
    """The phone number is the account's name."""
    await staff_of(request, StaffRole.CUSTOMER_SERVICE)
    return JsonAnswer(_account(await context_of(request).accounts.change_phone.find(query.phone)))


@router.get(
    "/accounts/{account_id}",
    summary="Show an account with its logins and what was done to it",
    operation_id="showAccount",
    answers=openapi.answers(AccountRecordMessage, "The account"),
)
async def show(request: Request, account_id: str) -> Response:
    """Whose phone number changed keeps its id."""
    await staff_of(request, StaffRole.CUSTOMER_SERVICE)
    context = context_of(request)
    record = await context.accounts.manage.show(_id(account_id), now=context.clock())
    logins = tuple(filled(AccountLoginMessage, login, id=login.token_hash.hex()) for login in record.logins)
    acts = tuple(filled(AccountActMessage, act) for act in record.acts)
    change = record.phone_change
    waits = (
        None
        if change is None
        else filled(WaitingPhoneMessage, change, phone_masked=mask_phone(change.new_phone))
    )
    return JsonAnswer(AccountRecordMessage(_account(record.account), waits, logins, acts))


@router.post(
    "/accounts/{account_id}/state",
    summary="Disable or enable an account",
    operation_id="setAccountState",
    asks=openapi.takes(AccountStateMessage),
    answers=openapi.answers(LoginsEndedMessage, "As it shall be") | openapi.problems(413),
)
async def set_state(request: Request, account_id: str) -> Response:
    """A disabled account logs in nowhere, and its phones sign nothing; its certificates stay as they are."""
    member = await staff_of(request, StaffRole.CUSTOMER_SERVICE)
    message, context = await body_of(request, AccountStateMessage), context_of(request)
    manage, account_id = context.accounts.manage, _id(account_id)
    if message.state == "active":
        require_grave(request, member)  # who was stopped gets everything back
        await manage.enable(account_id, reason=message.reason, by=member.by, now=context.clock())
        return JsonAnswer(LoginsEndedMessage(0))
    ended = await manage.disable(account_id, reason=message.reason, by=member.by, now=context.clock())
    return JsonAnswer(LoginsEndedMessage(ended))


@router.post(
    "/accounts/{account_id}/logouts",
    summary="End a login, or all of them",
    operation_id="endAccountLogins",
    asks=openapi.takes(EndLoginsMessage),
    answers=openapi.answers(LoginsEndedMessage, "Ended") | openapi.problems(413),
)
async def end_logins(request: Request, account_id: str) -> Response:
    """At phones and at the portal. Who knows the password logs in again."""
    member = await staff_of(request, StaffRole.CUSTOMER_SERVICE)
    message, context = await body_of(request, EndLoginsMessage), context_of(request)
    ended = await context.accounts.manage.end_logins(
        _id(account_id),
        login=None if message.login_id is None else _login_id(message.login_id),
        reason=message.reason,
        by=member.by,
        now=context.clock(),
    )
    return JsonAnswer(LoginsEndedMessage(ended))


@router.post(
    "/accounts/{account_id}/phone-codes",
    summary="Send a code for a change of the phone number",
    operation_id="sendPhoneCode",
    asks=openapi.takes(PhoneCodeMessage),
    security=PEOPLE,
    answers=openapi.answers(PhoneCodeSentMessage, "Sent") | openapi.problems(413),
)
async def send_phone_code(request: Request, account_id: str) -> Response:
    """R18. Whoever holds the number tells the code to the member whom they called; it serves that member alone."""
    member = await _person(request)
    message, context = await body_of(request, PhoneCodeMessage), context_of(request)
    wanted = await context.accounts.change_phone.send_code(
        _id(account_id),
        phone=message.phone,
        to=message.to,
        by=member.by,
        address=address_of(request),
        now=context.clock(),
    )
    phone = wanted.phone if message.to == "new" else wanted.account.phone
    settings = context.settings
    if wanted.is_unchanged:
        return JsonAnswer(PhoneCodeSentMessage(mask_phone(phone), 0, 0, unchanged=True))
    return JsonAnswer(
        PhoneCodeSentMessage(mask_phone(phone), settings.sms_code_seconds, settings.sms_resend_seconds)
    )


@router.post(
    "/accounts/{account_id}/phone-codes/check",
    summary="Check the new number's code",
    operation_id="checkPhoneCode",
    asks=openapi.takes(CheckPhoneCodeMessage),
    security=PEOPLE,
    answers=openapi.answers(None, "It is right, and not spent", status=204) | openapi.problems(413),
)
async def check_phone_code(request: Request, account_id: str) -> Response:
    """R18. Where it is entered, before the rest is asked for. A wrong one is one of the code's few tries."""
    member = await _person(request)
    message, context = await body_of(request, CheckPhoneCodeMessage), context_of(request)
    await context.accounts.change_phone.check_code(
        _id(account_id),
        phone=message.phone,
        new_code=message.new_code,
        by=member.by,
        now=context.clock(),
    )
    return no_content()


@router.post(
    "/accounts/{account_id}/phone",
    summary="Change the bound phone number by codes to both",
    operation_id="changePhone",
    asks=openapi.takes(ChangePhoneMessage),
    security=PEOPLE,
    answers=openapi.answers(PhoneChangedMessage, "Changed") | openapi.problems(413),
)
async def change_phone(request: Request, account_id: str) -> Response:
    """R18. All logins of the account end, and the old number is told by SMS. What proves the account stays."""
    member = await _person(request)
    message, context = await body_of(request, ChangePhoneMessage), context_of(request)
    done = await context.accounts.change_phone(
        _id(account_id),
        phone=message.phone,
        evidence=message.evidence,
        new_code=message.new_code,
        old_code=message.old_code,
        by=member.by,
        now=context.clock(),
    )
    return JsonAnswer(PhoneChangedMessage(mask_phone(done.phone), done.logins_ended, done.old_number_told))


@router.post(
    "/accounts/{account_id}/phone-questions",
    summary="Ask a second member of staff to change the phone number",
    operation_id="askPhoneChange",
    asks=openapi.takes(AskPhoneMessage),
    security=PEOPLE,
    answers=openapi.answers(ApprovalMessage, "Asked; it waits for a second member", status=201)
    | openapi.problems(413),
)
async def ask_phone_change(request: Request, account_id: str) -> Response:
    """R18, where no code reaches the old number. It waits for a day, and the old number is told that it does.

    Once approved it waits again before it is done, and can be stopped. Of a legal person's account, or a disabled one,
    a security officer approves.
    """
    member = await _person(request)
    message, context = await body_of(request, AskPhoneMessage), context_of(request)
    row = await context.staff.change_phone.ask(
        context.staff.approvals,
        member,
        _id(account_id),
        phone=message.phone,
        new_code=message.new_code,
        evidence=message.evidence,
        reason=message.reason,
        now=context.clock(),
    )
    return JsonAnswer(approval_message(context, member, row), 201)


@router.post(
    "/accounts/{account_id}/phone-stop",
    summary="Stop another phone number that waits",
    operation_id="stopPhoneChangeOf",
    asks=openapi.takes(StopPhoneMessage),
    answers=openapi.answers(None, "Stopped; the number stays", status=204) | openapi.problems(413),
)
async def stop_phone_change(request: Request, account_id: str) -> Response:
    """For whoever calls and didn't ask for it. One member is enough; the old number and the new one are told."""
    member = await staff_of(request, StaffRole.CUSTOMER_SERVICE)
    message, context = await body_of(request, StopPhoneMessage), context_of(request)
    await context.accounts.phone_wait.stop_for_caller(
        _id(account_id), reason=message.reason, by=member.by, now=context.clock()
    )
    return no_content()


async def _person(request: Request) -> StaffMember:
    """Customer service, logged in. Raises Forbidden for a program: a number is changed by people who talk to people."""
    member = await staff_of(request, StaffRole.CUSTOMER_SERVICE)
    if member.session_id is None:
        raise errors.Forbidden(reason="person")
    return member


def _account(account: Account) -> ConsoleAccountMessage:
    return filled(ConsoleAccountMessage, account, phone_masked=mask_phone(account.phone))


def _id(account_id: str) -> str:
    if not (account_id.isascii() and account_id.isprintable()):
        raise errors.NotFound
    return account_id


def _login_id(text: str) -> bytes:
    """A login is named by the hash under which it is stored, which opens nothing."""
    try:
        return bytes.fromhex(text)
    except ValueError as error:
        raise errors.NotFound from error
