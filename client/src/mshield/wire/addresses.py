"""Checks of addresses given by business systems: registered URLs, and IP addresses of PCs."""

import re
from ipaddress import ip_address
from typing import Final
from urllib.parse import urlsplit

MAX_URI: Final = 512
MAX_URIS: Final = 20

_LOOPBACK: Final = "localhost"
_URI: Final = re.compile(r"[A-Za-z0-9\-._~:/?#\[\]@!$&'()*+,;=%]+")


def is_whole(uri: str) -> bool:
    """Reports whether a URL has only URL characters and no fragment, user or wildcard.

    Raises: ValueError (not parseable).
    """
    netloc = urlsplit(uri).netloc
    return (
        len(uri) <= MAX_URI
        and _URI.fullmatch(uri) is not None
        and "#" not in uri
        and "@" not in netloc
        and "*" not in netloc
    )


def is_ip_address(text: str) -> bool:
    """Reports whether the text is an IPv4 or IPv6 address without port or zone (a zone may be any text)."""
    try:
        ip_address(text)
    except ValueError:
        return False
    return "%" not in text


def is_loopback(host: str) -> bool:
    """Reports whether a host is this machine."""
    if host == _LOOPBACK:
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
