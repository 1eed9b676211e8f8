"""The two clients of a business system, sync and async: the same plans, performed by two small drivers.

Every method raises `mshield.client.errors.ClientError`: `ProblemError` where the service refuses,
`NetworkError` where it cannot be reached, `ProtocolError` where its answer is not of its form.
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
from mshield.client.business.values import Channel, Created, Document, Pc, Status
from mshield.client.connections import Closing, is_loopback
from mshield.client.errors import NetworkError
from mshield.client.evidence import Evidence
from mshield.pki.signatures.formats import NO_OPTIONS, AskedOptions

T = TypeVar("T")

_CONNECT_SECONDS: Final = 10.0

#: A PC that waits holds its connection for a minute: with httpx's hundred, as many PCs would keep out every other call.
_NO_LIMIT: Final = httpx.Limits(max_connections=None, max_keepalive_connections=None)


class BusinessClient(Closing):
    """A business system's client; use it as a context manager, or `close` it."""

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
        """`base_url` is the service's address, `https://` outside of tests; the secret goes along with each call."""
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
        """Asks for a login (扫码登录); show `qr`, anew each second, as a QR code, and `number` beside it.

        Give `pc`: the phone shows it, and logins that anybody may begin are limited by its address.

        By channel `app` open `app_link` instead, on the phone itself; the shield's app leads back to `return_url`,
        one of those that are registered for this business system (`read_return`).
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
        """Asks for signatures (扫码签名) on 1 to 64 documents, under one PIN entry.

        With `shield_number` the request also waits in that shield's inbox (待办), and no other shield can take it; name
        it for whoever is logged in: signatures without it are limited by the address in `pc`, as logins are.
        `lifetime` is in seconds; the service has its own for those that name none.
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
        """How a request stands: at once, or held for up to `wait` seconds (at most 60) while it is in `state`."""
        return self._perform(self._plans.status(request_id, wait=wait, state=state))

    def events(self, request_id: str) -> Iterator[Status]:
        """Each state of a request as it comes, the present one first, until a final one.

        By server-sent events; where these break off or don't get through, by long polls. Nothing is missed, also while
        the service is away for up to a minute. NetworkError where it stays away; this may be called again then.
        """
        states = States()
        while not states.done:
            if states.streams:
                yield from self._streamed(request_id, states)
            if not states.done:
                asked = self._now()
                status = self._perform(
                    self._plans.next_state(request_id, wait=states.wait, state=states.known)
                )
                news = list(states.news(status))
                yield from news
                self._sleep(states.pause(news=bool(news), seconds=self._now() - asked))

    def _streamed(self, request_id: str, states: States) -> Iterator[Status]:
        states.begin()
        request = _request(self._http, self._base, self._plans.stream(request_id))
        with (
            contextlib.suppress(httpx.RequestError),
            closing(self._http.send(request, stream=True)) as answer,
        ):
            if _is_stream(answer):  # else the poll says what is wrong
                for part in answer.iter_bytes():
                    yield from states.part(part)

    def wait_until_done(
        self, request_id: str, *, timeout: float = 300.0, on_change: Callable[[Status], None] | None = None
    ) -> Status:
        """Waits for a final state; `on_change` is told each other one (`scanned`).

        Raises ClientError `timed_out` after `timeout` seconds, also where the network is silent; a connection that is
        only just being made may add its ten, and an answer that has begun may take longer. NetworkError where the
        service is away for more than a minute.
        """
        return self._perform(self._plans.wait_until_done(request_id, timeout=timeout, on_change=on_change))

    def result(
        self, request_id: str, *, options: AskedOptions = NO_OPTIONS, return_code: str | None = None
    ) -> Result:
        """The result of a signed request; ProblemError `not_signed` before. Verify it: `result.verify(roots=…)`.

        With `options` of a wrapper (formats.md) its CMS comes in another one than was asked for.
        By channel `app` give the `return_code` that `read_return` found: else ProblemError `wrong_return_code`.
        """
        return self._perform(self._plans.result(request_id, options=options, return_code=return_code))

    def evidence(self, request_id: str, *, document: int = 0, return_code: str | None = None) -> Evidence:
        """The bundle of evidence of a signed document, by its place in the request; `encode()` is the file to keep.

        Waits for the log, which takes about a second. Check it: `verify_evidence(…)`, or `mshield verify`.
        `return_code` as for the result.
        """
        return self._perform(self._plans.evidence(request_id, document=document, return_code=return_code))

    def cancel(self, request_id: str, *, idempotency_key: str | None = None) -> None:
        """Withdraws a request."""
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
    """The same for asyncio; use it as an async context manager, or `aclose` it."""

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
        """As `BusinessClient`."""
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
        """As `BusinessClient.request_login`."""
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
        """As `BusinessClient.request_signature`."""
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
        """As `BusinessClient.status`."""
        return await self._perform(self._plans.status(request_id, wait=wait, state=state))

    async def events(self, request_id: str) -> AsyncIterator[Status]:
        """As `BusinessClient.events`."""
        states = States()
        while not states.done:
            if states.streams:
                async for status in self._streamed(request_id, states):
                    yield status
            if not states.done:
                asked = self._now()
                status = await self._perform(
                    self._plans.next_state(request_id, wait=states.wait, state=states.known)
                )
                news = list(states.news(status))
                for news_item in news:
                    yield news_item
                await self._sleep(states.pause(news=bool(news), seconds=self._now() - asked))

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
        timeout: float = 300.0,  # noqa: ASYNC109  as the sync client; each poll ends in time
        on_change: Callable[[Status], None] | None = None,
    ) -> Status:
        """As `BusinessClient.wait_until_done`."""
        return await self._perform(
            self._plans.wait_until_done(request_id, timeout=timeout, on_change=on_change)
        )

    async def result(
        self, request_id: str, *, options: AskedOptions = NO_OPTIONS, return_code: str | None = None
    ) -> Result:
        """As `BusinessClient.result`."""
        return await self._perform(self._plans.result(request_id, options=options, return_code=return_code))

    async def evidence(
        self, request_id: str, *, document: int = 0, return_code: str | None = None
    ) -> Evidence:
        """As `BusinessClient.evidence`."""
        return await self._perform(
            self._plans.evidence(request_id, document=document, return_code=return_code)
        )

    async def cancel(self, request_id: str, *, idempotency_key: str | None = None) -> None:
        """As `BusinessClient.cancel`."""
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
