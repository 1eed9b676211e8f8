"""Notifies business systems of ended requests by webhook: creates deliveries, sends due ones, retries for days.

Each attempt is counted durably before it is made and its result recorded afterwards. So a process that dies
loses nothing, and at most one attempt is repeated. The receiver recognises a repeat by its id, which stays
the same.
"""

import asyncio
import datetime as dt
import logging
import random
import ssl
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from standardwebhooks import Webhook

from mshield.server.keys.errors import SealError
from mshield.server.keys.sealed_data import SealedData
from mshield.server.runtime.events import Events
from mshield.server.runtime.external.names import Names
from mshield.server.runtime.external.sender import (
    SECONDS,
    EndpointReply,
    WebhookNotSent,
    WebhookSender,
    open_sender,
)
from mshield.server.settings.webhooks import WebhookSettings
from mshield.server.values.public_addresses import read_networks
from mshield.server.webhooks.rows import webhook_endpoints
from mshield.server.webhooks.rows import webhooks as store
from mshield.server.webhooks.rows.webhooks import DueDelivery
from mshield.server.webhooks.rules import body_of, event_of, has_ended, wait_ms
from mshield.wire.times import DAY_MS

PURPOSE: Final = "webhook"
"""Sealing purpose of webhook secrets; each is bound to its endpoint."""

AT_ONCE: Final = 64
AT_ONCE_EACH: Final = 4
"""Concurrent attempts, in total and per endpoint, so that a slow endpoint doesn't delay the others."""

SENT_RETENTION_MS: Final = 7 * DAY_MS
DEAD_RETENTION_MS: Final = 90 * DAY_MS
_GONE: Final = 410
_BATCH: Final = 200
_LOOK_SECONDS: Final = 0.25
_GRACE_SECONDS: Final = 0.5
_LONGEST_TRY_MS: Final = round(SECONDS * 1000) + 5_000
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Webhooks(SealedData):
    """The webhook job; `clock` returns ms since 1970."""

    settings: WebhookSettings
    events: Events
    clock: Callable[[], int]
    tls: ssl.SSLContext | None = None
    names: Names = field(default_factory=Names)

    async def wanted(self) -> bool:
        """Reports whether there is an ended request without deliveries."""
        return await store.any_unannounced(self.db)

    async def __call__(self) -> int:
        """Creates and sends deliveries until nothing is due. Returns the number of deliveries accepted."""
        networks = read_networks(self.settings.networks)
        async with open_sender(allowed=networks, at_once=AT_ONCE, names=self.names, tls=self.tls) as sender:
            return await _Round(self, sender).run()

    async def compose(self) -> int:
        """Creates the deliveries of all ended requests. Returns their number."""
        count, now = 0, self.clock()
        while requests := await store.unannounced(self.db, now=now, most=_BATCH):
            for request in requests:
                if not has_ended(request.state):
                    await store.expire(self.db, id=request.id, now=now)
                    continue  # The next query returns it again with its final state.
                body = body_of(
                    request_id=request.id,
                    kind=request.kind,
                    state=request.state,
                    reason=request.reason,
                    declined=await store.excluded_documents(self.db, request),
                    oidc=request.oidc,
                    at=request.expires_at if request.state == "expired" else request.changed_at,
                )
                count += await store.queue(
                    self.db, request, event=event_of(request.state), body=body, now=now
                )
        return count


class _Round:
    """One run of the job, with concurrent attempts; new ones are started as they become due."""

    def __init__(self, webhooks: Webhooks, sender: WebhookSender) -> None:
        self._webhooks, self._sender = webhooks, sender
        self._db = webhooks.db
        self._under_way: dict[str, asyncio.Task[bool]] = {}
        self._each: Counter[str] = Counter()
        self._sent = 0

    async def run(self) -> int:
        """Runs until nothing is due or in progress, or the process is about to end."""
        try:
            while not self._webhooks.events.stopped:
                await self._webhooks.compose()
                count = await self._begin_due()
                if not self._under_way:
                    if not count:
                        break
                    continue
                await asyncio.wait(
                    self._under_way.values(),
                    timeout=_LOOK_SECONDS,
                    return_when=asyncio.FIRST_COMPLETED,
                )
        finally:
            await self._leave()
        return self._sent

    async def _begin_due(self) -> int:
        """Starts due deliveries within the limits. Returns their number."""
        count = 0
        for delivery in await store.due(
            self._db, now=self._webhooks.clock(), most=AT_ONCE, most_each=AT_ONCE_EACH
        ):
            if len(self._under_way) >= AT_ONCE:
                break
            if delivery.id in self._under_way or self._each[delivery.endpoint_id] >= AT_ONCE_EACH:
                continue
            self._each[delivery.endpoint_id] += 1
            task = asyncio.create_task(self._try(delivery))
            self._under_way[delivery.id] = task
            task.add_done_callback(lambda done, delivery=delivery: self._ended(delivery, done))  # type: ignore[misc]  # mypy infers no lambda with a default
            count += 1
        return count

    def _ended(self, delivery: DueDelivery, task: "asyncio.Task[bool]") -> None:
        del self._under_way[delivery.id]
        self._each[delivery.endpoint_id] -= 1
        if task.cancelled():
            return
        if (error := task.exception()) is not None:
            _log.error("webhook %s could not be recorded: %s", delivery.id, type(error).__name__)
            return
        self._sent += task.result()

    async def _leave(self) -> None:
        """Waits briefly for attempts in progress, then cancels them; they will be retried."""
        tasks = list(self._under_way.values())
        if tasks:
            _, late = await asyncio.wait(tasks, timeout=_GRACE_SECONDS)
            for task in late:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _try(self, delivery: DueDelivery) -> bool:
        attempts = delivery.attempts + 1
        now = self._webhooks.clock()
        # If the attempt is cancelled here, it is due again only after its timeout.
        next_at = now + max(_LONGEST_TRY_MS, self._wait(attempts, None) or 0)
        if not await store.begin_attempt(self._db, delivery, next_at=next_at):
            return False
        if delivery.is_forged:
            _log.critical(
                "webhook %s or its endpoint was changed outside of the service: not sent", delivery.id
            )
            await store.end(
                self._db, id=delivery.id, state="dead", status=None, error="record_changed", now=now
            )
            return False
        try:
            answer = await self._sender.post(
                delivery.url, self._headers(delivery, now=now), delivery.body.encode()
            )
        except (WebhookNotSent, SealError) as error:
            reason = error.reason if isinstance(error, WebhookNotSent) else error.code
            await self._failed(delivery, attempts, reason, None)
            return False
        if 200 <= answer.status < 300:
            await store.end(
                self._db,
                id=delivery.id,
                state="sent",
                status=answer.status,
                error=None,
                now=self._webhooks.clock(),
            )
            return True
        await self._refused(delivery, attempts, answer)
        return False

    async def _refused(self, delivery: DueDelivery, attempts: int, answer: EndpointReply) -> None:
        if answer.status == _GONE:
            _log.warning("webhook endpoint %s answered 410 and was disabled", delivery.endpoint_id)
            await webhook_endpoints.disable(
                self._db, id=delivery.endpoint_id, reason="gone", now=self._webhooks.clock()
            )
            return
        await self._failed(delivery, attempts, "status", answer)

    async def _failed(
        self, delivery: DueDelivery, attempts: int, error: str, answer: EndpointReply | None
    ) -> None:
        status = None if answer is None else answer.status
        wait = self._wait(attempts, None if answer is None else answer.retry_after)
        now = self._webhooks.clock()
        if wait is None:
            _log.warning("webhook %s is given up: %s", delivery.id, error)
            await store.end(self._db, id=delivery.id, state="dead", status=status, error=error, now=now)
            return
        await store.note_failure(self._db, id=delivery.id, status=status, error=error, next_at=now + wait)

    @staticmethod
    def _wait(attempts: int, retry_after: int | None) -> int | None:
        return wait_ms(attempts, chance=random.random(), retry_after=retry_after)  # noqa: S311  # only spreads retries

    def _headers(self, delivery: DueDelivery, *, now: int) -> dict[str, str]:
        """Signs with every active secret."""
        boxes = [delivery.secret_box]
        if delivery.previous_box is not None and (delivery.previous_until or 0) > now:
            boxes.append(delivery.previous_box)
        context = delivery.endpoint_id.encode()
        at = dt.datetime.fromtimestamp(now // 1000, dt.UTC)
        signatures = [
            Webhook(self._webhooks.keyring.open(box, purpose=PURPOSE, context=context)).sign(
                delivery.id, at, delivery.body
            )
            for box in boxes
        ]
        return {
            "content-type": "application/json",
            "user-agent": "mshield-webhooks/1",
            "webhook-id": delivery.id,
            "webhook-timestamp": str(now // 1000),
            "webhook-signature": " ".join(signatures),
        }
