"""Accounts at the console: customer service finds one, changes its number (R18), disables it, ends its logins."""

from typing import Annotated, Any, Final, Literal

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from mshield.domain import errors
from mshield.domain.identity import mask_phone
from mshield.domain.staff import StaffRole
from mshield.services.accounts.manage import Account
from mshield.web import openapi
from mshield.web.answers import JsonAnswer, filled
from mshield.web.body import Wire, body_of
from mshield.web.console.authentication import PEOPLE, staff_of
from mshield.web.context import context_of
from mshield.web.query import Query
from mshield.web.router import Router

router: Final = Router("console")
Reason = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]


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


class AccountRecordMessage(Wire, frozen=True):
    """An account with its logins, phones first, and what was done to it, the newest first."""

    account: ConsoleAccountMessage
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


class ChangePhoneMessage(Wire, frozen=True):
    """The new number, and what was seen that shows who asked: it is kept with the act."""

    phone: Annotated[str, msgspec.Meta(min_length=11, max_length=24)]
    evidence: Annotated[str, msgspec.Meta(min_length=1, max_length=1000)]


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
    return JsonAnswer(AccountRecordMessage(_account(record.account), logins, acts))


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
    "/accounts/{account_id}/phone",
    summary="Change the bound phone number",
    operation_id="changePhone",
    security=PEOPLE,
    asks=openapi.takes(ChangePhoneMessage),
    answers=openapi.answers(PhoneChangedMessage, "Changed") | openapi.problems(413),
)
async def change_phone(request: Request, account_id: str) -> Response:
    """R18. All logins of the account end, and the old number is told by SMS."""
    member = await staff_of(request, StaffRole.CUSTOMER_SERVICE)
    context = context_of(request)
    message = await body_of(request, ChangePhoneMessage)
    done = await context.accounts.change_phone(
        _id(account_id), phone=message.phone, evidence=message.evidence, by=member.by, now=context.clock()
    )
    return JsonAnswer(PhoneChangedMessage(mask_phone(done.phone), done.logins_ended, done.old_number_told))


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
