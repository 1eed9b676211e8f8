"""A new password: for who has the account's phone and its id number, and for who is logged in and knows the old one."""

from typing import Annotated, Final

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from mshield.services.accounts.reset_password import NewPassword
from mshield.web import openapi
from mshield.web.answers import JsonAnswer
from mshield.web.body import Wire, page_body_of
from mshield.web.caller import acting, address_of, naming
from mshield.web.context import context_of
from mshield.web.phone.account.accounts import IdNumber, Password, Phone, SmsCode
from mshield.web.phone.authentication import phone_of
from mshield.web.router import Router

router: Final = Router("phone", security=())


class PasswordResetIn(Wire, frozen=True):
    """The code is one of purpose `reset`."""

    phone: Phone
    sms_code: SmsCode
    id_number: IdNumber
    password: Password


class PasswordResetOut(Wire, frozen=True):
    """The password is set; so many logins have ended."""

    logins_ended: Annotated[int, msgspec.Meta(examples=[1])]


class PasswordChangeIn(Wire, frozen=True):
    """The password in force, and the new one."""

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
    """All other logins of the account end, at phones and portal, and its owner is told. A try counts as a login."""
    login, body = await phone_of(request), await page_body_of(request, PasswordChangeIn)
    context = context_of(request)
    acting(request, "user", login.account_id)
    ended = await context.accounts.change_password(
        login, body.old_password, body.password, address=address_of(request), now=context.clock()
    )
    return JsonAnswer(PasswordResetOut(ended))


@router.post(
    "/password-resets",
    summary="Set a forgotten password anew",
    operation_id="resetPassword",
    asks=openapi.takes(PasswordResetIn),
    answers=openapi.answers(PasswordResetOut, "The new password is set", status=201) | openapi.problems(503),
)
async def reset_password(request: Request) -> Response:
    """All logins of the account end, at phones and portal, and its owner is told. Each try costs one of the code's."""
    body, context = await page_body_of(request, PasswordResetIn), context_of(request)
    naming(request, body.phone)
    password = NewPassword(
        phone=body.phone, sms_code=body.sms_code, id_number=body.id_number, password=body.password
    )
    return JsonAnswer(
        PasswordResetOut(await context.accounts.reset_password(password, now=context.clock())), 201
    )
