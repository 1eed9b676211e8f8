"""Webhooks at the console: a business system's endpoints and their secrets, and deliveries that were given up."""

from typing import Annotated, Final, Literal

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from mshield.domain.staff import StaffRole
from mshield.web import openapi
from mshield.web.answers import JsonAnswer, filled
from mshield.web.body import Wire, body_of
from mshield.web.console.authentication import PEOPLE, staff_of
from mshield.web.console.systems.manage import READERS, WRITER, Address, Hours
from mshield.web.context import context_of
from mshield.web.query import Query
from mshield.web.router import Router

router: Final = Router("console")
EndpointId = Annotated[str, msgspec.Meta(pattern=r"^ep_[0-9a-f-]{36}\Z")]
Place = Annotated[str, msgspec.Meta(pattern=r"^(ep|msg)_[0-9a-f-]{36}\Z")]


class NewWebhookMessage(Wire, frozen=True):
    """Where it wants to be told."""

    url: Address


class WebhookSecretMessage(Wire, frozen=True):
    """The endpoint, and its secret (`whsec_…`): this once only."""

    id: str
    secret: str


class WebhookRotateMessage(Wire, frozen=True):
    """For how many hours webhooks are signed with the old secret too; 0 ends it at once.

    `force` changes the secret also while the one before it still counts, which then ends at once.
    """

    overlap_hours: Hours
    force: bool = False


class WebhookDoneMessage(Wire, frozen=True):
    """Done."""

    id: str
    state: Literal["active", "removed"]


class DeliveriesWanted(Query, frozen=True):
    """What the list is narrowed to."""

    state: Literal["waiting", "sent", "dead"] | None = None
    endpoint_id: Annotated[EndpointId | None, msgspec.Meta(description="of one endpoint")] = None
    limit: Annotated[int, msgspec.Meta(ge=1, le=200)] = 50


class DeliveryMessage(Wire, frozen=True):
    """A delivery: HTTP `status` and `error` of its last try; times in ms. `dead` is given up.

    `error` is `gone` where the endpoint is disabled, and `removed` where it is no more.
    """

    id: str
    endpoint_id: str
    request_id: str
    event: str
    state: Literal["waiting", "sent", "dead"]
    attempts: int
    next_at: int | None
    status: int | None
    error: str | None
    created_at: int
    ended_at: int | None


class DeliveriesMessage(Wire, frozen=True):
    """The newest first."""

    items: tuple[DeliveryMessage, ...]


class ReplayMessage(Wire, frozen=True):
    """A delivery (`msg_…`), or an endpoint (`ep_…`): all that was given up for it."""

    target: Place


class ReplayedMessage(Wire, frozen=True):
    """How many deliveries are made again."""

    deliveries: int


@router.post(
    "/systems/{client_id}/webhooks",
    summary="Tell a business system by webhook",
    operation_id="addWebhook",
    security=PEOPLE,
    asks=openapi.takes(NewWebhookMessage),
    answers=openapi.answers(WebhookSecretMessage, "Added", status=201) | openapi.problems(413),
)
async def add_webhook(request: Request, client_id: str) -> Response:
    """Requests that are made from now on are told there."""
    member = await staff_of(request, WRITER)
    message, context = await body_of(request, NewWebhookMessage), context_of(request)
    system = await context.systems.manage.find(client_id)
    endpoint_id, secret = await context.systems.webhook_endpoints.add(
        client_id=system.system.client_id, url=message.url, by=member.by, now=context.clock()
    )
    return JsonAnswer(WebhookSecretMessage(endpoint_id, secret), 201)


@router.post(
    "/webhooks/{endpoint_id}/secret",
    summary="Give a webhook a new secret",
    operation_id="rotateWebhookSecret",
    security=PEOPLE,
    asks=openapi.takes(WebhookRotateMessage),
    answers=openapi.answers(WebhookSecretMessage, "The new secret") | openapi.problems(413),
)
async def rotate_webhook(request: Request, endpoint_id: str) -> Response:
    """For the stated hours webhooks carry both signatures."""
    member = await staff_of(request, WRITER)
    message, context = await body_of(request, WebhookRotateMessage), context_of(request)
    secret = await context.systems.webhook_endpoints.rotate(
        endpoint_id,
        hours=message.overlap_hours,
        force=message.force,
        by=member.by,
        now=context.clock(),
    )
    return JsonAnswer(WebhookSecretMessage(endpoint_id, secret))


@router.post(
    "/webhooks/{endpoint_id}/enable",
    summary="Let a disabled webhook take again",
    operation_id="enableWebhook",
    answers=openapi.answers(WebhookDoneMessage, "Enabled"),
)
async def enable_webhook(request: Request, endpoint_id: str) -> Response:
    """An endpoint is disabled once it answers 410; what it would have been told meanwhile can be made by hand."""
    member = await staff_of(request, WRITER)
    context = context_of(request)
    await context.systems.webhook_endpoints.enable(endpoint_id, by=member.by, now=context.clock())
    return JsonAnswer(WebhookDoneMessage(endpoint_id, "active"))


@router.delete(
    "/webhooks/{endpoint_id}",
    summary="Remove a webhook for good",
    operation_id="removeWebhook",
    answers=openapi.answers(WebhookDoneMessage, "Removed"),
)
async def remove_webhook(request: Request, endpoint_id: str) -> Response:
    """What waits for it is given up, and from now on nothing is kept for it."""
    member = await staff_of(request, WRITER)
    context = context_of(request)
    await context.systems.webhook_endpoints.remove(endpoint_id, by=member.by, now=context.clock())
    return JsonAnswer(WebhookDoneMessage(endpoint_id, "removed"))


@router.get(
    "/webhooks/deliveries",
    summary="List deliveries of webhooks",
    operation_id="listDeliveries",
    answers=openapi.answers(DeliveriesMessage, "The newest"),
)
async def deliveries(request: Request, query: DeliveriesWanted) -> Response:
    """What was told to whom, and what wasn't: `dead` is given up, after three days or for a disabled endpoint."""
    await staff_of(request, *READERS)
    rows = await context_of(request).systems.webhook_endpoints.deliveries(
        endpoint_id=query.endpoint_id or "", state=query.state or "", most=query.limit
    )
    items = tuple(
        filled(DeliveryMessage, row, next_at=row.next_at if row.state == "waiting" else None) for row in rows
    )
    return JsonAnswer(DeliveriesMessage(items))


@router.post(
    "/webhooks/replays",
    summary="Make deliveries again",
    operation_id="replayDeliveries",
    asks=openapi.takes(ReplayMessage),
    answers=openapi.answers(ReplayedMessage, "They are made again within seconds")
    | openapi.problems(404, 413),
)
async def replay(request: Request) -> Response:
    """Under their ids, by which the system knows a repeat."""
    member = await staff_of(request, WRITER, StaffRole.CUSTOMER_SERVICE)
    message, context = await body_of(request, ReplayMessage), context_of(request)
    replayed = await context.systems.webhook_endpoints.replay(
        message.target, by=member.by, now=context.clock()
    )
    return JsonAnswer(ReplayedMessage(replayed))
