"""Who writes to the database and has no key: nothing that they change goes unnoticed by `mshield log verify`."""

# ruff: noqa: S608  the names in the statements are the schema's own

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, Final

import pytest

from mshield.demo.people import LEGAL_PERSON, OPERATOR
from mshield.domain import errors
from mshield.domain.actor import SERVICE
from mshield.domain.staff import StaffRole
from mshield.domain.times import DAY_MS
from mshield.keys.keyring import Keyring
from mshield.keys.seals import NotSealed, load_sealer
from mshield.services.oidc.clients import set_client
from mshield.services.operations.seal_earlier import SealsLost, seal_earlier
from mshield.services.staff.factors import StaffFactors
from mshield.services.staff.set_up import renew_set_up
from mshield.services.staff.tokens import Wanted, add_token
from mshield.services.systems.view_drafts import HandedIn, ViewFile
from mshield.services.systems.views import register_view
from mshield.store.accounts import closings, phone_changes
from mshield.store.database.interface import Database, Tx
from mshield.store.filing import proposals
from mshield.store.identity import consents
from mshield.store.seals.reading import SEALED
from mshield.store.seals.tables import (
    CERTIFICATES,
    KEYS,
    RENEWALS,
    REQUESTS,
    SIGNATURES,
    TABLES,
    TASKS,
    SealedTable,
)
from mshield.store.staff import acts, approvals, members
from tests.support.application import Application, running_peopled
from tests.support.clock import Clock
from tests.support.identity import filed, make_code_in, prove_account
from tests.support.intruder import Intruder
from tests.support.log_findings import SETTINGS, found_by_the_log
from tests.support.portal import Browser
from tests.support.renewal import make_renewing
from tests.support.signing import WRONG_SHARE, World, execute, fetch, make_world
from tests.support.small_view import CONTENT, small_view
from tests.support.staff import set_up
from tests.support.unshown import let_ask_unshown


def _name(table: SealedTable) -> str:
    return table.name


async def _lived(world: World) -> None:
    """A key that was used: two wrong PINs, a right one, a wrong one."""
    for share in (WRONG_SHARE, WRONG_SHARE, None, WRONG_SHARE):
        sid = await world.task()
        if share is None:
            await world.sign([sid])
            continue
        with pytest.raises(errors.WrongPin):
            await world.sign([sid], d1=share)


async def test_a_life_without_an_intruder_holds(db: Database, keyring: Keyring, clock: Clock) -> None:
    world = await make_world(db, keyring, clock)
    await _lived(world)
    assert await found_by_the_log(db, keyring, now=clock()) == set()


@pytest.mark.parametrize("tries", [1, 2, 3])
@pytest.mark.parametrize("then", ["nothing", "wrong", "right", "right, often"])
async def test_counters_that_went_on_from_an_older_state_are_found(
    world: World, intruder: Intruder, tries: int, then: str
) -> None:
    """The row with its good seal of before some wrong PINs, whatever happens with it afterwards."""
    await world.sign([await world.task()])
    names = ("failures", "wrong_total", "seal_version", "seal")
    before = intruder.rows(f"SELECT {', '.join(names)} FROM keys")[0]
    for _ in range(tries):
        with pytest.raises(errors.WrongPin):
            await world.sign([await world.task()], d1=WRONG_SHARE)
    intruder.run(f"UPDATE keys SET {', '.join(f'{name} = ?' for name in names)}", *before.values())
    if then == "wrong":
        with pytest.raises(errors.WrongPin):
            await world.sign([await world.task()], d1=WRONG_SHARE)
    for _ in range({"right": 1, "right, often": 5}.get(then, 0)):
        await world.sign([await world.task()])
    assert ("keys", "sealed_row_set_back") in await found_by_the_log(
        world.db, world.keyring, now=world.clock()
    )


@pytest.fixture
async def peopled(database_url: str, tmp_path: Path, clock: Clock) -> AsyncIterator[Application]:
    """The application, with somebody in every table of people, staff and systems."""
    async with running_peopled(database_url, tmp_path, clock, _people) as application:
        yield application


async def _people(application: Application) -> None:
    """Puts somebody into every table of people, staff and systems."""
    context, now = application.context, application.clock()
    for person in (LEGAL_PERSON, OPERATOR):
        await application.registered(person)
        await prove_account(application, person)
    await Browser.of(application).log_in()
    await make_code_in(application)
    officer = await set_up(context.db, context.keyring, now=now)
    await renew_set_up(context.db, staff_id=officer.member.id, by=SERVICE, life=86_400, now=now)
    member = await members.find(context.db, staff_id=officer.member.id)
    assert member is not None
    await StaffFactors(context.db, context.keyring, SETTINGS).offer(member, now=now)
    await set_up(context.db, context.keyring, now=now, name="第二人")
    await _others(application, member.id)
    question = approvals.NewApproval(
        id="question",
        act="staff.add",
        subject="x",
        details={},
        reason="x",
        asked_by=member.id,
        expires_at=now + 1,
    )
    await context.db.write(lambda tx: approvals.insert(tx, question, now=now))
    await set_client(
        context.db,
        client_id=application.client_id,
        redirect_uris=("https://singlewindow.example/back",),
        logout_uris=(),
        auth_method="client_secret_basic",
        jwks=None,
        par_required=False,
        now=now,
    )
    files = HandedIn(small_view(), (ViewFile("订单.json", CONTENT),))
    await register_view(context.db, application.client_id, files, second_person="赵敏", now=now)
    await let_ask_unshown(application)


async def _others(application: Application, staff_id: str) -> None:
    """A token of theirs, a record that waits for two, a consent that an own shield is asked for, what else waits."""
    context, now = application.context, application.clock()
    wanted = Wanted(name="夜间导入", roles=(StaffRole.AUDITOR,), days=90)
    await add_token(context.db, staff_id, wanted, by=SERVICE, now=now)
    ask = approvals.NewApproval(
        id="import", act="x", subject="y", details={}, reason="x", asked_by=staff_id, expires_at=now + 1
    )
    line = proposals.NewProposal(
        id="line", approval_id="import", line=1, record_hash=b"r", record_box=b"box", before_hash=b"b"
    )
    person = await filed(application)
    account = await fetch(context.db, "SELECT id FROM accounts WHERE phone = $1", OPERATOR.phone)
    asked = await application.business("POST", "/api/business/requests", {"kind": "login"})
    consent = consents.NewConsent(
        request_id=asked.json()["id"],
        account_id=str(account["id"]),
        person_id=person.id,
        phone=OPERATOR.phone,
    )

    change = phone_changes.NewPhoneChange(
        id="change",
        account_id=str(account["id"]),
        approval_id="import",
        old_phone=OPERATOR.phone,
        new_phone="13600000001",
        details={},
        effective_at=now + DAY_MS,
    )

    async def work(tx: Tx) -> None:
        await approvals.insert(tx, ask, now=now)
        await phone_changes.insert(tx, change, now=now)
        await closings.insert(
            tx, closing_id="closing", account_id=str(account["id"]), due_at=now + DAY_MS, now=now
        )
        await proposals.insert(tx, [line])
        await consents.insert(tx, consent)

    await context.db.write(work)
    columns = "(id, state, asked_at, expires_at, reminded_at, account_id, person_id)"
    values = "'x', 'waiting', 1, 1, 0, a.id, f.id FROM accounts a, filed_persons f LIMIT 1"
    await execute(context.db, f"INSERT INTO identity_requests {columns} SELECT {values}")
    columns = "(id, account_id, credit_code, shield_number, kind, note, asked_at, expires_at, state)"
    values = "'x', id, 'x', 'x', 'lift', '', 1, 1, 'waiting' FROM accounts LIMIT 1"
    await execute(context.db, f"INSERT INTO shield_asks {columns} SELECT {values}")
    columns = "(id, state, parameters, expires_at, created_at, client_id)"
    values = "'x', 'pushed', '{}', 1, 1, client_id FROM business_systems LIMIT 1"
    await execute(context.db, f"INSERT INTO oidc_authorizations {columns} SELECT {values}")


_OF_KEYS: Final = frozenset({"keys", "certificates", "renewals", "requests", "tasks", "signatures"})


@pytest.mark.parametrize("table", [table for table in TABLES if table.name not in _OF_KEYS], ids=_name)
async def test_each_sealed_column_that_is_changed_is_found(
    peopled: Application, intruder: Intruder, table: SealedTable
) -> None:
    context = peopled.context
    await _each_column_is_found(context.db, context.keyring, intruder, table, now=peopled.clock())


@pytest.mark.parametrize("table", [KEYS, CERTIFICATES, REQUESTS, TASKS, SIGNATURES], ids=_name)
async def test_each_sealed_column_of_what_is_signed_is_found(
    db: Database, keyring: Keyring, clock: Clock, intruder: Intruder, table: SealedTable
) -> None:
    """The text, its title and who asked among them."""
    world = await make_world(db, keyring, clock)
    await _lived(world)
    await _each_column_is_found(db, keyring, intruder, table, now=clock())


async def test_each_sealed_column_of_a_renewal_is_found(
    db: Database, keyring: Keyring, clock: Clock, intruder: Intruder
) -> None:
    renewing = await make_renewing(db, keyring, clock)
    world = renewing.world
    await renewing.begin()
    await _each_column_is_found(world.db, world.keyring, intruder, RENEWALS, now=renewing.now)


async def _each_column_is_found(
    db: Database, keyring: Keyring, intruder: Intruder, table: SealedTable, *, now: int
) -> None:
    assert await found_by_the_log(db, keyring, now=now) == set()  # all that waited for its place has it
    row = intruder.rows(f"SELECT * FROM {table.name} WHERE seal IS NOT NULL")[0]
    for column in table.columns:
        other = _other(row[column])
        if other is None:
            continue
        update = f"UPDATE {table.name} SET {column} = ? WHERE {table.key} = ?"
        assert intruder.run(update, other, row[table.key]) == 1
        assert (table.name, "seal_broken") in await found_by_the_log(db, keyring, now=now), column
        intruder.run(update, row[column], other if column == table.key else row[table.key])
    assert await found_by_the_log(db, keyring, now=now) == set()


def _other(value: Any) -> Any:
    match value:
        case None:
            return None
        case bytes():
            return bytes([value[0] ^ 1]) + value[1:]
        case str():
            return value + "0"
        case _:
            return value + 1


def _last(table: SealedTable, row: dict[str, Any]) -> str:
    return next(name for name in reversed(table.columns) if row[name] is not None and name != table.key)


@pytest.mark.parametrize(
    "table", [table for table in TABLES if table.logged and table.name not in _OF_KEYS], ids=_name
)
async def test_a_row_set_back_to_its_own_older_state_is_found(
    peopled: Application, intruder: Intruder, table: SealedTable
) -> None:
    """Its seal is good: the record of its last change tells."""
    context, now = peopled.context, peopled.clock()
    key = intruder.rows(f"SELECT * FROM {table.name}")[0][table.key]
    names = (*table.columns, "seal_version", "seal")
    before = intruder.rows(f"SELECT * FROM {table.name} WHERE {table.key} = ?", key)[0]
    # A view's other columns never change, and stand in the log by themselves.
    column = "withdrawn_at" if table.name == "views" else _last(table, before)
    await execute(
        context.db,
        f"UPDATE {table.name} SET {column} = $1 WHERE {table.key} = $2",
        now if before[column] is None else _other(before[column]),
        key,
    )
    assert await found_by_the_log(context.db, context.keyring, now=now) == set()
    sets = ", ".join(f"{name} = ?" for name in names[1:])
    intruder.run(
        f"UPDATE {table.name} SET {sets} WHERE {table.key} = ?", *(before[name] for name in names[1:]), key
    )
    assert (table.name, "sealed_row_set_back") in await found_by_the_log(context.db, context.keyring, now=now)


@pytest.mark.parametrize("table", [table for table in TABLES if table.logged and table.kept], ids=_name)
async def test_a_row_that_was_taken_away_is_found(
    peopled: Application, intruder: Intruder, table: SealedTable
) -> None:
    context, now = peopled.context, peopled.clock()
    key = intruder.rows(f"SELECT * FROM {table.name}")[0][table.key]
    intruder.run("PRAGMA foreign_keys=OFF") if context.db.dialect == "sqlite" else None
    assert intruder.run(f"DELETE FROM {table.name} WHERE {table.key} = ?", key) == 1
    assert (table.name, "sealed_row_missing") in await found_by_the_log(context.db, context.keyring, now=now)


async def test_what_was_sealed_twice_is_told(peopled: Application, intruder: Intruder) -> None:
    """They take away key, seals and records, and wait for the next `mshield migrate`, which refuses."""
    context, now = peopled.context, peopled.clock()
    await seal_earlier_for_the_first_time(context.db, now=now)
    assert await found_by_the_log(context.db, context.keyring, now=now) == set()
    intruder.run("DELETE FROM secrets WHERE name IN ('seal', 'sealed')")
    intruder.run("DELETE FROM sealed_changes")
    for table in TABLES:
        intruder.run(f"UPDATE {table.name} SET seal = NULL, seal_version = 0")
    with pytest.raises(NotSealed):
        await load_sealer(context.db, context.keyring, now=now)
    with pytest.raises(SealsLost):
        await seal_earlier(context.db, context.keyring, now=now)
    intruder.run(
        "DELETE FROM acts WHERE act = 'seals.begin'"
    )  # with the records, deleted above: two holes in the log
    await seal_earlier(context.db, context.keyring, now=now)
    assert {code for _, code in await found_by_the_log(context.db, context.keyring, now=now)} >= {
        "row_missing"
    }


async def test_a_database_that_began_with_seals_is_sealed_by_no_upgrade(
    peopled: Application, intruder: Intruder
) -> None:
    """They take one seal away, and the mark that all have one."""
    context, now = peopled.context, peopled.clock()
    assert await found_by_the_log(context.db, context.keyring, now=now) == set()
    intruder.run("DELETE FROM secrets WHERE name = 'sealed'")
    intruder.run("UPDATE filed_persons SET phone = '13612344321', seal = NULL")
    with pytest.raises(NotSealed):
        await load_sealer(context.db, context.keyring, now=now)
    with pytest.raises(SealsLost):
        await seal_earlier(context.db, context.keyring, now=now)


async def seal_earlier_for_the_first_time(db: Database, *, now: int) -> None:
    """As the upgrade leaves it in the log."""
    await db.write(
        lambda tx: acts.record(tx, by=SERVICE, act=SEALED, subject="database", details={"rows": 1}, now=now)
    )
