"""Payload, retries and permitted addresses of pushes (RFC 8030, 8291).

A push contains only its kind, neither the sender nor the subject. The app then asks the service for the
details.
"""

import json
from collections.abc import Collection
from enum import StrEnum
from typing import Final
from urllib.parse import urlsplit

from mshield.server.values.public_addresses import is_fit
from mshield.wire.times import DAY_MS, HOUR_MS, MINUTE_MS

LONGEST_ENDPOINT: Final = 1024
"""Maximum length in characters of a push endpoint's address."""

WAITS_MS: Final = (5_000, 20_000, MINUTE_MS, 5 * MINUTE_MS, 30 * MINUTE_MS)
"""Delays between the tries of one push; a push is not retried after its own lifetime."""

NOTICE_LIFE_MS: Final = DAY_MS
"""Time for which a push service keeps a notice for a phone that is off."""

PUSHED_WITHIN_MS: Final = MINUTE_MS
"""Time for which an SMS waits for a push that would make it unnecessary."""

DEAD_AFTER_MS: Final = 30 * DAY_MS
"""Time after which a subscription that accepted no push is deleted."""

ENDED_RETENTION_MS: Final = DAY_MS
TOKEN_MS: Final = 12 * HOUR_MS
"""Lifetime of the token that identifies us to the push service; RFC 8292 allows a day."""

GONE: Final = frozenset({404, 410})
"""Status codes for an ended subscription."""

AGAIN: Final = frozenset({408, 425, 429})
"""Status codes that are worth a retry, besides 500 and above."""


class PushKind(StrEnum):
    """Subject of a push; people switch each on and off in the app."""

    REQUEST = "request"
    NOTICE = "notice"


def payload(kind: PushKind) -> bytes:
    """Returns the payload of a push before encryption."""
    return json.dumps({"kind": kind.value}, separators=(",", ":")).encode()


def wait_ms(attempts: int, *, retry_after: int | None = None) -> int | None:
    """Returns the delay in ms after this many tries, None to give up.

    `retry_after` (s) is requested by the push service.
    """
    if attempts > len(WAITS_MS):
        return None
    return max(WAITS_MS[attempts - 1], min(1000 * (retry_after or 0), DAY_MS))


def origin_of(endpoint: str) -> str:
    """Returns the audience of a token (RFC 8292): scheme, host and port of the endpoint."""
    parts = urlsplit(endpoint)
    return f"{parts.scheme}://{parts.netloc}"


def may_be_named(endpoint: str, hosts: Collection[str] = ()) -> bool:
    """Reports whether a browser may register this push address: https, and one of `hosts` if the operator lists any.

    A host `*.example.org` covers all its subdomains.
    """
    if not is_fit(endpoint, http=False, most=LONGEST_ENDPOINT):
        return False
    host = (urlsplit(endpoint).hostname or "").rstrip(".")
    return not hosts or any(
        host.endswith(known[1:]) if known.startswith("*.") else host == known for known in hosts
    )
