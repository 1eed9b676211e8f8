"""Checks of addresses supplied by others, for webhooks and pushes: whether to store and to connect to them.

Only public addresses are allowed, unless the operator allows a network. Names and IP addresses that lead to
this host or its internal networks are refused.
"""

import ipaddress
import re
from collections.abc import Collection
from typing import Final
from urllib.parse import urlsplit

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
    ipaddress.IPv4Network("168.63.129.16/32"),  # Azure's own services on each machine, in a public network
    ipaddress.IPv4Network("192.0.0.0/24"),  # of the IETF; 192.0.0.192 is Oracle's metadata service
    ipaddress.IPv4Network("192.88.99.0/24"),  # 6to4 relays
    ipaddress.IPv6Network("2001::/23"),  # reserved by the IETF: such as Teredo
    ipaddress.IPv6Network("2002::/16"),  # 6to4: contains an IPv4 address
    ipaddress.IPv6Network("3fff::/20"),  # documentation
)


def read_networks(texts: Collection[str]) -> tuple[Network, ...]:
    """Parses the networks of a setting. Raises: ValueError."""
    return tuple(ipaddress.ip_network(text) for text in texts)


def is_address(host: str) -> bool:
    """Reports whether a host is an IP address, not a name, in a form that `may_go_to` accepts."""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def may_go_to(address: str, allowed: Collection[Network] = ()) -> bool:
    """Reports whether webhooks may go to this IP address: a public one, or one in the operator's `allowed` networks."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return False
    inner = _embedded_ipv4(parsed)
    if any(inner in network for network in allowed if network.version == inner.version):
        return True
    return _is_public(inner)


def leads_inside(url: str, allowed: Collection[Network] = ()) -> bool:
    """Reports whether a URL's host is an internal IP address or this host itself, where no webhook is sent.

    Other names may resolve to anything, and may change, so they are checked at each connection.
    """
    host = (urlsplit(url).hostname or "").rstrip(".")
    if host == "localhost" or host.endswith(".localhost"):
        return not any(may_go_to(own, allowed) for own in ("127.0.0.1", "::1"))
    try:
        number = str(ipaddress.ip_address(host))
    except ValueError:
        parsed = _parse_legacy_ipv4(host)
        if parsed is None:
            return False
        number = str(parsed)
    return not may_go_to(number, allowed)


def _parse_legacy_ipv4(host: str) -> ipaddress.IPv4Address | None:
    """Parses an IPv4 address in the legacy forms that resolvers accept: `127.1`, `0x7f000001`, `0177.0.0.1`.

    The last part fills all remaining bytes.
    """
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


def _embedded_ipv4(address: Address) -> Address:
    """Returns the IPv4 address embedded in a NAT64 or mapped IPv6 address, else the address itself."""
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
    """Reports whether an endpoint may have this URL: https (or http if allowed), without user name and fragment.

    `most` is the maximum length in characters.
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
