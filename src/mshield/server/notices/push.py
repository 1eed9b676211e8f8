"""Wakes phones by push for requests to a shield and for notices (docs/notifications.md).

A push contains only its kind. It is a row that a job sends, so requests and signatures don't wait for it. If
no push was accepted, an SMS may announce a waiting request, as far as the operator allows.

A key identifies this service to push services (RFC 8292, VAPID): P-256, made once, sealed in the database.
Browsers bind their subscriptions to the key, so replacing it would end all of them; only its seal ever
changes.
"""

import asyncio
import logging
import ssl
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import urlsplit

from cryptography.hazmat.primitives.asymmetric import ec

from mshield.server.database.interface import Database, StoreError, Tx, Undone
from mshield.server.errors import InvalidRequest
from mshield.server.keys.errors import SealError
from mshield.server.keys.keyring import Keyring
from mshield.server.keys.rows.secrets import find_secret, insert_secret
from mshield.server.notices.external.web_push import PushAddress, is_point, public_point, push
from mshield.server.notices.notify import notify_account
from mshield.server.notices.rows import push as store
from mshield.server.notices.rows.push import DuePush, Subscription
from mshield.server.notices.rules.notices import NoticeKind
from mshield.server.notices.rules.push import AGAIN, GONE, PushKind, may_be_named, wait_ms
from mshield.server.runtime.external.names import Names
from mshield.server.runtime.external.sender import (
    SECONDS,
    EndpointReply,
    WebhookNotSent,
    WebhookSender,
    open_sender,
)
from mshield.server.runtime.rows.limits import Limit, count_within
from mshield.server.settings.settings import Settings
from mshield.server.values.public_addresses import is_address, may_go_to, read_networks
from mshield.wire.times import DAY_MS, MINUTE_MS

__all__ = ["Push", "PushAddress", "Subscription"]

PURPOSE: Final = "push-address"
"""Sealing purpose of push addresses; each is bound to its phone."""

AT_ONCE: Final = 32
_FOR_ACCOUNT: Final = 2
"""Maximum pushes to one account at once: a receiver that doesn't answer delays only its own account."""
_FOR_FAILING: Final = 8
"""Maximum pushes at once to subscriptions whose last attempt failed."""
_LOOK_SECONDS: Final = 0.25
_LONGEST_TRY_MS: Final = round(SECONDS * 1000) + 5_000
_ACCEPTED: Final = range(200, 300)
_log = logging.getLogger(__name__)

PUSH: Final = "push-vapid"
_SCALAR_BYTES: Final = 32


@dataclass(slots=True)
class Push:
    """Push subscriptions of phones, and the sending job; `clock` returns ms since 1970."""

    db: Database
    keyring: Keyring
    settings: Settings
    clock: Callable[[], int]
    tls: ssl.SSLContext | None = None
    names: Names = field(default_factory=Names)
    _key: ec.EllipticCurvePrivateKey | None = field(default=None, repr=False)

    async def point(self, *, now: int) -> bytes | None:
        """Returns the public key (65 bytes) to which browsers bind subscriptions; None if push is disabled."""
        return public_point(await self._private(now)) if self.settings.push.enabled else None

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
        """Stores this phone's subscription. Raises: InvalidRequest (also if push is disabled)."""
        if not self.settings.push.enabled or not self._may_go_to(address.endpoint):
            raise InvalidRequest(fields=["endpoint"])
        if not is_point(address.point):
            raise InvalidRequest(fields=["p256dh"])
        box = self.keyring.seal(address.packed(), purpose=PURPOSE, context=device_id.encode())
        await store.put(self.db, Subscription(device_id, account_id, requests, notices, box), now=now)

    async def find(self, device_id: str, account_id: str) -> Subscription | None:
        """Returns this phone's subscription, if any."""
        return await store.find(self.db, device_id=device_id, account_id=account_id)

    async def unsubscribe(self, device_id: str) -> None:
        """Ends this phone's subscription."""
        await store.end(self.db, device_id=device_id)

    async def wake(self, request_id: str, shield_number: str, *, expires_at: int, now: int) -> None:
        """Schedules a push for a new request to the shield's phone.

        Database errors are only logged, since the request exists anyway.
        """
        by_sms = self.settings.push.sms_requests_per_day > 0
        if not self.settings.push.enabled and not by_sms:
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
        """Sends until nothing is due. Returns the number of pushes accepted."""
        if not await store.due(self.db, now=self.clock(), most=1):
            return 0
        networks = read_networks(self.settings.push.networks)
        async with open_sender(allowed=networks, at_once=AT_ONCE, names=self.names, tls=self.tls) as sender:
            return await self._send_due(sender)

    async def _send_due(self, sender: WebhookSender) -> int:
        under_way: dict[asyncio.Task[bool], DuePush] = {}
        taken = 0
        try:
            while True:
                while await self._begin_some(sender, under_way):
                    pass
                if not under_way:
                    return taken
                done, _ = await asyncio.wait(
                    under_way, timeout=_LOOK_SECONDS, return_when=asyncio.FIRST_COMPLETED
                )
                for task in done:
                    del under_way[task]
                    taken += task.result()
        finally:
            for task in under_way:
                task.cancel()
            await asyncio.gather(*under_way, return_exceptions=True)

    async def _begin_some(self, sender: WebhookSender, under_way: dict[asyncio.Task[bool], DuePush]) -> bool:
        """Begins due pushes within the limits; False if nothing more can begin now."""
        accounts = Counter(due.account_id for due in under_way.values())
        failing = sum(due.is_failing for due in under_way.values())
        free = AT_ONCE - len(under_way)
        if not free:
            return False
        found = await store.due(
            self.db,
            without=[account_id for account_id, count in accounts.items() if count >= _FOR_ACCOUNT],
            also_failing=failing < _FOR_FAILING,
            now=self.clock(),
            most=free,
        )
        for due in found:
            if accounts[due.account_id] >= _FOR_ACCOUNT or (due.is_failing and failing >= _FOR_FAILING):
                continue
            if await store.begin_attempt(self.db, due, next_at=self.clock() + _LONGEST_TRY_MS):
                under_way[asyncio.create_task(self._attempt(sender, due))] = due
                accounts[due.account_id] += 1
                failing += due.is_failing
        return bool(found)

    async def _attempt(self, sender: WebhookSender, due: DuePush) -> bool:
        now = self.clock()
        if not due.is_wanted or now >= due.expires_at:
            await store.finish(self.db, due, state="over", answer=None, now=now)
            return False
        if due.address_box is None or not self.settings.push.enabled:
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
        if answer.status in _ACCEPTED:
            await store.mark_working(self.db, due)
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
            contact=self.settings.push.contact or self.settings.site.public_origin,
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
        """Schedules a retry, or gives up if the push expires before it. The SMS is sent now in either case."""
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
        """Announces a waiting request by SMS, once per request and within the limits.

        Notices have their own SMS.
        """
        if due.kind != PushKind.REQUEST or not self.settings.push.sms_requests_per_day:
            return

        async def work(tx: Tx) -> None:
            if not await notify_account(
                tx, NoticeKind.REQUEST_WAITING, account_id=due.account_id, occasion=due.occasion, now=now
            ):
                return
            for limit in self._limits(due.account_id, now=now):
                if await count_within(tx, limit, now=now) is None:
                    raise Undone

        try:
            await self.db.write(work)
        except Undone:
            _log.info("no SMS about a waiting request: the limit is reached")

    def _limits(self, account_id: str, *, now: int) -> tuple[Limit, ...]:
        settings = self.settings
        apart, day = now - settings.push.sms_requests_minutes * MINUTE_MS, now - DAY_MS
        in_all = settings.push.sms_requests_per_day_in_all
        return (
            Limit(scope="sms_request", subject=account_id, most=1, stale=apart),
            Limit(
                scope="sms_request_day",
                subject=account_id,
                most=settings.push.sms_requests_per_day,
                stale=day,
            ),
            Limit(scope="sms_request_all", subject="all", most=in_all, stale=day),
        )

    def _may_go_to(self, endpoint: str) -> bool:
        """Checks whether this endpoint may be called: IP addresses here, host names when they are resolved."""
        if not may_be_named(endpoint, self.settings.push.hosts):
            return False
        host = urlsplit(endpoint).hostname or ""
        return not is_address(host) or may_go_to(host, read_networks(self.settings.push.networks))

    async def _private(self, now: int) -> ec.EllipticCurvePrivateKey:
        if self._key is None:
            self._key = await load_push_key(self.db, self.keyring, now=now)
        return self._key


async def load_push_key(db: Database, keyring: Keyring, *, now: int) -> ec.EllipticCurvePrivateKey:
    """Returns the key of this database, creating it at the first call. Raises: SealError."""
    box = await find_secret(db, name=PUSH)
    if box is None:
        scalar = ec.generate_private_key(ec.SECP256R1()).private_numbers().private_value
        sealed = keyring.seal(scalar.to_bytes(_SCALAR_BYTES, "big"), purpose="secret", context=PUSH.encode())
        await insert_secret(db, name=PUSH, box=sealed, now=now)
        box = await find_secret(db, name=PUSH)  # if two processes created one at once, the first wins
    if box is None:
        raise SealError("推送密钥未能保存", "the push key was not stored")
    opened = keyring.open(box, purpose="secret", context=PUSH.encode())
    return ec.derive_private_key(int.from_bytes(opened, "big"), ec.SECP256R1())
