"""What a push says, when it is sent again, and which addresses a browser may name for it (RFC 8030, 8291).

It says of which kind it is and nothing else: neither who asks nor what for. The app asks the service for the rest.
"""

import json
from collections.abc import Collection
from enum import StrEnum
from typing import Final
from urllib.parse import urlsplit

from mshield.domain.systems.webhooks import is_fit
from mshield.domain.times import DAY_MS, HOUR_MS, MINUTE_MS

LONGEST_ENDPOINT: Final = 1024
"""Characters of the address that a browser names."""

WAITS_MS: Final = (5_000, 20_000, MINUTE_MS, 5 * MINUTE_MS, 30 * MINUTE_MS)
"""Between the tries of one push, which ends with its time in any case."""

NOTICE_LIFE_MS: Final = DAY_MS
"""How long a push service keeps a notice for a phone that is off."""

PUSHED_WITHIN_MS: Final = MINUTE_MS
"""How long an SMS waits for a push that would spare it."""

DEAD_AFTER_MS: Final = 30 * DAY_MS
"""A subscription that has taken nothing for so long is dropped."""

ENDED_KEPT_MS: Final = DAY_MS
TOKEN_MS: Final = 12 * HOUR_MS
"""Life of the token that says who pushes; RFC 8292 allows a day."""

GONE: Final = frozenset({404, 410})
"""By these a push service says that the subscription is dead."""

AGAIN: Final = frozenset({408, 425, 429})
"""Refusals that may be none a little later, as those from 500 on."""


class PushKind(StrEnum):
    """What a push is about; people switch each on and off in the app."""

    REQUEST = "request"
    NOTICE = "notice"


def payload(kind: PushKind) -> bytes:
    """What a push says, before it is encrypted."""
    return json.dumps({"kind": kind.value}, separators=(",", ":")).encode()


def wait_ms(attempts: int, *, retry_after: int | None = None) -> int | None:
    """How long after that many tries the next one comes, None for never; `retry_after` (s) is what the service asks."""
    if attempts > len(WAITS_MS):
        return None
    return max(WAITS_MS[attempts - 1], min(1000 * (retry_after or 0), DAY_MS))


def origin_of(endpoint: str) -> str:
    """For whom a token is (RFC 8292): scheme, host and port of the endpoint."""
    parts = urlsplit(endpoint)
    return f"{parts.scheme}://{parts.netloc}"


def may_be_named(endpoint: str, hosts: Collection[str] = ()) -> bool:
    """Whether a browser may name this address: https, and of the known hosts where the operator lists any.

    A host `*.example.org` stands for all below it.
    """
    if not is_fit(endpoint, http=False, most=LONGEST_ENDPOINT):
        return False
    host = (urlsplit(endpoint).hostname or "").rstrip(".")
    return not hosts or any(
        host.endswith(known[1:]) if known.startswith("*.") else host == known for known in hosts
    )
