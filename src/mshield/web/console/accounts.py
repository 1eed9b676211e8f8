"""Accounts at the console: customer service finds one and changes its bound phone number (R18)."""

from typing import Annotated, Final, Literal

import msgspec
from fastapi import APIRouter, Query
from starlette.requests import Request
from starlette.responses import Response

from mshield.domain.identity import mask_phone
from mshield.domain.staff import StaffRole
from mshield.web import openapi
from mshield.web.body import Wire, decode
from mshield.web.console.authentication import SECURITY, staff_of
from mshield.web.context import context_of

router: Final = APIRouter(tags=["console"])
_NO_STORE: Final = {"Cache-Control": "no-store"}


class ConsoleAccountMessage(Wire, frozen=True):
    """An account; `source` is `local` or the outside system that holds its data, `created_at` ms."""

    id: str
    name: str
    phone_masked: str
    id_type: str
    state: Literal["active", "closed"]
    source: str
    created_at: int


class ChangePhoneMessage(Wire, frozen=True):
    """The new number, and what was seen that shows who asked: it is kept with the act."""

    phone: Annotated[str, msgspec.Meta(min_length=11, max_length=24)]
    evidence: Annotated[str, msgspec.Meta(min_length=1, max_length=1000)]


class PhoneChangedMessage(Wire, frozen=True):
    """`old_number_told`: whether the SMS to the old number was handed over."""

    phone_masked: str
    logins_ended: int
    old_number_told: bool


@router.get(
    "/accounts",
    summary="Find an account by its phone number",
    operation_id="findAccount",
    openapi_extra=SECURITY,
    responses=openapi.answers(ConsoleAccountMessage, "The account")
    | openapi.problems(401, 403, 404, 422, 503),
)
async def find(
    request: Request,
    phone: Annotated[str, Query(min_length=11, max_length=24, description="the bound number")],
) -> Response:
    """The phone number is the account's name."""
    await staff_of(request, StaffRole.CUSTOMER_SERVICE)
    found = await context_of(request).change_phone.find(phone)
    message = ConsoleAccountMessage(
        id=found.id,
        name=found.name,
        phone_masked=mask_phone(found.phone),
        id_type=found.id_type,
        state="active" if found.state == "active" else "closed",
        source=found.source,
        created_at=found.created_at,
    )
    return _answer(message)


@router.post(
    "/accounts/{account_id}/phone",
    summary="Change the bound phone number",
    operation_id="changePhone",
    openapi_extra=openapi.takes(ChangePhoneMessage) | SECURITY,
    responses=openapi.answers(PhoneChangedMessage, "Changed")
    | openapi.problems(400, 401, 403, 404, 409, 413, 422, 503),
)
async def change_phone(request: Request, account_id: str) -> Response:
    """R18. All logins of the account end, and the old number is told by SMS."""
    member = await staff_of(request, StaffRole.CUSTOMER_SERVICE)
    context = context_of(request)
    message = decode(await request.body(), ChangePhoneMessage)
    done = await context.change_phone(
        account_id, phone=message.phone, evidence=message.evidence, by=member.by, now=context.clock()
    )
    return _answer(PhoneChangedMessage(mask_phone(done.phone), done.logins_ended, done.old_number_told))


def _answer(message: msgspec.Struct) -> Response:
    return Response(msgspec.json.encode(message), headers=_NO_STORE, media_type="application/json")
