"""An attacker with write access to the database but no key: `mshield log verify` detects every change."""

# ruff: noqa: S608  the names in the statements are the schema's own

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, Final

import pytest

from mshield.server.accounts.rows import phone_changes
from mshield.server.acts.actor import SERVICE
from mshield.server.acts.rows import approvals
from mshield.server.database.interface import Database, Tx
from mshield.server.filing.rows import phone_changes as filed_phones
from mshield.server.filing.rows import proposals
from mshield.server.identity.rows import consents
from mshield.server.keys.keyring import Keyring
from mshield.server.keys.seals import SealsLost, load_sealer
from mshield.server.oidc.clients import set_client
from mshield.server.retention.rows import closings
from mshield.server.seals.tables import (
    CERTIFICATES,
    KEYS,
    RENEWALS,
    REQUESTS,
    SIGNATURES,
    SUBMISSIONS,
    TABLES,
    TASKS,
    SealedTable,
)
from mshield.server.signing.errors import WrongPin
from mshield.server.staff.factors import StaffFactors
from mshield.server.staff.rows import members
from mshield.server.staff.rules import StaffRole
from mshield.server.staff.set_up import renew_set_up
from mshield.server.staff.tokens import NewTokenMessage, add_token
from mshield.server.systems.view_drafts import SubmittedView, ViewFile
from mshield.server.systems.views import register_view
from mshield.server.values.phone_change import NewPhoneChange
from mshield.testkit.demo.people import LEGAL_PERSON, OPERATOR
from mshield.wire.times import DAY_MS
from tests.support.application import Application, running_peopled
from tests.support.ca_boxes import put_ca_boxes
from tests.support.clock import Clock
from tests.support.identity import filed, make_code_in, prove_account
from tests.support.intruder import Intruder
from tests.support.log_findings import SETTINGS, found_by_the_log
from tests.support.portal import Browser
from tests.support.renewal import make_renewing
from tests.support.second_person import SECOND
from tests.support.signing import WRONG_SHARE, World, execute, fetch, make_world
from tests.support.small_view import CONTENT, small_view
from tests.support.staff import set_up
from tests.support.unshown import let_ask_unshown


def _name(table: SealedTable) -> str:
    return table.name


async def _lived(world: World) -> None:
    """Uses the key: two wrong PINs, a right one, a wrong one."""
    for share in (WRONG_SHARE, WRONG_SHARE, None, WRONG_SHARE):
        sid = await world.task()
        if share is None:
            await world.sign([sid])
            continue
        with pytest.raises(WrongPin):
            await world.sign([sid], d1=share)


async def test_untouched_history_verifies(db: Database, keyring: Keyring, clock: Clock) -> None:
    world = await make_world(db, keyring, clock)
    await _lived(world)
    assert await found_by_the_log(db, keyring, now=clock()) == set()


@pytest.mark.parametrize("tries", [1, 2, 3])
@pytest.mark.parametrize("then", ["nothing", "wrong", "right", "right, often"])
async def test_counters_continued_from_an_older_state_are_detected(
    world: World, intruder: Intruder, tries: int, then: str
) -> None:
    """The row with its valid seal from before some wrong PINs, whatever happens to it afterwards."""
    await world.sign([await world.task()])
    names = ("failures", "wrong_total", "seal_version", "seal")
    before = intruder.rows(f"SELECT {', '.join(names)} FROM keys")[0]
    for _ in range(tries):
        with pytest.raises(WrongPin):
            await world.sign([await world.task()], d1=WRONG_SHARE)
    intruder.run(f"UPDATE keys SET {', '.join(f'{name} = ?' for name in names)}", *before.values())
    if then == "wrong":
        with pytest.raises(WrongPin):
            await world.sign([await world.task()], d1=WRONG_SHARE)
    for _ in range({"right": 1, "right, often": 5}.get(then, 0)):
        await world.sign([await world.task()])
    assert ("keys", "sealed_row_set_back") in await found_by_the_log(
        world.db, world.keyring, now=world.clock()
    )


@pytest.fixture
async def peopled(database_url: str, tmp_path: Path, clock: Clock) -> AsyncIterator[Application]:
    """The application with a row in every table of people, staff and systems."""
    async with running_peopled(database_url, tmp_path, clock, _people) as application:
        yield application


async def _people(application: Application) -> None:
    """Creates a row in every table of people, staff and systems."""
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
    await StaffFactors(context.db, context.keyring, SETTINGS.site).offer(member, now=now)
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
    files = SubmittedView(small_view(), (ViewFile("订单.json", CONTENT),))
    await register_view(context.db, application.client_id, files, second_person=SECOND, now=now)
    await let_ask_unshown(application)
    endpoints = context.systems.webhook_endpoints
    await endpoints.add(client_id=application.client_id, url="https://singlewindow.example/hook", now=now)


async def _others(application: Application, staff_id: str) -> None:
    """Creates a token, a record awaiting two officers, a requested consent and other pending rows."""
    context, now = application.context, application.clock()
    wanted = NewTokenMessage(name="夜间导入", roles=(StaffRole.AUDITOR,), days=90)
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

    change = NewPhoneChange(
        id="change",
        account_id=str(account["id"]),
        approval_id="import",
        old_phone=OPERATOR.phone,
        new_phone="13600000001",
        details={},
        effective_at=now + DAY_MS,
    )

    filed_change = filed_phones.NewFiledPhone(
        id="filed",
        person_id=person.id,
        account_id=str(account["id"]),
        approval_id="import",
        old_phone=OPERATOR.phone,
        new_phone="13600000002",
        details={},
        effective_at=now + DAY_MS,
    )

    async def work(tx: Tx) -> None:
        await approvals.insert(tx, ask, now=now)
        await filed_phones.insert(tx, filed_change, now=now)
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


_OF_KEYS: Final = frozenset(
    {"keys", "certificates", "ca_submissions", "renewals", "requests", "tasks", "signatures"}
)


@pytest.mark.parametrize("table", [table for table in TABLES if table.name not in _OF_KEYS], ids=_name)
async def test_each_changed_sealed_column_is_detected(
    peopled: Application, intruder: Intruder, table: SealedTable
) -> None:
    context = peopled.context
    await _each_column_is_found(context.db, context.keyring, intruder, table, now=peopled.clock())


@pytest.mark.parametrize("table", [KEYS, CERTIFICATES, SUBMISSIONS, REQUESTS, TASKS, SIGNATURES], ids=_name)
async def test_each_changed_column_of_signed_documents_is_detected(
    db: Database, keyring: Keyring, clock: Clock, intruder: Intruder, table: SealedTable
) -> None:
    """The columns include the text, its title and the requester."""
    world = await make_world(db, keyring, clock)
    await _lived(world)
    await put_ca_boxes(db, keyring)
    await _each_column_is_found(db, keyring, intruder, table, now=clock())


async def test_each_changed_column_of_a_renewal_is_detected(
    db: Database, keyring: Keyring, clock: Clock, intruder: Intruder
) -> None:
    renewing = await make_renewing(db, keyring, clock)
    world = renewing.world
    await renewing.begin()
    await _each_column_is_found(world.db, world.keyring, intruder, RENEWALS, now=renewing.now)


async def _each_column_is_found(
    db: Database, keyring: Keyring, intruder: Intruder, table: SealedTable, *, now: int
) -> None:
    assert await found_by_the_log(db, keyring, now=now) == set()  # every pending entry is in the log
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
async def test_row_restored_to_an_older_state_is_detected(
    peopled: Application, intruder: Intruder, table: SealedTable
) -> None:
    """The seal is valid, but the record of the row's last change differs."""
    context, now = peopled.context, peopled.clock()
    key = intruder.rows(f"SELECT * FROM {table.name}")[0][table.key]
    names = (*table.columns, "seal_version", "seal")
    before = intruder.rows(f"SELECT * FROM {table.name} WHERE {table.key} = ?", key)[0]
    # A view's other columns never change, and the log has them too.
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


@pytest.mark.parametrize("table", [table for table in TABLES if table.logged and table.permanent], ids=_name)
async def test_deleted_row_is_detected(peopled: Application, intruder: Intruder, table: SealedTable) -> None:
    context, now = peopled.context, peopled.clock()
    key = intruder.rows(f"SELECT * FROM {table.name}")[0][table.key]
    intruder.run("PRAGMA foreign_keys=OFF") if context.db.dialect == "sqlite" else None
    assert intruder.run(f"DELETE FROM {table.name} WHERE {table.key} = ?", key) == 1
    assert (table.name, "sealed_row_missing") in await found_by_the_log(context.db, context.keyring, now=now)


async def test_rows_without_seals_get_none_after_the_key_is_deleted(
    peopled: Application, intruder: Intruder
) -> None:
    """The attacker changes a row and deletes key, seals and records, so that all rows would be sealed again."""
    context, now = peopled.context, peopled.clock()
    assert await found_by_the_log(context.db, context.keyring, now=now) == set()
    intruder.run("DELETE FROM secrets WHERE name = 'seal'")
    intruder.run("DELETE FROM sealed_changes")
    for table in TABLES:
        intruder.run(f"UPDATE {table.name} SET seal = NULL, seal_version = 0")
    intruder.run("UPDATE filed_persons SET phone = '13612344321'")
    with pytest.raises(SealsLost):
        await load_sealer(context.db, context.keyring, now=now)
    assert intruder.rows("SELECT name FROM secrets WHERE name = 'seal'") == []


@pytest.mark.parametrize("table", TABLES, ids=_name)
async def test_row_without_its_seal_is_detected(
    peopled: Application, intruder: Intruder, table: SealedTable
) -> None:
    """The row looks as if it were older than the seals."""
    context, now = peopled.context, peopled.clock()
    assert await found_by_the_log(context.db, context.keyring, now=now) == set()
    if intruder.run(f"UPDATE {table.name} SET seal = NULL, seal_version = 0"):
        assert (table.name, "seal_broken") in await found_by_the_log(context.db, context.keyring, now=now)
    else:
        assert table.name in _OF_KEYS
