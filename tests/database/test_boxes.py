"""The table of sealed columns: complete, and each box of a real run is bound as the table says."""

import pytest

from mshield.gm.transcript import nonce_box_context
from mshield.server.acts.rows import approvals
from mshield.server.acts.rows.approvals import NewApproval
from mshield.server.database.interface import Database
from mshield.server.filing.import_list import ImportFiling
from mshield.server.filing.origin import Origin
from mshield.server.filing.proposals import LegalPersons
from mshield.server.filing.rules import FilingRow
from mshield.server.keys.keyring import Keyring
from mshield.server.keys.secrets import LookupKey
from mshield.server.maintenance.rotate_keys import box_context
from mshield.server.maintenance.rows.boxes import (
    BOXES,
    PREFIX_BYTES,
    BoxColumn,
    Reseal,
    count_by_prefix,
    list_old,
    reseal,
)
from mshield.server.notices.push import Push, PushAddress
from mshield.server.oidc.keys import OidcKeys
from mshield.server.settings.settings import Settings
from mshield.server.staff.approvals import Approvals
from mshield.server.staff.import_filing import ApproveLegalPersons, ImportByStaff
from mshield.server.staff.members import StaffMember
from mshield.server.staff.rules import QUESTION_BOX, question_context
from mshield.server.webhooks.endpoints import WebhookEndpoints
from tests.support import schema
from tests.support.ca_boxes import put_ca_boxes
from tests.support.clock import Clock
from tests.support.issuing import LEAVE_ATTEMPTS
from tests.support.push_service import Browser
from tests.support.signing import execute, fetch, make_world
from tests.support.staff import set_up

_IDS = [column.name for column in BOXES]


def test_every_sealed_column_is_in_the_table(sqlite_url: str) -> None:
    columns = schema.sqlite_schema(sqlite_url.removeprefix("sqlite:///")).columns
    sealed = {
        f"{column.table}.{column.name}"
        for column in columns
        if column.name == "box" or column.name.endswith("_box")
    }
    assert sealed == set(_IDS)
    assert len(_IDS) == len(set(_IDS))


def test_the_tables_columns_exist(sqlite_url: str) -> None:
    columns = schema.sqlite_schema(sqlite_url.removeprefix("sqlite:///")).columns
    known = {(column.table, column.name) for column in columns}
    for box in BOXES:
        for name in (box.key, box.column, *box.also):
            assert (box.table, name) in known


def test_a_sessions_context_is_the_signers() -> None:
    (column,) = (column for column in BOXES if column.name == "signing_sessions.k2_box")
    row = {"uid": bytes(16), "epoch": 7, "P1": bytes(65), "items": b"items" * 16}
    expected = nonce_box_context(uid=bytes(16), epoch=7, P1=bytes(65), items=b"items" * 16)
    assert column.context(row) == expected


async def test_each_box_of_a_real_run_opens_as_listed(db: Database, keyring: Keyring, clock: Clock) -> None:
    world = await make_world(db, keyring, clock)
    await world.sign([await world.task()])
    await world.refresh(tau=1234567)  # leaves a pending share
    await world.open(await world.commit([await world.task()]))  # leaves a session
    await execute(db, LEAVE_ATTEMPTS)
    await OidcKeys(db, keyring).current(clock())
    hooks = WebhookEndpoints(db, keyring, Settings().webhooks)
    endpoint, _ = await hooks.add(client_id=world.system.client_id, url="https://hook.example/", now=clock())
    await hooks.rotate(endpoint, hours=24, now=clock())  # leaves the previous secret
    device = await fetch(db, "SELECT id, account_id FROM devices WHERE account_id IS NOT NULL")
    browser = Browser()
    await Push(db, keyring, Settings(), clock).subscribe(
        str(device["id"]),
        str(device["account_id"]),
        PushAddress("https://push.example/s/1", browser.point, browser.auth),
        requests=True,
        notices=True,
        now=clock(),
    )
    await put_ca_boxes(db, keyring)
    officer = (await set_up(db, keyring, now=clock())).opened.member
    await _put_up_a_legal_person(db, keyring, officer, now=clock())
    await _ask_two(db, keyring, officer, now=clock())
    seen = set()
    for column in BOXES:
        for row in await list_old(db, column, prefix=b"none", after=None, limit=100):
            box = row[column.column]
            if column.epoch is not None:
                assert keyring.open_share(box, uid=row[column.key], epoch=row[column.epoch])
            else:
                assert keyring.open(box, purpose=column.purpose, context=box_context(keyring, column, row))
            seen.add(column.name)
    assert seen == set(_IDS) - {"idempotency.answer_box"}  # made only by HTTP calls


async def _ask_two(db: Database, keyring: Keyring, officer: StaffMember, *, now: int) -> None:
    """Creates a request for two members, with a hidden part."""
    box = keyring.seal(b"{}", purpose=QUESTION_BOX, context=question_context("q", "account", officer.id))
    question = NewApproval(
        id="q",
        act="account.change_phone",
        subject="account",
        details={},
        reason="x",
        asked_by=officer.id,
        expires_at=now + 1,
        sealed_box=box,
    )
    await db.write(lambda tx: approvals.insert(tx, question, now=now))


async def _put_up_a_legal_person(db: Database, keyring: Keyring, officer: StaffMember, *, now: int) -> None:
    lookup = LookupKey(bytes(32))
    imports = ImportFiling(db, keyring, lookup)
    row = FilingRow(
        line=2,
        enterprise="宁波海天贸易有限公司",
        credit_code="91330206MA2XB7C1TW",
        name="许安然",
        id_type="护照",
        id_number="E12345678",
        role="法人",
    )
    legal_persons = LegalPersons(db, keyring, lookup, imports)
    act = ApproveLegalPersons(legal_persons).act()
    approved = Approvals(db, {act.name: act})
    report, _ = await ImportByStaff(imports, legal_persons, approved).apply(officer, [row], Origin(), now=now)
    assert report.waiting == 1


@pytest.fixture
def column() -> BoxColumn:
    return next(column for column in BOXES if column.name == "secrets.box")


async def _fill(db: Database, keyring: Keyring, names: list[str]) -> None:
    for name in names:
        box = keyring.seal(name.encode(), purpose="secret", context=name.encode())
        await execute(db, "INSERT INTO secrets (name, box, created_at) VALUES ($1, $2, 0)", name, box)


async def test_old_boxes_are_listed_by_key_page_by_page(
    db: Database, keyring: Keyring, column: BoxColumn
) -> None:
    await _fill(db, keyring, ["c", "a", "d", "b"])
    newer = Keyring.generate()
    await _fill(db, newer, ["e"])
    prefix, after, found = newer.current_prefix, None, []
    while page := await list_old(db, column, prefix=prefix, after=after, limit=3):
        found += [row["name"] for row in page]
        after = page[-1]["name"]
    assert found == ["a", "b", "c", "d"]
    counts = await count_by_prefix(db, column)
    assert counts == {keyring.current_prefix: 4, newer.current_prefix: 1}
    assert all(len(prefix) == PREFIX_BYTES for prefix in counts)


async def test_only_the_box_that_was_read_is_replaced(
    db: Database, keyring: Keyring, column: BoxColumn
) -> None:
    await _fill(db, keyring, ["a", "b"])
    rows = await list_old(db, column, prefix=b"none", after=None, limit=9)
    a, b = (row["box"] for row in rows)
    await execute(db, "UPDATE secrets SET box = $1 WHERE name = $2", b"written meanwhile", "a")
    assert await reseal(db, column, [Reseal("a", a, b"new a"), Reseal("b", b, b"new b")]) == 1
    assert (await fetch(db, "SELECT box FROM secrets WHERE name = $1", "a"))["box"] == b"written meanwhile"
    assert (await fetch(db, "SELECT box FROM secrets WHERE name = $1", "b"))["box"] == b"new b"
