"""The hosts of an address of PostgreSQL, asked one after the other, each within its time.

asyncpg's own time is that of all hosts together: where the first is frozen or cut off, the second is never asked.
"""

from typing import Any, Final
from urllib.parse import parse_qs, unquote, urlsplit

import asyncpg

from mshield.store.database.limits import CONNECT_SECONDS

_NEXT: Final = (
    OSError,  # no such host, refused, silent for too long
    asyncpg.CannotConnectNowError,  # starting up or shutting down
    asyncpg.TargetServerAttributeNotMatched,  # a standby
)
Host = tuple[str, int | None]


class Hosts:
    """Opens connections, each time beginning with the host that took the last one."""

    def __init__(self, url: str) -> None:
        """`url` in any of libpq's forms."""
        self._url = url
        self._hosts = hosts_of(url)

    async def connect(self, *_: object, **options: Any) -> Any:
        """A connection to the first host that fits, by asyncpg's options. Raises what the last one raised.

        What stands before them is asyncpg's pool's own, which names the address once more.
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
    """The hosts that an address names, with their ports; none where it names none, and the environment says which."""
    parts = urlsplit(url)
    named = parts.netloc.rpartition("@")[2]
    query = {name: values[-1] for name, values in parse_qs(parts.query).items()}
    listed = [_host(unquote(one)) for one in (named or query.get("host", "")).split(",") if one]
    ports = [int(port) for port in query.get("port", "").split(",") if port]
    if len(ports) == 1:
        ports *= len(listed)
    if len(ports) == len(listed):
        return [(host, port or other) for (host, port), other in zip(listed, ports, strict=True)]
    return listed


def _host(text: str) -> Host:
    """A name, an address, a folder with a socket, or an IPv6 address in brackets; a port may follow."""
    if text.startswith("/"):
        return text, None
    host, colon, port = text.rpartition(":")
    if colon and port.isdigit() and (not host.count(":") or host.endswith("]")):
        return host.strip("[]"), int(port)
    return text.strip("[]"), None
