"""Clients of a business system, sync and async: two small drivers that perform the same plans.

Every method raises a subclass of `mshield.client.errors.ClientError`: `ProblemError` if the service refuses,
`NetworkError` if it can't be reached, `ProtocolError` if its response is malformed.
"""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import aclosing, closing
from types import TracebackType
from typing import Final, Self, TypeVar

import httpx

from mshield.client.business.effects import Outcome, Plan, Reply, Send, Sleep
from mshield.client.business.plans import Plans, Retry
from mshield.client.business.result import Result
from mshield.client.business.states import States
from mshield.client.business.values import Created, Document, Pc, Status
from mshield.client.connections import Closing, is_loopback
from mshield.client.errors import NetworkError
from mshield.client.evidence.verify import Evidence
from mshield.pki.signatures.formats import NO_OPTIONS, AskedOptions
from mshield.wire.business import Channel

T = TypeVar("T")

_CONNECT_SECONDS: Final = 10.0

#: Each waiting PC holds a connection for up to a minute, so httpx's default limit of 100 would let that many
# PCs block all other calls.
_NO_LIMIT: Final = httpx.Limits(max_connections=None, max_keepalive_connections=None)


class BusinessClient(Closing):
    """Client of a business system; use it as a context manager, or call `close`."""

    def __init__(
        self,
        base_url: str,
        *,
        client_id: str,
        client_secret: str,
        retry: Retry | None = None,
        transport: httpx.BaseTransport | None = None,
        sleep: Callable[[float], None] = time.sleep,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        """Takes the service's URL (`https://` except in tests) and the credentials, which are sent with each call.

        `retry` sets how failing calls are repeated. `transport`, `sleep` and `now` are for tests.
        """
        self._base = base_url.rstrip("/")
        self._plans = Plans(client_id=client_id, client_secret=client_secret, retry=retry or Retry(), now=now)
        self._sleep, self._now = sleep, now
        self._http = httpx.Client(
            transport=transport, limits=_NO_LIMIT, trust_env=not is_loopback(self._base)
        )

    def request_login(
        self,
        *,
        pc: Pc | None = None,
        channel: Channel = "qr",
        return_url: str | None = None,
        lifetime: int | None = None,
        idempotency_key: str | None = None,
    ) -> Created:
        """Requests a login (扫码登录). Display `qr` as a QR code, refreshed every second, with `number` beside it.

        Pass `pc` whenever it is known: the phone shows it, and logins, which anybody can start, are rate
        limited by its address. `lifetime` is in seconds (default: the service's setting). A repeated call
        with the same `idempotency_key` returns the same request.

        With channel `app`, open `app_link` on the phone itself instead; the shield's app returns to
        `return_url`, which must be registered for this business system (see `read_return`).
        """
        return self._perform(
            self._plans.request_login(
                pc=pc,
                channel=channel,
                return_url=return_url,
                lifetime=lifetime,
                idempotency_key=idempotency_key,
            )
        )

    def request_signature(
        self,
        documents: Sequence[Document],
        *,
        pc: Pc | None = None,
        channel: Channel = "qr",
        return_url: str | None = None,
        shield_number: str | None = None,
        lifetime: int | None = None,
        idempotency_key: str | None = None,
    ) -> Created:
        """Requests signatures (扫码签名) on 1 to 64 documents, all under one PIN entry.

        With `shield_number` the request also waits in that shield's inbox (待办), and no other shield can
        accept it. Pass it for logged-in users: requests without it are rate limited by the address in `pc`,
        as logins are. `pc`, `channel`, `return_url`, `lifetime` (seconds) and `idempotency_key` as for
        `request_login`.
        """
        return self._perform(
            self._plans.request_signature(
                documents,
                pc=pc,
                channel=channel,
                return_url=return_url,
                shield_number=shield_number,
                lifetime=lifetime,
                idempotency_key=idempotency_key,
            )
        )

    def status(self, request_id: str, *, wait: int = 0, state: str = "waiting") -> Status:
        """Returns a request's status: at once, or after up to `wait` seconds (at most 60) while it is in `state`."""
        return self._perform(self._plans.status(request_id, wait=wait, state=state))

    def events(self, request_id: str) -> Iterator[Status]:
        """Yields each state of a request as it occurs, beginning with the current one, up to a final one.

        Uses server-sent events, and long polls if these fail. No state is lost, even if the service is
        unreachable for up to a minute. Raises: NetworkError if it stays unreachable; then `events` may be
        called again.
        """
        states = States()
        while not states.done:
            if states.streams:
                yield from self._streamed(request_id, states)
            if not states.done:
                started = self._now()
                status = self._perform(
                    self._plans.next_state(request_id, wait=states.wait, state=states.known)
                )
                news = list(states.news(status))
                yield from news
                self._sleep(states.pause(news=bool(news), seconds=self._now() - started))

    def _streamed(self, request_id: str, states: States) -> Iterator[Status]:
        states.begin()
        request = _request(self._http, self._base, self._plans.stream(request_id))
        with (
            contextlib.suppress(httpx.RequestError),
            closing(self._http.send(request, stream=True)) as answer,
        ):
            if _is_stream(answer):  # otherwise the poll reports the error
                for part in answer.iter_bytes():
                    yield from states.part(part)

    def wait_until_done(
        self, request_id: str, *, timeout: float = 300.0, on_change: Callable[[Status], None] | None = None
    ) -> Status:
        """Waits for a final state and returns it; calls `on_change` with each other new state (`scanned`).

        Raises: ClientError (`timed_out`) after `timeout` seconds, even if the network hangs, plus up to 10 s
        for a connection being opened or the rest of a response that has begun. NetworkError if the service is
        unreachable for more than a minute.
        """
        return self._perform(self._plans.wait_until_done(request_id, timeout=timeout, on_change=on_change))

    def result(
        self, request_id: str, *, options: AskedOptions = NO_OPTIONS, return_code: str | None = None
    ) -> Result:
        """Returns the result of a signed request. Verify it before use: `result.verify(roots=…)`.

        Wrapper `options` (formats.md) return its CMS in another form than was requested. With channel `app`
        pass the `return_code` from `read_return`. Raises: ProblemError (`not_signed` before it is signed,
        `wrong_return_code`).
        """
        return self._perform(self._plans.result(request_id, options=options, return_code=return_code))

    def evidence(self, request_id: str, *, document: int = 0, return_code: str | None = None) -> Evidence:
        """Returns the evidence bundle of a signed document, by its index in the request; store `encode()` as a file.

        Waits until the signature is in the log, about a second. Check it with `verify_evidence(…)` or
        `mshield verify`. `return_code` as for `result`.
        """
        return self._perform(self._plans.evidence(request_id, document=document, return_code=return_code))

    def cancel(self, request_id: str, *, idempotency_key: str | None = None) -> None:
        """Cancels a request."""
        self._perform(self._plans.cancel(request_id, idempotency_key=idempotency_key))

    def _perform(self, plan: Plan[T]) -> T:
        outcome: Outcome = None
        while True:
            try:
                effect = plan.send(outcome)
            except StopIteration as end:
                result: T = end.value
                return result
            if isinstance(effect, Sleep):
                self._sleep(effect.seconds)
                outcome = None
                continue
            try:
                outcome = _reply(self._http.send(_request(self._http, self._base, effect)))
            except httpx.RequestError as error:
                outcome = _lost(error)


class AsyncBusinessClient:
    """Asyncio version of `BusinessClient`; use it as an async context manager, or call `aclose`."""

    def __init__(
        self,
        base_url: str,
        *,
        client_id: str,
        client_secret: str,
        retry: Retry | None = None,
        transport: httpx.AsyncBaseTransport | None = None,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        """Takes the same arguments as `BusinessClient`."""
        self._base = base_url.rstrip("/")
        self._plans = Plans(client_id=client_id, client_secret=client_secret, retry=retry or Retry(), now=now)
        self._sleep, self._now = sleep, now
        self._http = httpx.AsyncClient(
            transport=transport, limits=_NO_LIMIT, trust_env=not is_loopback(self._base)
        )

    async def request_login(
        self,
        *,
        pc: Pc | None = None,
        channel: Channel = "qr",
        return_url: str | None = None,
        lifetime: int | None = None,
        idempotency_key: str | None = None,
    ) -> Created:
        """See `BusinessClient.request_login`."""
        return await self._perform(
            self._plans.request_login(
                pc=pc,
                channel=channel,
                return_url=return_url,
                lifetime=lifetime,
                idempotency_key=idempotency_key,
            )
        )

    async def request_signature(
        self,
        documents: Sequence[Document],
        *,
        pc: Pc | None = None,
        channel: Channel = "qr",
        return_url: str | None = None,
        shield_number: str | None = None,
        lifetime: int | None = None,
        idempotency_key: str | None = None,
    ) -> Created:
        """See `BusinessClient.request_signature`."""
        return await self._perform(
            self._plans.request_signature(
                documents,
                pc=pc,
                channel=channel,
                return_url=return_url,
                shield_number=shield_number,
                lifetime=lifetime,
                idempotency_key=idempotency_key,
            )
        )

    async def status(self, request_id: str, *, wait: int = 0, state: str = "waiting") -> Status:
        """See `BusinessClient.status`."""
        return await self._perform(self._plans.status(request_id, wait=wait, state=state))

    async def events(self, request_id: str) -> AsyncIterator[Status]:
        """See `BusinessClient.events`."""
        states = States()
        while not states.done:
            if states.streams:
                async for status in self._streamed(request_id, states):
                    yield status
            if not states.done:
                started = self._now()
                status = await self._perform(
                    self._plans.next_state(request_id, wait=states.wait, state=states.known)
                )
                news = list(states.news(status))
                for news_item in news:
                    yield news_item
                await self._sleep(states.pause(news=bool(news), seconds=self._now() - started))

    async def _streamed(self, request_id: str, states: States) -> AsyncIterator[Status]:
        states.begin()
        request = _request(self._http, self._base, self._plans.stream(request_id))
        with contextlib.suppress(httpx.RequestError):
            async with aclosing(await self._http.send(request, stream=True)) as answer:
                if _is_stream(answer):
                    async for part in answer.aiter_bytes():
                        for status in states.part(part):
                            yield status

    async def wait_until_done(
        self,
        request_id: str,
        *,
        timeout: float = 300.0,  # noqa: ASYNC109  # same as the sync client; each poll has its own timeout
        on_change: Callable[[Status], None] | None = None,
    ) -> Status:
        """See `BusinessClient.wait_until_done`."""
        return await self._perform(
            self._plans.wait_until_done(request_id, timeout=timeout, on_change=on_change)
        )

    async def result(
        self, request_id: str, *, options: AskedOptions = NO_OPTIONS, return_code: str | None = None
    ) -> Result:
        """See `BusinessClient.result`."""
        return await self._perform(self._plans.result(request_id, options=options, return_code=return_code))

    async def evidence(
        self, request_id: str, *, document: int = 0, return_code: str | None = None
    ) -> Evidence:
        """See `BusinessClient.evidence`."""
        return await self._perform(
            self._plans.evidence(request_id, document=document, return_code=return_code)
        )

    async def cancel(self, request_id: str, *, idempotency_key: str | None = None) -> None:
        """See `BusinessClient.cancel`."""
        await self._perform(self._plans.cancel(request_id, idempotency_key=idempotency_key))

    async def _perform(self, plan: Plan[T]) -> T:
        outcome: Outcome = None
        while True:
            try:
                effect = plan.send(outcome)
            except StopIteration as end:
                result: T = end.value
                return result
            if isinstance(effect, Sleep):
                await self._sleep(effect.seconds)
                outcome = None
                continue
            try:
                outcome = _reply(await self._http.send(_request(self._http, self._base, effect)))
            except httpx.RequestError as error:
                outcome = _lost(error)

    async def aclose(self) -> None:
        """Closes the connections."""
        await self._http.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()


def _request(client: httpx.Client | httpx.AsyncClient, base: str, send: Send) -> httpx.Request:
    return client.build_request(
        send.method,
        base + send.path,
        params=send.params or None,
        headers=list(send.headers),
        content=send.body,
        timeout=httpx.Timeout(send.read_timeout, connect=min(_CONNECT_SECONDS, send.read_timeout)),
    )


def _is_stream(answer: httpx.Response) -> bool:
    kind = answer.headers.get("content-type", "").partition(";")[0]
    return answer.is_success and kind == "text/event-stream"


def _reply(answer: httpx.Response) -> Reply:
    return Reply(
        status=answer.status_code,
        content_type=answer.headers.get("content-type", ""),
        retry_after=answer.headers.get("retry-after"),
        body=answer.content,
    )


def _lost(error: httpx.RequestError) -> NetworkError:
    return NetworkError(f"{type(error).__name__}: {error}")
