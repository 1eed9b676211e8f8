"""A request's state as it is told to those who wait: by long poll and by server-sent events, in one form."""

from typing import Literal

from mshield.services.requests.follow import Followed
from mshield.web.body import Wire


class RequesterMessage(Wire, frozen=True):
    """The business system that asks."""

    name: str
    domain: str


class RequestStateMessage(Wire, frozen=True):
    """waiting, scanned, signed, declined, expired or cancelled; `reason` for declined: declined or not_me.

    `expires_in` are the ms that are left by the server's clock, 0 after the end.
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
    """Texts of the QR code: the first is this second's, each later one that of a next; `every` is in ms."""

    texts: list[str]
    every: int = 1000


def message_of(followed: Followed, *, now: int) -> RequestStateMessage:
    """What is told of a request now."""
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
