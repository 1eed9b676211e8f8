"""My devices (R5, manual 3.6): the account's shields, on this phone and on others."""

from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from mshield.services.accounts.my_devices import my_devices
from mshield.web import openapi
from mshield.web.answers import JsonAnswer, filled
from mshield.web.body import Wire
from mshield.web.context import context_of
from mshield.web.phone.authentication import phone_of
from mshield.web.router import Router

router: Final = Router("phone")


class DeviceMessage(Wire, frozen=True):
    """A device's shield and how it stands. `used_at` is its last login or signature; times in ms."""

    shield_number: str
    state: str
    holds: tuple[str, ...]
    organisation: str
    role: str
    issued_at: int
    not_after: int
    device_since: int
    used_at: int | None
    is_this_device: bool


class DevicesMessage(Wire, frozen=True):
    """This phone first, then the newest first."""

    items: tuple[DeviceMessage, ...]


@router.get(
    "/devices",
    summary="My devices",
    operation_id="listDevices",
    answers=openapi.answers(DevicesMessage, "The account's shields"),
)
async def devices(request: Request) -> Response:
    """One line for each device that has had a certificate of this account; at most six of them work (R5)."""
    login, context = await phone_of(request), context_of(request)
    now = context.clock()
    items = tuple(
        filled(DeviceMessage, device, holds=tuple(sorted(device.holds)))
        for device in await my_devices(context.db, login, now=now)
    )
    return JsonAnswer(DevicesMessage(items))
