"""Webhook receiver for a business system's server: verifies the sender, then parses the event. Standard Webhooks.

A webhook may arrive twice and out of order. It reports that a request reached its final state; fetch the
result to be sure.
"""

import hmac
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

import msgspec
from standardwebhooks import Webhook

from mshield.client.errors import ClientError
from mshield.wire.business import Kind
from mshield.wire.webhooks import Ended, EventType, OidcLogin, WebhookMessage

TOLERANCE: Final = timedelta(minutes=5)
"""Tolerance for the sender's clock and the time in transit."""

_VERSION: Final = "v1"
_MOST_BYTES: Final = 64 * 1024


class WebhookRefused(ClientError):
    """The webhook isn't from this service, or is too old. Respond with 400 and do nothing."""

    def __init__(self, detail: str) -> None:
        super().__init__("webhook_refused", detail)


class Event(msgspec.Struct, frozen=True, kw_only=True):
    """A request that ended. `id` is the same in every delivery; `reason` as in a request's status.

    `declined` are the indexes, from 0, of documents that the user excluded from a signed batch. `oidc` is set
    only for a login that the client began by OpenID Connect, since it never saw that request's id.
    """

    id: str
    type: EventType
    timestamp: datetime
    request_id: str
    kind: Kind
    state: Ended
    reason: str | None
    oidc: OidcLogin | None = None
    declined: tuple[int, ...] = ()


def verify_webhook(
    headers: Mapping[str, str], body: bytes, secrets: str | Sequence[str], *, now: datetime | None = None
) -> Event:
    """Verifies that one of the secrets (`whsec_…`) signed this body within 5 min of `now`, and returns the event.

    During a change of secrets pass both the old and the new one. Raises: WebhookRefused.
    """
    lower_case = {name.lower(): value for name, value in headers.items()}
    message_id, stamp = lower_case.get("webhook-id", ""), lower_case.get("webhook-timestamp", "")
    sent_at = _time(stamp)
    if not message_id or abs((now or datetime.now(UTC)) - sent_at) > TOLERANCE:
        raise WebhookRefused("the id is missing, or the time is not within five minutes")
    if len(body) > _MOST_BYTES:
        raise WebhookRefused("too long")
    _require_signature(lower_case.get("webhook-signature", ""), message_id, sent_at, body, secrets)
    try:
        read = msgspec.json.decode(body, type=WebhookMessage)
        ended_at = msgspec.convert(read.timestamp, datetime)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise WebhookRefused(str(error)) from error
    return Event(
        id=message_id,
        type=read.type,
        timestamp=ended_at,
        request_id=read.data.id,
        kind=read.data.kind,
        state=read.data.state,
        reason=read.data.reason,
        oidc=read.data.oidc,
        declined=read.data.declined,
    )


def _time(stamp: str) -> datetime:
    # Accept only the digits that were signed: another spelling of the same second is another message.
    if not (stamp.isascii() and stamp.isdecimal() and len(stamp) <= 12 and str(int(stamp)) == stamp):
        raise WebhookRefused("no time")
    try:
        return datetime.fromtimestamp(int(stamp), UTC)
    except (OverflowError, OSError, ValueError) as error:
        raise WebhookRefused("no time") from error


def _require_signature(
    header: str, message_id: str, sent_at: datetime, body: bytes, secrets: str | Sequence[str]
) -> None:
    try:
        text = body.decode()
    except UnicodeDecodeError as error:
        raise WebhookRefused("not UTF-8") from error
    signatures = [value.encode() for value in header.split(" ") if value.startswith(f"{_VERSION},")]
    right = False
    for secret in [secrets] if isinstance(secrets, str) else secrets:
        expected = Webhook(secret).sign(message_id, sent_at, text).encode()
        for value in signatures:
            right |= hmac.compare_digest(value, expected)
    if not right:
        raise WebhookRefused("no signature by these secrets")


# Build the decoder at import: msgspec crashes if two threads build it at once.
msgspec.json.Decoder(WebhookMessage)
