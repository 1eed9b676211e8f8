"""Two accounts of one person that are proven in the same moment: one is the first, and is told of the other.

On PostgreSQL, which has several writers at once.
"""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from mshield.demo.people import OPERATOR
from mshield.domain import errors
from mshield.domain.actor import By
from mshield.domain.proofs import Way
from mshield.domain.times import DAY_MS
from mshield.store.accounts import accounts
from mshield.store.database.interface import Tx
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
    """The owner's proof, by their legal person, is stored while the stranger's begins; what became of the latter."""
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


async def test_the_other_one_waits_its_day_and_the_first_is_told(application: Application) -> None:
    counts_from = await both_at_once(application, Way.FILING_CODE)
    assert counts_from == application.clock() + DAY_MS
    await application.context.notices.notify(now=application.clock())
    told = (await application.http.get("/dev/sms.json")).json()
    assert {each["phone"] for each in told if each["purpose"] == "second_account"} == {OPERATOR.phone}


@pytest.mark.parametrize("way", [Way.FILED_PHONE, Way.REAL_NAME])
async def test_a_way_that_proves_no_second_account_proves_none_by_being_fast(
    application: Application, way: Way
) -> None:
    refusal = await both_at_once(application, way)
    assert isinstance(refusal, errors.IdentityUnproven)
