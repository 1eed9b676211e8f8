"""Webhooks after Standard Webhooks: what is told of a request's end, when it is told again, and where it may go.

Addresses are judged by an allow-list of what is public: names and ranges that reach inside are refused, not listed.
"""

import datetime as dt
import ipaddress
import json
import re
from collections.abc import Collection, Sequence
from typing import Final
from urllib.parse import urlsplit

from mshield.domain.times import DAY_MS, HOUR_MS, MINUTE_MS

WAITS_MS: Final = (
    5_000, 5 * MINUTE_MS, 30 * MINUTE_MS,
    2 * HOUR_MS, 5 * HOUR_MS, 10 * HOUR_MS, 14 * HOUR_MS, 20 * HOUR_MS, DAY_MS,
)  # fmt: skip
"""Between the tries: ten over three days."""

JITTER: Final = 0.1
"""By how much a wait may be longer, so that what failed together isn't tried again together."""

LONGEST_RETRY_AFTER_MS: Final = DAY_MS
SECRET_BYTES: Final = 32
_LONGEST_URL: Final = 512
_OLD_NUMBER: Final = re.compile(
    r"(?:0x[0-9a-f]+|0[0-7]*|[1-9][0-9]*)(?:\.(?:0x[0-9a-f]+|0[0-7]*|[1-9][0-9]*)){0,3}", re.IGNORECASE
)

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network
_NAT64: Final = ipaddress.IPv6Network("64:ff9b::/96")
_MAPPED: Final = ipaddress.IPv6Network("::ffff:0:0/96")
_UNICAST: Final = ipaddress.IPv6Network("2000::/3")
_SPECIAL: Final[tuple[Network, ...]] = (
    ipaddress.IPv4Network("192.88.99.0/24"),  # 6to4 relays
    ipaddress.IPv6Network("2001::/23"),  # the IETF's own: Teredo and the like
    ipaddress.IPv6Network("2002::/16"),  # 6to4: an IPv4 address inside
    ipaddress.IPv6Network("3fff::/20"),  # documentation
)


def event_of(state: str) -> str:
    """The event's type for a final state."""
    return f"request.{state}"


def body_of(
    *,
    request_id: str,
    kind: str,
    state: str,
    reason: str | None,
    declined: Sequence[int] = (),
    oidc: str | None = None,
    at: int,
) -> str:
    """What is told of a request that ended at a time (ms): JSON after Standard Webhooks.

    `declined` are the places, from 0, of documents that the person left out of a signed batch. `oidc` is JSON by which
    the client recognises a login that it began by OpenID Connect.
    """
    ended = dt.datetime.fromtimestamp(at / 1000, dt.UTC)
    document = {
        "type": event_of(state),
        "timestamp": ended.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "data": {
            "id": request_id,
            "kind": kind,
            "state": state,
            "reason": reason,
            "declined": list(declined),
            "oidc": None if oidc is None else json.loads(oidc),
        },
    }
    return json.dumps(document, ensure_ascii=False, separators=(",", ":"))


def wait_ms(attempts: int, *, chance: float, retry_after: int | None = None) -> int | None:
    """How long after that many tries the next one comes, None for never; `chance` is random, from 0 to 1.

    `retry_after` (seconds) is what the endpoint asks for: no sooner, and no later than a day.
    """
    if attempts > len(WAITS_MS):
        return None
    wait = round(WAITS_MS[attempts - 1] * (1 + JITTER * chance))
    return max(wait, min(1000 * (retry_after or 0), LONGEST_RETRY_AFTER_MS))


def read_networks(texts: Collection[str]) -> tuple[Network, ...]:
    """The networks of a setting. Raises ValueError."""
    return tuple(ipaddress.ip_network(text) for text in texts)


def is_address(host: str) -> bool:
    """Whether a host is an address and no name, in a form that `may_go_to` reads."""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def may_go_to(address: str, allowed: Collection[Network] = ()) -> bool:
    """Whether a webhook may go to this address: a public one, or one in the networks that the operator allows."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return False
    inner = _without_wrapping(parsed)
    if any(inner in network for network in allowed if network.version == inner.version):
        return True
    return _is_public(inner)


def leads_inside(url: str, allowed: Collection[Network] = ()) -> bool:
    """Whether this address names a place where no webhook goes, by number or as this host itself.

    Other names may lead anywhere, and elsewhere tomorrow: they are judged where each connection is made.
    """
    host = (urlsplit(url).hostname or "").rstrip(".")
    if host == "localhost" or host.endswith(".localhost"):
        return not any(may_go_to(own, allowed) for own in ("127.0.0.1", "::1"))
    try:
        number = str(ipaddress.ip_address(host))
    except ValueError:
        parsed = _old_number(host)
        if parsed is None:
            return False
        number = str(parsed)
    return not may_go_to(number, allowed)


def _old_number(host: str) -> ipaddress.IPv4Address | None:
    """An IPv4 address as resolvers read it too: `127.1`, `0x7f000001`, `0177.0.0.1`; the last part has what is left."""
    if not _OLD_NUMBER.fullmatch(host):
        return None
    parts = [
        int(part, 16 if part[:2] in {"0x", "0X"} else 8 if part[0] == "0" else 10) for part in host.split(".")
    ]
    *first, last = parts
    if any(part > 0xFF for part in first) or last >= 256 ** (4 - len(first)):
        return None
    number = last
    for place, part in enumerate(first):
        number += part << (24 - 8 * place)
    return ipaddress.IPv4Address(number)


def _without_wrapping(address: Address) -> Address:
    """The IPv4 address that an IPv6 one stands for."""
    if isinstance(address, ipaddress.IPv6Address) and (address in _NAT64 or address in _MAPPED):
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return address


def _is_public(address: Address) -> bool:
    if any(address in network for network in _SPECIAL if network.version == address.version):
        return False
    if isinstance(address, ipaddress.IPv6Address) and (
        address.scope_id is not None or address not in _UNICAST
    ):
        return False
    return address.is_global and not address.is_multicast and not address.is_reserved


def is_fit(url: str, *, http: bool, most: int = _LONGEST_URL) -> bool:
    """Whether an endpoint may have this address: https, or http where that is allowed; nothing secret in it.

    `most` is how many characters it may have.
    """
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return False
    schemes = {"https", "http"} if http else {"https"}
    plain = url.isascii() and url.isprintable() and " " not in url and len(url) <= most
    return (
        plain
        and parts.scheme in schemes
        and bool(parts.hostname)
        and port != 0
        and parts.username is None
        and not parts.fragment
        and "#" not in url
    )
