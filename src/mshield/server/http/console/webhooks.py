"""Webhooks in the console: a business system's endpoints and their secrets, and failed deliveries."""

from typing import Annotated, Final, Literal

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from mshield.server.http import openapi
from mshield.server.http.answers import JsonAnswer
from mshield.server.http.body import Wire, body_of
from mshield.server.http.caller import context_of
from mshield.server.http.console.authentication import PEOPLE, staff_of
from mshield.server.http.console.systems import READERS, WRITER, Address, Hours
from mshield.server.http.query import Query
from mshield.server.http.router import Router
from mshield.server.staff.rules import StaffRole
from mshield.server.webhooks.rules import DeliveryMessage

router: Final = Router("console")
EndpointId = Annotated[str, msgspec.Meta(pattern=r"^ep_[0-9a-f-]{36}\Z")]
Place = Annotated[str, msgspec.Meta(pattern=r"^(ep|msg)_[0-9a-f-]{36}\Z")]


class NewWebhookMessage(Wire, frozen=True):
    """Address to notify."""

    url: Address


class WebhookSecretMessage(Wire, frozen=True):
    """The endpoint and its secret (`whsec_…`), shown only this once."""

    id: str
    secret: str


class WebhookRotateMessage(Wire, frozen=True):
    """Hours for which webhooks are also signed with the old secret; 0 ends it immediately.

    `force` changes the secret even while the one before it is still valid, which then ends at once.
    """

    overlap_hours: Hours
    force: bool = False


class WebhookDoneMessage(Wire, frozen=True):
    """The endpoint and its new state."""

    id: str
    state: Literal["active", "removed"]


class DeliveriesWanted(Query, frozen=True):
    """Filters of the list."""

    state: Literal["waiting", "sent", "dead"] | None = None
    endpoint_id: Annotated[EndpointId | None, msgspec.Meta(description="of one endpoint")] = None
    limit: Annotated[int, msgspec.Meta(ge=1, le=200)] = 50


class DeliveriesMessage(Wire, frozen=True):
    """Deliveries, newest first."""

    items: tuple[DeliveryMessage, ...]


class ReplayMessage(Wire, frozen=True):
    """A delivery (`msg_…`), or an endpoint (`ep_…`) for all its deliveries that were given up."""

    target: Place


class ReplayedMessage(Wire, frozen=True):
    """Number of deliveries that are repeated."""

    deliveries: int


@router.post(
    "/systems/{client_id}/webhooks",
    summary="Add a webhook to a business system",
    operation_id="addWebhook",
    shows_secret=True,
    security=PEOPLE,
    asks=openapi.takes(NewWebhookMessage),
    answers=openapi.answers(WebhookSecretMessage, "Added", status=201) | openapi.problems(413),
)
async def add_webhook(request: Request, client_id: str) -> Response:
    """Adds a webhook, and returns its secret. It is notified of requests made after this."""
    member = await staff_of(request, WRITER)
    message, context = await body_of(request, NewWebhookMessage), context_of(request)
    system = await context.systems.manage.find(client_id)
    endpoint_id, secret = await context.systems.webhook_endpoints.add(
        client_id=system.system.client_id, url=message.url, by=member.by, now=context.clock()
    )
    return JsonAnswer(WebhookSecretMessage(endpoint_id, secret), 201)


@router.post(
    "/webhooks/{endpoint_id}/secret",
    summary="Replace a webhook's secret",
    operation_id="rotateWebhookSecret",
    shows_secret=True,
    security=PEOPLE,
    asks=openapi.takes(WebhookRotateMessage),
    answers=openapi.answers(WebhookSecretMessage, "The new secret") | openapi.problems(413),
)
async def rotate_webhook(request: Request, endpoint_id: str) -> Response:
    """Creates a new secret; for the given hours webhooks carry both signatures."""
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
    summary="Enable a disabled webhook",
    operation_id="enableWebhook",
    answers=openapi.answers(WebhookDoneMessage, "Enabled"),
)
async def enable_webhook(request: Request, endpoint_id: str) -> Response:
    """Enables an endpoint that was disabled because it answered 410. Missed deliveries can be replayed by hand."""
    member = await staff_of(request, WRITER)
    context = context_of(request)
    await context.systems.webhook_endpoints.enable(endpoint_id, by=member.by, now=context.clock())
    return JsonAnswer(WebhookDoneMessage(endpoint_id, "active"))


@router.delete(
    "/webhooks/{endpoint_id}",
    summary="Remove a webhook permanently",
    operation_id="removeWebhook",
    answers=openapi.answers(WebhookDoneMessage, "Removed"),
)
async def remove_webhook(request: Request, endpoint_id: str) -> Response:
    """Gives up waiting deliveries; from now on nothing is stored for it."""
    member = await staff_of(request, WRITER)
    context = context_of(request)
    await context.systems.webhook_endpoints.remove(endpoint_id, by=member.by, now=context.clock())
    return JsonAnswer(WebhookDoneMessage(endpoint_id, "removed"))


@router.get(
    "/webhooks/deliveries",
    summary="List webhook deliveries",
    operation_id="listDeliveries",
    answers=openapi.answers(DeliveriesMessage, "The newest deliveries"),
)
async def deliveries(request: Request, query: DeliveriesWanted) -> Response:
    """Lists sent and failed deliveries: `dead` was given up, after three days or because the endpoint is disabled."""
    await staff_of(request, *READERS)
    rows = await context_of(request).systems.webhook_endpoints.deliveries(
        endpoint_id=query.endpoint_id or "", state=query.state or "", most=query.limit
    )
    return JsonAnswer(DeliveriesMessage(tuple(rows)))


@router.post(
    "/webhooks/replays",
    summary="Repeat deliveries",
    operation_id="replayDeliveries",
    asks=openapi.takes(ReplayMessage),
    answers=openapi.answers(ReplayedMessage, "They are repeated within seconds") | openapi.problems(404, 413),
)
async def replay(request: Request) -> Response:
    """Repeats keep their IDs, by which the system recognises them."""
    member = await staff_of(request, WRITER, StaffRole.CUSTOMER_SERVICE)
    message, context = await body_of(request, ReplayMessage), context_of(request)
    replayed = await context.systems.webhook_endpoints.replay(
        message.target, by=member.by, now=context.clock()
    )
    return JsonAnswer(ReplayedMessage(replayed))
