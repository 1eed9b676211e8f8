"""Waking people's phones: a business system asks a shield, or there is a notice (docs/notifications.md).

A push says of which kind it is and no more. It is a row, and a job sends it: nothing that is asked or signed waits.
Where none was taken, an SMS may say that a request waits, as far as the operator allows.
"""

import asyncio
import logging
import ssl
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import urlsplit

from cryptography.hazmat.primitives.asymmetric import ec

from mshield.domain import errors
from mshield.domain.notices import NoticeKind
from mshield.domain.push.push import AGAIN, GONE, PushKind, may_be_named, wait_ms
from mshield.domain.systems.webhooks import is_address, may_go_to, read_networks
from mshield.domain.times import DAY_MS, MINUTE_MS
from mshield.gateways.names import Names
from mshield.gateways.web_push import PushAddress, is_point, public_point, push
from mshield.gateways.webhook import SECONDS, EndpointReply, WebhookNotSent, WebhookSender, open_sender
from mshield.keys.errors import SealError
from mshield.keys.keyring import Keyring
from mshield.keys.push_key import load_push_key
from mshield.services.notices.notify import tell
from mshield.settings import Settings
from mshield.store.accounts.limits import Limit, count_within
from mshield.store.database.interface import Database, StoreError, Tx, Undone
from mshield.store.notices import push as store
from mshield.store.notices.push import DuePush, Subscription

__all__ = ["Push", "PushAddress", "Subscription"]

PURPOSE: Final = "push-address"
"""The purpose for which addresses are sealed, each bound to its phone."""

AT_ONCE: Final = 32
_LOOK_SECONDS: Final = 0.25
_LONGEST_TRY_MS: Final = round(SECONDS * 1000) + 5_000
_TAKEN: Final = range(200, 300)
_log = logging.getLogger(__name__)


@dataclass(slots=True)
class Push:
    """Subscriptions of phones, and the job that sends; `clock` gives ms since 1970."""

    db: Database
    keyring: Keyring
    settings: Settings
    clock: Callable[[], int]
    tls: ssl.SSLContext | None = None
    names: Names = field(default_factory=Names)
    _key: ec.EllipticCurvePrivateKey | None = field(default=None, repr=False)

    async def point(self, *, now: int) -> bytes | None:
        """The public key that browsers bind their subscriptions to, 65 octets; None where there are no pushes."""
        return public_point(await self._private(now)) if self.settings.push else None

    async def subscribe(
        self,
        device_id: str,
        account_id: str,
        address: PushAddress,
        *,
        requests: bool,
        notices: bool,
        now: int,
    ) -> None:
        """Makes it this phone's subscription. Raises InvalidRequest, also where there are no pushes."""
        if not self.settings.push or not self._may_go_to(address.endpoint):
            raise errors.InvalidRequest(fields=["endpoint"])
        if not is_point(address.point):
            raise errors.InvalidRequest(fields=["p256dh"])
        box = self.keyring.seal(address.packed(), purpose=PURPOSE, context=device_id.encode())
        await store.put(self.db, Subscription(device_id, account_id, requests, notices, box), now=now)

    async def find(self, device_id: str, account_id: str) -> Subscription | None:
        """This phone's subscription."""
        return await store.find(self.db, device_id=device_id, account_id=account_id)

    async def unsubscribe(self, device_id: str) -> None:
        """Ends it."""
        await store.end(self.db, device_id=device_id)

    async def wake(self, request_id: str, shield_number: str, *, expires_at: int, now: int) -> None:
        """Has the shield's phone woken for a request that was made. A fault is logged: the request is there anyway."""
        by_sms = self.settings.sms_requests_per_day > 0
        if not self.settings.push and not by_sms:
            return
        try:
            await store.wake_shield(
                self.db,
                request_id=request_id,
                shield_number=shield_number,
                also_unsubscribed=by_sms,
                expires_at=expires_at,
                now=now,
            )
        except StoreError as error:
            _log.warning("no push for request %s: %s", request_id, type(error).__name__)

    async def __call__(self) -> int:
        """Sends until nothing is due; gives the number of pushes that were taken."""
        if not await store.due(self.db, now=self.clock(), most=1):
            return 0
        networks = read_networks(self.settings.push_networks)
        async with open_sender(allowed=networks, at_once=AT_ONCE, names=self.names, tls=self.tls) as sender:
            return await self._send_due(sender)

    async def _send_due(self, sender: WebhookSender) -> int:
        under_way: set[asyncio.Task[bool]] = set()
        taken = 0
        try:
            while True:
                free = AT_ONCE - len(under_way)
                for due in await store.due(self.db, now=self.clock(), most=free) if free else ():
                    if await store.begin_attempt(self.db, due, next_at=self.clock() + _LONGEST_TRY_MS):
                        under_way.add(asyncio.create_task(self._attempt(sender, due)))
                if not under_way:
                    return taken
                done, under_way = await asyncio.wait(
                    under_way, timeout=_LOOK_SECONDS, return_when=asyncio.FIRST_COMPLETED
                )
                taken += sum(task.result() for task in done)
        finally:
            for task in under_way:
                task.cancel()
            await asyncio.gather(*under_way, return_exceptions=True)

    async def _attempt(self, sender: WebhookSender, due: DuePush) -> bool:
        now = self.clock()
        if not due.is_wanted or now >= due.expires_at:
            await store.finish(self.db, due, state="over", answer=None, now=now)
            return False
        if due.address_box is None or not self.settings.push:
            await store.finish(self.db, due, state="none", answer=None, now=now)
            await self._by_sms(due, now=now)
            return False
        try:
            answer = await self._push(sender, due, due.address_box, now=now)
        except WebhookNotSent as error:
            await self._failed(due, error.reason, None)
            return False
        except SealError as error:
            await self._failed(due, type(error).__name__, None)
            return False
        if answer.status in _TAKEN:
            await store.mark_taking(self.db, due)
            await store.finish(self.db, due, state="sent", answer=str(answer.status), now=self.clock())
            return True
        await self._refused(due, answer)
        return False

    async def _push(self, sender: WebhookSender, due: DuePush, box: bytes, *, now: int) -> EndpointReply:
        packed = self.keyring.open(box, purpose=PURPOSE, context=due.device_id.encode())
        return await push(
            sender,
            PushAddress.unpacked(packed),
            PushKind(due.kind),
            key=await self._private(now),
            contact=self.settings.push_contact or self.settings.public_origin,
            seconds=max(1, (due.expires_at - now) // 1000),
            now=now,
        )

    async def _refused(self, due: DuePush, answer: EndpointReply) -> None:
        status = answer.status
        if status in GONE:
            now = self.clock()
            await store.drop(self.db, due)
            await store.finish(self.db, due, state="gone", answer=str(status), now=now)
            await self._by_sms(due, now=now)
        elif status in AGAIN or status >= 500:
            await self._failed(due, str(status), answer.retry_after)
        else:
            await self._end_failed(due, str(status))

    async def _failed(self, due: DuePush, why: str, retry_after: int | None) -> None:
        """Tried again while there is time; an SMS doesn't wait for that."""
        now = self.clock()
        wait = wait_ms(due.attempts + 1, retry_after=retry_after)
        if wait is None or now + wait >= due.expires_at:
            await self._end_failed(due, why)
            return
        await store.mark_failing(self.db, due, now=now)
        await store.note_failure(self.db, due, answer=why, next_at=now + wait)
        await self._by_sms(due, now=now)

    async def _end_failed(self, due: DuePush, why: str) -> None:
        now = self.clock()
        await store.mark_failing(self.db, due, now=now)
        await store.finish(self.db, due, state="failed", answer=why, now=now)
        _log.info("push (%s) is given up: %s", due.kind, why)
        await self._by_sms(due, now=now)

    async def _by_sms(self, due: DuePush, *, now: int) -> None:
        """Says by SMS that a request waits, once for each and within the limits; notices have their own SMS."""
        if due.kind != PushKind.REQUEST or not self.settings.sms_requests_per_day:
            return

        async def work(tx: Tx) -> None:
            if not await tell(
                tx, NoticeKind.REQUEST_WAITING, account_id=due.account_id, occasion=due.occasion, now=now
            ):
                return
            for limit in self._limits(due.account_id, now=now):
                if await count_within(tx, limit, now=now) is None:
                    raise Undone

        try:
            await self.db.write(work)
        except Undone:
            _log.info("no SMS that a request waits: the limit is reached")

    def _limits(self, account_id: str, *, now: int) -> tuple[Limit, ...]:
        settings = self.settings
        apart, day = now - settings.sms_requests_minutes * MINUTE_MS, now - DAY_MS
        in_all = settings.sms_requests_per_day_in_all
        return (
            Limit(scope="sms_request", subject=account_id, most=1, stale=apart),
            Limit(scope="sms_request_day", subject=account_id, most=settings.sms_requests_per_day, stale=day),
            Limit(scope="sms_request_all", subject="all", most=in_all, stale=day),
        )

    def _may_go_to(self, endpoint: str) -> bool:
        """Whether this endpoint may be called. An IP address is judged here, a name once it is resolved."""
        if not may_be_named(endpoint, self.settings.push_hosts):
            return False
        host = urlsplit(endpoint).hostname or ""
        return not is_address(host) or may_go_to(host, read_networks(self.settings.push_networks))

    async def _private(self, now: int) -> ec.EllipticCurvePrivateKey:
        if self._key is None:
            self._key = await load_push_key(self.db, self.keyring, now=now)
        return self._key
