"""Counters that stay correct under concurrent use, on both databases."""

import asyncio
import contextlib

from mshield.server.database.interface import Database, Tx
from mshield.server.runtime.rows import limits
from mshield.server.runtime.rows.limits import NewSmsCode
from tests.support.clock import Clock

PHONE = "13800006027"


def _code(number: int, now: int) -> NewSmsCode:
    return NewSmsCode(
        id=f"code-{number}",
        phone=PHONE,
        purpose="apply",
        code_hash=bytes([number]) * 32,
        expires_at=now + 1000,
    )


async def _begin(db: Database, now: int, *, blocked_until: int = 0, stale: int = 0) -> int | None:
    return await db.write(
        lambda tx: limits.begin_attempt(
            tx, scope="login", subject="s", now=now, stale=stale, blocked_until=blocked_until
        )
    )


async def test_attempts_are_counted_until_the_subject_waits(db: Database, clock: Clock) -> None:
    assert [await _begin(db, clock()) for _ in range(3)] == [1, 2, 3]
    await db.write(lambda tx: limits.block(tx, scope="login", subject="s", until=clock() + 10))
    assert await _begin(db, clock() + 9) is None
    assert await _begin(db, clock() + 10) == 4
    found = await limits.find_throttle(db, scope="login", subject="s")
    assert found == limits.Throttle(4, clock(), 0)


async def test_old_count_starts_again(db: Database, clock: Clock) -> None:
    await _begin(db, clock())
    await _begin(db, clock())
    later = clock() + 1000
    assert await _begin(db, later, stale=clock()) == 1
    await db.write(lambda tx: limits.reset(tx, scope="login", subject="s"))
    assert await limits.find_throttle(db, scope="login", subject="s") is None


async def test_parallel_blocking_attempts_count_once(db: Database, clock: Clock) -> None:
    counts = await asyncio.gather(*(_begin(db, clock(), blocked_until=clock() + 1000) for _ in range(50)))
    assert [count for count in counts if count is not None] == [1]


async def test_window_limit_holds_in_parallel(db: Database, clock: Clock) -> None:
    async def count(now: int) -> int | None:
        return await db.write(
            lambda tx: limits.count_within(
                tx, limits.Limit(scope="sms", subject="a", most=7, stale=now - 1000), now=now
            )
        )

    counts = await asyncio.gather(*(count(clock()) for _ in range(50)))
    assert sorted(filter(None, counts)) == [1, 2, 3, 4, 5, 6, 7]
    assert await count(clock() + 999) is None
    assert await count(clock() + 1000) == 1


async def test_only_the_newest_code_can_be_tried(db: Database, clock: Clock) -> None:
    older, newer = _code(1, clock()), _code(2, clock())
    await db.write(lambda tx: limits.insert_sms(tx, older, now=clock()))
    await db.write(lambda tx: limits.insert_sms(tx, newer, now=clock() + 100))
    tried = await limits.try_sms(db, phone=PHONE, purpose="apply", most=5, now=clock())
    assert tried == limits.TriedSmsCode("code-2", b"\x02" * 32, 1, newer.expires_at)
    assert await limits.try_sms(db, phone=PHONE, purpose="register", most=5, now=clock()) is None
    assert await db.write(lambda tx: limits.count_sms(tx, phone=PHONE, purpose="apply", since=0)) == 2


async def test_hundred_parallel_attempts_count_five(db: Database, clock: Clock) -> None:
    await db.write(lambda tx: limits.insert_sms(tx, _code(1, clock()), now=clock()))
    tries = await asyncio.gather(
        *(limits.try_sms(db, phone=PHONE, purpose="apply", most=5, now=clock()) for _ in range(100))
    )
    assert sorted(tried.tries for tried in tries if tried is not None) == [1, 2, 3, 4, 5]
    assert await limits.latest_sms(db, phone=PHONE, purpose="apply") == limits.SmsCode(
        5, clock() + 1000, None
    )


async def test_code_is_consumed_once_and_its_hash_deleted(db: Database, clock: Clock) -> None:
    await db.write(lambda tx: limits.insert_sms(tx, _code(1, clock()), now=clock()))

    async def use(now: int) -> bool:
        return await db.write(lambda tx: limits.use_sms(tx, code_id="code-1", now=now))

    assert not await use(clock() + 1000)
    assert sum(await asyncio.gather(*(use(clock()) for _ in range(20)))) == 1
    latest = await limits.latest_sms(db, phone=PHONE, purpose="apply")
    assert latest is not None
    assert latest.used_at == clock()
    assert await limits.try_sms(db, phone=PHONE, purpose="apply", most=5, now=clock()) is None


async def test_consumed_code_is_restored_by_a_rollback(db: Database, clock: Clock) -> None:
    await db.write(lambda tx: limits.insert_sms(tx, _code(1, clock()), now=clock()))

    class GoneWrongError(Exception):
        pass

    async def work(tx: Tx) -> None:
        assert await limits.use_sms(tx, code_id="code-1", now=clock())
        raise GoneWrongError

    with contextlib.suppress(GoneWrongError):
        await db.write(work)
    tried = await limits.try_sms(db, phone=PHONE, purpose="apply", most=5, now=clock())
    assert tried is not None
    assert tried.code_hash == b"\x01" * 32


async def test_a_captcha_is_used_once(db: Database, clock: Clock) -> None:
    async def use() -> bool:
        return await limits.use_captcha(db, captcha_hash=b"c" * 32, expires_at=clock() + 1000)

    assert sum(await asyncio.gather(*(use() for _ in range(20)))) == 1


async def test_expired_rows_can_be_purged(db: Database, clock: Clock) -> None:
    await _begin(db, clock(), blocked_until=clock() + 500)
    await db.write(lambda tx: limits.insert_sms(tx, _code(1, clock()), now=clock()))
    await limits.use_captcha(db, captcha_hash=b"c" * 32, expires_at=clock() + 1000)
    assert await limits.purge(db, before=clock() - 1) == 0
    assert await limits.purge(db, before=clock() + 1000) == 3
    assert await limits.find_throttle(db, scope="login", subject="s") is None
