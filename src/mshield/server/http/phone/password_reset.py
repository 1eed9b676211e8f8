"""New passwords: a reset with the account's phone and ID number, and a change with a login and the old password."""

from typing import Annotated, Final

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from mshield.server.http import openapi
from mshield.server.http.answers import JsonAnswer
from mshield.server.http.body import Wire, page_body_of
from mshield.server.http.caller import address_of, context_of, note_caller, note_target
from mshield.server.http.phone.accounts import IdNumber, Password, Phone, SmsCode
from mshield.server.http.phone.authentication import phone_of
from mshield.server.http.router import Router

router: Final = Router("phone", security=())


class PasswordResetIn(Wire, frozen=True):
    """Reset of a forgotten password; the SMS code has the purpose `reset`."""

    phone: Phone
    sms_code: SmsCode
    id_number: IdNumber
    password: Password


class PasswordResetOut(Wire, frozen=True):
    """The password is set; `logins_ended` is the number of logins that this ended."""

    logins_ended: Annotated[int, msgspec.Meta(examples=[1])]


class PasswordChangeIn(Wire, frozen=True):
    """The current password and the new one."""

    old_password: Password
    password: Password


@router.post(
    "/password",
    summary="Change the password",
    operation_id="changePassword",
    asks=openapi.takes(PasswordChangeIn),
    security=({"phone": []},),
    answers=openapi.answers(PasswordResetOut, "The new password is set") | openapi.problems(503),
)
async def change_password(request: Request) -> Response:
    """Sets a new password, ends all other logins of the account (phones and portal), and notifies its owner.

    Attempts are limited like logins.
    """
    login, body = await phone_of(request), await page_body_of(request, PasswordChangeIn)
    context = context_of(request)
    note_caller(request, "user", login.account_id)
    count = await context.accounts.change_password(
        login, body.old_password, body.password, address=address_of(request), now=context.clock()
    )
    return JsonAnswer(PasswordResetOut(count))


@router.post(
    "/password-resets",
    summary="Reset a forgotten password",
    operation_id="resetPassword",
    asks=openapi.takes(PasswordResetIn),
    answers=openapi.answers(PasswordResetOut, "The new password is set", status=201) | openapi.problems(503),
)
async def reset_password(request: Request) -> Response:
    """Sets a new password, ends all logins of the account (phones and portal), and notifies its owner.

    Each attempt uses up one of the SMS code's.
    """
    body, context = await page_body_of(request, PasswordResetIn), context_of(request)
    note_target(request, body.phone)
    logins_ended = await context.accounts.reset_password(
        phone=body.phone,
        sms_code=body.sms_code,
        id_number=body.id_number,
        password=body.password,
        now=context.clock(),
    )
    return JsonAnswer(PasswordResetOut(logins_ended), 201)
