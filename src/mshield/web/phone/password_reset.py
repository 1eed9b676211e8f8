"""A forgotten password: a new one, for who has the account's phone and its id number."""

from typing import Annotated, Final

from fastapi import APIRouter, Body
from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import Request

from mshield.services.accounts.reset_password import NewPassword
from mshield.web import openapi
from mshield.web.context import context_of
from mshield.web.phone.accounts import IdNumber, Password, Phone, SmsCode

router: Final = APIRouter(tags=["phone"])


class PasswordResetIn(BaseModel):
    """The code is one of purpose `reset`."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    phone: Phone
    sms_code: SmsCode
    id_number: IdNumber
    password: Password


class PasswordResetOut(BaseModel):
    """The password is set; so many logins have ended."""

    logins_ended: Annotated[int, Field(examples=[1])]


@router.post(
    "/password-resets",
    status_code=201,
    summary="Set a forgotten password anew",
    operation_id="resetPassword",
    response_description="The new password is set",
    responses=openapi.problems(400, 409, 422, 503),
)
async def reset_password(request: Request, body: Annotated[PasswordResetIn, Body()]) -> PasswordResetOut:
    """All logins of the account end, at phones and portal, and its owner is told. Each try costs one of the code's."""
    context = context_of(request)
    given = NewPassword(
        phone=body.phone, sms_code=body.sms_code, id_number=body.id_number, password=body.password
    )
    return PasswordResetOut(logins_ended=await context.accounts.reset_password(given, now=context.clock()))
