"""Two accounts of one person proven concurrently: one is the first, and is notified of the other.

On PostgreSQL, which has several writers at once.
"""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from mshield.server.accounts.rows import accounts
from mshield.server.acts.actor import By
from mshield.server.database.interface import Tx
from mshield.server.identity.errors import IdentityUnproven
from mshield.testkit.demo.people import OPERATOR
from mshield.wire.identity import Way
from mshield.wire.times import DAY_MS
from tests.security.identity.test_stranger import AS_OPERATOR
from tests.support.application import Application, running
from tests.support.clock import Clock
from tests.support.identity import filed


@pytest.fixture
async def application(postgresql_url: str, tmp_path: Path, clock: Clock) -> AsyncIterator[Application]:
    async with running(postgresql_url, tmp_path, clock) as made:
        yield made


async def account_id(application: Application, phone: str) -> str:
    account = await accounts.find_account(application.context.db, phone=phone)
    assert account is not None
    return account.id


async def both_at_once(application: Application, way: Way) -> int | BaseException:
    """Stores the owner's proof by the legal representative during the stranger's; returns the latter's outcome."""
    await application.registered(OPERATOR)
    await application.registered(AS_OPERATOR)
    owner, stranger = [await account_id(application, each.phone) for each in (OPERATOR, AS_OPERATOR)]
    record, now = (await filed(application)).id, application.clock()
    proofs, db = application.context.identity.proofs, application.context.db

    async def second() -> int:
        by = By("user", stranger)
        return await db.write(lambda tx: proofs.record(tx, stranger, record, way, by=by, now=now))

    async def first(tx: Tx) -> "asyncio.Task[int]":
        by = By("legal_person", "theirs")
        assert await proofs.record(tx, owner, record, Way.LEGAL_PERSON, by=by, now=now) == now
        beside = asyncio.create_task(second())
        await asyncio.wait({beside}, timeout=0.5)
        return beside

    (outcome,) = await asyncio.gather(await db.write(first), return_exceptions=True)
    return outcome


async def test_second_account_waits_a_day_and_the_first_is_notified(application: Application) -> None:
    counts_from = await both_at_once(application, Way.FILING_CODE)
    assert counts_from == application.clock() + DAY_MS
    await application.context.notices.notify(now=application.clock())
    told = (await application.http.get("/dev/sms.json")).json()
    assert {each["phone"] for each in told if each["purpose"] == "second_account"} == {OPERATOR.phone}


@pytest.mark.parametrize("way", [Way.FILED_PHONE, Way.REAL_NAME])
async def test_way_without_second_accounts_refuses_concurrent_ones(
    application: Application, way: Way
) -> None:
    refusal = await both_at_once(application, way)
    assert isinstance(refusal, IdentityUnproven)
