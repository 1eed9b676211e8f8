"""A database that finds no room: whoever writes is told that it is unavailable, and once there is room it goes on."""

import asyncio
import os
from pathlib import Path

import psycopg
import pytest

from mshield.store.database.interface import StoreError, Tx, Unavailable
from mshield.store.database.opening import open_database
from mshield.store.database.queries import Query, Statement
from mshield.store.database.sqlite import SqliteDatabase, connect
from mshield.store.process import probing
from mshield.store.process.probing import probe_of
from tests.support.postgresql import Server

_INSERT = Query("insert", None, Statement("INSERT INTO kept VALUES (?1)", ("octets",)))
_COUNT = Query("count", None, Statement("SELECT count(*) AS kept FROM kept", ()))
_SECONDS = 20
_FAIL = Query("fail", Statement("SELECT failing($1)", ("code",)), None)
_WHO = Query("who", Statement("SELECT pg_backend_pid() AS pid", ()), None)


def _leave_room(db: SqliteDatabase, pages: int) -> None:
    """SQLite's own bound of a file is refused as a full disk is."""
    (count,) = db._writer.execute("PRAGMA page_count").fetchone()
    db._writer.execute(f"PRAGMA max_page_count = {count + pages}")


async def _write(db: SqliteDatabase, company: int) -> list[BaseException]:
    """Writes so many rows at once, each larger than a page; what came of those that failed."""
    async with asyncio.timeout(_SECONDS):
        writes = (db.run(_INSERT, octets=os.urandom(9_000)) for _ in range(company))
        outcomes = await asyncio.gather(*writes, return_exceptions=True)
    return [outcome for outcome in outcomes if isinstance(outcome, BaseException)]


@pytest.mark.parametrize("company", [1, 2, 30])
async def test_sqlite_without_room(tmp_path: Path, company: int) -> None:
    file = str(tmp_path / "full.db")
    made = connect(file)
    made.execute("CREATE TABLE kept (octets BLOB UNIQUE)")
    made.close()
    db = SqliteDatabase(file)
    try:
        _leave_room(db, 1)
        for _ in range(3):
            failed = await _write(db, company)
            assert len(failed) == company
            assert all(isinstance(error, Unavailable) for error in failed)
        _leave_room(db, 2_000)
        assert await _write(db, company) == []
        row = await db.one(_COUNT)
        assert row is not None
        assert row["kept"] == company  # what was said to be kept, and nothing else
    finally:
        await db.close()


@pytest.fixture
def failing_url(own_postgresql: Server) -> str:
    """The address of a database with a function that fails as it is told to."""
    url = own_postgresql.url("own")
    with psycopg.connect(url) as made:
        made.execute(
            "CREATE OR REPLACE FUNCTION failing(code text) RETURNS int LANGUAGE plpgsql AS"
            " $$ BEGIN RAISE EXCEPTION 'no' USING ERRCODE = code; END $$"
        )
    return url


async def test_a_disk_that_calls_found_full_takes_no_writes(
    failing_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the server's log has room and its tables have none."""
    db = await open_database(failing_url, pool_size=1)
    probe = probe_of(db, failing_url)
    try:
        await probe.write()
        with pytest.raises(Unavailable):
            await db.one(_FAIL, code="53100")
        with pytest.raises(Unavailable, match="full"):
            await probe.write()
        monkeypatch.setattr(probing, "FULL_SECONDS", 0.0)
        await probe.write()
    finally:
        probe.close()
        await db.close()


@pytest.mark.parametrize("code", ["53100", "53200", "25006", "57014", "58030"])
@pytest.mark.parametrize("amid", [False, True])
async def test_postgresql_that_can_not_now_is_unavailable_and_left(
    failing_url: str, *, code: str, amid: bool
) -> None:
    """Disk full, memory full, read only, cancelled, a failing disk: as the server itself says it."""
    db = await open_database(failing_url, pool_size=1)

    async def work(tx: Tx) -> None:
        await tx.one(_WHO)
        await tx.one(_FAIL, code=code)

    try:
        before = await db.one(_WHO)
        with pytest.raises(Unavailable):
            await (db.write(work) if amid else db.one(_FAIL, code=code))
        after = await db.one(_WHO)
        assert before != after
        with pytest.raises(StoreError, match="no"):  # of any other error the connection is none the worse
            await db.one(_FAIL, code="P0001")
        assert await db.one(_WHO) == after
    finally:
        await db.close()
