"""A character that a database can't keep is an error of its own, and its caller's alone."""

import asyncio

import pytest

from mshield.store import following, systems
from mshield.store.database import Database, NoText, Tx

HALF = "\ud800"


async def test_half_a_character_is_refused(db: Database) -> None:
    async def work(tx: Tx) -> None:
        await systems.find(tx, client_id=HALF)

    with pytest.raises(NoText):
        await systems.find(db, client_id=HALF)
    with pytest.raises(NoText):
        await db.write(work)
    with pytest.raises(NoText):
        await systems.set_return_urls(db, client_id=HALF, return_urls=())
    assert await systems.find(db, client_id="bs-1") is None


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)  # the only one that doesn't keep it
async def test_nul_is_refused_to_its_caller_alone(db: Database) -> None:
    with pytest.raises(NoText):
        await systems.find(db, client_id="\0")
    answers = await asyncio.gather(
        *(following.find(db, id=each) for each in ("one", "\0", HALF, "two")), return_exceptions=True
    )
    assert [isinstance(each, NoText) for each in answers] == [False, True, True, False]
    assert (answers[0], answers[3]) == (None, None)
