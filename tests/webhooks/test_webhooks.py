"""Webhooks to real receivers: content, recipients, and retries until accepted or given up."""

import asyncio
import base64
import threading
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
from msgspec.structs import asdict

from mshield.server.errors import NotFound
from mshield.server.retention.sweep import purge
from mshield.server.runtime.external.names import Names
from mshield.server.staff.rules import StaffRole
from mshield.server.systems.errors import SecretBeforeCounts, WebhookAddressRefused, WebhookUrlRefused
from mshield.server.webhooks import deliver
from mshield.server.webhooks.rules import WAITS_MS
from mshield.wire.times import HOUR_MS
from tests.support.assertions import assert_refused
from tests.support.clerk import Staff
from tests.support.clock import Clock
from tests.support.outside_systems import Asked, Reply, serving
from tests.support.signing import fetch
from tests.support.slow_name_servers import hanging
from tests.support.webhook_receivers import Hooked, hooked, ids


@pytest.fixture
async def hook(database_url: str, tmp_path: Path, clock: Clock) -> AsyncIterator[Hooked]:
    async with hooked(database_url, tmp_path, clock) as made:
        yield made


async def test_each_endpoint_is_notified_once_of_an_end(hook: Hooked) -> None:
    with serving(lambda _: Reply()) as one, serving(lambda _: Reply(204)) as other:
        first, second = await hook.endpoint(f"{one.url}/shield?x=1"), await hook.endpoint(other.url)
        request_id = await hook.ended()
        assert await hook.webhooks() == 2
        assert await hook.webhooks() == 0
    (at_one,), (at_other,) = one.asked, other.asked
    assert (at_one.method, at_one.path) == ("POST", "/shield?x=1")
    event = hook.event(at_one, first)
    assert (event.type, event.request_id, event.state) == ("request.cancelled", request_id, "cancelled")
    assert event.timestamp.timestamp() * 1000 == hook.application.clock()
    assert hook.event(at_other, second).request_id == request_id
    assert ids(one) != ids(other)
    assert {each.state for each in await hook.deliveries()} == {"sent"}


async def test_only_ended_requests_with_an_endpoint_are_reported(hook: Hooked) -> None:
    early = await hook.ended()
    with serving(lambda _: Reply()) as receiver:
        await hook.endpoint(receiver.url)
        await hook.asked()
        assert await hook.webhooks() == 0
        late = await hook.ended()
        assert await hook.webhooks() == 1
    assert early.encode() not in receiver.asked[0].body
    assert late.encode() in receiver.asked[0].body


async def test_expired_request_is_reported_and_cannot_be_signed(hook: Hooked) -> None:
    with serving(lambda _: Reply()) as receiver:
        endpoint = await hook.endpoint(receiver.url)
        request_id = await hook.asked()
        end = hook.application.clock() + 120_000
        hook.application.clock.advance(seconds=119)
        assert await hook.webhooks() == 0
        hook.application.clock.advance(seconds=2)
        assert await hook.webhooks() == 1
        event = hook.event(receiver.asked[0], endpoint)
        assert (event.type, event.request_id) == ("request.expired", request_id)
        assert event.timestamp.timestamp() * 1000 == end
    answer = await hook.application.business("POST", f"/api/business/requests/{request_id}/cancel")
    assert_refused(answer, "request_closed")


async def test_failed_delivery_is_retried_with_the_same_id_then_given_up(hook: Hooked) -> None:
    with serving(lambda _: Reply(500)) as receiver:
        await hook.endpoint(receiver.url)
        await hook.ended()
        assert await hook.webhooks() == 0
        for tries, wait in enumerate(WAITS_MS, 1):
            (delivery,) = await hook.deliveries(state="waiting")
            assert (delivery.attempts, delivery.status) == (tries, 500)
            assert delivery.next_at is not None
            assert wait <= delivery.next_at - hook.application.clock() <= wait * 1.1
            hook.application.clock.now = delivery.next_at - 1
            await hook.webhooks()
            assert len(receiver.asked) == tries
            hook.application.clock.advance(seconds=0.001)
            await hook.webhooks()
            assert len(receiver.asked) == tries + 1
        assert len(set(ids(receiver))) == 1
        stamps = [int(asked.headers["webhook-timestamp"]) for asked in receiver.asked]
        assert stamps == sorted(set(stamps))
        (dead,) = await hook.deliveries(state="dead")
        assert dead.attempts == len(WAITS_MS) + 1
        hook.application.clock.advance(seconds=7 * 86_400)
        assert await hook.webhooks() == 0


async def test_the_console_lists_deliveries(hook: Hooked) -> None:
    with serving(lambda _: Reply()) as one, serving(lambda _: Reply(500)) as other:
        endpoints = {await hook.endpoint(one.url): 200, await hook.endpoint(other.url): 500}
        await hook.ended()
        await hook.webhooks()
    officer = await Staff.of(hook.application, StaffRole.SECURITY_OFFICER)
    items = (await officer.call("GET", "/webhooks/deliveries")).json()["items"]
    assert {item["endpoint_id"]: item["status"] for item in items} == endpoints
    assert items == [asdict(delivery) for delivery in await hook.deliveries()]


async def test_dead_letter_is_kept_and_resent_by_hand(hook: Hooked) -> None:
    with serving(lambda _: Reply(500)) as receiver:
        endpoint = await hook.endpoint(receiver.url)
        requests = {await hook.ended() for _ in range(3)}
        for _ in range(len(WAITS_MS) + 1):
            await hook.webhooks()
            hook.application.clock.advance(seconds=27 * 3600)
        dead = await hook.deliveries(state="dead")
        assert {each.request_id for each in dead} == requests
        receiver.answer = lambda _: Reply()
        receiver.asked.clear()
        now = hook.application.clock()
        assert await hook.endpoints.replay(dead[0].id, now=now) == 1
        assert await hook.webhooks() == 1
        assert ids(receiver) == [dead[0].id]
        assert await hook.endpoints.replay(endpoint, now=now) == 2
        assert await hook.webhooks() == 2
        assert set(ids(receiver)) == {each.id for each in dead}
        assert await hook.endpoints.replay(dead[0].id, now=now) == 1  # including those accepted before
        for unknown in ("msg_x", "ep_x"):
            with pytest.raises(NotFound):
                await hook.endpoints.replay(unknown, now=now)


@pytest.mark.parametrize("whole_endpoint", [False, True])
async def test_repaired_endpoint_gets_pending_deliveries_at_once(
    hook: Hooked, *, whole_endpoint: bool
) -> None:
    with serving(lambda _: Reply(500)) as receiver:
        endpoint = await hook.endpoint(receiver.url)
        await hook.ended()
        await hook.webhooks()
        (waiting,) = await hook.deliveries(state="waiting")
        receiver.answer = lambda _: Reply()
        assert await hook.webhooks() == 0
        now = hook.application.clock()
        assert await hook.endpoints.replay(endpoint if whole_endpoint else waiting.id, now=now) == 1
        assert await hook.webhooks() == 1
        (sent,) = await hook.deliveries(state="sent")
        assert (sent.id, sent.attempts) == (waiting.id, 1)


async def test_retry_after_of_an_endpoint_is_respected(hook: Hooked) -> None:
    with serving(lambda _: Reply(503, headers={"Retry-After": "600"})) as receiver:
        await hook.endpoint(receiver.url)
        await hook.ended()
        await hook.webhooks()
        (delivery,) = await hook.deliveries()
        assert delivery.next_at == hook.application.clock() + 600_000
        receiver.answer = lambda _: Reply(503, headers={"Retry-After": "Tue, 24 Nov 2026 06:00:00 GMT"})
        hook.application.clock.now = delivery.next_at
        await hook.webhooks()
        (delivery,) = await hook.deliveries()
        assert delivery.next_at is not None
        assert delivery.next_at >= hook.application.clock() + WAITS_MS[1]


async def test_gone_endpoint_is_disabled(hook: Hooked) -> None:
    with serving(lambda _: Reply(410)) as receiver:
        await hook.endpoint(receiver.url)
        for _ in range(2):
            await hook.ended()
        await hook.webhooks()
        (listed,) = await hook.endpoints.list_all()
        assert (listed.endpoint.state, listed.endpoint.reason, listed.dead) == ("disabled", "gone", 2)
        came = len(receiver.asked)
        await hook.ended()
        hook.application.clock.advance(seconds=86_400)
        assert await hook.webhooks() == 0
        assert len(receiver.asked) == came


async def test_events_of_a_gone_endpoint_are_kept_and_resent_by_hand(hook: Hooked) -> None:
    with serving(lambda _: Reply(410)) as receiver, serving(lambda _: Reply()) as other:
        endpoint = await hook.endpoint(receiver.url)
        await hook.endpoint(other.url)
        begun_before = await hook.asked()
        first = await hook.ended()
        await hook.webhooks()  # gets the 410
        await hook.cancel(begun_before)
        begun_meanwhile = await hook.ended()
        assert await hook.webhooks() == 2  # to the other endpoint
        assert len(receiver.asked) == 1
        dead = await hook.deliveries(endpoint_id=endpoint)
        assert {each.request_id for each in dead} == {first, begun_before, begun_meanwhile}
        assert {(each.state, each.error) for each in dead} == {("dead", "gone")}
        assert {each.request_id: each.attempts for each in dead} == {
            first: 1,
            begun_before: 0,
            begun_meanwhile: 0,
        }

        receiver.answer = lambda _: Reply()
        receiver.asked.clear()
        now = hook.application.clock()
        assert await hook.endpoints.replay(endpoint, now=now) == 0  # it is still disabled
        await hook.endpoints.enable(endpoint, now=now)
        assert await hook.endpoints.replay(endpoint, now=now) == 3
        assert await hook.webhooks() == 3
        told = {hook.event(asked, endpoint).request_id for asked in receiver.asked}
        assert told == {first, begun_before, begun_meanwhile}


async def test_events_of_a_gone_endpoint_are_kept_like_dead_letters(
    hook: Hooked,
) -> None:
    with serving(lambda _: Reply(410)) as receiver:
        endpoint = await hook.endpoint(receiver.url)
        await hook.ended()
        await hook.webhooks()
        await hook.ended()
        await hook.webhooks()
        assert len(await hook.deliveries(state="dead")) == 2
        for days, left in ((89, 2), (2, 0)):
            hook.application.clock.advance(seconds=days * 86_400)
            await purge(hook.application.context.db, now=hook.application.clock())
            assert len(await hook.deliveries()) == left
        await hook.endpoints.remove(endpoint, now=hook.application.clock())
        await hook.ended()
        await hook.webhooks()
        assert await hook.deliveries() == []  # nothing is stored for a removed endpoint


async def test_old_and_new_webhook_secret_overlap(hook: Hooked) -> None:
    with serving(lambda _: Reply()) as receiver:
        endpoint = await hook.endpoint(receiver.url)
        (old,) = hook.secrets[endpoint]
        new = await hook.endpoints.rotate(endpoint, hours=24, now=hook.application.clock())
        assert new.startswith("whsec_")
        assert new != old
        for advance, opened in ((0, [old, new]), (25 * 3600, [new])):
            hook.application.clock.advance(seconds=advance)
            await hook.ended()
            await hook.webhooks()
            signatures = receiver.asked[-1].headers["webhook-signature"].split(" ")
            assert len(signatures) == len(opened)
            for secret in opened:
                hook.secrets[endpoint] = [secret]
                assert hook.event(receiver.asked[-1], endpoint).state == "cancelled"
    assert (await hook.endpoints.list_all())[0].endpoint.previous_until == (
        hook.application.clock() - HOUR_MS
    )


async def test_no_secret_ends_before_its_time_unless_forced(hook: Hooked) -> None:
    clock = hook.application.clock
    with serving(lambda _: Reply()) as receiver:
        endpoint = await hook.endpoint(receiver.url)
        (first,) = hook.secrets[endpoint]
        second = await hook.endpoints.rotate(endpoint, hours=24, now=clock())
        until = clock() + 24 * HOUR_MS
        with pytest.raises(SecretBeforeCounts) as refused:
            await hook.endpoints.rotate(endpoint, hours=24, now=clock())
        assert refused.value.extra == {"until": until}

        async def told(*secrets: str) -> None:
            await hook.ended()
            await hook.webhooks()
            assert receiver.asked[-1].headers["webhook-signature"].count("v1,") == len(secrets)
            for secret in secrets:
                hook.secrets[endpoint] = [secret]
                assert hook.event(receiver.asked[-1], endpoint).state == "cancelled"

        await told(first, second)
        third = await hook.endpoints.rotate(endpoint, hours=24, force=True, now=clock())
        await told(second, third)
        clock.now += 24 * HOUR_MS  # the overlap has ended
        fourth = await hook.endpoints.rotate(endpoint, hours=0, now=clock())
        await told(fourth)
        fifth = await hook.endpoints.rotate(endpoint, hours=1, now=clock())
        await told(fourth, fifth)


async def test_a_removed_endpoint_gets_nothing_more_and_its_secret_is_forgotten(hook: Hooked) -> None:
    with serving(lambda _: Reply(500)) as receiver:
        endpoint = await hook.endpoint(receiver.url)
        await hook.ended()
        await hook.webhooks()
        await hook.endpoints.remove(endpoint, now=hook.application.clock())
        hook.application.clock.advance(seconds=86_400)
        await hook.ended()
        await hook.webhooks()
        assert len(receiver.asked) == 1
        assert await hook.endpoints.list_all() == []
        assert [each.error for each in await hook.deliveries()] == ["removed"]
        for refused in (
            hook.endpoints.remove(endpoint, now=1),
            hook.endpoints.rotate(endpoint, hours=1, now=1),
            hook.endpoints.enable(endpoint, now=1),
        ):
            with pytest.raises(NotFound):
                await refused


async def test_secrets_are_sealed(hook: Hooked) -> None:
    endpoint = await hook.endpoint("https://hooks.example/")
    await hook.endpoints.rotate(endpoint, hours=1, now=hook.application.clock())
    secret = base64.b64decode(hook.secrets[endpoint][0].removeprefix("whsec_"))
    row = await fetch(hook.application.context.db, "SELECT secret_box, previous_box FROM webhook_endpoints")
    keyring = hook.application.context.keyring
    for box in row.values():
        assert isinstance(box, bytes)
        assert secret not in box
    previous = row["previous_box"]
    assert isinstance(previous, bytes)
    assert keyring.open(previous, purpose="webhook", context=endpoint.encode()) == secret


async def test_only_valid_addresses_of_known_systems_are_added(hook: Hooked) -> None:
    client_id = hook.application.client_id
    with pytest.raises(WebhookUrlRefused):
        await hook.endpoints.add(client_id=client_id, url="ftp://a.example/", now=1)
    with pytest.raises(WebhookAddressRefused):
        await hook.endpoints.add(client_id=client_id, url="https://10.0.0.1/x", now=1)
    with pytest.raises(NotFound):
        await hook.endpoints.add(client_id="nobody", url="https://a.example/", now=1)


async def test_slow_endpoint_delays_no_other_and_is_not_overloaded(
    hook: Hooked, monkeypatch: pytest.MonkeyPatch
) -> None:
    go_on = threading.Event()

    def held(_: Asked) -> Reply:
        go_on.wait(60)
        return Reply()

    monkeypatch.setattr("mshield.server.runtime.external.sender.SECONDS", 60.0)
    with serving(held) as slow, serving(lambda _: Reply()) as quick:
        await hook.endpoint(slow.url)
        await hook.endpoint(quick.url)
        for _ in range(12):
            await hook.ended()
        run = asyncio.create_task(hook.webhooks())
        try:
            async with asyncio.timeout(30):
                while len(quick.asked) < 12:  # noqa: ASYNC110  # another thread's
                    await asyncio.sleep(0.02)
                late = await hook.ended()  # while the slow one is still busy
                while not any(late.encode() in asked.body for asked in quick.asked):  # noqa: ASYNC110  # the receiver's thread sets no event
                    await asyncio.sleep(0.02)
            assert not run.done()
            assert len(slow.asked) <= deliver.AT_ONCE_EACH
        finally:
            go_on.set()
        assert await run == 26


async def test_a_name_that_hangs_is_looked_up_once_by_all_runs_of_the_job(
    hook: Hooked, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = replace(hook.webhooks, names=Names(seconds=2.0))
    await hook.endpoint("http://slow.example/")
    with serving(lambda _: Reply()) as quick, hanging(monkeypatch) as asked:
        await hook.endpoint(quick.url)
        for _ in range(3):
            await hook.ended()
            assert await job() == 1
            hook.application.clock.advance(seconds=3600)
        assert asked == ["slow.example"]
    assert {each.error for each in await hook.deliveries(state="waiting")} == {"timeout"}


async def test_old_deliveries_are_purged(hook: Hooked) -> None:
    with serving(lambda _: Reply()) as taking, serving(lambda _: Reply(410)) as gone:
        await hook.endpoint(taking.url)
        await hook.endpoint(gone.url)
        await hook.ended()
        await hook.webhooks()
        start = hook.application.clock()
        left = []
        for days in (6, 8, 89, 91):
            await purge(hook.application.context.db, now=start + days * 86_400_000)
            left.append(sorted(each.state for each in await hook.deliveries()))
    assert left == [["dead", "sent"], ["dead"], ["dead"], []]
