"""Waiting times after failures, and the rate-limit key of an IP address.

There is no wait at first; then it doubles with each failure, up to an hour.
"""

import ipaddress
from functools import lru_cache
from typing import Final

from mshield.wire.times import HOUR_MS

LONGEST_MS: Final = HOUR_MS

_ADDRESSES: Final = 4096

UNKNOWN_ADDRESS: Final = "unknown"
"""Common rate-limit key of calls without a readable address."""


def wait_after(failures: int, *, free: int, first: int) -> int:
    """Returns the wait in ms after `failures` failures: 0 below `free`, then `first`, twice `first`, and so on."""
    if failures < free:
        return 0
    # `failures` is unbounded, so limit the exponent before shifting.
    return min(first << min(failures - free, 32), max(first, LONGEST_MS))


def whole_seconds(milliseconds: int) -> int:
    """Converts ms to seconds for display to a user, rounded up, at least one."""
    return max(1, -(-milliseconds // 1000))


@lru_cache(_ADDRESSES)  # Called several times per request.
def address_subject(address: str) -> str:
    """Returns the rate-limit key of an address: IPv6 by its /64, which one customer has; mapped IPv4 as IPv4."""
    parsed = _parse_address(address)
    if isinstance(parsed, ipaddress.IPv6Address):
        return str(ipaddress.ip_network((int(parsed), 64), strict=False))
    return UNKNOWN_ADDRESS if parsed is None else str(parsed)


@lru_cache(_ADDRESSES)
def prefix_subject(address: str) -> str:
    """Returns the rate-limit key of an address's network: an IPv4 /24 or IPv6 /56, the usual size for one customer."""
    parsed = _parse_address(address)
    if parsed is None:
        return UNKNOWN_ADDRESS
    return str(ipaddress.ip_network((str(parsed), 24 if parsed.version == 4 else 56), strict=False))


def _parse_address(address: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return None
    if isinstance(parsed, ipaddress.IPv6Address):
        # Drop the zone, since a network has none.
        return parsed.ipv4_mapped or ipaddress.IPv6Address(int(parsed))
    return parsed
