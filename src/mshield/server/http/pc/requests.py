"""State of one request for a PC's page, by long poll or events, with the status token from its business system.

The token gives access to the state and the QR code, and nothing else; the page may be on any website.
"""

from typing import Final

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from mshield.server.context import Context
from mshield.server.http import openapi
from mshield.server.http.answers import JsonAnswer
from mshield.server.http.caller import context_of
from mshield.server.http.router import Router
from mshield.server.http.waiting.event_stream import EventStream
from mshield.server.http.waiting.held import held_calls_of
from mshield.server.http.waiting.long_poll import PARAMETERS, LongPoll, seconds_of
from mshield.server.http.waiting.request_state import QrMessage, RequestStateMessage, message_of
from mshield.server.requests.errors import WrongStatusToken
from mshield.server.requests.follow import Followed
from mshield.server.requests.rules import RequestState

router: Final = Router("pc")
_TOKEN_LENGTH: Final = 43


class PcStateMessage(RequestStateMessage, frozen=True):
    """State of a request.

    While it waits also the QR codes of the coming seconds, for pages that can't receive a stream.
    """

    qr: QrMessage | msgspec.UnsetType = msgspec.UNSET


@router.get(
    "/requests/{request_id}",
    summary="Get the state of a request",
    operation_id="followRequest",
    asks={"parameters": PARAMETERS},
    answers=openapi.answers(PcStateMessage, "The state") | openapi.problems(422),
)
async def state(request: Request, request_id: str) -> Response:
    """Returns the state; with `wait` when it differs from `state`, or after that many seconds."""
    context = context_of(request)
    _require_token(request, request_id)
    seconds, known = seconds_of(request), request.query_params.get("state", "waiting")
    if not seconds:
        return _answer(context, await context.requests.follow.state(request_id, now=context.clock()))
    poll = LongPoll(
        context,
        request_id,
        lambda now: context.requests.follow.state(request_id, now=now),
        asker="page",
        known=known,
        seconds=seconds,
        build=lambda followed: _answer(context, followed),
    )
    return await held_calls_of(request).hold(poll)


@router.get(
    "/requests/{request_id}/events",
    summary="Stream the states and the QR code of a request",
    operation_id="streamRequest",
    answers=openapi.answers_events("Events `state` and `qr`", RequestStateMessage, QrMessage),
)
async def events(request: Request, request_id: str) -> Response:
    """Streams server-sent events: `state` at once and at each change, `qr` while it waits. Ends after a final state."""
    context = context_of(request)
    _require_token(request, request_id)
    stream = EventStream(
        context,
        request_id,
        lambda now: context.requests.follow.state(request_id, now=now),
        asker="page",
        with_qr=True,
    )
    return await held_calls_of(request).hold(stream)


def _answer(context: Context, followed: Followed) -> Response:
    return JsonAnswer(_message(context, followed))


def _message(context: Context, followed: Followed) -> PcStateMessage:
    now = context.clock()
    state = PcStateMessage(**msgspec.structs.asdict(message_of(followed, now=now)))
    if followed.state != RequestState.WAITING or followed.channel != "qr":
        return state
    texts = context.requests.follow.qr_texts(followed.id, started_at=followed.started_at, now=now)
    return msgspec.structs.replace(state, qr=QrMessage(texts))


def _require_token(request: Request, request_id: str) -> None:
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or len(token) != _TOKEN_LENGTH or not token.isascii():
        raise WrongStatusToken
    context_of(request).requests.follow.require_token(request_id, token)
