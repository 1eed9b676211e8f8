"""Accounts in the console: customer service finds one, changes its phone number (R18), disables it, ends its logins."""

from typing import Annotated, Any, Final, Literal

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from mshield.server.accounts.manage import Account
from mshield.server.accounts.rules.logins import AccountLoginMessage
from mshield.server.errors import Forbidden, NotFound
from mshield.server.http import openapi
from mshield.server.http.answers import JsonAnswer, filled, no_content
from mshield.server.http.body import Wire, body_of
from mshield.server.http.caller import address_of, context_of
from mshield.server.http.console.approvals import ApprovalMessage, approval_message
from mshield.server.http.console.authentication import PEOPLE, staff_of
from mshield.server.http.console.readings import record_reading
from mshield.server.http.console.search_words import searched
from mshield.server.http.console.sensitive import require_recent_factor
from mshield.server.http.query import Query
from mshield.server.http.router import Router
from mshield.server.staff.members import StaffMember
from mshield.server.staff.rules import StaffRole
from mshield.server.values.names import mask_phone

router: Final = Router("console")
Reason = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
Phone = Annotated[str, msgspec.Meta(min_length=11, max_length=24)]
Evidence = Annotated[str, msgspec.Meta(min_length=1, max_length=1000)]
SmsCode = Annotated[str, msgspec.Meta(pattern=r"^[0-9]{6}\Z")]


class ConsoleAccountMessage(Wire, frozen=True):
    """An account; `source` is `local` or the outside system that holds its data. Times in ms.

    A disabled account has time and reason.
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


class AccountActMessage(Wire, frozen=True):
    """An action on the account, with actor and time (ms); `details` as recorded."""

    act: str
    actor_name: str | None
    details: dict[str, Any]
    at: int


class WaitingPhoneMessage(Wire, frozen=True):
    """A new number approved by two members of staff; it takes effect at `effective_at` (ms) unless it is stopped."""

    phone_masked: str
    approved_at: int
    effective_at: int


class StopPhoneMessage(Wire, frozen=True):
    """Reason for stopping the change, such as who called."""

    reason: Reason


class AccountRecordMessage(Wire, frozen=True):
    """An account with its logins, phones first, and the actions on it, newest first.

    `phone_change` is a pending new number, or null.
    """

    account: ConsoleAccountMessage
    phone_change: WaitingPhoneMessage | None
    logins: tuple[AccountLoginMessage, ...]
    acts: tuple[AccountActMessage, ...]


class AccountStateMessage(Wire, frozen=True):
    """New state of the account, and the reason."""

    state: Literal["active", "disabled"]
    reason: Reason


class EndLoginsMessage(Wire, frozen=True):
    """The login to end, or null for all of them, and the reason."""

    login_id: Annotated[str, msgspec.Meta(min_length=1, max_length=64)] | None
    reason: Reason


class LoginsEndedMessage(Wire, frozen=True):
    """Number of logins ended."""

    logins_ended: int


class PhoneCodeMessage(Wire, frozen=True):
    """The new number, and which of the two numbers the code goes to."""

    phone: Phone
    to: Literal["new", "old"]


class PhoneCodeSentMessage(Wire, frozen=True):
    """Destination of the code, and its validity in seconds; the next one can be sent after `resend_after`.

    `unchanged`: this is the account's number already, and nothing was sent.
    """

    phone_masked: str
    expires_in: int
    resend_after: int
    unchanged: bool = False


class CheckPhoneCodeMessage(Wire, frozen=True):
    """The new number, and the code that its holder read out."""

    phone: Phone
    new_code: SmsCode


class ChangePhoneMessage(Wire, frozen=True):
    """The new number, the codes read out from both numbers, and the evidence seen, which is stored with the action."""

    phone: Phone
    evidence: Evidence
    new_code: SmsCode
    old_code: SmsCode


class AskPhoneMessage(Wire, frozen=True):
    """The new number, the code read out from it, the evidence seen, and why no code reaches the old number."""

    phone: Phone
    evidence: Evidence
    new_code: SmsCode
    reason: Reason


class PhoneChangedMessage(Wire, frozen=True):
    """`old_number_told`: whether the SMS to the old number was handed to the provider."""

    phone_masked: str
    logins_ended: int
    old_number_told: bool


class AccountWanted(Query, frozen=True):
    """The phone number of the account."""

    phone: Annotated[str, msgspec.Meta(min_length=11, max_length=24, description="the bound number")]


@router.get(
    "/accounts",
    summary="Find an account by its phone number",
    operation_id="findAccount",
    answers=openapi.answers(ConsoleAccountMessage, "The account") | openapi.problems(404),
)
async def find(request: Request, query: AccountWanted) -> Response:
    """Returns the account whose name is this phone number."""
    member = await staff_of(request, StaffRole.CUSTOMER_SERVICE)
    find = context_of(request).accounts.change_phone.find
    try:
        account = await searched(request, member, lambda: find(query.phone), by_number=True, hit=bool)
    except NotFound:
        await record_reading(request, member, "accounts", number=query.phone)
        raise
    await record_reading(request, member, "accounts", subject=account.id, number=query.phone)
    return JsonAnswer(_account(account))


@router.get(
    "/accounts/{account_id}",
    summary="Show an account with its logins and actions",
    operation_id="showAccount",
    answers=openapi.answers(AccountRecordMessage, "The account"),
)
async def show(request: Request, account_id: str) -> Response:
    """Returns an account by its ID, which stays the same when the phone number changes."""
    member = await staff_of(request, StaffRole.CUSTOMER_SERVICE)
    context = context_of(request)
    record = await context.accounts.manage.show(_id(account_id), now=context.clock())
    await record_reading(request, member, "account", subject=record.account.id)
    acts = tuple(filled(AccountActMessage, act) for act in record.acts)
    change = record.phone_change
    waits = (
        None
        if change is None
        else filled(WaitingPhoneMessage, change, phone_masked=mask_phone(change.new_phone))
    )
    return JsonAnswer(AccountRecordMessage(_account(record.account), waits, record.logins, acts))


@router.post(
    "/accounts/{account_id}/state",
    summary="Disable or enable an account",
    operation_id="setAccountState",
    asks=openapi.takes(AccountStateMessage),
    answers=openapi.answers(LoginsEndedMessage, "State changed") | openapi.problems(413),
)
async def set_state(request: Request, account_id: str) -> Response:
    """Disables or enables an account. A disabled one can't log in anywhere, and its phones can't sign.

    Its certificates stay unchanged.
    """
    member = await staff_of(request, StaffRole.CUSTOMER_SERVICE)
    message, context = await body_of(request, AccountStateMessage), context_of(request)
    manage, account_id = context.accounts.manage, _id(account_id)
    if message.state == "active":
        require_recent_factor(request, member)  # enabling restores everything that was stopped
        await manage.enable(account_id, reason=message.reason, by=member.by, now=context.clock())
        return JsonAnswer(LoginsEndedMessage(0))
    count = await manage.disable(account_id, reason=message.reason, by=member.by, now=context.clock())
    return JsonAnswer(LoginsEndedMessage(count))


@router.post(
    "/accounts/{account_id}/logouts",
    summary="End one or all logins of an account",
    operation_id="endAccountLogins",
    asks=openapi.takes(EndLoginsMessage),
    answers=openapi.answers(LoginsEndedMessage, "Logins ended") | openapi.problems(413),
)
async def end_logins(request: Request, account_id: str) -> Response:
    """Ends logins on phones and at the portal. The user can log in again with the password."""
    member = await staff_of(request, StaffRole.CUSTOMER_SERVICE)
    message, context = await body_of(request, EndLoginsMessage), context_of(request)
    count = await context.accounts.manage.end_logins(
        _id(account_id),
        login=None if message.login_id is None else _login_id(message.login_id),
        reason=message.reason,
        by=member.by,
        now=context.clock(),
    )
    return JsonAnswer(LoginsEndedMessage(count))


@router.post(
    "/accounts/{account_id}/phone-codes",
    summary="Send a code for changing the phone number",
    operation_id="sendPhoneCode",
    asks=openapi.takes(PhoneCodeMessage),
    security=PEOPLE,
    answers=openapi.answers(PhoneCodeSentMessage, "SMS code sent") | openapi.problems(413),
)
async def send_phone_code(request: Request, account_id: str) -> Response:
    """Sends an SMS code (R18), which the holder of the number reads out to the member of staff.

    Only this member of staff can use it.
    """
    member = await _person(request)
    message, context = await body_of(request, PhoneCodeMessage), context_of(request)
    sent = await context.accounts.change_phone.send_code(
        _id(account_id),
        phone=message.phone,
        to=message.to,
        by=member.by,
        address=address_of(request),
        now=context.clock(),
    )
    phone = sent.phone if message.to == "new" else sent.account.phone
    settings = context.settings
    if sent.is_unchanged:
        return JsonAnswer(PhoneCodeSentMessage(mask_phone(phone), 0, 0, unchanged=True))
    return JsonAnswer(
        PhoneCodeSentMessage(
            mask_phone(phone), settings.accounts.sms_code_seconds, settings.accounts.sms_resend_seconds
        )
    )


@router.post(
    "/accounts/{account_id}/phone-codes/check",
    summary="Check the new number's code",
    operation_id="checkPhoneCode",
    asks=openapi.takes(CheckPhoneCodeMessage),
    security=PEOPLE,
    answers=openapi.answers(None, "The code is right, and still valid", status=204) | openapi.problems(413),
)
async def check_phone_code(request: Request, account_id: str) -> Response:
    """Checks the code on entry, before the remaining data is requested (R18).

    A wrong code uses up one of its few attempts.
    """
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
    summary="Change the phone number with codes from both numbers",
    operation_id="changePhone",
    asks=openapi.takes(ChangePhoneMessage),
    security=PEOPLE,
    answers=openapi.answers(PhoneChangedMessage, "Changed") | openapi.problems(413),
)
async def change_phone(request: Request, account_id: str) -> Response:
    """Changes the number (R18), ends all logins of the account, and notifies the old number by SMS.

    Proofs of the account's identity remain.
    """
    member = await _person(request)
    message, context = await body_of(request, ChangePhoneMessage), context_of(request)
    result = await context.accounts.change_phone(
        _id(account_id),
        phone=message.phone,
        evidence=message.evidence,
        new_code=message.new_code,
        old_code=message.old_code,
        by=member.by,
        now=context.clock(),
    )
    return JsonAnswer(
        PhoneChangedMessage(mask_phone(result.phone), result.logins_ended, result.old_number_told)
    )


@router.post(
    "/accounts/{account_id}/phone-questions",
    summary="Ask a second member of staff to change the phone number",
    operation_id="askPhoneChange",
    asks=openapi.takes(AskPhoneMessage),
    security=PEOPLE,
    answers=openapi.answers(ApprovalMessage, "Requested; it waits for a second member of staff", status=201)
    | openapi.problems(413),
)
async def ask_phone_change(request: Request, account_id: str) -> Response:
    """Requests a change (R18) if no code reaches the old number. The request expires after a day.

    The old number is notified.

    After approval the change waits again before it takes effect, and can be stopped. For a legal person's
    account, or a disabled one, a security officer approves.
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
    summary="Stop a pending change of the phone number",
    operation_id="stopPhoneChangeOf",
    asks=openapi.takes(StopPhoneMessage),
    answers=openapi.answers(None, "Stopped; the number stays", status=204) | openapi.problems(413),
)
async def stop_phone_change(request: Request, account_id: str) -> Response:
    """Stops a change that the caller on the phone didn't request. One member of staff is enough.

    The old and the new number are notified.
    """
    member = await staff_of(request, StaffRole.CUSTOMER_SERVICE)
    message, context = await body_of(request, StopPhoneMessage), context_of(request)
    await context.accounts.phone_wait.stop_for_caller(
        _id(account_id), reason=message.reason, by=member.by, now=context.clock()
    )
    return no_content()


async def _person(request: Request) -> StaffMember:
    """Returns the caller, a person of customer service.

    Raises: as `staff_of`; Forbidden (a program: only people who talk to the holder change numbers).
    """
    member = await staff_of(request, StaffRole.CUSTOMER_SERVICE)
    if member.session_id is None:
        raise Forbidden(reason="person")
    return member


def _account(account: Account) -> ConsoleAccountMessage:
    return filled(ConsoleAccountMessage, account, phone_masked=mask_phone(account.phone))


def _id(account_id: str) -> str:
    if not (account_id.isascii() and account_id.isprintable()):
        raise NotFound
    return account_id


def _login_id(text: str) -> bytes:
    """Parses the ID of a login: the hash under which it is stored, which gives no access. Raises: NotFound."""
    try:
        return bytes.fromhex(text)
    except ValueError as error:
        raise NotFound from error
