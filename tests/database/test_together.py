"""Concurrent statements share one transaction, and each gets its own rows and its own error."""

import asyncio

import pytest

from mshield.server.database.interface import Conflict, Database, StoreError, Tx, Undone
from mshield.server.database.opening import open_database
from mshield.server.database.queries import Query, Statement
from tests.support.signing import fetch

_INSERT = (
    "INSERT INTO secrets (name, box, created_at) SELECT {0}, {1}, {2} WHERE {2} < 100"
    " RETURNING name, created_at, {3} AS call"
)


def _query(sql: str, *names: str) -> Query:
    postgresql = sql.format("$1::text", "$2::bytea", "$3::bigint", "$4::int")
    return Query("test", Statement(postgresql, names), Statement(sql.format("?1", "?2", "?3", "?4"), names))


_QUERY = _query(_INSERT, "name", "box", "at", "call")


async def _insert(db: Database, name: str, at: int = 1) -> list[tuple[object, object]]:
    rows = await db.write_together(_QUERY, by=name, name=name, box=b"box", at=at)
    return [(row["name"], row["created_at"]) for row in rows]


async def _stored(db: Database) -> object:
    return (await fetch(db, "SELECT COUNT(*) AS n FROM secrets"))["n"]


async def test_each_gets_its_own_rows(db: Database) -> None:
    before = db.commits
    answers = await asyncio.gather(*(_insert(db, f"name {at}", at) for at in range(90, 110)))
    assert answers == [[(f"name {at}", at)] if at < 100 else [] for at in range(90, 110)]
    assert await _stored(db) == 10
    if db.dialect == "postgresql":
        assert db.commits == before + 1


async def test_later_statements_form_further_groups(db: Database) -> None:
    first = [asyncio.create_task(_insert(db, f"first {number}")) for number in range(70)]
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    later = [asyncio.create_task(_insert(db, f"later {number}")) for number in range(70)]
    answers = await asyncio.gather(*first, *later)
    assert [answer[0][0] for answer in answers] == [
        f"{when} {number}" for when in ("first", "later") for number in range(70)
    ]
    assert await _insert(db, "alone") == [("alone", 1)]
    assert await _stored(db) == 141


async def test_error_reaches_only_its_own_caller(db: Database) -> None:
    await _insert(db, "taken")
    answers = await asyncio.gather(
        *(_insert(db, name) for name in ("one", "taken", "two")), return_exceptions=True
    )
    assert isinstance(answers[1], Conflict)
    assert (answers[0], answers[2]) == ([("one", 1)], [("two", 1)])
    assert await _stored(db) == 3


@pytest.mark.parametrize(
    "database_url", ["postgresql", "postgresql-plain"], indirect=True
)  # the only one with statements that roll themselves back
async def test_failing_statement_is_rolled_back_alone(db: Database) -> None:
    sql = (
        "WITH made AS (INSERT INTO secrets (name, box, created_at) VALUES ($1, 'box', 1) RETURNING name)"
        " SELECT name, 1 / $2::bigint AS whole, $3::int AS call FROM made"
    )
    query = Query("test", Statement(sql, ("name", "whole", "call")), None)
    answers = await asyncio.gather(
        *(db.write_together(query, by="", name=str(whole), whole=whole) for whole in (1, 0, 2)),
        return_exceptions=True,
    )
    assert [isinstance(answer, Undone) for answer in answers] == [False, True, False]
    assert await _stored(db) == 2


async def test_cancelled_caller_disturbs_no_other(db: Database) -> None:
    tasks = [asyncio.create_task(_insert(db, f"name {number}")) for number in range(3)]
    await asyncio.sleep(0)
    tasks[1].cancel()
    answers = await asyncio.gather(*tasks, return_exceptions=True)
    assert isinstance(answers[1], asyncio.CancelledError)
    assert (answers[0], answers[2]) == ([("name 0", 1)], [("name 2", 1)])
    assert await _insert(db, "next") == [("next", 1)]


async def test_common_fault_reaches_every_caller(db: Database) -> None:
    wrong = _query(_INSERT.replace("secrets", "no_such_table"), "name", "box", "at", "call")

    async def ask(name: str) -> None:
        await db.write_together(wrong, by=name, name=name, box=b"", at=1)

    answers = await asyncio.gather(*(ask(name) for name in "abc"), return_exceptions=True)
    assert all(isinstance(answer, StoreError) for answer in answers)
    assert await _insert(db, "next") == [("next", 1)]


async def test_reading_together_writes_nothing(db: Database) -> None:
    names = [f"name {number}" for number in range(5)]
    for name in names:
        await _insert(db, name)
    query = Query(
        "test read",
        Statement("SELECT name, $2::int AS call FROM secrets WHERE name = $1", ("name", "call")),
        Statement("SELECT name, ?2 AS call FROM secrets WHERE name = ?1", ("name", "call")),
    )
    before = db.commits
    answers = await asyncio.gather(*(db.read_together(query, name=name) for name in [*names, "nobody"]))
    assert [[row["name"] for row in rows] for rows in answers] == [*([name] for name in names), []]
    assert db.commits == before


@pytest.mark.parametrize(
    "database_url", ["postgresql", "postgresql-plain"], indirect=True
)  # the only one that several processes write
async def test_groups_of_two_processes_do_not_deadlock(db: Database, database_url: str) -> None:
    sql = (
        "UPDATE secrets SET created_at = created_at + 1 WHERE name = $1 AND pg_sleep(0.05) IS NOT NULL"
        " RETURNING $2::int AS call"
    )
    query = Query("test slow", Statement(sql, ("name", "call")), None)
    for name in "abc":
        await _insert(db, name)
    other = await open_database(database_url)
    try:
        before = db.commits + other.commits
        await asyncio.gather(
            *(db.write_together(query, by=name, name=name) for name in "abc"),
            *(other.write_together(query, by=name, name=name) for name in "cba"),
        )
        # After a deadlock, PostgreSQL's group is repeated one by one, which counts more commits.
        assert db.commits + other.commits == before + 2
    finally:
        await other.close()
    assert await fetch(db, "SELECT SUM(created_at)::int AS n FROM secrets") == {"n": 9}


@pytest.mark.parametrize("company", [0, 3])
async def test_long_work_yields_to_readers_and_stays_before_writers(db: Database, company: int) -> None:
    done: list[str] = []
    seen: list[object] = []
    rows = 0

    async def long(tx: Tx) -> None:
        nonlocal rows
        while len(seen) < 5 and rows < 2000:  # how often others read meanwhile is up to the machine
            rows += 1
            await tx.one(_QUERY, name=f"long {rows}", box=b"box", at=1, call=0)
            await tx.give_way()
        done.append("long")

    async def read() -> None:
        while "long" not in done:
            seen.append(await _stored(db))
            await asyncio.sleep(0)

    async def write(name: str) -> None:
        await _insert(db, name)
        done.append(name)

    reading = asyncio.create_task(read())
    await asyncio.gather(db.write(long), *(write(f"beside {number}") for number in range(company)))
    await reading
    assert set(seen) <= {
        *range(company + 1),
        *range(rows, rows + company + 1),
    }  # nothing of it before its end
    assert len(seen) >= 5
    await write("later")
    assert await _stored(db) == rows + company + 1


@pytest.mark.parametrize(
    "database_url", ["sqlite"], indirect=True
)  # the others' transactions may await anything
async def test_work_that_awaits_anything_else_is_refused(db: Database) -> None:
    async def waiting(tx: Tx) -> None:
        await tx.give_way()
        await asyncio.sleep(0)

    with pytest.raises(StoreError, match="other than its transaction"):
        await db.write(waiting)


async def test_work_that_yielded_is_rolled_back_alone(db: Database) -> None:
    async def broken(tx: Tx) -> None:
        await tx.one(_QUERY, name="broken", box=b"box", at=1, call=0)
        await tx.give_way()
        raise ValueError

    answers = await asyncio.gather(db.write(broken), _insert(db, "whole"), return_exceptions=True)
    assert isinstance(answers[0], ValueError)
    assert answers[1] == [("whole", 1)]
    assert await _stored(db) == 1
