"""Closing an account: preview, request with a code, undo, execution when due, erasure of what no law keeps."""

import contextlib
import re
import sqlite3
from dataclasses import replace

import pytest

from mshield.server.accounts.session import PhoneLogin
from mshield.server.database.interface import Database, Tx
from mshield.server.notices.rows import push
from mshield.server.notices.rows.push import Subscription
from mshield.server.retention.rows import closings
from mshield.testkit.demo.people import LEGAL_PERSON, OPERATOR
from mshield.wire.ids import new_id
from mshield.wire.times import DAY_MS
from tests.support.application import Application, Device
from tests.support.killed_database import Died, MortalDatabase
from tests.support.portal import certified
from tests.support.signing import fetch, statement
from tests.support.sources import SERVER


async def _code(application: Application, device: Device, purpose: str) -> str:
    application.clock.advance(seconds=61)
    sent = await device.call("POST", "/api/phone/sms-codes", {"phone": None, "purpose": purpose})
    assert sent.status_code == 202, sent.text
    return await application.sms_code(purpose)


async def _ask(application: Application, device: Device) -> int:
    code = await _code(application, device, "close")
    answer = await device.call("POST", "/api/phone/account/closing", {"sms_code": code})
    assert answer.status_code == 201, answer.text
    return int(answer.json()["due_at"])


async def test_account_without_certificates_is_erased_when_due(application: Application) -> None:
    await application.registered()
    device = await application.logged_in()
    used = await fetch(application.context.db, "SELECT device_id, account_id FROM device_uses")
    foreseen = (await device.call("GET", "/api/phone/account/closing")).json()
    assert foreseen["due_at"] is None
    assert "account" in {part["name"] for part in foreseen["erased"]}
    assert {"filing", "acts"} <= {part["name"] for part in foreseen["kept"]}
    wrong = await device.call("POST", "/api/phone/account/closing", {"sms_code": "000000"})
    assert wrong.status_code == 400, wrong.text
    due_at = await _ask(application, device)
    assert due_at == application.clock() + application.context.settings.accounts.closing_days * DAY_MS
    close = application.context.retention.close_account
    assert await close(now=due_at - 1) == 0
    undone = await device.call("DELETE", "/api/phone/account/closing")
    assert undone.status_code == 204
    assert await close(now=due_at) == 0
    again = await device.call("DELETE", "/api/phone/account/closing")
    assert again.json()["code"] == "not_found"
    due_at = await _ask(application, device)
    twice = await _code(application, device, "close")
    refused = await device.call("POST", "/api/phone/account/closing", {"sms_code": twice})
    assert refused.json()["code"] == "conflict"
    db = application.context.db
    subscription = Subscription(
        str(used["device_id"]), str(used["account_id"]), requests=True, notices=True, address_box=b"box"
    )
    await push.put(db, subscription, now=due_at)
    assert await close(now=due_at) == 1
    row = await fetch(db, "SELECT phone, name, state FROM accounts")
    assert (row["name"], row["state"]) == ("", "disabled")
    assert OPERATOR.phone not in str(row["phone"])
    assert (await device.call("GET", "/api/phone/me")).status_code == 401
    assert (await fetch(db, "SELECT COUNT(*) AS n FROM policy_consents WHERE withdrawn_at IS NULL"))["n"] == 0
    told = await fetch(db, "SELECT phone FROM notifications WHERE kind = 'account_closed'")
    assert told["phone"] == OPERATOR.phone
    for table in ("device_uses", "push_subscriptions", "phone_sessions"):
        assert (await fetch(db, f"SELECT COUNT(*) AS n FROM {table}"))["n"] == 0, table  # noqa: S608  # tables named here
    await application.registered()  # the number is free again


async def test_forged_or_restored_row_closes_nothing(application: Application) -> None:
    await application.registered()
    device = await application.logged_in()
    due_at = await _ask(application, device)
    db = application.context.db
    before = await fetch(db, "SELECT id, due_at, seal_version, seal FROM closings")
    assert (await device.call("DELETE", "/api/phone/account/closing")).status_code == 204
    await _write(
        db,
        "UPDATE closings SET state = 'waiting', ended_at = NULL, seal_version = $1, seal = $2",
        before["seal_version"],
        before["seal"],
    )
    close = application.context.retention.close_account
    assert await close(now=due_at) == 0
    await _write(db, "UPDATE closings SET due_at = due_at - 1")
    assert await close(now=due_at) == 0
    assert (await fetch(db, "SELECT state FROM accounts"))["state"] == "active"


async def test_forged_rows_do_not_block_the_others(
    application: Application, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rows with a broken seal, as many as one read returns, don't block the others."""
    monkeypatch.setattr("mshield.server.retention.closing._BATCH", 1)
    await application.registered()
    await _ask(application, await application.logged_in())
    await _write(application.context.db, "UPDATE closings SET due_at = due_at - 1")
    await application.registered(LEGAL_PERSON)
    due_at = await _ask(application, await application.logged_in(LEGAL_PERSON))
    close = application.context.retention.close_account
    assert await close(now=due_at) == 1
    row = await fetch(application.context.db, "SELECT name FROM accounts WHERE state = 'active'")
    assert row["name"] == OPERATOR.name


async def test_copy_of_ones_data_needs_a_code_and_is_complete(application: Application) -> None:
    await application.registered()
    device = await application.logged_in()
    wrong = await device.call("POST", "/api/phone/account/export", {"sms_code": "000000"})
    assert wrong.status_code == 400
    code = await _code(application, device, "export")
    answer = await device.call("POST", "/api/phone/account/export", {"sms_code": code})
    assert answer.status_code == 200, answer.text
    data = answer.json()["data"]
    assert data["account"][0]["id_number"] == OPERATOR.id_number
    assert data["account"][0]["phone"] == OPERATOR.phone
    assert len(data["consents"]) == 3
    assert len(data["logins"]) == 1
    used = await device.call("POST", "/api/phone/account/export", {"sms_code": code})
    assert used.status_code == 400
    acts = await fetch(application.context.db, "SELECT COUNT(*) AS n FROM acts WHERE act = 'account.export'")
    assert acts["n"] == 1


async def test_closing_undone_during_the_job_ends_nothing(application: Application) -> None:
    await application.registered()
    device = await application.logged_in()
    due_at = await _ask(application, device)
    close = application.context.retention.close_account
    before = await fetch(application.context.db, "SELECT id FROM closings")
    assert (await device.call("DELETE", "/api/phone/account/closing")).status_code == 204
    assert await close._finish(str(before["id"]), now=due_at) is False
    row = await fetch(application.context.db, "SELECT name, state FROM accounts")
    assert (row["name"], row["state"]) == (OPERATOR.name, "active")
    assert (await device.call("GET", "/api/phone/me")).status_code == 200


async def test_crash_during_closing_does_all_or_nothing(application: Application) -> None:
    await application.registered()
    device = await application.logged_in()
    due_at = await _ask(application, device)
    db = application.context.db
    close = application.context.retention.close_account
    mortal = MortalDatabase(db, frozenset({"retention.closings.end"}))
    with pytest.raises(Died):
        await replace(close, db=mortal, erase=replace(close.erase, db=mortal))(now=due_at)
    row = await fetch(
        db,
        "SELECT a.name, a.state, c.state AS closing FROM accounts a JOIN closings c ON c.account_id = a.id",
    )
    assert (row["name"], row["state"], row["closing"]) == ("", "disabled", "done")
    told = await fetch(db, "SELECT phone FROM notifications WHERE kind = 'account_closed'")
    assert told["phone"] == OPERATOR.phone


def test_copy_includes_every_table_of_accounts() -> None:
    """The copy contains every table with an `account_id` column, or a reason here says why not."""
    left_out = {
        "identity_consents": "how one of identity_requests is decided",
        "pushes": "minutes",
        "renewals": "the way to a certificate, which has all of it",
        "unlocks": "minutes",
    }
    with contextlib.closing(sqlite3.connect(":memory:")) as schema:
        schema.executescript((SERVER / "database" / "schema.sql").read_text("utf-8"))
        of_accounts = {
            name
            for (name,) in schema.execute(
                "SELECT m.name FROM sqlite_master m JOIN pragma_table_info(m.name) c "
                "WHERE m.type = 'table' AND c.name = 'account_id'"
            )
        }
    read = set(
        re.findall(
            r"(?:FROM|JOIN) (\w+)", (SERVER / "retention" / "rows" / "own_data.sql").read_text("utf-8")
        )
    )
    assert of_accounts - read == set(left_out)


async def _write(db: Database, sql: str, *values: object) -> None:
    await db.run(statement(sql), **{f"p{number + 1}": value for number, value in enumerate(values)})


async def test_closing_revokes_the_shield_and_keeps_what_the_law_requires(
    application: Application,
) -> None:
    context, now = application.context, application.clock()
    row = await certified(context, "MS10720468813")
    await context.notices.notify.compose(now=now)
    close = context.retention.close_account
    elsewhere = PhoneLogin(
        row.account_id, "another", OPERATOR.phone, OPERATOR.name, "resident_id", b"", None, None
    )
    foreseen = await close.preview(elsewhere, now=now)
    assert (foreseen.shields, foreseen.by_pin) == (("MS10720468813",), False)
    assert "certificates" in {part.name for part in foreseen.erasure.kept}
    before = await fetch(context.db, "SELECT name, phone FROM accounts WHERE id = $1", row.account_id)

    async def begin(tx: Tx) -> None:
        await closings.insert(tx, closing_id=new_id(now), account_id=row.account_id, due_at=now, now=now)

    await context.db.write(begin)
    assert await close(now=now) == 1
    after = await fetch(
        context.db, "SELECT name, phone, password_hash, state FROM accounts WHERE id = $1", row.account_id
    )
    assert (after["name"], after["password_hash"], after["state"]) == (before["name"], "", "disabled")
    assert after["phone"] == f"erased-{row.account_id}"
    ended = await fetch(context.db, "SELECT state FROM certificates WHERE serial = $1", row.serial)
    assert ended["state"] == "revoked"
    await context.notices.notify.compose(now=now)
    kinds = await context.db.all(statement("SELECT kind, phone FROM notifications"))
    assert [(told["kind"], told["phone"]) for told in kinds] == [("account_closed", before["phone"])]
