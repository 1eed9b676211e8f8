"""A business system's server follows one of its requests by server-sent events."""

from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from mshield.web import openapi
from mshield.web.business.authentication import system_of
from mshield.web.context import context_of
from mshield.web.router import Router
from mshield.web.waiting.event_stream import EventStream
from mshield.web.waiting.held import held_calls_of
from mshield.web.waiting.request_state import RequestStateMessage

router: Final = Router("business")


@router.get(
    "/requests/{request_id}/events",
    summary="The states of a request as they come",
    operation_id="streamOwnRequest",
    answers=openapi.answers_events("Events `state`", RequestStateMessage),
)
async def events(request: Request, request_id: str) -> Response:
    """Server-sent events: `state` at once and at each change. Ends after a final state."""
    context = context_of(request)
    system = await system_of(request, now=context.clock())
    client_id = system.client_id
    stream = EventStream(
        context,
        request_id,
        lambda now: context.requests.follow.state(request_id, client_id=client_id, now=now),
        asker="system",
        with_qr=False,
    )
    return await held_calls_of(request).hold(stream)
