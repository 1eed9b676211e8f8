"""What a business system's server does with a webhook: checks who sent it, then reads it. Standard Webhooks.

A webhook may come twice and out of order; it says that a request ended, which stays so. Fetch the result to be sure.
"""

import hashlib
import hmac
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final, Literal

import msgspec
from standardwebhooks import Webhook

from mshield.client.business.values import Kind
from mshield.client.errors import ClientError
from mshield.domain.tokens import base64url

TOLERANCE: Final = timedelta(minutes=5)
"""How far the sender's clock, or the way, may be off."""

Ended = Literal["signed", "declined", "expired", "cancelled"]
EventType = Literal["request.signed", "request.declined", "request.expired", "request.cancelled"]
_VERSION: Final = "v1"
_MOST_BYTES: Final = 64 * 1024


class WebhookRefused(ClientError):
    """Not this service's webhook, or an old one. Answer 400 and do nothing."""

    def __init__(self, detail: str) -> None:
        super().__init__("webhook_refused", detail)


class OidcLogin(msgspec.Struct, frozen=True, kw_only=True):
    """Which login by OpenID Connect it was: by values that its client made and kept.

    `state_sha256` is the SHA-256 of `state` in base64url without padding, None where the client sent no `state`;
    `code_challenge` is as the client sent it.
    """

    state_sha256: str | None
    code_challenge: str

    def has_state(self, state: str) -> bool:
        """Whether it is the login that the client began with this `state`."""
        digest = base64url(hashlib.sha256(state.encode()).digest())
        return self.state_sha256 is not None and hmac.compare_digest(
            self.state_sha256.encode(), digest.encode()
        )


class Event(msgspec.Struct, frozen=True, kw_only=True):
    """A request that ended. `id` is the same each time that it is told; `reason` as in a request's state.

    `declined` are the places, from 0, of documents that the person left out of a signed batch.
    `oidc` is None but for a login that the client began by OpenID Connect: it never saw that request's id.
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


class _Data(msgspec.Struct, frozen=True):
    id: str
    kind: Kind
    state: Ended
    reason: str | None = None
    oidc: OidcLogin | None = None
    declined: tuple[int, ...] = ()


class _Body(msgspec.Struct, frozen=True):
    type: EventType
    timestamp: datetime
    data: _Data


def verify_webhook(
    headers: Mapping[str, str], body: bytes, secrets: str | Sequence[str], *, now: datetime | None = None
) -> Event:
    """The event, where one of the secrets (`whsec_…`) signed exactly this body within five minutes of `now`.

    Give the old and the new secret while a change of secrets is under way. Raises WebhookRefused.
    """
    named = {name.lower(): value for name, value in headers.items()}
    message_id, stamp = named.get("webhook-id", ""), named.get("webhook-timestamp", "")
    sent_at = _time(stamp)
    if not message_id or abs((now or datetime.now(UTC)) - sent_at) > TOLERANCE:
        raise WebhookRefused("no id, or not of these minutes")
    if len(body) > _MOST_BYTES:
        raise WebhookRefused("too long")
    _require_signature(named.get("webhook-signature", ""), message_id, sent_at, body, secrets)
    try:
        read = msgspec.json.decode(body, type=_Body)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise WebhookRefused(str(error)) from error
    return Event(
        id=message_id,
        type=read.type,
        timestamp=read.timestamp,
        request_id=read.data.id,
        kind=read.data.kind,
        state=read.data.state,
        reason=read.data.reason,
        oidc=read.data.oidc,
        declined=read.data.declined,
    )


def _time(stamp: str) -> datetime:
    # Only the digits that were signed over: another spelling of the same second is another message.
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
    shown = [value.encode() for value in header.split(" ") if value.startswith(f"{_VERSION},")]
    right = False
    for secret in [secrets] if isinstance(secrets, str) else secrets:
        expected = Webhook(secret).sign(message_id, sent_at, text).encode()
        for value in shown:
            right |= hmac.compare_digest(value, expected)
    if not right:
        raise WebhookRefused("no signature by these secrets")


# Learned while it is imported, by one thread: two that read it first would crash the process (`wire.py`).
msgspec.json.Decoder(_Body)
