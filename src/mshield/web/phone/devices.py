"""My devices (R5, manual 3.6): the shields, here and elsewhere; logins at PCs; what wakes this phone."""

from typing import Annotated, Final, Literal

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from mshield.domain.ids import require_id
from mshield.domain.push.push import LONGEST_ENDPOINT
from mshield.gateways.places import Place
from mshield.services.accounts.my_devices import log_out_others as log_out_others_of
from mshield.services.accounts.my_devices import my_devices, rename_device
from mshield.services.notices.push import PushAddress
from mshield.web import openapi
from mshield.web.answers import JsonAnswer, filled, no_content
from mshield.web.body import Hex16, Hex65, Wire, body_of
from mshield.web.caller import acting
from mshield.web.context import context_of
from mshield.web.phone.account.accounts import SmsCode
from mshield.web.phone.authentication import phone_of
from mshield.web.router import Router

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


class PlaceMessage(Wire, frozen=True):
    """Where that network is by the operator's table: a guess, in Chinese and English."""

    zh: str
    en: str


class DeviceMessage(Wire, frozen=True):
    """A device's shield and how it stands. `used_at` is its last login or signature; times in ms.

    `name` is its owner's; `browser`, `model` and `address` are those of its last login in the app;
    `place` is where that address is, where the service has a table of places.
    """

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
    name: str | None
    browser: str | None
    model: str | None
    place: PlaceMessage | None
    address: str | None
    logged_in_at: int | None


class DeviceNameIn(Wire, frozen=True):
    """A name of the owner's own, null for none."""

    name: Annotated[str, msgspec.Meta(min_length=1, max_length=64, examples=["办公室的手机"])] | None


class DisownIn(Wire, frozen=True):
    """One of them: a signed task of purpose `device`, or a code of this purpose, sent to the account's number."""

    sms_code: SmsCode | None = None
    sid: Hex16 | None = None


class DisownedMessage(Wire, frozen=True):
    """Whether its shield was held by this; one that can't be used anyway stays as it is."""

    held: bool


class UnlikeMessage(Wire, frozen=True):
    """What the account's logins of half a year have not had: `computer` (system and browser), `network`."""

    unlike: tuple[Literal["computer", "network"], ...]


class DevicesMessage(Wire, frozen=True):
    """This phone first, then the newest first. `by`: with what a device is disowned, as this phone's shield stands."""

    items: tuple[DeviceMessage, ...]
    by: Literal["pin", "sms_code"]


class LoginMessage(Wire, frozen=True):
    """A login at a business system, `signed_at` (ms), with the PC's `browser` in words, `address`, and `place` by that.

    `unlike` is what the account's logins of half a year before it had not had.
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
    """Newest first, 20 at most, of half a year."""

    items: tuple[LoginMessage, ...]


class LoggedOutMessage(Wire, frozen=True):
    """How many logins ended, at other phones and at the portal."""

    logins_ended: int


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
        filled(
            DeviceMessage,
            device,
            holds=tuple(sorted(device.holds)),
            place=_place(context.accounts.places.of(device.address)),
        )
        for device in await my_devices(context.db, login, now=now)
    )
    is_by_pin = await context.certificates.disown_device.step_up.is_by_pin(login, now=now)
    return JsonAnswer(DevicesMessage(items, "pin" if is_by_pin else "sms_code"))


def _place(place: Place | None) -> PlaceMessage | None:
    return None if place is None else PlaceMessage(place.zh, place.en)


@router.post(
    "/devices/{shield_number}/name",
    summary="Name one of my devices",
    operation_id="nameDevice",
    asks=openapi.takes(DeviceNameIn),
    answers=openapi.answers(None, "It has this name", status=204),
)
async def name_device(request: Request, shield_number: str) -> Response:
    """Up to 24 characters, for its owner alone. 404 for a shield that isn't the account's."""
    login, body, context = await phone_of(request), await body_of(request, DeviceNameIn), context_of(request)
    await rename_device(context.db, login, shield_number, body.name)
    acting(request, "user", login.account_id)
    return no_content()


@router.post(
    "/devices/{shield_number}/disowned",
    summary="This device isn't mine",
    operation_id="disownDevice",
    asks=openapi.takes(DisownIn),
    answers=openapi.answers(DisownedMessage, "Its shield is held and its login ended"),
)
async def disown_device(request: Request, shield_number: str) -> Response:
    """Reports its shield lost (挂失), which the legal person alone lifts, and ends its login and pushes."""
    login, body, context = await phone_of(request), await body_of(request, DisownIn), context_of(request)
    acting(request, "user", login.account_id)
    sid = None if body.sid is None else bytes.fromhex(body.sid)
    held = await context.certificates.disown_device(
        login, shield_number, sid=sid, sms_code=body.sms_code, now=context.clock()
    )
    return JsonAnswer(DisownedMessage(held))


@router.get(
    "/logins",
    summary="My logins at PCs",
    operation_id="listLogins",
    answers=openapi.answers(LoginsMessage, "The account's latest"),
)
async def logins(request: Request) -> Response:
    """What business systems were entered with the account's shields. Their sessions are theirs to end."""
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
    answers=openapi.answers(LoggedOutMessage, "Only this phone is logged in"),
)
async def log_out_others(request: Request) -> Response:
    """Ends the account's logins at all other phones and at the portal, with their pushes. Shields stay as they are."""
    login, context = await phone_of(request), context_of(request)
    acting(request, "user", login.account_id)
    return JsonAnswer(LoggedOutMessage(await log_out_others_of(context.db, login, now=context.clock())))


@router.get(
    "/requests/{request_id}/unlike",
    summary="What of a login is new",
    operation_id="getUnlike",
    answers=openapi.answers(UnlikeMessage, "What its PC has that those before had not"),
)
async def unlike(request: Request, request_id: str) -> Response:
    """Of a login that this phone has taken. Empty where all was there before, and where nothing can be compared."""
    login, context = await phone_of(request), context_of(request)
    new = await context.requests.my_signatures.unlike(login, require_id(request_id), now=context.clock())
    return JsonAnswer(UnlikeMessage(new))


class PushKindsMessage(Wire, frozen=True):
    """What wakes this phone: requests by its shield's number, notices."""

    requests: bool
    notices: bool


class PushMessage(Wire, frozen=True):
    """`key`: what browsers bind subscriptions to, null where there are no pushes; `on`: what wakes this phone."""

    key: Hex65 | None
    on: PushKindsMessage | None


class PushIn(Wire, frozen=True):
    """The browser's subscription, its point and secret as it gave them; which kinds wake the phone."""

    endpoint: Endpoint
    p256dh: Hex65
    auth: Hex16
    requests: bool
    notices: bool


@router.get(
    "/push",
    summary="Pushes to this phone",
    operation_id="getPush",
    answers=openapi.answers(PushMessage, "What wakes this phone"),
)
async def get_push(request: Request) -> Response:
    """`on` is null where this phone has no subscription of this account."""
    login, context = await phone_of(request), context_of(request)
    point = await context.notices.push.point(now=context.clock())
    on = await context.notices.push.find(login.device_id, login.account_id)
    kinds = None if on is None else PushKindsMessage(on.requests, on.notices)
    return JsonAnswer(PushMessage(None if point is None else point.hex(), kinds))


@router.post(
    "/push",
    summary="Have this phone woken",
    operation_id="subscribePush",
    asks=openapi.takes(PushIn),
    answers=openapi.answers(None, "It is woken so from now on", status=204),
)
async def post_push(request: Request) -> Response:
    """In place of the subscription before. `invalid_request` for an address where no push may go."""
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
    acting(request, "user", login.account_id)
    return no_content()


@router.delete(
    "/push",
    summary="Have this phone woken no more",
    operation_id="unsubscribePush",
    answers=openapi.answers(None, "No pushes any more", status=204),
)
async def delete_push(request: Request) -> Response:
    """The same where it had none. Logging out does so too."""
    login, context = await phone_of(request), context_of(request)
    await context.notices.push.unsubscribe(login.device_id)
    acting(request, "user", login.account_id)
    return no_content()
