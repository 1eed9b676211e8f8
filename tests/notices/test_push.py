"""Pushes to a real push service: content, recipients, frequency, and the end of dead subscriptions."""

import asyncio
import base64
import json
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from mshield.server.database.interface import Database
from mshield.server.notices.external.web_push import PushAddress, encrypted_with
from mshield.server.notices.notify import notify_account
from mshield.server.notices.rows import push as store
from mshield.server.notices.rules.notices import NoticeKind
from mshield.server.notices.rules.push import DEAD_AFTER_MS, WAITS_MS
from mshield.server.retention.sweep import purge
from mshield.testkit.demo.people import LEGAL_PERSON
from mshield.wire.times import HOUR_MS
from mshield.wire.tokens import base64url
from tests.support.application import Application, Device, running
from tests.support.clock import Clock
from tests.support.outside_systems import OutsideServer, Reply
from tests.support.push_service import Browser, claims_of, push_service
from tests.support.shield_over_http import Shield
from tests.support.signing import fetch

_TOLD = {"request_waiting", "renewal_filing", "frozen"}
LOOPBACK = ("127.0.0.0/8",)


@dataclass(slots=True)
class Woken:
    """A phone with a shield and a browser that accepts pushes."""

    application: Application
    device: Device
    shield_number: str
    account_id: str
    browser: Browser
    service: OutsideServer
    trusting: ssl.SSLContext

    async def subscribe(self, **kinds: bool) -> None:
        """Subscribes as the app does."""
        subscription = self.browser.subscription(f"{self.service.url}/s/1", **kinds)
        answer = await self.device.call("POST", "/api/phone/push", subscription)
        assert answer.status_code == 204, answer.text

    async def on(self) -> Any:
        """Returns the kinds that wake the phone, or None without a subscription."""
        return (await self.device.call("GET", "/api/phone/push")).json()["on"]

    async def is_subscribed(self) -> bool:
        """Returns True if the service has a subscription."""
        row = await fetch(self.application.context.db, "SELECT COUNT(*) AS many FROM push_subscriptions")
        return bool(row["many"])

    async def asked(self) -> str:
        """Requests a signature of this shield from a business system and returns the request's id."""
        document = {
            "kind": "signature",
            "shield_number": self.shield_number,
            "documents": [
                {
                    "title": "报关单 9901",
                    "media_type": "text/plain",
                    "content_b64": "5oql5YWz5Y2V",
                    "display": [],
                }
            ],
        }
        headers = {"Idempotency-Key": f"k{self.application.clock()}{len(self.service.asked)}"}
        answer = await self.application.business("POST", "/api/business/requests", document, **headers)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])

    async def push(self) -> int:
        """Runs the push job once and returns the number of pushes sent."""
        push = self.application.context.notices.push
        push.tls = self.trusting
        return await push()

    def read(self) -> list[Any]:
        """Returns all messages received so far, decrypted by the browser."""
        return [json.loads(self.browser.read(asked.body)) for asked in self.service.asked]

    async def texts(self) -> list[str]:
        """Runs the notice job; returns the SMS texts about waiting requests, changed filings and frozen shields."""
        await self.application.context.notices.notify(now=self.application.clock())
        outbox = (await self.application.http.get("/dev/sms.json")).json()
        return [message["text"] for message in outbox if message["purpose"] in _TOLD]

    async def pushes(self) -> list[list[str]]:
        """Returns state, tries and answer of each push, oldest first."""
        row = await fetch(
            self.application.context.db,
            "SELECT COUNT(*) AS many, group_concat(state || ' ' || attempts || ' ' || COALESCE(answer, '-')) AS all_of "
            "FROM (SELECT * FROM pushes ORDER BY occasion) AS p"
            if self.application.context.db.dialect == "sqlite"
            else "SELECT COUNT(*) AS many, string_agg(state || ' ' || attempts || ' ' || COALESCE(answer, '-'), ',' "
            "ORDER BY occasion) AS all_of FROM pushes",
        )
        return [str(push).split() for push in str(row["all_of"]).split(",") if row["many"]]


@asynccontextmanager
async def woken(database_url: str, folder: Path, clock: Clock, **settings: object) -> AsyncIterator[Woken]:
    """Starts a service and enrols a phone with a shield; pushes may go to this machine."""
    changed: dict[str, object] = {"push_networks": LOOPBACK, **settings}
    with push_service(folder) as (service, trusting):
        async with running(database_url, folder, clock, **changed) as application:
            await application.registered()
            device = await application.logged_in()
            await Shield(application, device).enrol()
            number = (await device.call("GET", "/api/phone/me")).json()["shield_number"]
            row = await fetch(application.context.db, "SELECT id FROM accounts")
            yield Woken(application, device, number, str(row["id"]), Browser(), service, trusting)


async def test_push_for_a_request_contains_only_its_kind(
    database_url: str, tmp_path: Path, clock: Clock
) -> None:
    async with woken(database_url, tmp_path, clock) as phone:
        assert await phone.push() == 0
        await phone.subscribe()
        assert await phone.on() == {"requests": True, "notices": True}
        request_id = await phone.asked()
        assert await phone.push() == 1
        assert await phone.push() == 0
        (asked,) = phone.service.asked
        # The decrypted payload holds the kind and nothing else.
        assert phone.browser.read(asked.body) == b'{"kind":"request"}'
        assert (asked.method, asked.path) == ("POST", "/s/1")
        headers = asked.headers
        assert (headers["content-encoding"], headers["ttl"], headers["urgency"], headers["topic"]) == (
            "aes128gcm",
            "120",
            "high",
            "request",
        )
        key = bytes.fromhex((await phone.device.call("GET", "/api/phone/push")).json()["key"])
        claims = claims_of(asked, key)
        assert claims == {
            "aud": phone.service.url,
            "exp": phone.application.clock() // 1000 + 12 * 3600,
            "sub": "http://shield.example",
        }
        told = json.dumps({**headers, "claims": claims}) + asked.path
        for content in (request_id, phone.shield_number, "9901", "\u5355\u4e00"):
            assert content not in told
        # A request cancelled before the job runs isn't pushed.
        again = await phone.asked()
        await phone.application.business("POST", f"/api/business/requests/{again}/cancel")
        assert await phone.push() == 0
        assert [state for state, *_ in await phone.pushes()] == ["sent", "over"]


async def test_subscription_ends_with_its_kinds_login_or_account(
    sqlite_url: str, tmp_path: Path, clock: Clock
) -> None:
    async with woken(sqlite_url, tmp_path, clock) as phone:
        db = phone.application.context.db
        await phone.subscribe(requests=False)
        await phone.asked()
        await db.write(
            lambda tx: notify_account(
                tx, NoticeKind.FROZEN, account_id=phone.account_id, occasion="x", details={}, now=clock()
            )
        )
        assert await phone.push() == 1
        assert phone.read() == [{"kind": "notice"}]
        assert phone.service.asked[0].headers["urgency"] == "normal"
        await phone.subscribe(notices=False)
        await db.write(
            lambda tx: notify_account(
                tx, NoticeKind.FROZEN, account_id=phone.account_id, occasion="y", details={}, now=clock()
            )
        )
        assert await phone.push() == 0
        assert (await phone.device.call("DELETE", "/api/phone/push")).status_code == 204
        assert await phone.on() is None
        await phone.subscribe()
        await phone.device.call("DELETE", "/api/phone/sessions/current")
        await phone.asked()
        assert await phone.push() == 0


async def test_a_dead_subscription_is_deleted_and_failures_are_bounded(
    sqlite_url: str, tmp_path: Path, clock: Clock
) -> None:
    async with woken(sqlite_url, tmp_path, clock, request_seconds=7200) as phone:
        await phone.subscribe()
        phone.service.answer = lambda _: Reply(503)
        await phone.asked()
        for wait in WAITS_MS:
            assert await phone.push() == 0
            clock.advance(seconds=wait / 1000)
        await phone.push()
        clock.advance(seconds=3600)
        await phone.push()
        assert len(phone.service.asked) == len(WAITS_MS) + 1
        assert await phone.pushes() == [["failed", str(len(WAITS_MS) + 1), "503"]]
        assert await phone.on() is not None
        phone.service.answer = lambda _: Reply(201)
        await phone.asked()
        assert await phone.push() == 1
        await store.purge(phone.application.context.db, before=0, failing_before=clock())
        assert (
            await phone.is_subscribed()
        )  # a subscription that works again isn't dropped for earlier failures
        for dead in (Reply(410), Reply(404)):
            await phone.subscribe()
            phone.service.next = [dead]
            await phone.asked()
            await phone.push()
            assert not await phone.is_subscribed()
        tries = len(phone.service.asked)
        phone.service.answer = lambda _: Reply(cut=True)
        await phone.subscribe()
        await phone.asked()
        await phone.push()
        assert len(phone.service.asked) == tries + 1
        await purge(phone.application.context.db, now=clock() + DEAD_AFTER_MS + 1)
        assert not await phone.is_subscribed()


async def test_push_job_fetches_no_more_than_its_concurrency_limit(
    sqlite_url: str, tmp_path: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted: list[int] = []
    due = store.due

    async def watched(db: Database, *, most: int, **others: Any) -> list[store.DuePush]:
        wanted.append(most)
        return await due(db, most=most, **others)

    monkeypatch.setattr("mshield.server.notices.push.AT_ONCE", 1)
    monkeypatch.setattr("mshield.server.notices.push._LOOK_SECONDS", 0.01)
    monkeypatch.setattr(store, "due", watched)
    async with woken(sqlite_url, tmp_path, clock) as phone:
        await phone.subscribe()
        phone.service.answer = lambda _: Reply(201, seconds=0.1)
        for _ in range(3):
            await phone.asked()
            clock.advance(seconds=1)
        assert await phone.push() == 3
    assert set(wanted) == {1}


async def _notices(phone: Woken, device: Device, path: str, many: int) -> str:
    """Subscribes a phone at this path and inserts pushes of notices; returns the account's id."""
    subscription = phone.browser.subscription(f"{phone.service.url}{path}")
    assert (await device.call("POST", "/api/phone/push", subscription)).status_code == 204
    db, now = phone.application.context.db, phone.application.clock()
    row = await fetch(
        db, "SELECT account_id FROM push_subscriptions ORDER BY created_at DESC, device_id LIMIT 1"
    )
    for number in range(many):
        notice = partial(
            store.wake_account,
            notice_id=f"{path}{number}",
            account_id=str(row["account_id"]),
            expires_at=now + HOUR_MS,
            now=now,
        )
        await db.write(notice)
    phone.application.clock.advance(seconds=1)
    return str(row["account_id"])


async def test_receiver_that_hangs_delays_only_its_own_account(
    sqlite_url: str, tmp_path: Path, clock: Clock
) -> None:
    async with woken(sqlite_url, tmp_path, clock) as phone:
        await phone.application.registered(LEGAL_PERSON)
        other = await phone.application.logged_in(LEGAL_PERSON)
        await _notices(phone, phone.device, "/hangs", 40)
        await _notices(phone, other, "/answers", 1)
        phone.service.answer = lambda asked: Reply(201, seconds=3 if asked.path == "/hangs" else 0)
        sending = asyncio.create_task(phone.push())
        async with asyncio.timeout(2):
            while "/answers" not in [asked.path for asked in phone.service.asked]:  # noqa: ASYNC110  # a thread serves
                await asyncio.sleep(0.02)
        assert [asked.path for asked in phone.service.asked].count("/hangs") <= 2
        sending.cancel()


async def test_subscriptions_that_failed_leave_room_for_the_others(
    sqlite_url: str, tmp_path: Path, clock: Clock
) -> None:
    async with woken(sqlite_url, tmp_path, clock) as phone:
        await phone.application.registered(LEGAL_PERSON)
        other = await phone.application.logged_in(LEGAL_PERSON)
        first = await _notices(phone, phone.device, "/1", 2)
        second = await _notices(phone, other, "/2", 2)
        db, now = phone.application.context.db, clock()
        failed = next(due for due in await store.due(db, now=now, most=9) if due.account_id == first)
        await store.mark_failing(db, failed, now=now)
        accounts = [due.account_id for due in await store.due(db, now=now, most=9)]
        assert accounts == [second, second, first, first]
        accounts = [due.account_id for due in await store.due(db, also_failing=False, now=now, most=9)]
        assert accounts == [second, second]
        assert await store.due(db, without=[first, second], now=now, most=9) == []


async def test_waiting_request_is_sent_by_sms_within_limits_if_no_push_was_accepted(
    sqlite_url: str, tmp_path: Path, clock: Clock
) -> None:
    settings = {"sms_requests_per_day": 2, "sms_requests_minutes": 10}
    async with woken(sqlite_url, tmp_path, clock, **settings) as phone:
        await phone.subscribe()
        await phone.asked()
        assert await phone.push() == 1
        assert await phone.texts() == []
        phone.service.answer = lambda _: Reply(410)
        for minutes, texts in ((0, 1), (1, 1), (10, 2), (10, 2), (10, 2), (24 * 60, 3)):
            clock.advance(seconds=60 * minutes)
            await phone.asked()
            await phone.push()
            assert len(await phone.texts()) == texts
        (text,) = set(await phone.texts())
        assert text == "【手机盾】有一个请求在您的手机盾待办里，请打开手机盾查看。不是您要办的，请不要签。"


async def test_push_first_kind_falls_back_to_sms_if_no_push_was_accepted(
    sqlite_url: str, tmp_path: Path, clock: Clock
) -> None:
    async with woken(sqlite_url, tmp_path, clock, push_first=("renewal_filing",)) as phone:
        notify, db = phone.application.context.notices.notify, phone.application.context.db

        async def tell_of(kind: NoticeKind, occasion: str) -> None:
            details = {"tail": "0001"}
            await db.write(
                lambda tx: notify_account(
                    tx, kind, account_id=phone.account_id, occasion=occasion, details=details, now=clock()
                )
            )

        await notify(now=clock())  # sends the notices of the enrolment
        before = len(await phone.texts())
        await phone.subscribe()
        await tell_of(NoticeKind.RENEWAL_FILING, "1")
        assert await notify(now=clock()) == 0
        assert await phone.push() >= 1
        clock.advance(seconds=60)
        assert await notify(now=clock()) == 0
        phone.service.answer = lambda _: Reply(500)
        await tell_of(NoticeKind.RENEWAL_FILING, "2")
        await tell_of(NoticeKind.FROZEN, "3")  # maybe an attack: push and SMS
        await phone.push()
        assert await notify(now=clock()) == 1
        clock.advance(seconds=60)
        assert await notify(now=clock()) == 1
        assert len(await phone.texts()) == before + 2


_ADDRESSES = {
    "plain": "http://push.example/s",
    "private": "https://10.1.2.3/s",
    "this machine": "https://[::1]/s",
    "a local form of the address": "https://[::ffff:127.0.0.1]/s",
    "with a password": "https://a:b@push.example/s",
    "another host": "https://push.example.evil.example/s",
    "long": "https://push.example/" + "s" * 1100,
    "no address": "push",
}


async def test_forbidden_push_addresses_are_refused(sqlite_url: str, tmp_path: Path, clock: Clock) -> None:
    hosts = ("push.example", "*.push.example.org", "localhost")
    async with woken(sqlite_url, tmp_path, clock, push_hosts=hosts, push_networks=()) as phone:
        for name, address in _ADDRESSES.items():
            answer = await phone.device.call("POST", "/api/phone/push", phone.browser.subscription(address))
            assert answer.status_code == 422, name
        off_curve = phone.browser.subscription("https://push.example/s") | {"p256dh": "04" + "11" * 64}
        answer = await phone.device.call("POST", "/api/phone/push", off_curve)
        assert answer.json()["fields"] == ["p256dh"]
        for address in ("https://push.example/s", "https://web.push.example.org/s"):
            answer = await phone.device.call("POST", "/api/phone/push", phone.browser.subscription(address))
            assert answer.status_code == 204
        # A name that resolves to an internal address is refused on connecting.
        await phone.subscribe()
        await phone.asked()
        await phone.push()
        assert phone.service.asked == []
        assert await phone.pushes() == [["waiting", "1", "address_forbidden"]]


async def test_without_pushes_there_is_no_key_and_no_subscription(
    sqlite_url: str, tmp_path: Path, clock: Clock
) -> None:
    async with woken(sqlite_url, tmp_path, clock, push=False) as phone:
        assert (await phone.device.call("GET", "/api/phone/push")).json() == {"key": None, "on": None}
        answer = await phone.device.call(
            "POST", "/api/phone/push", phone.browser.subscription("https://a.example")
        )
        assert answer.status_code == 422
        await phone.asked()
        assert await phone.pushes() == []


def test_encryption_matches_the_example_of_rfc_8291() -> None:
    browser = PushAddress(
        "https://push.example.net/push/JzLQ3raZJfFBR0aqvOMsLrt54w4rJUsV",
        _octets("BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4"),
        _octets("BTBZMqHH6r4Tts7J_aSIgg"),
    )
    scalar = int.from_bytes(_octets("yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw"), "big")
    message = encrypted_with(
        b"When I grow up, I want to be a watermelon",
        browser,
        key=ec.derive_private_key(scalar, ec.SECP256R1()),
        salt=_octets("DGv6ra1nlYgDCS1FRnbzlw"),
    )
    assert base64url(message) == (
        "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl"
        "7A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN"
    )


def _octets(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
