"""Pushes to a real push service: what they say, to whom, how often, and what becomes of dead subscriptions."""

import base64
import json
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from mshield.domain.notices import NoticeKind
from mshield.domain.push.push import DEAD_AFTER_MS, WAITS_MS
from mshield.domain.tokens import base64url
from mshield.gateways.web_push import PushAddress, encrypted_with
from mshield.services.notices.notify import tell
from mshield.services.operations.purge import purge
from mshield.store.database.interface import Database
from mshield.store.notices import push as store
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
    """A phone with a shield and a browser that takes pushes."""

    application: Application
    device: Device
    shield_number: str
    account_id: str
    browser: Browser
    service: OutsideServer
    trusting: ssl.SSLContext

    async def subscribe(self, **kinds: bool) -> None:
        """As the app does."""
        subscription = self.browser.subscription(f"{self.service.url}/s/1", **kinds)
        answer = await self.device.call("POST", "/api/phone/push", subscription)
        assert answer.status_code == 204, answer.text

    async def on(self) -> Any:
        """What wakes the phone."""
        return (await self.device.call("GET", "/api/phone/push")).json()["on"]

    async def is_subscribed(self) -> bool:
        """Whether the service has a subscription."""
        row = await fetch(self.application.context.db, "SELECT COUNT(*) AS many FROM push_subscriptions")
        return bool(row["many"])

    async def asked(self) -> str:
        """The id of a signature that a business system asks this shield for."""
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
        """The job."""
        push = self.application.context.notices.push
        push.tls = self.trusting
        return await push()

    def read(self) -> list[Any]:
        """What the browser reads of all that came."""
        return [json.loads(self.browser.read(asked.body)) for asked in self.service.asked]

    async def texts(self) -> list[str]:
        """What was sent by SMS that a request waits, or the filing changed, or a shield is frozen, after the job."""
        await self.application.context.notices.notify(now=self.application.clock())
        outbox = (await self.application.http.get("/dev/sms.json")).json()
        return [message["text"] for message in outbox if message["purpose"] in _TOLD]

    async def pushes(self) -> list[list[str]]:
        """Their states, tries and answers, the oldest first."""
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
    """A phone with a shield, whose pushes may go to this machine."""
    changed: dict[str, object] = {"push_networks": LOOPBACK, **settings}
    with push_service(folder) as (service, trusting):
        async with running(database_url, folder, clock, **changed) as application:
            await application.registered()
            device = await application.logged_in()
            await Shield(application, device).enrol()
            number = (await device.call("GET", "/api/phone/me")).json()["shield_number"]
            row = await fetch(application.context.db, "SELECT id FROM accounts")
            yield Woken(application, device, number, str(row["id"]), Browser(), service, trusting)


async def test_a_request_by_shield_number_wakes_its_phone_and_says_nothing_else(
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
        # The whole of it, decrypted: a kind.
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
        # What nobody wants any more isn't pushed: cancelled before the job came to it.
        again = await phone.asked()
        await phone.application.business("POST", f"/api/business/requests/{again}/cancel")
        assert await phone.push() == 0
        assert [state for state, *_ in await phone.pushes()] == ["sent", "over"]


async def test_kinds_logging_out_and_another_account(sqlite_url: str, tmp_path: Path, clock: Clock) -> None:
    async with woken(sqlite_url, tmp_path, clock) as phone:
        db = phone.application.context.db
        await phone.subscribe(requests=False)
        await phone.asked()
        await db.write(
            lambda tx: tell(
                tx, NoticeKind.FROZEN, account_id=phone.account_id, occasion="x", details={}, now=clock()
            )
        )
        assert await phone.push() == 1
        assert phone.read() == [{"kind": "notice"}]
        assert phone.service.asked[0].headers["urgency"] == "normal"
        await phone.subscribe(notices=False)
        await db.write(
            lambda tx: tell(
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
        assert await phone.is_subscribed()  # what came to life again isn't dropped for having failed
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


async def test_slow_push_services_are_asked_as_many_at_once_as_may_be(
    sqlite_url: str, tmp_path: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted: list[int] = []
    due = store.due

    async def watched(db: Database, *, now: int, most: int) -> list[store.DuePush]:
        wanted.append(most)
        return await due(db, now=now, most=most)

    monkeypatch.setattr("mshield.services.notices.push.AT_ONCE", 1)
    monkeypatch.setattr("mshield.services.notices.push._LOOK_SECONDS", 0.01)
    monkeypatch.setattr(store, "due", watched)
    async with woken(sqlite_url, tmp_path, clock) as phone:
        await phone.subscribe()
        phone.service.answer = lambda _: Reply(201, seconds=0.1)
        for _ in range(3):
            await phone.asked()
            clock.advance(seconds=1)
        assert await phone.push() == 3
    assert set(wanted) == {1}


async def test_an_sms_says_that_a_request_waits_where_no_push_was_taken_and_no_flood_of_them(
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


async def test_a_kind_goes_by_push_first_and_by_sms_where_none_was_taken(
    sqlite_url: str, tmp_path: Path, clock: Clock
) -> None:
    async with woken(sqlite_url, tmp_path, clock, push_first=("renewal_filing",)) as phone:
        notify, db = phone.application.context.notices.notify, phone.application.context.db

        async def tell_of(kind: NoticeKind, occasion: str) -> None:
            details = {"tail": "0001"}
            await db.write(
                lambda tx: tell(
                    tx, kind, account_id=phone.account_id, occasion=occasion, details=details, now=clock()
                )
            )

        await notify(now=clock())  # what there is to tell of the enrolment
        before = len(await phone.texts())
        await phone.subscribe()
        await tell_of(NoticeKind.RENEWAL_FILING, "1")
        assert await notify(now=clock()) == 0
        assert await phone.push() >= 1
        clock.advance(seconds=60)
        assert await notify(now=clock()) == 0
        phone.service.answer = lambda _: Reply(500)
        await tell_of(NoticeKind.RENEWAL_FILING, "2")
        await tell_of(NoticeKind.FROZEN, "3")  # an attack, maybe: both ways
        await phone.push()
        assert await notify(now=clock()) == 1
        clock.advance(seconds=60)
        assert await notify(now=clock()) == 1
        assert len(await phone.texts()) == before + 2


_ADDRESSES = {
    "plain": "http://push.example/s",
    "private": "https://10.1.2.3/s",
    "this machine": "https://[::1]/s",
    "a form of this machine": "https://[::ffff:127.0.0.1]/s",
    "with a password": "https://a:b@push.example/s",
    "another host": "https://push.example.evil.example/s",
    "long": "https://push.example/" + "s" * 1100,
    "no address": "push",
}


async def test_where_no_push_may_go(sqlite_url: str, tmp_path: Path, clock: Clock) -> None:
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
        # A name that leads inside is refused where the connection is made.
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


def test_what_is_encrypted_is_the_example_of_rfc_8291_to_the_octet() -> None:
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
