"""Accounts, devices and logins, on both databases."""

import asyncio
import dataclasses

from mshield.server.accounts.rows import accounts as store
from mshield.server.accounts.rows import sessions
from mshield.server.accounts.rows.accounts import NewAccount
from mshield.server.database.interface import Database, Tx
from tests.support.clock import Clock

ACCOUNT = NewAccount(
    id="account-1",
    phone="13800006027",
    password_hash="$argon2id$",
    name="林知远",
    id_type="resident_id",
    id_number_hash=b"h" * 32,
    id_number_box=b"b" * 60,
    id_number_end=b"e" * 32,
)


async def _insert(db: Database, account: NewAccount, now: int) -> bool:
    return await db.write(lambda tx: store.insert_account(tx, account, now=now))


async def test_an_account_is_found_by_phone_and_id(db: Database, clock: Clock) -> None:
    assert await store.find_account(db, phone=ACCOUNT.phone) is None
    assert await _insert(db, ACCOUNT, clock())
    account = await store.find_account(db, phone=ACCOUNT.phone)
    assert account is not None
    assert (account.id, account.name, account.state, account.created_at) == (
        "account-1",
        "林知远",
        "active",
        clock(),
    )
    assert account.id_number_hash == b"h" * 32
    assert await store.get_account(db, account_id="account-1") == account
    assert await store.get_account(db, account_id="account-2") is None


async def test_a_phone_number_has_one_account(db: Database, clock: Clock) -> None:
    others = [dataclasses.replace(ACCOUNT, id=f"account-{number}") for number in range(20)]
    made = await asyncio.gather(*(_insert(db, each, clock()) for each in others))
    assert sum(made) == 1


async def test_a_hash_is_replaced_only_while_it_is_the_same(db: Database, clock: Clock) -> None:
    await _insert(db, ACCOUNT, clock())
    account = await store.find_account(db, phone=ACCOUNT.phone)
    assert account is not None
    await store.replace_password_hash(db, account=account, password_hash="second", now=clock())
    await store.replace_password_hash(db, account=account, password_hash="third", now=clock())
    found = await store.find_account(db, phone=ACCOUNT.phone)
    assert found is not None
    assert found.password_hash == "second"


async def test_parallel_calls_store_one_row_per_device_key(db: Database, clock: Clock) -> None:
    async def put(number: int) -> str:
        device = await db.write(
            lambda tx: store.put_device(
                tx, device_id=f"d{number}", jkt="jkt", public_key=b"\x04" * 65, now=clock()
            )
        )
        assert (device.account_id, device.shield_number) == (None, None)
        return device.id

    assert len(set(await asyncio.gather(*map(put, range(20))))) == 1


async def test_a_login_ends_the_one_before_on_the_same_device(db: Database, clock: Clock) -> None:
    await _insert(db, ACCOUNT, clock())

    async def start(token: bytes, jkt: str) -> None:
        async def work(tx: Tx) -> None:
            device = await store.put_device(tx, device_id=jkt, jkt=jkt, public_key=b"\x04" * 65, now=clock())
            await store.start_session(
                tx,
                token_hash=token,
                account_id="account-1",
                device_id=device.id,
                jkt=jkt,
                now=clock(),
                expires_at=clock() + 1000,
            )

        await db.write(work)

    await start(b"1", "one")
    await start(b"2", "two")
    await start(b"3", "one")
    found = {
        (token, jkt): await sessions.find(db, token_hash=token, jkt=jkt, now=clock()) is not None
        for token in (b"1", b"2", b"3")
        for jkt in ("one", "two")
    }
    assert {key for key, valid in found.items() if valid} == {(b"2", "two"), (b"3", "one")}
    assert await store.purge_sessions(db, before=clock()) == 0
    assert await store.purge_sessions(db, before=clock() + 1000) == 3
