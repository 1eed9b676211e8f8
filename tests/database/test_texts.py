"""Text that a database can't store is an error of its own, for its caller only; so is invalid UTF-8."""

import asyncio
from contextlib import closing

import pytest

from mshield.server.database.interface import Database, Garbled, NoText, Tx
from mshield.server.log.rows import log
from mshield.server.requests.rows import following
from mshield.server.systems.rows import systems
from tests.support.intruder import Intruder
from tests.support.signing import fetch

HALF = "\ud800"


async def test_lone_surrogate_is_refused(db: Database) -> None:
    async def work(tx: Tx) -> None:
        await systems.find(tx, client_id=HALF)

    with pytest.raises(NoText):
        await systems.find(db, client_id=HALF)
    with pytest.raises(NoText):
        await db.write(work)
    with pytest.raises(NoText):
        await db.write(lambda tx: systems.set_return_urls(tx, client_id=HALF, return_urls=(), now=0))
    assert await systems.find(db, client_id="bs-1") is None


@pytest.mark.parametrize(
    "database_url", ["postgresql", "postgresql-plain"], indirect=True
)  # the only one that can't store it
async def test_nul_is_refused_to_its_caller_alone(db: Database) -> None:
    with pytest.raises(NoText):
        await systems.find(db, client_id="\0")
    answers = await asyncio.gather(
        *(following.find(db, id=each) for each in ("one", "\0", HALF, "two")), return_exceptions=True
    )
    assert [isinstance(each, NoText) for each in answers] == [False, True, True, False]
    assert (answers[0], answers[3]) == (None, None)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)  # the only one that stores it
async def test_stored_invalid_utf8_is_not_reported_as_unavailable(db: Database, database_url: str) -> None:
    with closing(Intruder(database_url)) as intruder:
        intruder.run(
            "INSERT INTO acts (id, actor, act, subject, details, at, log_index)"
            " VALUES ('one', 'staff', 'test', CAST(? AS TEXT), '', 1, 0), ('two', 'staff', 'test', '', '', 1, 1)",
            b"secret \xff",
        )
    with pytest.raises(Garbled, match=r"^Could not decode to UTF-8 column 'subject'$"):
        await fetch(db, "SELECT subject FROM acts ORDER BY id")
    rows = await log.logged(db, start=0, end=2)  # the log's check must be able to read it
    assert [row.values["subject"] for row in rows] == ["secret \udcff", ""]
    with pytest.raises(Garbled):  # only there, and also afterwards
        await fetch(db, "SELECT subject FROM acts ORDER BY id")
