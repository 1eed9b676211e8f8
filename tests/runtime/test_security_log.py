"""The security log: lines for logins, refusals, acts and limits, without anyone's name."""

import json
import logging
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Final

import pytest

from mshield.server.acts.actor import SERVICE
from mshield.server.acts.rows import acts
from mshield.server.database.interface import Tx
from mshield.server.database.opening import opened_database
from mshield.server.log.damage import LogDamaged
from mshield.server.log.sequence_and_report import sequence_and_report
from mshield.server.main import require_ready
from mshield.server.runtime.rows.known_mark import RestoreUndeclared
from mshield.server.runtime.security_log import events
from mshield.server.runtime.security_log.log import LOGGER
from mshield.server.staff.members import add_staff
from mshield.server.staff.rules import StaffRole
from mshield.testkit.demo.people import LEGAL_PERSON, OPERATOR
from tests.support.application import Application, Device, qr_of, running
from tests.support.captchas import answered_captcha
from tests.support.clock import Clock
from tests.support.console_people import PASSWORD, Clerk
from tests.support.security_lines import lines_of, raw_lines, require_nobody
from tests.support.shield_over_http import Shield
from tests.support.signing import tamper

_NETWORK: Final = "127.0.0.0/24"


@pytest.fixture(autouse=True)
def _all_levels(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, LOGGER)


async def _log_in(application: Application, device: Device, account: str, password: str) -> int:
    document = {"account": account, "password": password, **await answered_captcha(application.http)}
    return (await device.call("POST", "/api/phone/sessions", document)).status_code


async def _sequenced(application: Application) -> None:
    context = application.context
    await sequence_and_report(context.log, context.security, now=application.clock())


async def test_phone_actions_are_logged(application: Application, caplog: pytest.LogCaptureFixture) -> None:
    device = application.device()
    await application.registered()
    assert await _log_in(application, device, OPERATOR.phone, "wrong-Password-2026") == 401
    assert await _log_in(application, device, OPERATOR.phone, OPERATOR.password) == 201
    registered, refused, accepted = lines_of(
        caplog, events.ACCOUNT_REGISTERED, events.LOGIN_REFUSED, events.LOGIN_ACCEPTED
    )
    assert (registered["audience"], registered["operation"], registered["status"]) == (
        "phone",
        "register",
        201,
    )
    assert (refused["code"], refused["level"], refused["network"]) == ("login_failed", "warning", _NETWORK)
    assert "actor" not in refused
    assert accepted["actor_kind"] == "user"
    # One name has one hash, which joins guesses with the account they were for.
    assert registered["target"] == refused["target"] == accepted["target"]
    assert refused["request"] != accepted["request"]
    require_nobody(raw_lines(caplog), (OPERATOR,), "wrong-Password-2026")


async def test_wrong_pin_bad_proof_and_lost_session_are_logged(
    application: Application, caplog: pytest.LogCaptureFixture
) -> None:
    await application.registered()
    device = await application.logged_in()
    shield = Shield(application, device)
    await shield.enrol()
    caplog.clear()
    created = (await application.business("POST", "/api/business/requests", {"kind": "login"})).json()
    scanned = await device.call("POST", "/api/phone/scans", {"code": qr_of(created)})
    nonces, opened = await shield.open(scanned.json()["tasks"])
    shield.d1 += 1
    assert (await shield.finish(nonces, opened)).json()["code"] == "wrong_pin"
    assert (await device.send("GET", "/api/phone/me", b"", None)).status_code == 401
    assert (await device.call("DELETE", "/api/phone/sessions/current")).status_code == 204
    assert (await device.call("GET", "/api/phone/me")).status_code == 401
    pin, proof, ended, lost = lines_of(caplog)
    assert (pin["event"], pin["subject"], pin["status"]) == ("pin.refused", shield.uid.hex(), 403)
    assert (proof["event"], proof["code"], proof["reason"]) == ("proof.refused", "invalid_proof", "header")
    assert (ended["event"], ended["actor_kind"]) == ("login.ended", "user")
    assert (lost["event"], lost["level"]) == ("session.refused", "info")
    await _sequenced(application)
    (issued,) = lines_of(caplog, events.CERTIFICATE_CHANGED)
    assert (issued["event_of"], issued["subject"]) == ("activate", pin["subject"])
    assert issued["account"] == ended["actor"]
    require_nobody(raw_lines(caplog), (OPERATOR,), str(device.token))


async def test_staff_and_systems_are_logged_by_id(
    application: Application, caplog: pytest.LogCaptureFixture
) -> None:
    clerk = await Clerk.at_work(application, StaffRole.CUSTOMER_SERVICE)
    shown = await answered_captcha(application.http, "/api/console/captchas")
    login = {"name": clerk.name, "password": "Wrong-desk-2026", **shown}
    assert (await application.http.post("/api/console/logins", json=login)).status_code == 401
    refused = await clerk.http.get("/api/console/staff")
    assert refused.status_code == 403
    no_csrf = await clerk.http.post("/api/console/session/factor-requests")
    assert no_csrf.status_code == 403
    wrong = await application.http.get(
        "/api/business/requests/x", auth=(application.client_id, "wrong-client-secret")
    )
    assert wrong.status_code == 401
    await _sequenced(application)
    lines = lines_of(caplog)
    by_event = {line["event"]: line for line in lines}
    assert by_event["login.accepted"]["actor"] == clerk.id
    assert by_event["login.refused"]["code"] == "staff_login_failed"
    assert (by_event["access.refused"]["actor_kind"], by_event["access.refused"]["actor"]) == (
        "staff",
        clerk.id,
    )
    assert by_event["proof.refused"]["reason"] == "csrf"
    assert by_event["credentials.refused"]["subject"] == application.client_id
    acts_told = {line["act"]: line for line in lines if line["event"] == "act.recorded"}
    assert acts_told["staff.set_up"]["actor"] == acts_told["staff.set_up"]["subject"] == clerk.id
    assert {"ca.init", "filing.import", "system.add"} <= acts_told.keys()
    require_nobody(
        raw_lines(caplog),
        (OPERATOR, LEGAL_PERSON),
        *(clerk.name, PASSWORD, clerk.secret, clerk.set_up_code),
        *("wrong-client-secret", application.client_secret, str(clerk.csrf), *clerk.http.cookies.values()),
    )


async def test_an_act_on_a_name_leaves_the_name_out(
    application: Application, caplog: pytest.LogCaptureFixture
) -> None:
    """A request for a new member has their name as its subject."""
    db, now = application.context.db, application.clock()

    async def asked_about(tx: Tx, subject: str) -> None:
        details = {"name": subject}
        await acts.record(tx, by=SERVICE, act="approval.ask", subject=subject, details=details, now=now)

    for subject in ("周启明", "Alan Smith", "13800006027", "330206199001014217", "91330206MA2XB7C1TW"):
        await db.write(partial(asked_about, subject=subject))
    await _sequenced(application)
    asked = [line for line in lines_of(caplog, events.ACT_RECORDED) if line["act"] == "approval.ask"]
    assert len(asked) == 5
    assert all(
        line.keys() == {"time", "event", "level", "act", "id", "actor_kind", "place", "at"} for line in asked
    )


async def test_each_committed_act_is_logged_once(
    application: Application, caplog: pytest.LogCaptureFixture
) -> None:
    context = application.context

    async def undone(tx: Tx) -> None:
        await acts.record(tx, by=SERVICE, act="job.run", subject="log", details={}, now=application.clock())
        raise RuntimeError

    await _sequenced(application)
    caplog.clear()
    with pytest.raises(RuntimeError):
        await context.db.write(undone)
    await add_staff(context.db, name="许安然", roles=(StaffRole.AUDITOR,), now=application.clock())
    for _ in range(2):
        await _sequenced(application)
    (line,) = lines_of(caplog, events.ACT_RECORDED)
    assert line["act"] == "staff.add"


async def test_rate_limits_are_logged(application: Application, caplog: pytest.LogCaptureFixture) -> None:
    await application.ask_for_code(OPERATOR.phone)
    assert (await application.ask_for_code(OPERATOR.phone)).status_code == 429
    large = await application.http.post("/api/phone/accounts", content=b"x" * 100_000)
    assert large.status_code == 413
    broken = await application.http.post("/api/phone/accounts", content=b"{")
    assert broken.status_code == 400
    sms, body, form = lines_of(caplog)
    assert (sms["event"], sms["code"], sms["operation"]) == ("sms.limited", "sms_too_soon", "sendSmsCode")
    assert (body["event"], body["status"]) == ("limit.body", 413)
    assert (form["event"], form["code"]) == ("input.refused", "malformed")
    require_nobody(raw_lines(caplog), (OPERATOR,))


async def test_full_process_is_logged_a_bounded_number_of_times(
    database_url: str, tmp_path: Path, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    async with running(database_url, tmp_path, clock, calls_per_process=0) as application:
        calls = 2 * (events.LIMIT_BUSY.most or 0)
        for _ in range(calls):
            assert (await application.http.post("/api/phone/captchas")).status_code == 503
        assert len(lines_of(caplog, events.LIMIT_BUSY)) == events.LIMIT_BUSY.most
    (left_out,) = lines_of(caplog, events.LINES_LEFT_OUT)
    assert (left_out["of"], left_out["count"]) == ("limit.busy", calls // 2)


async def test_start_stop_and_weak_settings_are_logged(
    database_url: str, tmp_path: Path, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    async with running(database_url, tmp_path, clock, webhook_http=True):
        started, *weak = lines_of(caplog)
        assert (started["event"], started["version"], started["mode"]) == (
            "service.started",
            version("mshield"),
            "demo",
        )
        assert {"MSHIELD_MODE", "MSHIELD_WEBHOOK_HTTP"} <= {line["setting"] for line in weak}
    assert lines_of(caplog)[-1]["event"] == "service.stopped"


async def test_older_copy_of_the_database_is_in_the_security_log(
    database_url: str, tmp_path: Path, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    async with running(database_url, tmp_path, clock) as application:
        settings = application.context.settings
        await add_staff(application.context.db, name="许安然", roles=(StaffRole.AUDITOR,), now=clock())
    async with opened_database(database_url, pool_size=1) as db:
        await tamper(db, "UPDATE high_water SET mark = mark - 1")
    with pytest.raises(RestoreUndeclared):
        await require_ready(settings)
    assert [line["code"] for line in lines_of(caplog, events.DATABASE_SET_BACK)] == ["restore_undeclared"]


async def test_repeated_answer_is_not_logged(
    application: Application, caplog: pytest.LogCaptureFixture
) -> None:
    await application.registered()
    device = application.device()
    shown = await answered_captcha(application.http)
    body = json.dumps({"account": OPERATOR.phone, "password": OPERATOR.password, **shown}).encode()
    for _ in range(2):
        headers = {
            "Content-Type": "application/json",
            "Idempotency-Key": "once",
            "DPoP": device.proof("POST", "/api/phone/sessions", body),
        }
        answer = await application.http.post("/api/phone/sessions", content=body, headers=headers)
        assert answer.status_code == 201, answer.text
    assert len(lines_of(caplog, events.LOGIN_ACCEPTED)) == 1


async def test_forged_row_is_logged_as_critical(
    application: Application, caplog: pytest.LogCaptureFixture
) -> None:
    await application.registered()
    await tamper(application.context.db, "UPDATE accounts SET seal = $1", bytes(32))
    assert await _log_in(application, application.device(), OPERATOR.phone, OPERATOR.password) == 409
    (line,) = lines_of(caplog, events.ROW_CHANGED)
    assert (line["level"], line["code"], line["operation"]) == ("critical", "seal_broken", "logIn")


async def test_damaged_log_is_reported_once_a_minute(
    application: Application, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    await _sequenced(application)
    await tamper(application.context.db, "UPDATE log_tiles SET hashes = $1", bytes(32))
    await add_staff(application.context.db, name="许安然", roles=(StaffRole.AUDITOR,), now=clock())
    for _ in range(3):
        with pytest.raises(LogDamaged):
            await _sequenced(application)
    assert [line["code"] for line in lines_of(caplog, events.LOG_DAMAGED)] == ["log_damaged"]
