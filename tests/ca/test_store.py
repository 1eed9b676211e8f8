"""Authorities and revocation lists on both databases."""

import asyncio

import pytest

from mshield.server.authorities.rows import authorities as store
from mshield.server.authorities.rows.authorities import AuthorityRow, CrlRow
from mshield.server.database.interface import Conflict, Database, Tx
from mshield.server.keys.rows.secrets import find_secret, insert_secret

ROOT = AuthorityRow("root", b"certificate", b"box")


async def _insert(db: Database, rows: list[AuthorityRow]) -> None:
    await db.write(lambda tx: store.insert_authorities(tx, rows, now=1))


async def test_authorities_are_stored_all_or_none(db: Database) -> None:
    await _insert(db, [ROOT])
    with pytest.raises(Conflict):
        await _insert(db, [AuthorityRow("issuing", b"c", b"b"), ROOT])
    assert await store.list_authorities(db) == [ROOT]
    assert await store.find_authority(db, name="root") == ROOT
    assert await store.find_authority(db, name="issuing") is None


async def test_only_the_certificate_that_was_read_is_replaced(db: Database) -> None:
    await _insert(db, [ROOT])
    new = AuthorityRow("root", b"new", b"new box")
    assert not await db.write(lambda tx: store.replace_authority(tx, new, old_certificate=b"another"))
    assert await db.write(lambda tx: store.replace_authority(tx, new, old_certificate=b"certificate"))
    assert await store.find_certificate(db, name=new.name) == new.certificate
    assert await store.find_authority(db, name="root") == new


async def test_each_crl_number_is_given_once(db: Database) -> None:
    await _insert(db, [ROOT])

    async def work(tx: Tx) -> int | None:
        return await store.next_crl_number(tx, name="root")

    numbers = await asyncio.gather(*(db.write(work) for _ in range(20)))
    assert sorted(number or 0 for number in numbers) == list(range(1, 21))

    async def of_none(tx: Tx) -> int | None:
        return await store.next_crl_number(tx, name="none")

    assert await db.write(of_none) is None


async def test_latest_crl_has_the_highest_number(db: Database) -> None:
    await _insert(db, [ROOT])
    assert await store.latest_crl(db, authority="root") is None
    for number in (1, 10, 9):
        crl = CrlRow(number, "0:0", 1000 * number, 2000 * number)
        await store.insert_crl(db, authority="root", crl=crl, der=b"list %d" % number)
    assert await store.latest_crl(db, authority="root") == CrlRow(10, "0:0", 10_000, 20_000)
    assert await store.crl_der(db, authority="root", number=10) == b"list 10"
    assert await store.crl_der(db, authority="root", number=11) is None
    with pytest.raises(Conflict):
        await store.insert_crl(db, authority="root", crl=CrlRow(9, "", 0, 0), der=b"")


async def test_the_first_secret_of_a_name_stays(db: Database) -> None:
    assert await find_secret(db, name="lookup") is None
    assert await insert_secret(db, name="lookup", box=b"first", now=1)
    assert not await insert_secret(db, name="lookup", box=b"second", now=2)
    assert await find_secret(db, name="lookup") == b"first"
