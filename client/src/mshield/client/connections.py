"""Base of clients that hold connections: closes them, and bypasses proxies for this machine."""

import ipaddress
from types import TracebackType
from typing import Self

import httpx


class Closing:
    """Closes its connections at the end of a `with`, or by `close`; the object keeps its other state."""

    _http: httpx.Client

    def close(self) -> None:
        """Closes the connections."""
        self._http.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def is_loopback(base_url: str) -> bool:
    """Reports whether the URL names this machine, for which proxies of the environment must not be used."""
    host = httpx.URL(base_url).host
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")
