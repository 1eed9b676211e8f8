"""The key of the seals is made once, in a database without rows, and none is ever made beside rows."""

import asyncio

import pytest

from mshield.server.accounts.rows import accounts
from mshield.server.database.interface import Database, SealBroken
from mshield.server.keys.keyring import Keyring
from mshield.server.keys.seals import KEY, SealsLost, lacks_key, load_key, load_sealer
from mshield.server.log.open_log import open_log
from mshield.server.log.verify import verify_log
from mshield.server.settings.settings import Settings
from tests.support.clock import START, Clock
from tests.support.signing import make_world, tamper

_ACCOUNT = (
    "INSERT INTO accounts (id, phone, password_hash, name, id_type, id_number_hash, id_number_box, state, created_at)"
    " VALUES ($1, $2, '', '林知远', 'resident_id', $3, $4, 'active', 1)"
)


async def test_key_is_made_in_an_empty_database_and_kept(db: Database, keyring: Keyring) -> None:
    with pytest.raises(SealsLost):
        await load_key(db, keyring)
    assert not await lacks_key(db)
    await load_sealer(db, keyring, now=START)
    made = db.sealer.mac(b"row")
    await load_sealer(db, keyring, now=START)
    assert db.sealer.mac(b"row") == made


async def test_processes_that_start_at_once_have_one_key(db: Database, keyring: Keyring) -> None:
    async def start() -> bytes:
        await load_sealer(db, keyring, now=START)
        return db.sealer.mac(b"row")

    assert len(set(await asyncio.gather(*(start() for _ in range(8))))) == 1


async def test_rows_without_a_key_are_never_sealed(db: Database, keyring: Keyring) -> None:
    await tamper(db, _ACCOUNT, "early", "13900000000", b"hash", b"box")
    assert await lacks_key(db)
    with pytest.raises(SealsLost):
        await load_sealer(db, keyring, now=START)


async def test_deleted_key_is_not_made_again(db: Database, keyring: Keyring, clock: Clock) -> None:
    await make_world(db, keyring, clock)
    await tamper(db, "DELETE FROM secrets WHERE name = $1", KEY)
    assert await lacks_key(db)
    with pytest.raises(SealsLost):
        await load_sealer(db, keyring, now=START)


async def test_row_without_a_seal_is_refused_and_found(db: Database, keyring: Keyring) -> None:
    await load_sealer(db, keyring, now=START)
    await tamper(db, _ACCOUNT, "late", "13900000000", b"hash", b"box")
    with pytest.raises(SealBroken):
        await accounts.get_account(db, account_id="late")
    log = await open_log(db, keyring, Settings().site, now=START)
    findings = (await verify_log(log)).findings
    assert [(each.table, each.code, each.row) for each in findings] == [("accounts", "seal_broken", "late")]
