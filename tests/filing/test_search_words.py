"""Missing search words of enterprises, which the job writes after an import (ADR 95)."""

from typing import Final

import asyncpg
import pytest

from mshield.server.database.interface import Database, Unavailable
from mshield.server.database.matching import pieces
from mshield.server.database.opening import open_database
from mshield.server.filing import search_words as service
from mshield.server.filing.external.files import read_filing
from mshield.server.filing.import_list import ImportFiling
from mshield.server.filing.rows import search_words as store
from mshield.server.filing.rows.search_words import enterprises_of
from mshield.server.filing.search_words import KeepSearchWords
from mshield.server.keys.keyring import Keyring
from mshield.server.keys.secrets import LookupKey
from tests.support.application import EXAMPLES
from tests.support.clock import START
from tests.support.second_person import SECOND
from tests.support.signing import statement, tamper

_LIST: Final = read_filing((EXAMPLES / "filing.csv").read_bytes(), "filing.csv")


@pytest.fixture
async def keep(db: Database, keyring: Keyring) -> KeepSearchWords:
    """The job after an import, whose names still need search words."""
    lookup = LookupKey(bytes(32))
    await ImportFiling(db, keyring, lookup).apply(_LIST, second_person=SECOND, now=START)
    return KeepSearchWords(db)


async def _named(db: Database, word: str) -> set[str]:
    return set(await enterprises_of(db, word, most=100) or ())


async def test_missing_search_words_are_written_in_batches(
    keep: KeepSearchWords, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "BATCH", 2)
    companies = {record.credit_code for record in _LIST}
    assert await keep() == len(companies)
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


async def test_pieces_common_to_all_names_are_not_used(postgresql_url: str) -> None:
    connection = await asyncpg.connect(postgresql_url)
    await connection.execute("SET session_replication_role = replica")  # search words only
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
    await db.close()  # closing flushes the connections' statistics
    count = await connection.fetchval(read)
    await connection.close()
    assert len(pieces(name)) < count - before < 1_000


async def test_postgresql_analyses_many_new_rows_at_once(
    db: Database, keyring: Keyring, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without waiting for autovacuum: the first searches after an import would be planned for empty tables."""
    lookup = LookupKey(bytes(32))
    importing, people = ImportFiling(db, keyring, lookup), len(_LIST)

    async def known(table: str) -> float:
        if db.dialect == "sqlite":  # it has no statistics
            return -1
        row = await db.one(statement("SELECT reltuples FROM pg_class WHERE relname = $1"), p1=table)
        assert row is not None
        return float(row["reltuples"])

    is_postgresql = db.dialect == "postgresql"
    monkeypatch.setattr(store, "MANY", people + 1)
    await importing.apply(_LIST, second_person=SECOND, now=START)
    assert await known("filed_persons") == -1
    await tamper(db, "DELETE FROM filed_persons")
    monkeypatch.setattr(store, "MANY", people)
    await importing.apply(_LIST, second_person=SECOND, now=START)
    assert await known("filed_persons") == (people if is_postgresql else -1)
    assert await known("enterprise_words") == (0 if is_postgresql else -1)
    monkeypatch.setattr(store, "MANY", 1)
    await KeepSearchWords(db)()
    assert (await known("enterprise_words") > 0) == is_postgresql


async def test_failed_analyse_keeps_the_import(
    db: Database, keyring: Keyring, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def failing(_: Database, *, rows: int) -> None:
        assert rows == len(_LIST)
        raise Unavailable("canceling statement due to statement timeout")

    monkeypatch.setattr(store, "analyse", failing)
    report = await ImportFiling(db, keyring, LookupKey(bytes(32))).apply(
        _LIST, second_person=SECOND, now=START
    )
    assert report.applied
    assert any("could not be analysed: Unavailable" in line for line in caplog.messages)


def test_pieces_are_pairs_of_characters_in_lower_case() -> None:
    assert pieces("Foo 公司") == {"fo", "oo", "o ", " 公", "公司"}
    assert pieces("公") == set()
