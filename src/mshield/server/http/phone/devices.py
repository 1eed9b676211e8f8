"""My devices (R5, manual 3.6): the account's shields, its logins at PCs, and push notifications to this phone."""

from typing import Annotated, Final, Literal

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from mshield.server.accounts.my_devices import log_out_others as log_out_others_of
from mshield.server.accounts.my_devices import my_devices, rename_device
from mshield.server.http import openapi
from mshield.server.http.answers import JsonAnswer, filled, no_content
from mshield.server.http.body import Wire, body_of
from mshield.server.http.caller import context_of, note_caller
from mshield.server.http.phone.accounts import SmsCode
from mshield.server.http.phone.authentication import phone_of
from mshield.server.http.router import Router
from mshield.server.notices.push import PushAddress
from mshield.server.notices.rules.push import LONGEST_ENDPOINT
from mshield.server.runtime.external.places import Place
from mshield.server.values.ids import require_id
from mshield.wire.messages import Hex16, Hex65
from mshield.wire.phone.devices import DevicesMessage, PlaceMessage

router: Final = Router("phone")

Endpoint = Annotated[
    str,
    msgspec.Meta(
        min_length=1,
        max_length=LONGEST_ENDPOINT,
        description="https address of the browser's push service",
        examples=["https://push.example.org/s/8cKfqF2t"],
    ),
]


class DeviceNameIn(Wire, frozen=True):
    """Name chosen by the owner; null removes it."""

    name: Annotated[str, msgspec.Meta(min_length=1, max_length=64, examples=["办公室的手机"])] | None


class DisownIn(Wire, frozen=True):
    """A signed task of purpose `device`, or an SMS code of this purpose, sent to the account's number."""

    sms_code: SmsCode | None = None
    sid: Hex16 | None = None


class DisownedMessage(Wire, frozen=True):
    """Whether this put the shield on hold; a shield that can't be used anyway stays as it is."""

    held: bool


class UnlikeMessage(Wire, frozen=True):
    """Properties new among the account's logins of the last half year: `computer` (system and browser), `network`."""

    unlike: tuple[Literal["computer", "network"], ...]


class LoginMessage(Wire, frozen=True):
    """A login at a business system; `signed_at` in ms.

    `browser` describes the PC's browser in words, `place` is the location of its `address`.

    `unlike` lists the properties that are new among the account's logins of the half year before it.
    """

    sid: Hex16
    business_name: str
    domain: str
    signed_at: int
    browser: str | None
    address: str | None
    place: PlaceMessage | None
    unlike: tuple[Literal["computer", "network"], ...]
    shield_number: str
    is_this_device: bool


class LoginsMessage(Wire, frozen=True):
    """Logins of the last half year, newest first, at most 20."""

    items: tuple[LoginMessage, ...]


class LoggedOutMessage(Wire, frozen=True):
    """Number of logins ended, at other phones and in the portal."""

    logins_ended: int


@router.get(
    "/devices",
    summary="List my devices",
    operation_id="listDevices",
    answers=openapi.answers(DevicesMessage, "The account's shields"),
)
async def devices(request: Request) -> Response:
    """Lists each device that has had a certificate of this account; at most six of them work (R5)."""
    login, context = await phone_of(request), context_of(request)
    now = context.clock()
    items = await my_devices(context.db, login, context.accounts.places, now=now)
    is_by_pin = await context.certificates.disown_device.step_up.is_by_pin(login, now=now)
    return JsonAnswer(DevicesMessage(items, "pin" if is_by_pin else "sms_code"))


def _place(place: Place | None) -> PlaceMessage | None:
    return None if place is None else PlaceMessage(place.zh, place.en)


@router.post(
    "/devices/{shield_number}/name",
    summary="Name one of my devices",
    operation_id="nameDevice",
    asks=openapi.takes(DeviceNameIn),
    answers=openapi.answers(None, "Name changed", status=204),
)
async def name_device(request: Request, shield_number: str) -> Response:
    """Sets a name of up to 24 characters that only the owner sees. 404 for a shield that isn't the account's."""
    login, body, context = await phone_of(request), await body_of(request, DeviceNameIn), context_of(request)
    await rename_device(context.db, login, shield_number, body.name)
    note_caller(request, "user", login.account_id)
    return no_content()


@router.post(
    "/devices/{shield_number}/disowned",
    summary="Report a device that isn't mine",
    operation_id="disownDevice",
    asks=openapi.takes(DisownIn),
    answers=openapi.answers(DisownedMessage, "Shield reported lost, login ended"),
)
async def disown_device(request: Request, shield_number: str) -> Response:
    """Reports its shield lost (挂失), which only the legal person can lift, and ends its login and notifications."""
    login, body, context = await phone_of(request), await body_of(request, DisownIn), context_of(request)
    note_caller(request, "user", login.account_id)
    sid = None if body.sid is None else bytes.fromhex(body.sid)
    was_held = await context.certificates.disown_device(
        login, shield_number, sid=sid, sms_code=body.sms_code, now=context.clock()
    )
    return JsonAnswer(DisownedMessage(was_held))


@router.get(
    "/logins",
    summary="List my logins at PCs",
    operation_id="listLogins",
    answers=openapi.answers(LoginsMessage, "The account's latest logins"),
)
async def logins(request: Request) -> Response:
    """Lists logins at business systems with the account's shields. Only those systems can end their sessions."""
    login, context = await phone_of(request), context_of(request)
    items = tuple(
        filled(
            LoginMessage,
            one.row,
            sid=one.row.sid.hex(),
            browser=one.browser,
            address=one.row.pc_address,
            place=_place(context.accounts.places.of(one.row.pc_address)),
            unlike=one.unlike,
            is_this_device=one.is_this_device,
        )
        for one in await context.requests.my_signatures.logins(login, now=context.clock())
    )
    return JsonAnswer(LoginsMessage(items))


@router.post(
    "/devices/log-out-others",
    summary="Log out everywhere else",
    operation_id="logOutOthers",
    answers=openapi.answers(LoggedOutMessage, "All other logins ended"),
)
async def log_out_others(request: Request) -> Response:
    """Ends the account's logins at all other phones and in the portal, and their notifications.

    Shields stay unchanged.
    """
    login, context = await phone_of(request), context_of(request)
    note_caller(request, "user", login.account_id)
    return JsonAnswer(LoggedOutMessage(await log_out_others_of(context.db, login, now=context.clock())))


@router.get(
    "/requests/{request_id}/unlike",
    summary="Show new properties of a login",
    operation_id="getUnlike",
    answers=openapi.answers(UnlikeMessage, "New properties of its PC"),
)
async def unlike(request: Request, request_id: str) -> Response:
    """Returns the new properties of a login that this phone has taken.

    Empty if nothing is new, and if there is nothing to compare with.
    """
    login, context = await phone_of(request), context_of(request)
    new = await context.requests.my_signatures.new_properties(
        login, require_id(request_id), now=context.clock()
    )
    return JsonAnswer(UnlikeMessage(new))


class PushKindsMessage(Wire, frozen=True):
    """Kinds of notifications to this phone: requests by its shield number, notices."""

    requests: bool
    notices: bool


class PushMessage(Wire, frozen=True):
    """`key` is the key that browsers bind subscriptions to, null if push is not available.

    `on` are the kinds subscribed to.
    """

    key: Hex65 | None
    on: PushKindsMessage | None


class PushIn(Wire, frozen=True):
    """The browser's subscription, with its key and secret, and the kinds of notifications wanted."""

    endpoint: Endpoint
    p256dh: Hex65
    auth: Hex16
    requests: bool
    notices: bool


@router.get(
    "/push",
    summary="Show push notifications of this phone",
    operation_id="getPush",
    answers=openapi.answers(PushMessage, "Push settings"),
)
async def get_push(request: Request) -> Response:
    """Returns the settings; `on` is null if this phone has no subscription of this account."""
    login, context = await phone_of(request), context_of(request)
    point = await context.notices.push.point(now=context.clock())
    on = await context.notices.push.find(login.device_id, login.account_id)
    kinds = None if on is None else PushKindsMessage(on.requests, on.notices)
    return JsonAnswer(PushMessage(None if point is None else point.hex(), kinds))


@router.post(
    "/push",
    summary="Turn on push notifications",
    operation_id="subscribePush",
    asks=openapi.takes(PushIn),
    answers=openapi.answers(None, "Push notifications turned on", status=204),
)
async def post_push(request: Request) -> Response:
    """Replaces the previous subscription. `invalid_request` for an address to which pushes aren't allowed."""
    login, body, context = await phone_of(request), await body_of(request, PushIn), context_of(request)
    address = PushAddress(body.endpoint, bytes.fromhex(body.p256dh), bytes.fromhex(body.auth))
    await context.notices.push.subscribe(
        login.device_id,
        login.account_id,
        address,
        requests=body.requests,
        notices=body.notices,
        now=context.clock(),
    )
    note_caller(request, "user", login.account_id)
    return no_content()


@router.delete(
    "/push",
    summary="Turn off push notifications",
    operation_id="unsubscribePush",
    answers=openapi.answers(None, "Push notifications turned off", status=204),
)
async def delete_push(request: Request) -> Response:
    """Removes the subscription; succeeds even if there is none. Logging out does the same."""
    login, context = await phone_of(request), context_of(request)
    await context.notices.push.unsubscribe(login.device_id)
    note_caller(request, "user", login.account_id)
    return no_content()
