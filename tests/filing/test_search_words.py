"""What people are searched by, where it is missing: written by the last release, or before there was any (ADR 95)."""

from typing import Any, Final

import asyncpg
import pytest

from mshield.gateways.filing_files import read_filing
from mshield.keys.keyring import Keyring
from mshield.keys.secrets import LookupKey
from mshield.services.filing import search_words as service
from mshield.services.filing.import_list import ImportFiling
from mshield.services.filing.search_words import KeepSearchWords
from mshield.store.database.interface import Database, Unavailable
from mshield.store.database.matching import pieces
from mshield.store.database.opening import open_database
from mshield.store.filing import search_words as store
from mshield.store.filing.search_words import enterprises_of
from tests.support.application import EXAMPLES
from tests.support.clock import START
from tests.support.signing import statement, tamper

_LIST: Final = read_filing((EXAMPLES / "filing.csv").read_bytes(), "filing.csv")


@pytest.fixture
async def keep(db: Database, keyring: Keyring) -> KeepSearchWords:
    """An imported list, whose names wait."""
    lookup = LookupKey(bytes(32))
    await ImportFiling(db, keyring, lookup).apply(_LIST, second_person="许安然", now=START)
    return KeepSearchWords(db, keyring, lookup)


async def _ends(db: Database) -> list[Any]:
    rows = await db.all(statement("SELECT id_number_end FROM filed_persons ORDER BY id"))
    return [row["id_number_end"] for row in rows]


async def _named(db: Database, word: str) -> set[str]:
    return set(await enterprises_of(db, word, most=100) or ())


async def test_what_is_missing_is_written_some_at_a_time(
    keep: KeepSearchWords, monkeypatch: pytest.MonkeyPatch
) -> None:
    db, ends = keep.db, await _ends(keep.db)
    assert all(len(end) == 32 for end in ends)
    await tamper(db, "UPDATE filed_persons SET id_number_end = NULL")
    monkeypatch.setattr(service, "BATCH", 2)
    companies = {record.credit_code for record in _LIST}
    assert await keep() == len(companies) + len(ends)
    assert await _ends(db) == ends
    assert await keep() == 0


async def test_an_enterprise_is_found_before_and_after(keep: KeepSearchWords) -> None:
    name, code = _LIST[0].enterprise, _LIST[0].credit_code
    for _ in range(2):
        for word in (name, name[2:4], name[2:], name[:2]):
            assert code in await _named(keep.db, word), word
        for word in ("", name[0], "查无此司", name[::-1]):
            assert await _named(keep.db, word) == set(), word
        await keep()
    assert await enterprises_of(keep.db, "公司", most=0) is None


async def test_a_box_that_does_not_open_is_passed_over(keep: KeepSearchWords) -> None:
    await tamper(keep.db, "UPDATE filed_persons SET id_number_end = NULL, id_number_box = id_number_hash")
    await keep()
    assert set(await _ends(keep.db)) == {b""}
    assert await keep() == 0


async def test_pieces_that_all_names_have_are_not_counted_on(postgresql_url: str) -> None:
    connection = await asyncpg.connect(postgresql_url)
    await connection.execute("SET session_replication_role = replica")  # words alone
    words = [
        (piece, f"E{number:017d}")
        for number in range(1_000)
        for piece in pieces(f"宁波{chr(0x6000 + number)}河国际贸易有限公司")
    ]
    await connection.copy_records_to_table("enterprise_words", records=words)
    await connection.execute("ANALYZE enterprise_words")
    await connection.execute("SELECT pg_stat_force_next_flush()")
    read = "SELECT idx_tup_read FROM pg_stat_user_indexes WHERE indexrelname = 'enterprise_words_pkey'"
    name, before = f"宁波{chr(0x6100)}河国际贸易有限公司", await connection.fetchval(read)
    db = await open_database(postgresql_url)
    assert await enterprises_of(db, name, most=2_000) == [f"E{0x100:017d}"]
    await db.close()  # its connections say what they read
    count = await connection.fetchval(read)
    await connection.close()
    assert len(pieces(name)) < count - before < 1_000


async def test_postgresql_looks_at_many_new_rows_at_once(
    db: Database, keyring: Keyring, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not only when autovacuum comes: the first searches after an import were planned as of empty tables."""
    lookup = LookupKey(bytes(32))
    importing, people = ImportFiling(db, keyring, lookup), len(_LIST)

    async def known(table: str) -> float:
        if db.dialect == "sqlite":  # keeps none
            return -1
        row = await db.one(statement("SELECT reltuples FROM pg_class WHERE relname = $1"), p1=table)
        assert row is not None
        return float(row["reltuples"])

    is_postgresql = db.dialect == "postgresql"
    monkeypatch.setattr(store, "MANY", people + 1)
    await importing.apply(_LIST, second_person="许安然", now=START)
    assert await known("filed_persons") == -1
    await tamper(db, "DELETE FROM filed_persons")
    monkeypatch.setattr(store, "MANY", people)
    await importing.apply(_LIST, second_person="许安然", now=START)
    assert await known("filed_persons") == (people if is_postgresql else -1)
    assert await known("enterprise_words") == (0 if is_postgresql else -1)
    monkeypatch.setattr(store, "MANY", 1)
    await KeepSearchWords(db, keyring, lookup)()
    assert (await known("enterprise_words") > 0) == is_postgresql


async def test_an_import_stays_where_its_tables_cannot_be_looked_at(
    db: Database, keyring: Keyring, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def failing(_: Database, *, rows: int) -> None:
        assert rows == len(_LIST)
        raise Unavailable("canceling statement due to statement timeout")

    monkeypatch.setattr(store, "analyse", failing)
    report = await ImportFiling(db, keyring, LookupKey(bytes(32))).apply(
        _LIST, second_person="许安然", now=START
    )
    assert report.applied
    assert any("could not be analysed: Unavailable" in line for line in caplog.messages)


def test_pieces_are_runs_of_two_small_letters() -> None:
    assert pieces("Foo 公司") == {"fo", "oo", "o ", " 公", "公司"}
    assert pieces("公") == set()
