"""Hosts of a PostgreSQL address, tried one after the other, each with its own timeout.

asyncpg's own timeout covers all hosts together: if the first one hangs, the second is never tried.
"""

from typing import Any, Final
from urllib.parse import parse_qs, unquote, urlsplit

import asyncpg

from mshield.server.database.limits import CONNECT_SECONDS

_NEXT: Final = (
    OSError,  # no such host, connection refused, or timeout
    asyncpg.CannotConnectNowError,  # starting up or shutting down
    asyncpg.TargetServerAttributeNotMatched,  # a standby
)
Host = tuple[str, int | None]


class Hosts:
    """Opener of connections, which first tries the host of the last successful connection."""

    def __init__(self, url: str) -> None:
        """`url` may be in any of libpq's formats."""
        self._url = url
        self._hosts = hosts_of(url)

    async def connect(self, *_: object, **options: Any) -> Any:
        """Connects to the first suitable host, with asyncpg's options. Raises: the last host's error.

        The positional arguments come from asyncpg's pool and repeat the address.
        """
        hosts, seconds = list(self._hosts), CONNECT_SECONDS
        if not hosts:
            return await asyncpg.connect(self._url, timeout=seconds, **options)
        for number, (host, port) in enumerate(hosts):
            try:
                connection = await asyncpg.connect(
                    self._url, host=host, port=port, timeout=seconds, **options
                )
            except _NEXT:
                if number == len(hosts) - 1:
                    raise
            else:
                self._hosts = [*hosts[number:], *hosts[:number]]
                return connection
        raise AssertionError("the last host is a host")


def hosts_of(url: str) -> list[Host]:
    """Returns the hosts and ports in an address; empty if it has none, so that the environment decides."""
    parts = urlsplit(url)
    authority = parts.netloc.rpartition("@")[2]
    query = {name: values[-1] for name, values in parse_qs(parts.query).items()}
    hosts = [_host(unquote(one)) for one in (authority or query.get("host", "")).split(",") if one]
    ports = [int(port) for port in query.get("port", "").split(",") if port]
    if len(ports) == 1:
        ports *= len(hosts)
    if len(ports) == len(hosts):
        return [(host, port or other) for (host, port), other in zip(hosts, ports, strict=True)]
    return hosts


def _host(text: str) -> Host:
    """Parses a name, an address, a socket folder, or an IPv6 address in brackets, with an optional port."""
    if text.startswith("/"):
        return text, None
    host, colon, port = text.rpartition(":")
    if colon and port.isdigit() and (not host.count(":") or host.endswith("]")):
        return host.strip("[]"), int(port)
    return text.strip("[]"), None
