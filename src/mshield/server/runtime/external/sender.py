"""Sender of webhooks to URLs supplied by others: public addresses only, bounded in time and size, no redirects.

The resolved address is checked when connecting, and that same address is used for the connection, so a name
that resolves differently a moment later can't circumvent the check. Names are looked up separately from the
service's own (`names`).
"""

import asyncio
import ssl
from collections.abc import AsyncIterator, Collection, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

import httpcore
import httpx

from mshield.server.runtime.external.names import Names
from mshield.server.values.public_addresses import Network, may_go_to

SECONDS: Final = 15.0
"""Time limit of a try, reading the answer included."""

MOST_ANSWER: Final = 64 * 1024
_IDLE_SECONDS: Final = 10.0


class WebhookNotSent(Exception):
    """The try got no answer; `reason` is for the operator and contains nothing secret."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(reason)


@dataclass(frozen=True, slots=True)
class EndpointReply:
    """Answer of the endpoint; `retry_after` in seconds if given."""

    status: int
    retry_after: int | None


class _Forbidden(httpcore.ConnectError):
    """The name resolves only to addresses that webhooks must not be sent to."""


class _Guarded(httpcore.AnyIOBackend):
    """Network backend that resolves names itself, once, and connects to permitted addresses only."""

    def __init__(self, allowed: Collection[Network], names: Names) -> None:
        super().__init__()
        self._allowed, self._names = allowed, names

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109  # httpcore's signature
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        failure: Exception = _Forbidden("no permitted address")
        for address in await self._resolved(host):
            if not may_go_to(address, self._allowed):
                continue
            try:
                return await super().connect_tcp(address, port, timeout, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
        raise failure

    async def _resolved(self, host: str) -> list[str]:
        try:
            return await self._names.addresses(host)
        except TimeoutError as error:
            raise httpcore.ConnectTimeout("the name could not be resolved in time") from error
        except OSError as error:
            raise httpcore.ConnectError("the name does not resolve") from error


class WebhookSender:
    """Sender with its own connections; created by `open_sender`."""

    def __init__(self, pool: httpcore.AsyncConnectionPool) -> None:
        self._pool = pool

    async def post(self, url: str, headers: Mapping[str, str], body: bytes) -> EndpointReply:
        """Posts a webhook and returns the answer, whatever its status. Raises: WebhookNotSent."""
        try:
            async with asyncio.timeout(SECONDS):
                return await self._post(httpx.URL(url), headers, body)
        except (TimeoutError, httpcore.TimeoutException) as error:
            raise WebhookNotSent("timeout") from error
        except _Forbidden as error:
            raise WebhookNotSent("address_forbidden") from error
        except (httpcore.NetworkError, httpcore.ProtocolError) as error:
            raise WebhookNotSent(type(error).__name__) from error
        except (httpx.InvalidURL, ssl.SSLError, OSError, ValueError) as error:
            raise WebhookNotSent(type(error).__name__) from error

    async def _post(self, url: httpx.URL, headers: Mapping[str, str], body: bytes) -> EndpointReply:
        target = httpcore.URL(
            scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path or b"/"
        )
        sent = [(name.encode(), value.encode()) for name, value in headers.items()]
        async with self._pool.stream("POST", target, headers=sent, content=body) as answer:
            read = 0
            async for part in answer.aiter_stream():
                read += len(part)
                if read > MOST_ANSWER:
                    break  # Only the status matters; closing the answer closes the connection.
            after = next((value for name, value in answer.headers if name.lower() == b"retry-after"), None)
            return EndpointReply(answer.status, _seconds(after))


@asynccontextmanager
async def open_sender(
    *,
    allowed: Collection[Network],
    at_once: int,
    names: Names | None = None,
    tls: ssl.SSLContext | None = None,
) -> AsyncIterator[WebhookSender]:
    """Opens a sender with up to `at_once` connections, without a proxy.

    `allowed` are networks permitted besides the public ones. Successive senders share their `names`.
    """
    async with httpcore.AsyncConnectionPool(
        ssl_context=tls or _tls(),
        max_connections=at_once,
        keepalive_expiry=_IDLE_SECONDS,
        network_backend=_Guarded(allowed, names or Names()),
    ) as pool:
        yield WebhookSender(pool)


@lru_cache(maxsize=1)
def _tls() -> ssl.SSLContext:
    """Created once, since reading the trusted CAs takes longer than a call. SSL_CERT_FILE replaces them."""
    return httpx.create_ssl_context()


def _seconds(retry_after: bytes | None) -> int | None:
    """Returns whole seconds, or None for a date, for which the normal retry schedule is used."""
    text = (retry_after or b"").decode("latin-1").strip()
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 8 else None
