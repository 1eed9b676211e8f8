"""Statements that wait at the same time: one transaction for all, and to each its own rows and its own error."""

import asyncio

import pytest

from mshield.store.database.interface import Conflict, Database, StoreError, Tx, Undone
from mshield.store.database.opening import open_database
from mshield.store.database.queries import Query, Statement
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


async def test_more_than_one_group_and_those_who_come_meanwhile(db: Database) -> None:
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


async def test_ones_error_is_its_alone(db: Database) -> None:
    await _insert(db, "taken")
    answers = await asyncio.gather(
        *(_insert(db, name) for name in ("one", "taken", "two")), return_exceptions=True
    )
    assert isinstance(answers[1], Conflict)
    assert (answers[0], answers[2]) == ([("one", 1)], [("two", 1)])
    assert await _stored(db) == 3


@pytest.mark.parametrize(
    "database_url", ["postgresql"], indirect=True
)  # the only one whose statements undo themselves
async def test_what_undoes_itself_is_undone_alone(db: Database) -> None:
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


async def test_a_caller_who_goes_disturbs_nobody(db: Database) -> None:
    tasks = [asyncio.create_task(_insert(db, f"name {number}")) for number in range(3)]
    await asyncio.sleep(0)
    tasks[1].cancel()
    answers = await asyncio.gather(*tasks, return_exceptions=True)
    assert isinstance(answers[1], asyncio.CancelledError)
    assert (answers[0], answers[2]) == ([("name 0", 1)], [("name 2", 1)])
    assert await _insert(db, "next") == [("next", 1)]


async def test_a_fault_is_told_to_all_and_ends_nothing(db: Database) -> None:
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
    "database_url", ["postgresql"], indirect=True
)  # the only one that several processes write
async def test_groups_of_two_processes_dont_wait_for_each_other_crosswise(
    db: Database, database_url: str
) -> None:
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
        # A group that PostgreSQL undoes for a deadlock is repeated one by one, which counts more commits.
        assert db.commits + other.commits == before + 2
    finally:
        await other.close()
    assert await fetch(db, "SELECT SUM(created_at)::int AS n FROM secrets") == {"n": 9}


@pytest.mark.parametrize("company", [0, 3])
async def test_long_work_gives_way_to_who_reads_and_keeps_who_writes_behind_it(
    db: Database, company: int
) -> None:
    done: list[str] = []

    async def long(tx: Tx) -> None:
        for number in range(5):
            await tx.one(_QUERY, name=f"long {number}", box=b"box", at=1, call=0)
            await tx.give_way()
        done.append("long")

    async def read() -> list[object]:
        seen: list[object] = []
        while not done:
            seen.append(await _stored(db))
            await asyncio.sleep(0)
        return seen

    async def write(name: str) -> None:
        await _insert(db, name)
        done.append(name)

    reading = asyncio.create_task(read())
    await asyncio.gather(db.write(long), *(write(f"beside {number}") for number in range(company)))
    seen = await reading
    assert set(seen) <= {0, *range(5, 5 + company + 1), *range(company + 1)}
    assert len(seen) >= 5
    await write("later")
    assert await _stored(db) == 5 + company + 1


@pytest.mark.parametrize(
    "database_url", ["sqlite"], indirect=True
)  # the others' transactions may await anything
async def test_work_that_awaits_anything_else_is_refused(db: Database) -> None:
    async def waiting(tx: Tx) -> None:
        await tx.give_way()
        await asyncio.sleep(0)

    with pytest.raises(StoreError, match="other than its transaction"):
        await db.write(waiting)


async def test_who_gave_way_is_undone_alone(db: Database) -> None:
    async def broken(tx: Tx) -> None:
        await tx.one(_QUERY, name="broken", box=b"box", at=1, call=0)
        await tx.give_way()
        raise ValueError

    answers = await asyncio.gather(db.write(broken), _insert(db, "whole"), return_exceptions=True)
    assert isinstance(answers[0], ValueError)
    assert answers[1] == [("whole", 1)]
    assert await _stored(db) == 1
