"""Jobs and SMS at the console: runs and messages, never with a code; roles, and refusals."""

from pathlib import Path
from typing import Any, Final

import pytest

from mshield.server.jobs import JOBS
from mshield.server.notices.external.sms import SmsRefused
from mshield.server.retention.sweep import purge
from mshield.server.runtime.jobs.runner import Runner
from mshield.server.staff.rules import StaffRole
from mshield.testkit.demo.people import OPERATOR
from tests.support.acts import acts_on
from tests.support.application import Application, running
from tests.support.cases import cases
from tests.support.clerk import Staff, allowed_roles
from tests.support.clock import Clock

OFFICER: Final = StaffRole.SECURITY_OFFICER
CLERK: Final = StaffRole.CUSTOMER_SERVICE


@pytest.fixture
async def officer(application: Application) -> Staff:
    return await Staff.of(application, OFFICER)


async def _jobs(officer: Staff) -> dict[str, dict[str, Any]]:
    return {each["name"]: each for each in (await officer.call("GET", "/jobs")).json()["items"]}


async def _send(application: Application, phone: str = OPERATOR.phone) -> None:
    await application.ask_for_code(phone)


async def test_every_job_is_listed_even_before_its_first_run(officer: Staff) -> None:
    found = await _jobs(officer)
    assert list(found) == sorted(job.name for job in JOBS)
    assert found["purge"] == {
        "name": "purge",
        "every_seconds": 600,
        "state": "waiting",
        "last_at": None,
        "last_ms": None,
        "last_done": None,
        "last_error": None,
        "failures": 0,
        "next_at": None,
        "holder": None,
    }


async def test_a_run_shows_when_how_long_and_how_much(application: Application, officer: Staff) -> None:
    runner = Runner(application.context, JOBS)
    await runner.run_now("log")
    job = (await _jobs(officer))["log"]
    assert job["last_at"] == application.clock()
    assert job["last_done"] >= 1
    assert 0 <= job["last_ms"] < 60_000


async def test_job_requested_now_is_due_at_once(application: Application, officer: Staff) -> None:
    runner = Runner(application.context, JOBS)
    await runner.run_now("purge")
    assert (await _jobs(officer))["purge"]["next_at"] == application.clock() + 600_000
    due = await officer.call("POST", "/jobs/purge/runs")
    assert due.json()["next_at"] == application.clock()
    (act,) = await acts_on(application.context.db, subject="purge")
    assert (act.act, act.actor_id) == ("job.run", officer.id)
    for unknown in ("nothing", "purge'", "%00"):
        assert (await officer.call("POST", f"/jobs/{unknown}/runs")).status_code == 404


async def test_sent_sms_is_listed_without_its_code(application: Application, officer: Staff) -> None:
    await _send(application)
    code = await application.sms_code("register")
    answer = await officer.call("GET", "/sms")
    (line,) = answer.json()["items"]
    assert (line["phone_masked"], line["purpose"], line["state"], line["with_code"]) == (
        "138****6027",
        "register",
        "sent",
        True,
    )
    assert code not in answer.text
    assert OPERATOR.phone not in answer.text


async def test_failure_is_recorded_with_the_gateways_error(
    application: Application, officer: Staff, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def refuse(*_: object) -> None:
        raise SmsRefused("isv.MOBILE_NUMBER_ILLEGAL")

    monkeypatch.setattr(type(application.context.notices.gateway), "send", refuse)
    for number in range(3):
        await _send(application, f"1380000600{number}")
    (line, *_) = (await officer.call("GET", "/sms", state="failed")).json()["items"]
    assert line["reason"] == "isv.MOBILE_NUMBER_ILLEGAL"
    assert (await officer.call("GET", "/sms", state="sent")).json()["items"] == []
    alarms = (await officer.call("GET", "/dashboard")).json()["alarms"]
    assert "sms_failing" in {each["code"] for each in alarms}


async def test_alarm_at_four_fifths_of_the_daily_codes(sqlite_url: str, tmp_path: Path, clock: Clock) -> None:
    async with running(sqlite_url, tmp_path, clock, sms_codes_per_day_in_all=5) as application:
        officer = await Staff.of(application, OFFICER)
        found = []
        for number in range(5):
            await _send(application, f"1380000600{number}")
            alarms = (await officer.call("GET", "/dashboard")).json()["alarms"]
            found += [each for each in alarms if each["code"] == "sms_budget"]
        assert [(each["severity"], each["page"]) for each in found] == [("warn", "sms"), ("bad", "sms")]
        assert "已发 4 条，共 5 条" in found[0]["zh"]
        assert "5 of today's 5" in found[1]["en"]
        assert (await application.ask_for_code("13800006009")).json()["code"] == "sms_all_spent"
        clock.advance(seconds=86_400)
        alarms = (await officer.call("GET", "/dashboard")).json()["alarms"]
        assert "sms_budget" not in {each["code"] for each in alarms}


async def test_messages_are_filtered_by_number(application: Application, officer: Staff) -> None:
    await _send(application)
    await _send(application, "13900001234")
    for phone, masked in (("139 0000 1234", "139****1234"), ("+8613800006027", "138****6027")):
        (line,) = (await officer.call("GET", "/sms", phone=phone)).json()["items"]
        assert line["phone_masked"] == masked
    assert (await officer.call("GET", "/sms", phone="13900001235")).json()["items"] == []
    first = (await officer.call("GET", "/sms", limit="1")).json()
    second = (await officer.call("GET", "/sms", limit="1", before=first["next"])).json()
    assert second["next"] is None
    assert first["items"][0]["id"] > second["items"][0]["id"]


async def test_message_is_stored_for_thirty_days(application: Application, officer: Staff) -> None:
    await _send(application)
    db, now = application.context.db, application.clock()
    await purge(db, now=now + 30 * 86_400_000)
    officer.headers.clear()  # their session ended long ago
    assert len((await officer.call("GET", "/sms")).json()["items"]) == 1
    await purge(db, now=now + 30 * 86_400_000 + 1)
    officer.headers.clear()
    assert (await officer.call("GET", "/sms")).json()["items"] == []


@cases(
    "query",
    [{"phone": "1"}, {"phone": "abcdefghijk"}, {"state": "x"}, {"purpose": "x'"}, {"before": "x"}, {"limit": "0"}],
)  # fmt: skip
async def test_invalid_query_of_jobs_or_sms_is_refused(officer: Staff, query: dict[str, str]) -> None:
    answer = await officer.call("GET", "/sms", **query)
    assert answer.status_code == 422
    assert answer.json()["code"] in {"invalid_request", "invalid_phone"}


async def test_only_allowed_roles_read_jobs_and_run_them(application: Application) -> None:
    readers = {OFFICER, StaffRole.AUDITOR}
    assert await allowed_roles(application, "GET", "/jobs", None) == readers
    assert await allowed_roles(application, "POST", "/jobs/purge/runs", None) == {OFFICER}
    assert await allowed_roles(application, "GET", "/sms", None) == readers | {CLERK}
