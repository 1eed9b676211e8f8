"""How long somebody waits after failures, and how an address is counted.

Nothing at first, then a time that doubles with each, up to an hour.
"""

import ipaddress
from functools import lru_cache
from typing import Final

from mshield.domain.times import HOUR_MS

LONGEST_MS: Final = HOUR_MS

_ADDRESSES: Final = 4096

UNKNOWN_ADDRESS: Final = "unknown"
"""How all that have no address, or one that can't be read, are counted."""


def wait_after(failures: int, *, free: int, first: int) -> int:
    """Milliseconds to wait after so many failures: 0 below `free`, then `first`, twice `first`, and so on."""
    if failures < free:
        return 0
    # The exponent is bounded before shifting: a count may be any number.
    return min(first << min(failures - free, 32), max(first, LONGEST_MS))


def whole_seconds(milliseconds: int) -> int:
    """Seconds to tell a user, rounded up, at least one."""
    return max(1, -(-milliseconds // 1000))


@lru_cache(_ADDRESSES)  # asked several times for each call
def address_subject(address: str) -> str:
    """How an address is counted: IPv6 by its /64, since one customer has all of it; IPv4 within IPv6 as IPv4."""
    parsed = _parsed(address)
    if isinstance(parsed, ipaddress.IPv6Address):
        return str(ipaddress.ip_network((int(parsed), 64), strict=False))
    return UNKNOWN_ADDRESS if parsed is None else str(parsed)


@lru_cache(_ADDRESSES)
def prefix_subject(address: str) -> str:
    """The network that an address is counted with: an IPv4 /24, an IPv6 /56, which providers give to one customer."""
    parsed = _parsed(address)
    if parsed is None:
        return UNKNOWN_ADDRESS
    return str(ipaddress.ip_network((str(parsed), 24 if parsed.version == 4 else 56), strict=False))


def _parsed(address: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return None
    if isinstance(parsed, ipaddress.IPv6Address):
        # Without its zone, which no network has.
        return parsed.ipv4_mapped or ipaddress.IPv6Address(int(parsed))
    return parsed
