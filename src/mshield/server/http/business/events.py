"""Server-sent events by which a business system's server watches one of its requests."""

from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from mshield.server.http import openapi
from mshield.server.http.business.authentication import system_of
from mshield.server.http.caller import context_of
from mshield.server.http.router import Router
from mshield.server.http.waiting.event_stream import EventStream
from mshield.server.http.waiting.held import held_calls_of
from mshield.server.http.waiting.request_state import RequestStateMessage

router: Final = Router("business")


@router.get(
    "/requests/{request_id}/events",
    summary="Stream the states of a request",
    operation_id="streamOwnRequest",
    answers=openapi.answers_events("Events `state`", RequestStateMessage),
)
async def events(request: Request, request_id: str) -> Response:
    """Streams server-sent events: `state` at once and at each change. Ends after a final state."""
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
