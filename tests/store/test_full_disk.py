"""A database that finds no room: whoever writes is told that it is unavailable, and once there is room it goes on."""

import asyncio
import os
from pathlib import Path

import pytest

from mshield.store.database.interface import Unavailable
from mshield.store.database.queries import Query, Statement
from mshield.store.database.sqlite import SqliteDatabase, connect

_INSERT = Query("insert", None, Statement("INSERT INTO kept VALUES (?1)", ("octets",)))
_COUNT = Query("count", None, Statement("SELECT count(*) AS kept FROM kept", ()))
_SECONDS = 20


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
