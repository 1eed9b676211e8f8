"""What an address says about itself. A proxy from the environment never serves an address of this very machine."""

import ipaddress

import httpx


def is_loopback(base_url: str) -> bool:
    """Whether the address names this machine, so that no proxy can stand between."""
    host = httpx.URL(base_url).host
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")
