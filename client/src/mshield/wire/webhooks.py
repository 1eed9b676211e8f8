"""The body of the webhook that tells a business system of a request's end, after Standard Webhooks."""

import hashlib
import hmac
from typing import Literal

from mshield.wire.business import Kind
from mshield.wire.messages import AnswerMessage
from mshield.wire.tokens import base64url

Ended = Literal["signed", "declined", "expired", "cancelled"]
EventType = Literal["request.signed", "request.declined", "request.expired", "request.cancelled"]


class OidcLogin(AnswerMessage, frozen=True, kw_only=True):
    """Identification of an OpenID Connect login, by values that its client made and stored.

    `state_sha256` is the SHA-256 of `state` in base64url without padding, None if the client sent no `state`.
    `code_challenge` is as the client sent it.
    """

    state_sha256: str | None
    code_challenge: str

    def has_state(self, state: str) -> bool:
        """Reports whether the client began this login with this `state`."""
        return self.state_sha256 is not None and hmac.compare_digest(
            self.state_sha256.encode(), hash_of_state(state).encode()
        )


class EndedRequestMessage(AnswerMessage, frozen=True, kw_only=True):
    """A request that ended; `reason` as in its status.

    `declined` are the indexes, from 0, of documents that the person left out of a signed batch. `oidc` is set
    only for a login that the client began by OpenID Connect.
    """

    id: str
    kind: Kind
    state: Ended
    reason: str | None = None
    declined: tuple[int, ...] = ()
    oidc: OidcLogin | None = None


class WebhookMessage(AnswerMessage, frozen=True):
    """An event with its time (RFC 3339, UTC, to the millisecond) and the request."""

    type: EventType
    timestamp: str
    data: EndedRequestMessage


def hash_of_state(state: str) -> str:
    """Returns the SHA-256 of an OpenID Connect `state`, in base64url without padding."""
    return base64url(hashlib.sha256(state.encode()).digest())
