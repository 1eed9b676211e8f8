"""A database that is older than its seals: sealed once, by `mshield migrate`, and by nothing that starts."""

from collections.abc import Iterator

import pytest

from mshield.keys import seals
from mshield.keys.keyring import Keyring
from mshield.keys.seals import DONE, NotSealed, load_sealer, needs_seals
from mshield.services.log.open_log import open_log
from mshield.services.log.sequence import sequence
from mshield.services.log.verify import verify_log
from mshield.services.log.verify_seals import check_seals
from mshield.services.operations import seal_earlier as sealing
from mshield.services.operations.seal_earlier import SealsLost, seal_earlier
from mshield.settings import Settings
from mshield.store.accounts import accounts
from mshield.store.database.interface import Database, SealBroken
from mshield.store.seals import earlier
from mshield.store.seals.tables import LATER, SealedTable
from tests.support.clock import START, Clock
from tests.support.seals import seal_all
from tests.support.signing import make_world, tamper

_ACCOUNT = (
    "INSERT INTO accounts (id, phone, password_hash, name, id_type, id_number_hash, id_number_box, state, created_at)"
    " VALUES ($1, $2, '', '林知远', 'resident_id', $3, $4, 'active', 1)"
)


@pytest.fixture
async def old(db: Database) -> Database:
    """Rows as the release before left them."""
    for number in range(earlier.BATCH + 3):
        await tamper(db, _ACCOUNT, f"a{number}", f"138{number:08}", b"hash", b"box")
    return db


async def test_it_is_sealed_once_and_then_holds(old: Database, keyring: Keyring) -> None:
    with pytest.raises(NotSealed):
        await load_sealer(old, keyring, now=START)
    assert await needs_seals(old)
    told: list[tuple[str, int]] = []
    sealed = await seal_earlier(
        old, keyring, progress=lambda table, rows: told.append((table, rows)), now=START
    )
    assert sealed == earlier.BATCH + 3
    assert told == [("accounts", earlier.BATCH), ("accounts", earlier.BATCH + 3)]
    assert not await needs_seals(old)
    await load_sealer(old, keyring, now=START)
    assert await accounts.get_account(old, account_id="a0") is not None
    log = await open_log(old, keyring, Settings(), now=START)
    await sequence(log, now=START)
    assert (await verify_log(log)).findings == []


async def test_a_row_that_comes_afterwards_without_a_seal_is_nobodys(old: Database, keyring: Keyring) -> None:
    await seal_earlier(old, keyring, now=START)
    await tamper(old, _ACCOUNT, "late", "13900000000", b"hash", b"box")
    with pytest.raises(SealBroken):
        await accounts.get_account(old, account_id="late")
    with pytest.raises(SealsLost):
        await seal_earlier(old, keyring, now=START)
    log = await open_log(old, keyring, Settings(), now=START)
    findings = (await verify_log(log)).findings
    assert [(each.table, each.code, each.row) for each in findings] == [("accounts", "seal_broken", "late")]


@pytest.mark.parametrize("at", range(4))
async def test_a_kill_at_any_batch_is_made_good_by_the_next_run(
    old: Database, keyring: Keyring, monkeypatch: pytest.MonkeyPatch, at: int
) -> None:
    class Killed(Exception):
        pass

    steps: Iterator[int] = iter(range(100))
    seal_some, finish = earlier.seal_some, seals.finish

    async def some(
        db: Database, table: SealedTable, *, after: str | bytes | None, now: int
    ) -> list[str | bytes]:
        if table.name == "accounts" and next(steps) == at:
            raise Killed
        return await seal_some(db, table, after=after, now=now)

    async def finishing(*args: object, **values: object) -> None:
        if next(steps) == at:
            raise Killed
        await finish(*args, **values)  # type: ignore[arg-type]  # as they were given

    monkeypatch.setattr(sealing, "seal_some", some)
    monkeypatch.setattr(sealing, "finish", finishing)
    with pytest.raises(Killed):
        await seal_earlier(old, keyring, now=START)
    with pytest.raises(NotSealed):
        await load_sealer(old, keyring, now=START)
    monkeypatch.undo()
    await seal_earlier(old, keyring, now=START)
    log = await open_log(old, keyring, Settings(), now=START)
    assert (await verify_log(log)).findings == []


async def test_a_new_database_needs_none(db: Database, keyring: Keyring) -> None:
    assert not await needs_seals(db)
    await load_sealer(db, keyring, now=START)
    await load_sealer(db, keyring, now=START)


# ---- tables that got their seals after the others ----


@pytest.fixture
async def sealed_before(db: Database, keyring: Keyring, clock: Clock) -> Database:
    """A database of the release before, in which all but the later tables have their seals."""
    await make_world(db, keyring, clock)
    await load_sealer(db, keyring, now=START)
    await seal_all(db)
    await _as_the_release_before(db, keyring)
    return db


async def test_they_are_sealed_once_too(sealed_before: Database, keyring: Keyring) -> None:
    with pytest.raises(NotSealed):
        await load_sealer(sealed_before, keyring, now=START)
    assert await seal_earlier(sealed_before, keyring, now=START) == len(LATER)
    await load_sealer(sealed_before, keyring, now=START)
    assert [finding async for finding in check_seals(sealed_before)] == []
    with pytest.raises(SealsLost):
        await seal_earlier(sealed_before, keyring, now=START)


async def test_nobody_has_them_sealed_again_by_taking_the_mark_away(
    sealed_before: Database, keyring: Keyring
) -> None:
    await seal_earlier(sealed_before, keyring, now=START)
    await tamper(sealed_before, "DELETE FROM secrets WHERE name = $1", DONE[1])
    with pytest.raises(NotSealed):
        await load_sealer(sealed_before, keyring, now=START)
    with pytest.raises(SealsLost):
        await seal_earlier(sealed_before, keyring, now=START)


async def test_keys_that_are_older_than_their_marks_are_marked_with_the_later_seals(
    db: Database, keyring: Keyring, clock: Clock
) -> None:
    """The phone goes on with its key; who has an application under way at the upgrade finishes it."""
    world = await make_world(db, keyring, clock)
    await _as_the_release_before(db, keyring)
    await tamper(db, "UPDATE keys SET mark = NULL")
    with pytest.raises(NotSealed):
        await load_sealer(db, keyring, now=clock())
    await seal_earlier(db, keyring, now=clock())
    await load_sealer(db, keyring, now=clock())
    await world.sign([await world.task()])
    log = await open_log(db, keyring, Settings(), now=clock())
    await sequence(log, now=clock())
    assert (await verify_log(log)).findings == []


async def test_nor_by_taking_all_their_seals_away_too(sealed_before: Database, keyring: Keyring) -> None:
    await seal_earlier(sealed_before, keyring, now=START)
    await _take_away(sealed_before)
    with pytest.raises(SealsLost):
        await seal_earlier(sealed_before, keyring, now=START)


async def test_nor_where_the_database_began_with_them(db: Database, keyring: Keyring, clock: Clock) -> None:
    await make_world(db, keyring, clock)
    await _take_away(db)
    with pytest.raises(SealsLost):
        await seal_earlier(db, keyring, now=START)


async def _as_the_release_before(db: Database, keyring: Keyring) -> None:
    await _take_away(db)
    box = keyring.seal(DONE[0].encode(), purpose="secret", context=DONE[0].encode())
    await tamper(db, "UPDATE secrets SET box = $1 WHERE name = $2", box, DONE[0])


async def _take_away(db: Database) -> None:
    await tamper(db, "DELETE FROM secrets WHERE name = $1", DONE[1])
    for table in LATER:
        await tamper(db, f"UPDATE {table.name} SET seal = NULL, seal_version = 0")  # noqa: S608  # named in tables.py
