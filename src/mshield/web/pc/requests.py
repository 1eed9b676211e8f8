"""A PC's page follows one request, by the status token that its business system gave it: by long poll or by events.

The token lets it see the state and the QR code, and nothing else; a page may stand on any web site.
"""

from typing import Final

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from mshield.domain import errors
from mshield.domain.requests import RequestState
from mshield.services.context import Context
from mshield.services.requests.follow import Followed
from mshield.web import openapi
from mshield.web.answers import JsonAnswer
from mshield.web.context import context_of
from mshield.web.router import Router
from mshield.web.waiting.event_stream import EventStream
from mshield.web.waiting.held import held_calls_of
from mshield.web.waiting.long_poll import PARAMETERS, LongPoll, seconds_of
from mshield.web.waiting.request_state import QrMessage, RequestStateMessage, message_of

router: Final = Router("pc")
_TOKEN_LENGTH: Final = 43


class PcStateMessage(RequestStateMessage, frozen=True):
    """The state, and while it waits the QR code of the coming seconds, for pages that no stream reaches."""

    qr: QrMessage | msgspec.UnsetType = msgspec.UNSET


@router.get(
    "/requests/{request_id}",
    summary="The state of a request",
    operation_id="followRequest",
    asks={"parameters": PARAMETERS},
    answers=openapi.answers(PcStateMessage, "The state") | openapi.problems(422),
)
async def state(request: Request, request_id: str) -> Response:
    """With `wait` the answer comes when the state differs from `state`, or after that many seconds."""
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
        tell=lambda followed: _answer(context, followed),
    )
    return await held_calls_of(request).hold(poll)


@router.get(
    "/requests/{request_id}/events",
    summary="The states of a request as they come, and its QR code",
    operation_id="streamRequest",
    answers=openapi.answers_events("Events `state` and `qr`", RequestStateMessage, QrMessage),
)
async def events(request: Request, request_id: str) -> Response:
    """Server-sent events: `state` at once and at each change, `qr` while it waits. Ends after a final state."""
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
    return JsonAnswer(_told(context, followed))


def _told(context: Context, followed: Followed) -> PcStateMessage:
    now = context.clock()
    state = PcStateMessage(**msgspec.structs.asdict(message_of(followed, now=now)))
    if followed.state != RequestState.WAITING or followed.channel != "qr":
        return state
    texts = context.requests.follow.qr_texts(followed.id, started_at=followed.started_at, now=now)
    return msgspec.structs.replace(state, qr=QrMessage(texts))


def _require_token(request: Request, request_id: str) -> None:
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or len(token) != _TOKEN_LENGTH or not token.isascii():
        raise errors.WrongStatusToken
    context_of(request).requests.follow.require_token(request_id, token)
