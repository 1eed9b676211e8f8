"""Webhooks after Standard Webhooks: the event sent when a request ends, and when delivery is retried."""

import datetime as dt
from collections.abc import Sequence
from typing import Final, Literal, TypeGuard

import msgspec

from mshield.server.requests.rules import OPEN
from mshield.wire.business import Kind
from mshield.wire.messages import AnswerMessage
from mshield.wire.times import DAY_MS, HOUR_MS, MINUTE_MS
from mshield.wire.webhooks import Ended, EndedRequestMessage, EventType, OidcLogin, WebhookMessage

WAITS_MS: Final = (
    5_000, 5 * MINUTE_MS, 30 * MINUTE_MS,
    2 * HOUR_MS, 5 * HOUR_MS, 10 * HOUR_MS, 14 * HOUR_MS, 20 * HOUR_MS, DAY_MS,
)  # fmt: skip
"""Delays between tries: ten tries over three days."""

JITTER: Final = 0.1
"""Maximum relative extension of a wait, so that deliveries that failed together aren't retried together."""

LONGEST_RETRY_AFTER_MS: Final = DAY_MS
SECRET_BYTES: Final = 32


class DeliveryMessage(AnswerMessage, frozen=True):
    """A delivery: HTTP `status` and `error` of its last attempt; times in ms. `dead` was given up.

    `error` is `gone` if the endpoint is disabled, and `removed` if it no longer exists.
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


_EVENTS: Final[dict[Ended, EventType]] = {
    "signed": "request.signed",
    "declined": "request.declined",
    "expired": "request.expired",
    "cancelled": "request.cancelled",
}


def has_ended(state: str) -> TypeGuard[Ended]:
    """Reports whether a request in this state has ended."""
    return state not in OPEN


def event_of(state: Ended) -> EventType:
    """Returns the event type for a final state."""
    return _EVENTS[state]


def body_of(
    *,
    request_id: str,
    kind: Kind,
    state: Ended,
    reason: str | None,
    declined: Sequence[int] = (),
    oidc: str | None = None,
    at: int,
) -> str:
    """Returns the body for a request that ended at `at` (ms): JSON after Standard Webhooks.

    `declined` are the indexes, from 0, of documents that the person left out of a signed batch. `oidc` is
    JSON by which the client recognises a login that it began by OpenID Connect.
    """
    ended = dt.datetime.fromtimestamp(at / 1000, dt.UTC)
    data = EndedRequestMessage(
        id=request_id,
        kind=kind,
        state=state,
        reason=reason,
        declined=tuple(declined),
        oidc=None if oidc is None else msgspec.json.decode(oidc, type=OidcLogin),
    )
    timestamp = ended.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return msgspec.json.encode(WebhookMessage(event_of(state), timestamp, data)).decode()


def wait_ms(attempts: int, *, chance: float, retry_after: int | None = None) -> int | None:
    """Returns the delay in ms after this many tries, None to give up; `chance` is random, from 0 to 1.

    `retry_after` (seconds) is the endpoint's wish: the wait is at least that long, capped at a day.
    """
    if attempts > len(WAITS_MS):
        return None
    wait = round(WAITS_MS[attempts - 1] * (1 + JITTER * chance))
    return max(wait, min(1000 * (retry_after or 0), LONGEST_RETRY_AFTER_MS))
