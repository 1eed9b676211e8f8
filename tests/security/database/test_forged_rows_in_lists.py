"""A row changed outside of the service is named in its list, with an alarm, and neither hides nor keeps the others."""

from typing import Any, Final

import pytest

from mshield.server.accounts.rows.portal_sessions import end_of_account
from mshield.server.acts.actor import SERVICE
from mshield.server.oidc.clients import list_clients, set_client
from mshield.server.runtime.security_log.events import ROW_CHANGED
from mshield.server.staff.members import add_staff, disable_staff
from mshield.server.staff.rules import StaffRole
from mshield.server.staff.set_up import renew_set_up
from mshield.server.systems.register import list_systems, register_system
from mshield.testkit.demo.people import LEGAL_PERSON
from tests.support.application import Application
from tests.support.assertions import assert_refused
from tests.support.console_people import Clerk, two_at_work
from tests.support.identity import prove_account
from tests.support.intruder import Intruder
from tests.support.log_findings import found_by_the_log
from tests.support.portal import Browser
from tests.support.security_lines import lines_of

_OFFICER: Final = StaffRole.SECURITY_OFFICER
one, other = two_at_work(_OFFICER)


def _alarms(caplog: pytest.LogCaptureFixture) -> list[str]:
    """Returns the lines that docs/operations.md says to alert on."""
    return [
        record.message
        for record in caplog.records
        if "a row was changed outside of the service" in record.message
    ]


async def _list(clerk: Clerk, path: str) -> dict[str, Any]:
    answer = await clerk.call("GET", path)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def _ask(officer: Clerk, subject: str) -> dict[str, Any]:
    document = {
        "act": "staff.roles",
        "subject": subject,
        "details": {"roles": ["auditor"]},
        "reason": "岗位调整",
    }
    answer = await officer.call("POST", "/approvals", document)
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


async def _enable_login(application: Application, client_id: str) -> None:
    await set_client(
        application.context.db,
        client_id=client_id,
        redirect_uris=("https://bank.example/back",),
        logout_uris=(),
        auth_method="client_secret_basic",
        jwks=None,
        par_required=False,
        now=application.clock(),
    )


@pytest.mark.parametrize(
    ("table", "change"),
    [
        ("business_systems", "name = '电子税务局'"),
        ("unshown_allowances", "ended_at = NULL"),
        ("oidc_clients", "redirect_uris = '[\"https://evil.example/\"]'"),
    ],
)
async def test_forged_row_of_one_system_hides_no_other(
    application: Application,
    intruder: Intruder,
    caplog: pytest.LogCaptureFixture,
    one: Clerk,
    *,
    table: str,
    change: str,
) -> None:
    db, now = application.context.db, application.clock()
    forged, _ = await register_system(db, name="银行", domain="bank.example", now=now)
    await _enable_login(application, forged)
    if table == "unshown_allowances":
        intruder.run(
            "INSERT INTO unshown_allowances (client_id, allowed_at, ended_at) VALUES (?, 1, 1)", forged
        )
    assert intruder.run(f"UPDATE {table} SET {change} WHERE client_id = ?", forged) == 1  # noqa: S608  # the case's own
    listed = await _list(one, "/systems")
    assert [system["client_id"] for system in listed["items"]] == [application.client_id]
    assert listed["changed_rows"] == [{"table": table, "key": forged}]
    (line,) = lines_of(caplog, ROW_CHANGED)
    assert (line["level"], line["operation"], line["code"]) == ("critical", "listSystems", "seal_broken")
    assert set(_alarms(caplog)) == {
        f"a row was changed outside of the service and is ignored: {table} '{forged}'"
    }
    assert_refused(await one.call("GET", f"/systems/{forged}"), "record_changed", 409)


async def test_forged_system_hides_no_other_from_the_commands(
    application: Application, intruder: Intruder, caplog: pytest.LogCaptureFixture
) -> None:
    db, now = application.context.db, application.clock()
    forged, _ = await register_system(db, name="银行", domain="bank.example", now=now)
    await _enable_login(application, forged)
    await _enable_login(application, application.client_id)
    assert intruder.run("UPDATE business_systems SET name = '电子税务局' WHERE client_id = ?", forged) == 1
    assert forged not in {each["client_id"] for each in await list_systems(db)}
    assert [each["client_id"] for each in await list_clients(db)] == [application.client_id]
    assert len(_alarms(caplog)) == 2


async def test_forged_member_hides_no_other(
    application: Application, intruder: Intruder, caplog: pytest.LogCaptureFixture, one: Clerk
) -> None:
    forged = await add_staff(
        application.context.db, name="伪造", roles=(StaffRole.AUDITOR,), now=application.clock()
    )
    assert intruder.run("UPDATE staff SET roles = 'security_officer' WHERE id = ?", forged.id) == 1
    listed = await _list(one, "/staff")
    assert one.id in {member["id"] for member in listed["items"]}
    assert forged.id not in {member["id"] for member in listed["items"]}
    assert listed["changed_rows"] == [{"table": "staff", "key": forged.id}]
    assert len(lines_of(caplog, ROW_CHANGED)) == 1


@pytest.mark.parametrize("change", ["details = '{}'", "expires_at = 1"])
async def test_forged_approval_neither_hides_nor_stops_another(
    application: Application,
    intruder: Intruder,
    caplog: pytest.LogCaptureFixture,
    one: Clerk,
    other: Clerk,
    *,
    change: str,
) -> None:
    clerks = [await Clerk.at_work(application, StaffRole.CUSTOMER_SERVICE) for _ in range(2)]
    forged, approval = [await _ask(one, clerk.id) for clerk in clerks]
    assert intruder.run(f"UPDATE approvals SET {change} WHERE id = ?", forged["id"]) == 1  # noqa: S608  # the case's own
    listed = await _list(other, "/approvals?state=waiting")
    assert [each["id"] for each in listed["items"]] == [approval["id"]]
    assert listed["changed_rows"] == [{"table": "approvals", "key": forged["id"]}]
    assert len(lines_of(caplog, ROW_CHANGED)) == 1
    assert (await other.decide(approval, "approve")).status_code == 200
    assert_refused(await other.decide(forged, "approve"), "record_changed", 409)


@pytest.mark.parametrize("table", ["staff_sessions", "staff_tokens"])
async def test_forged_login_does_not_keep_its_member_in_office(
    application: Application, intruder: Intruder, caplog: pytest.LogCaptureFixture, table: str
) -> None:
    """It is worth nothing itself, and the member's other logins end."""
    context, member = application.context, await Clerk.at_work(application, StaffRole.AUDITOR)
    await member.token()
    genuine = intruder.rows(f"SELECT seal FROM {table}")[0]["seal"]  # noqa: S608  # the case's own
    assert intruder.run(f"UPDATE {table} SET seal = ?", bytes(32)) == 1  # noqa: S608  # the case's own
    await disable_staff(context.db, staff_id=member.id, now=application.clock())
    assert len(_alarms(caplog)) == 1
    assert intruder.run(f"UPDATE {table} SET seal = ?", genuine) == 1  # noqa: S608  # the case's own
    findings = await found_by_the_log(context.db, context.keyring, now=application.clock())
    assert any("sealed_row_set_back" in str(finding) for finding in findings)


async def test_forged_set_up_code_does_not_keep_the_others_valid(
    application: Application, intruder: Intruder, caplog: pytest.LogCaptureFixture
) -> None:
    context, member = application.context, await Clerk.added(application, StaffRole.AUDITOR)
    assert intruder.run("UPDATE staff_set_ups SET seal = ?", bytes(32)) == 1
    await renew_set_up(context.db, staff_id=member.id, by=SERVICE, life=86_400, now=application.clock())
    assert len(_alarms(caplog)) == 1


async def test_forged_session_does_not_keep_the_portals_others_open(
    application: Application, intruder: Intruder, caplog: pytest.LogCaptureFixture
) -> None:
    await application.registered(LEGAL_PERSON)
    await prove_account(application, LEGAL_PERSON)
    browsers = [Browser.of(application), Browser.of(application)]
    for browser in browsers:
        await browser.log_in()
    (first, _) = intruder.rows("SELECT token_hash, account_id FROM portal_sessions ORDER BY created_at")
    intruder.run("UPDATE portal_sessions SET seal = ? WHERE token_hash = ?", bytes(32), first["token_hash"])
    ended = await application.context.db.write(
        lambda tx: end_of_account(tx, account_id=first["account_id"], now=application.clock())
    )
    assert ended == 1
    assert len(_alarms(caplog)) == 1
    assert_refused(await browsers[0].get("/session"), "record_changed", 409)
    assert (await browsers[1].get("/session")).status_code == 401
