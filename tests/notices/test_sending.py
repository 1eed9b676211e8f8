"""Sending of notices: once, at most three times if delivery is unknown, given up after a day."""

import asyncio
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest

from mshield.server.database.interface import Database, StoreError
from mshield.server.notices.external.sms import SmsUnanswered, SmsUnreachable
from mshield.server.notices.notify import Notify
from mshield.server.notices.rules.notices import GIVE_UP_MS, wait_ms
from tests.support.clock import START, Clock
from tests.support.issuing import Ca
from tests.support.notices import Gateway, holder_of, notice_row


async def test_failing_gateway_is_retried_and_given_up_after_a_day(
    ca: Ca, notify: Notify, gateway: Gateway, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    db = ca.db
    await holder_of(ca)
    gateway.refuses = True
    await notify(now=clock())
    row = await notice_row(db)
    assert row == {"state": "waiting", "attempts": 1, "next_at": START + 60_000, "last_error": "limit"}
    assert gateway.calls == 1
    await notify(now=clock())
    assert gateway.calls == 1
    for _ in range(40):
        clock.now = max(clock.now, int(str((await notice_row(db))["next_at"])))
        with caplog.at_level(logging.WARNING):
            await notify(now=clock())
        if (await notice_row(db))["state"] == "given_up":
            break
    row = await notice_row(db)
    assert (row["state"], row["last_error"]) == ("given_up", "limit")
    assert GIVE_UP_MS <= clock() - START <= GIVE_UP_MS + 7_200_000
    assert any("is given up: limit" in line for line in caplog.messages)
    gateway.refuses = False
    await notify(now=clock.advance(seconds=86_400))
    assert not gateway.taken


async def test_notice_is_sent_once_the_gateway_recovers(
    ca: Ca, notify: Notify, gateway: Gateway, clock: Clock
) -> None:
    await holder_of(ca)
    gateway.refuses = True
    await notify(now=clock())
    gateway.refuses = False
    assert await notify(now=clock.advance(seconds=60)) == 1
    assert await notify(now=clock.advance(seconds=86_400)) == 0


async def test_unanswered_notice_is_sent_three_times_at_most(
    ca: Ca, notify: Notify, gateway: Gateway, clock: Clock
) -> None:
    """The provider doesn't answer for a day, and each message may have been delivered."""
    await holder_of(ca)
    gateway.refuses, gateway.error = True, SmsUnanswered("ReadTimeout")
    called = []
    for _ in range(24 * 60):
        before = gateway.calls
        await notify(now=clock())
        called += [(clock() - START) // 60_000] * (gateway.calls - before)
        clock.advance(seconds=60)
    assert called == [0, 30, 150]
    row = await notice_row(ca.db)
    assert (row["state"], row["last_error"]) == ("given_up", "ReadTimeout")


async def test_unreachable_provider_uses_up_no_sending(
    ca: Ca, notify: Notify, gateway: Gateway, clock: Clock
) -> None:
    await holder_of(ca)
    gateway.refuses, gateway.error = True, SmsUnreachable("ConnectError")
    for _ in range(8):
        await notify(now=clock())
        clock.now = max(clock.now, int(str((await notice_row(ca.db))["next_at"])))
    assert gateway.calls == 8
    gateway.error = SmsUnanswered("ReadTimeout")
    await notify(now=clock())
    gateway.refuses = False
    assert await notify(now=clock.advance(seconds=1_799)) == 0
    assert await notify(now=clock.advance(seconds=1)) == 1


async def test_two_processes_send_one_message(ca: Ca, notify: Notify, gateway: Gateway) -> None:
    for _ in range(4):
        await holder_of(ca)
    other = replace(notify)
    await asyncio.gather(notify(now=START), other(now=START), notify(now=START))
    assert len(gateway.taken) == 4


@contextmanager
def _no_record() -> Iterator[None]:
    """Fails when the outcome is recorded, as if the process died after sending."""

    async def die(*_args: object, **_kwargs: object) -> None:
        raise StoreError

    with pytest.MonkeyPatch.context() as broken:
        broken.setattr("mshield.server.notices.rows.notifications.end", die)
        yield


async def test_notice_is_sent_again_if_recording_failed(
    ca: Ca, notify: Notify, gateway: Gateway, clock: Clock
) -> None:
    await holder_of(ca)
    with _no_record(), pytest.raises(StoreError):
        await notify(now=clock())
    assert await notify(now=clock()) == 0
    assert await notify(now=clock.advance(seconds=60)) == 1
    assert len(gateway.taken) == 2


async def test_process_that_dies_after_each_sending_sends_three_times(
    ca: Ca, notify: Notify, gateway: Gateway, clock: Clock
) -> None:
    await holder_of(ca)
    with _no_record():
        for _ in range(10):
            with pytest.raises(StoreError):
                await notify(now=clock())
            clock.advance(seconds=86_400)
    assert len(gateway.taken) == 3
    await notify(now=clock())
    assert (await notice_row(ca.db))["state"] == "given_up"


async def test_cancelled_job_still_records_the_sent_notice(
    ca: Ca, db: Database, notify: Notify, gateway: Gateway
) -> None:
    await holder_of(ca)
    task = asyncio.create_task(notify(now=START))
    await gateway.called.wait()
    task.cancel()
    await asyncio.wait({task})
    assert task.cancelled()
    assert (await notice_row(db))["state"] == "sent"


def test_waits_double_up_to_two_hours() -> None:
    assert [wait_ms(attempts) // 60_000 for attempts in range(1, 10)] == [1, 2, 4, 8, 16, 32, 64, 120, 120]
    assert wait_ms(10**6) == 7_200_000
