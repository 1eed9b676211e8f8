"""Business systems (业务系统) in the console: registration, changes, secrets, logins by OpenID Connect."""

from typing import Annotated, Any, Final, Literal

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from mshield.server.http import openapi
from mshield.server.http.answers import JsonAnswer, filled
from mshield.server.http.body import Wire, body_of
from mshield.server.http.caller import context_of
from mshield.server.http.console.authentication import PEOPLE, staff_of
from mshield.server.http.console.changed_rows import ChangedRowMessage, reported
from mshield.server.http.console.sensitive import require_recent_factor
from mshield.server.http.router import Router
from mshield.server.staff.rules import StaffRole
from mshield.server.systems.manage import System
from mshield.server.systems.rules.business_system import MAX_OVERLAP_HOURS
from mshield.server.systems.unshown import end_unshown
from mshield.server.values.lines import MAX_NAME, MAX_REASON
from mshield.server.webhooks.endpoints import ListedEndpoint

router: Final = Router("console")
READERS: Final = (StaffRole.SECURITY_OFFICER, StaffRole.AUDITOR, StaffRole.CUSTOMER_SERVICE)
WRITER: Final = StaffRole.SECURITY_OFFICER

Address = Annotated[str, msgspec.Meta(min_length=1, max_length=512)]
Addresses = Annotated[tuple[Address, ...], msgspec.Meta(max_length=20)]
Domain = Annotated[str, msgspec.Meta(min_length=1, max_length=260)]
Hours = Annotated[int, msgspec.Meta(ge=0, le=MAX_OVERLAP_HOURS)]
Method = Literal["client_secret_basic", "client_secret_post", "private_key_jwt"]


class SystemLoginMessage(Wire, frozen=True):
    """Settings of a system's logins by OpenID Connect."""

    redirect_uris: tuple[str, ...]
    logout_uris: tuple[str, ...]
    auth_method: str
    par_required: bool


class SystemWebhookMessage(Wire, frozen=True):
    """An endpoint notified of ended requests; `reason` is why it is disabled, `waiting` and `dead` count deliveries."""

    id: str
    url: str
    state: Literal["active", "disabled"]
    reason: str | None
    previous_until: int | None
    waiting: int
    dead: int


class SystemMessage(Wire, frozen=True):
    """A business system; times in ms. `previous_until` is null unless the previous secret is still valid.

    `unshown_since`: since when it may request signatures on content that a phone can't show; null if it may
    not.
    """

    client_id: str
    name: str
    domain: str
    state: Literal["active", "disabled"]
    return_urls: tuple[str, ...]
    created_at: int
    secret_at: int
    previous_until: int | None
    unshown_since: int | None
    login: SystemLoginMessage | None
    webhooks: tuple[SystemWebhookMessage, ...]


class SystemsMessage(Wire, frozen=True):
    """All systems, oldest first, except those of which a row was changed outside of the service."""

    items: tuple[SystemMessage, ...]
    changed_rows: tuple[ChangedRowMessage, ...]


class NewSystemMessage(Wire, frozen=True):
    """Name and domain that phones show, and the addresses to which the shield's app may return (R13)."""

    name: Annotated[str, msgspec.Meta(min_length=1, max_length=MAX_NAME)]
    domain: Domain
    return_urls: Addresses = ()


class SystemSecretMessage(Wire, frozen=True):
    """The system, and its secret, shown only this once."""

    system: SystemMessage
    client_secret: str


class RotateMessage(Wire, frozen=True):
    """Hours for which the old secret stays valid besides the new one; 0 ends it immediately.

    `force` changes the secret even while the one before it is still valid, which then ends at once.
    """

    overlap_hours: Hours
    force: bool = False


class SystemStateMessage(Wire, frozen=True):
    """Whether the system may make requests, and the reason for the change, which is stored with the action."""

    state: Literal["active", "disabled"]
    reason: Annotated[str, msgspec.Meta(min_length=1, max_length=MAX_REASON)]


class EndUnshownMessage(Wire, frozen=True):
    """Reason, stored with the action."""

    reason: Annotated[str, msgspec.Meta(min_length=1, max_length=MAX_REASON)]


class SetLoginMessage(Wire, frozen=True):
    """`jwks` is the JWK set with its public keys, only for `private_key_jwt`."""

    redirect_uris: Addresses
    logout_uris: Addresses = ()
    auth_method: Method = "client_secret_basic"
    par_required: bool = False
    jwks: dict[str, Any] | None = None


@router.get(
    "/systems",
    summary="List the business systems",
    operation_id="listSystems",
    answers=openapi.answers(SystemsMessage, "All systems"),
)
async def list_systems(request: Request) -> Response:
    """Lists all systems except the service itself, which makes requests to legal persons."""
    await staff_of(request, *READERS)
    context = context_of(request)
    now = context.clock()
    systems, changed = await context.systems.manage.list_all()
    items = tuple(_message(system, now=now) for system in systems)
    return JsonAnswer(SystemsMessage(items, reported(request, changed)))


@router.get(
    "/systems/{client_id}",
    summary="Show one business system",
    operation_id="showSystem",
    answers=openapi.answers(SystemMessage, "The system"),
)
async def show_system(request: Request, client_id: str) -> Response:
    """Returns its addresses, OpenID Connect client and webhooks, but no secrets."""
    await staff_of(request, *READERS)
    context = context_of(request)
    return JsonAnswer(_message(await context.systems.manage.find(client_id), now=context.clock()))


@router.post(
    "/systems",
    summary="Register a business system",
    operation_id="registerSystem",
    shows_secret=True,
    security=PEOPLE,
    asks=openapi.takes(NewSystemMessage),
    answers=openapi.answers(SystemSecretMessage, "Registered", status=201) | openapi.problems(413),
)
async def register_system(request: Request) -> Response:
    """Registers a system. Its secret is shown only this once, and stored as a hash."""
    member = await staff_of(request, WRITER)
    message, context = await body_of(request, NewSystemMessage), context_of(request)
    now = context.clock()
    system, secret = await context.systems.manage.add(
        name=message.name, domain=message.domain, return_urls=message.return_urls, by=member.by, now=now
    )
    return JsonAnswer(SystemSecretMessage(_message(system, now=now), secret), 201)


@router.put(
    "/systems/{client_id}",
    summary="Change name, domain and return addresses",
    operation_id="changeSystem",
    security=PEOPLE,
    asks=openapi.takes(NewSystemMessage),
    answers=openapi.answers(SystemMessage, "Changed") | openapi.problems(413),
)
async def change_system(request: Request, client_id: str) -> Response:
    """Changes the data, which takes effect within five seconds. What phones have already shown stays unchanged."""
    member = await staff_of(request, WRITER)
    message, context = await body_of(request, NewSystemMessage), context_of(request)
    now = context.clock()
    system = await context.systems.manage.change(
        client_id,
        name=message.name,
        domain=message.domain,
        return_urls=message.return_urls,
        by=member.by,
        now=now,
    )
    return JsonAnswer(_message(system, now=now))


@router.post(
    "/systems/{client_id}/secret",
    summary="Replace a business system's secret",
    operation_id="rotateSystemSecret",
    shows_secret=True,
    security=PEOPLE,
    asks=openapi.takes(RotateMessage),
    answers=openapi.answers(SystemSecretMessage, "The new secret") | openapi.problems(413),
)
async def rotate_secret(request: Request, client_id: str) -> Response:
    """Creates a new secret; the old one stays valid for the given hours.

    A still older secret ends, which requires `force`.
    """
    member = await staff_of(request, WRITER)
    message, context = await body_of(request, RotateMessage), context_of(request)
    now = context.clock()
    system, secret = await context.systems.manage.rotate(
        client_id, overlap_hours=message.overlap_hours, force=message.force, by=member.by, now=now
    )
    return JsonAnswer(SystemSecretMessage(_message(system, now=now), secret))


@router.delete(
    "/systems/{client_id}/previous-secret",
    summary="End the old secret at once",
    operation_id="endPreviousSecret",
    answers=openapi.answers(SystemMessage, "Ended"),
)
async def end_previous(request: Request, client_id: str) -> Response:
    """Ends the old secret; within five seconds only the present one is valid."""
    member = await staff_of(request, WRITER)
    context = context_of(request)
    now = context.clock()
    system = await context.systems.manage.end_previous(client_id, by=member.by, now=now)
    return JsonAnswer(_message(system, now=now))


@router.post(
    "/systems/{client_id}/state",
    summary="Disable or enable a business system",
    operation_id="setSystemState",
    asks=openapi.takes(SystemStateMessage),
    answers=openapi.answers(SystemMessage, "The system's new state") | openapi.problems(413),
)
async def set_state(request: Request, client_id: str) -> Response:
    """Changes the state. Within five seconds a disabled system can't make requests or log users in.

    Its open requests are cancelled.
    """
    member = await staff_of(request, WRITER)
    message, context = await body_of(request, SystemStateMessage), context_of(request)
    if message.state == "active":
        require_recent_factor(request, member)  # enabling restores everything that was stopped
    now = context.clock()
    system = await context.systems.manage.set_state(
        client_id, message.state, reason=message.reason, by=member.by, now=now
    )
    return JsonAnswer(_message(system, now=now))


@router.post(
    "/systems/{client_id}/unshown-end",
    summary="Forbid requests for content that a phone can't show",
    operation_id="endSystemUnshown",
    asks=openapi.takes(EndUnshownMessage),
    answers=openapi.answers(SystemMessage, "The system's new state") | openapi.problems(413),
)
async def end_of_unshown(request: Request, client_id: str) -> Response:
    """Forbids such requests; earlier requests stay unchanged.

    Allowing them requires two people, by the approval `system.allow_unshown`.
    """
    member = await staff_of(request, WRITER)
    message, context = await body_of(request, EndUnshownMessage), context_of(request)
    now = context.clock()
    await end_unshown(context.db, client_id, reason=message.reason, by=member.by, now=now)
    return JsonAnswer(_message(await context.systems.manage.find(client_id), now=now))


@router.put(
    "/systems/{client_id}/login",
    summary="Enable OpenID Connect logins for a business system",
    operation_id="setSystemLogin",
    security=PEOPLE,
    asks=openapi.takes(SetLoginMessage),
    answers=openapi.answers(SystemMessage, "The system's new state") | openapi.problems(413),
)
async def set_login(request: Request, client_id: str) -> Response:
    """Addresses must match character by character; the client secret is that of the business system."""
    member = await staff_of(request, WRITER)
    message, context = await body_of(request, SetLoginMessage), context_of(request)
    now = context.clock()
    system = await context.systems.manage.set_client(
        client_id,
        redirect_uris=message.redirect_uris,
        logout_uris=message.logout_uris,
        auth_method=message.auth_method,
        jwks=None if message.jwks is None else msgspec.json.encode(message.jwks).decode(),
        par_required=message.par_required,
        by=member.by,
        now=now,
    )
    return JsonAnswer(_message(system, now=now))


@router.delete(
    "/systems/{client_id}/login",
    summary="Disable OpenID Connect logins for a business system",
    operation_id="endSystemLogin",
    answers=openapi.answers(SystemMessage, "The system's new state"),
)
async def end_login(request: Request, client_id: str) -> Response:
    """Removes the OpenID Connect client; the system itself remains."""
    member = await staff_of(request, WRITER)
    context = context_of(request)
    now = context.clock()
    system = await context.systems.manage.remove_client(client_id, by=member.by, now=now)
    return JsonAnswer(_message(system, now=now))


def _message(whole: System, *, now: int) -> SystemMessage:
    system = whole.system
    return filled(
        SystemMessage,
        system,
        secret_at=system.secret_at or system.created_at,
        previous_until=system.previous_until if len(system.accepted(now=now)) > 1 else None,
        unshown_since=None if whole.unshown is None else whole.unshown.allowed_at,
        login=None if whole.client is None else filled(SystemLoginMessage, whole.client),
        webhooks=tuple(_webhook(listed, now=now) for listed in whole.endpoints),
    )


def _webhook(listed: ListedEndpoint, *, now: int) -> SystemWebhookMessage:
    endpoint, until = listed.endpoint, listed.endpoint.previous_until
    return filled(
        SystemWebhookMessage,
        endpoint,
        previous_until=until if until is not None and until > now else None,
        waiting=listed.waiting,
        dead=listed.dead,
    )
