"""Filing records and their versions, on both databases."""

import dataclasses
from functools import partial

import pytest

from mshield.server.database.interface import Conflict, Database, Tx
from mshield.server.filing.rows import filing as store
from mshield.server.filing.rows.filing import NewFiledPerson
from tests.support.clock import Clock
from tests.support.filed_rows import filed_rows

CODE = "91330206MA2XB7C1TW"
PERSON = NewFiledPerson(
    id="person-1",
    credit_code=CODE,
    name="林知远",
    id_type="resident_id",
    role="operator",
    phone=None,
    id_number_hash=b"h" * 32,
    id_number_box=b"b" * 60,
    id_number_end=b"e" * 32,
)


async def _insert(db: Database, now: int) -> None:
    async def work(tx: Tx) -> None:
        await store.insert_enterprises(tx, {CODE: "宁波北潮进出口有限公司"}, now=now)
        await store.insert_people(tx, [PERSON], now=now)

    await db.write(work)


async def test_records_begin_with_version_one(db: Database, clock: Clock) -> None:
    await _insert(db, clock())
    assert await store.find_enterprise(db, credit_code=CODE) == store.Enterprise(
        CODE, "宁波北潮进出口有限公司", 1
    )
    person = await store.find_person(db, credit_code=CODE, role="operator", id_number_hash=b"h" * 32)
    assert person is not None
    assert (person.id, person.name, person.version) == ("person-1", "林知远", 1)
    assert await filed_rows(db) == (1, 1)


async def test_code_role_and_number_must_all_match(db: Database, clock: Clock) -> None:
    await _insert(db, clock())
    for code, role, number in (
        ("x", "operator", b"h"),
        (CODE, "legal_person", b"h"),
        (CODE, "operator", b"i"),
    ):
        assert await store.find_person(db, credit_code=code, role=role, id_number_hash=number * 32) is None
    assert await store.find_enterprise(db, credit_code="x") is None


async def test_r22_each_change_is_a_new_version_made_once(db: Database, clock: Clock) -> None:
    await _insert(db, clock())
    person = await store.find_person(db, credit_code=CODE, role="operator", id_number_hash=b"h" * 32)
    enterprise = await store.find_enterprise(db, credit_code=CODE)
    assert person is not None
    assert enterprise is not None

    async def work(tx: Tx) -> list[int]:
        first, second = (
            person.renewed(name=name, id_type="passport", phone=phone)
            for name, phone in (("林志远", "13800006027"), ("林至远", None))
        )
        return [
            await store.change_people(tx, [(person, first)], now=clock()),
            await store.change_people(tx, [(person, second)], now=clock()),
            await store.rename_enterprises(tx, [(enterprise, "宁波南潮有限公司")], now=clock()),
            await store.rename_enterprises(tx, [(enterprise, "宁波东潮有限公司")], now=clock()),
        ]

    assert await db.write(work) == [1, 0, 1, 0]
    changed = await store.find_person(db, credit_code=CODE, role="operator", id_number_hash=b"h" * 32)
    assert changed == dataclasses.replace(
        person, name="林志远", id_type="passport", phone="13800006027", version=2
    )
    assert await store.find_enterprise(db, credit_code=CODE) == store.Enterprise(CODE, "宁波南潮有限公司", 2)


async def test_r22_another_phone_number_is_no_new_version(db: Database, clock: Clock) -> None:
    await _insert(db, clock())
    person = await store.find_person(db, credit_code=CODE, role="operator", id_number_hash=b"h" * 32)
    assert person is not None
    old = dataclasses.replace(person, version=0)
    for stored, phone, done in ((person, "13800006027", 1), (old, None, 0), (person, None, 1)):
        change = [(stored, stored.with_phone(phone))]
        assert await db.write(partial(store.change_people, people=change, now=clock())) == done
        now = await store.find_person(db, credit_code=CODE, role="operator", id_number_hash=b"h" * 32)
        assert now == dataclasses.replace(person, phone=phone or ("13800006027" if not done else None))


async def test_a_person_is_filed_once_per_enterprise_and_role(db: Database, clock: Clock) -> None:
    await _insert(db, clock())
    again = dataclasses.replace(PERSON, id="person-2")
    with pytest.raises(Conflict):
        await db.write(lambda tx: store.insert_people(tx, [again], now=clock()))
    legal = dataclasses.replace(again, role="legal_person")
    await db.write(lambda tx: store.insert_people(tx, [legal], now=clock()))
    assert await filed_rows(db) == (1, 2)


async def test_import_lock_can_be_acquired_again(db: Database, clock: Clock) -> None:
    for _ in range(2):
        await db.write(lambda tx: store.lock_imports(tx, now=clock()))
