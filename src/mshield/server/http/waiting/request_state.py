"""State of a request as sent to its watchers, in one form for long polls and server-sent events."""

from typing import Literal

from mshield.server.http.body import Wire
from mshield.server.requests.follow import Followed


class RequesterMessage(Wire, frozen=True):
    """The business system that made the request."""

    name: str
    domain: str


class RequestStateMessage(Wire, frozen=True):
    """State of a request: waiting, scanned, signed, declined, expired or cancelled.

    `reason` is set for declined: declined or not_me. `expires_in` is the remaining time in ms by the server's
    clock, 0 after the end.
    """

    id: str
    kind: Literal["login", "signature"]
    state: str
    reason: str | None
    number: str
    requester: RequesterMessage
    expires_at: int
    expires_in: int


class QrMessage(Wire, frozen=True):
    """Texts of the QR code for this second and the following ones; `every` is the interval in ms."""

    texts: list[str]
    every: int = 1000


def message_of(followed: Followed, *, now: int) -> RequestStateMessage:
    """Returns the message about a request's present state; `now` in ms."""
    return RequestStateMessage(
        id=followed.id,
        kind="login" if followed.kind == "login" else "signature",
        state=followed.state,
        reason=followed.reason,
        number=followed.number,
        requester=RequesterMessage(followed.requester_name, followed.requester_domain),
        expires_at=followed.expires_at,
        expires_in=max(0, followed.expires_at - now),
    )
