"""Business systems (业务系统) at the console: registered, changed, their secrets, their logins by OpenID Connect."""

from typing import Annotated, Any, Final, Literal

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from mshield.domain.lines import MAX_NAME, MAX_REASON
from mshield.domain.staff import StaffRole
from mshield.domain.systems.business_system import MAX_OVERLAP_HOURS
from mshield.services.systems.manage import System
from mshield.services.systems.unshown import end_unshown
from mshield.services.systems.webhook_endpoints import ListedEndpoint
from mshield.web import openapi
from mshield.web.answers import JsonAnswer, filled
from mshield.web.body import Wire, body_of
from mshield.web.console.authentication import PEOPLE, staff_of
from mshield.web.console.grave import require_grave
from mshield.web.context import context_of
from mshield.web.router import Router

router: Final = Router("console")
READERS: Final = (StaffRole.SECURITY_OFFICER, StaffRole.AUDITOR, StaffRole.CUSTOMER_SERVICE)
WRITER: Final = StaffRole.SECURITY_OFFICER

Address = Annotated[str, msgspec.Meta(min_length=1, max_length=512)]
Addresses = Annotated[tuple[Address, ...], msgspec.Meta(max_length=20)]
Domain = Annotated[str, msgspec.Meta(min_length=1, max_length=260)]
Hours = Annotated[int, msgspec.Meta(ge=0, le=MAX_OVERLAP_HOURS)]
Method = Literal["client_secret_basic", "client_secret_post", "private_key_jwt"]


class SystemLoginMessage(Wire, frozen=True):
    """How it logs people in by OpenID Connect."""

    redirect_uris: tuple[str, ...]
    logout_uris: tuple[str, ...]
    auth_method: str
    par_required: bool


class SystemWebhookMessage(Wire, frozen=True):
    """Where it is told of ended requests; `reason` is why it is disabled, `waiting` and `dead` count deliveries."""

    id: str
    url: str
    state: Literal["active", "disabled"]
    reason: str | None
    previous_until: int | None
    waiting: int
    dead: int


class SystemMessage(Wire, frozen=True):
    """A business system; times in ms. `previous_until` is null unless the secret before still counts.

    `unshown_since`: since when it may ask for what a phone can't show, null where it may not.
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
    """All of them, oldest first."""

    items: tuple[SystemMessage, ...]


class NewSystemMessage(Wire, frozen=True):
    """What phones show of it, and where the shield's app may lead back to (R13)."""

    name: Annotated[str, msgspec.Meta(min_length=1, max_length=MAX_NAME)]
    domain: Domain
    return_urls: Addresses = ()


class SystemSecretMessage(Wire, frozen=True):
    """The system, and its secret: this once only."""

    system: SystemMessage
    client_secret: str


class RotateMessage(Wire, frozen=True):
    """For how many hours the old secret counts beside the new one; 0 ends it at once.

    `force` changes the secret also while the one before it still counts, which then ends at once.
    """

    overlap_hours: Hours
    force: bool = False


class SystemStateMessage(Wire, frozen=True):
    """Whether it may ask, and why that changes; the reason is kept with the act."""

    state: Literal["active", "disabled"]
    reason: Annotated[str, msgspec.Meta(min_length=1, max_length=MAX_REASON)]


class EndUnshownMessage(Wire, frozen=True):
    """Why; it is kept with the act."""

    reason: Annotated[str, msgspec.Meta(min_length=1, max_length=MAX_REASON)]


class SetLoginMessage(Wire, frozen=True):
    """`jwks` is the JWK set with its public keys, for `private_key_jwt` alone."""

    redirect_uris: Addresses
    logout_uris: Addresses = ()
    auth_method: Method = "client_secret_basic"
    par_required: bool = False
    jwks: dict[str, Any] | None = None


@router.get(
    "/systems",
    summary="List the business systems",
    operation_id="listSystems",
    answers=openapi.answers(SystemsMessage, "All of them"),
)
async def list_systems(request: Request) -> Response:
    """The service itself, which asks its own legal persons, isn't among them."""
    await staff_of(request, *READERS)
    context = context_of(request)
    now = context.clock()
    systems = await context.systems.manage.list_all()
    return JsonAnswer(SystemsMessage(tuple(_shown(system, now=now) for system in systems)))


@router.get(
    "/systems/{client_id}",
    summary="Show one business system",
    operation_id="showSystem",
    answers=openapi.answers(SystemMessage, "The system"),
)
async def show_system(request: Request, client_id: str) -> Response:
    """With its addresses, its client of OpenID Connect and its webhooks; never with a secret."""
    await staff_of(request, *READERS)
    context = context_of(request)
    return JsonAnswer(_shown(await context.systems.manage.find(client_id), now=context.clock()))


@router.post(
    "/systems",
    summary="Register a business system",
    operation_id="registerSystem",
    security=PEOPLE,
    asks=openapi.takes(NewSystemMessage),
    answers=openapi.answers(SystemSecretMessage, "Registered", status=201) | openapi.problems(413),
)
async def register_system(request: Request) -> Response:
    """The secret is shown this once and stored as a hash."""
    member = await staff_of(request, WRITER)
    message, context = await body_of(request, NewSystemMessage), context_of(request)
    now = context.clock()
    system, secret = await context.systems.manage.add(
        name=message.name, domain=message.domain, return_urls=message.return_urls, by=member.by, now=now
    )
    return JsonAnswer(SystemSecretMessage(_shown(system, now=now), secret), 201)


@router.put(
    "/systems/{client_id}",
    summary="Change name, domain and return addresses",
    operation_id="changeSystem",
    security=PEOPLE,
    asks=openapi.takes(NewSystemMessage),
    answers=openapi.answers(SystemMessage, "Changed") | openapi.problems(413),
)
async def change_system(request: Request, client_id: str) -> Response:
    """Counts within five seconds. What phones have shown already stays as it was."""
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
    return JsonAnswer(_shown(system, now=now))


@router.post(
    "/systems/{client_id}/secret",
    summary="Give a new secret",
    operation_id="rotateSystemSecret",
    security=PEOPLE,
    asks=openapi.takes(RotateMessage),
    answers=openapi.answers(SystemSecretMessage, "The new secret") | openapi.problems(413),
)
async def rotate_secret(request: Request, client_id: str) -> Response:
    """The old one counts beside it for the stated hours; a secret before that one ends, by `force` only."""
    member = await staff_of(request, WRITER)
    message, context = await body_of(request, RotateMessage), context_of(request)
    now = context.clock()
    system, secret = await context.systems.manage.rotate(
        client_id, overlap_hours=message.overlap_hours, force=message.force, by=member.by, now=now
    )
    return JsonAnswer(SystemSecretMessage(_shown(system, now=now), secret))


@router.delete(
    "/systems/{client_id}/previous-secret",
    summary="End the old secret at once",
    operation_id="endPreviousSecret",
    answers=openapi.answers(SystemMessage, "Ended"),
)
async def end_previous(request: Request, client_id: str) -> Response:
    """Within five seconds only the present one counts."""
    member = await staff_of(request, WRITER)
    context = context_of(request)
    now = context.clock()
    system = await context.systems.manage.end_previous(client_id, by=member.by, now=now)
    return JsonAnswer(_shown(system, now=now))


@router.post(
    "/systems/{client_id}/state",
    summary="Disable or enable a business system",
    operation_id="setSystemState",
    asks=openapi.takes(SystemStateMessage),
    answers=openapi.answers(SystemMessage, "As it stands now") | openapi.problems(413),
)
async def set_state(request: Request, client_id: str) -> Response:
    """A disabled system asks for nothing and logs nobody in, within five seconds; its open requests are cancelled."""
    member = await staff_of(request, WRITER)
    message, context = await body_of(request, SystemStateMessage), context_of(request)
    if message.state == "active":
        require_grave(request, member)  # who was stopped gets everything back
    now = context.clock()
    system = await context.systems.manage.set_state(
        client_id, message.state, reason=message.reason, by=member.by, now=now
    )
    return JsonAnswer(_shown(system, now=now))


@router.post(
    "/systems/{client_id}/unshown-end",
    summary="Let a business system no longer ask for what a phone can't show",
    operation_id="endSystemUnshown",
    asks=openapi.takes(EndUnshownMessage),
    answers=openapi.answers(SystemMessage, "As it stands now") | openapi.problems(413),
)
async def end_of_unshown(request: Request, client_id: str) -> Response:
    """To let it takes two, by the approval `system.allow_unshown`; what was asked before stays."""
    member = await staff_of(request, WRITER)
    message, context = await body_of(request, EndUnshownMessage), context_of(request)
    now = context.clock()
    await end_unshown(context.db, client_id, reason=message.reason, by=member.by, now=now)
    return JsonAnswer(_shown(await context.systems.manage.find(client_id), now=now))


@router.put(
    "/systems/{client_id}/login",
    summary="Let a business system log people in by OpenID Connect",
    operation_id="setSystemLogin",
    security=PEOPLE,
    asks=openapi.takes(SetLoginMessage),
    answers=openapi.answers(SystemMessage, "As it stands now") | openapi.problems(413),
)
async def set_login(request: Request, client_id: str) -> Response:
    """Addresses match character by character; its secret is the business system's."""
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
    return JsonAnswer(_shown(system, now=now))


@router.delete(
    "/systems/{client_id}/login",
    summary="End its logins by OpenID Connect",
    operation_id="endSystemLogin",
    answers=openapi.answers(SystemMessage, "As it stands now"),
)
async def end_login(request: Request, client_id: str) -> Response:
    """The system itself stays."""
    member = await staff_of(request, WRITER)
    context = context_of(request)
    now = context.clock()
    system = await context.systems.manage.remove_client(client_id, by=member.by, now=now)
    return JsonAnswer(_shown(system, now=now))


def _shown(whole: System, *, now: int) -> SystemMessage:
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
