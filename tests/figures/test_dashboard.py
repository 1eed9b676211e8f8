"""The dashboard: counts of today beside yesterday's; alarms with links to their record, for the right roles."""

from typing import Any, Final

import pytest

from mshield.server.certificates.rules.states import CertificateEvent
from mshield.server.http.openapi.words import CHINESE
from mshield.server.main import create_app
from mshield.server.runtime.metrics import Metrics
from mshield.server.runtime.rows import jobs
from mshield.server.settings.settings import Settings
from mshield.server.staff.rules import StaffRole
from mshield.wire.times import HOUR_MS
from tests.support.application import Application, Device
from tests.support.assertions import assert_refused
from tests.support.clerk import Staff, allowed_roles
from tests.support.issuing import change
from tests.support.shield_over_http import Shield
from tests.support.signing import execute

DAY: Final = 24 * HOUR_MS


@pytest.fixture
async def auditor(application: Application) -> Staff:
    return await Staff.of(application, StaffRole.AUDITOR)


async def _shown(staff: Staff, **query: str) -> dict[str, Any]:
    answer = await staff.call("GET", "/dashboard", **query)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def _metrics(application: Application) -> Metrics:
    """Returns the metrics of the running application."""
    count = application.context.signing.finish.count
    metrics: Metrics = count.__self__  # type: ignore[attr-defined]  # of a bound method
    return metrics


async def test_dashboard_counts_what_happened(
    application: Application, auditor: Staff, device: Device
) -> None:
    shield = Shield(application, device)
    await shield.enrol()
    await device.call("GET", "/api/phone/me")
    await device.call("POST", "/api/phone/scans", {"code": "nothing"})
    metrics = _metrics(application)
    metrics.count("declined", "not_me", 3)
    await metrics.flush(application.context.db, now=application.clock())
    found = await _shown(auditor)
    now = found["points"][-1]
    assert (now["issued"], now["declined"], now["at"]) == (
        1,
        3,
        application.clock() // HOUR_MS * HOUR_MS,
    )
    assert now["p95_ms"] > 0
    # The figure above the table is of the same calls as the table.
    (signing,) = [each for each in found["latencies"] if each["operation"] == "finishSigning"]
    assert found["p95_ms"] == signing["p95_ms"]
    assert (signing["operation_zh"], signing["operation_en"]) == ("签名第二步", "Finish a signing session")
    failures = {(each["operation"], each["code"]): each for each in found["failures"]}
    failure = failures["scan", "not_found"]
    assert (failure["count"], failure["zh"] != failure["en"]) == (1, True)
    assert {"finishSigning", "openSigning", "apply"} <= {each["operation"] for each in found["latencies"]}
    assert all(each["p50_ms"] <= each["p95_ms"] <= each["p99_ms"] for each in found["latencies"])
    assert found["certificates"] == {"active": 1, "due": 0, "held": 0, "locked": 0, "ended": 0}
    assert [each["code"] for each in found["alarms"]][:1] == ["not_me"]


async def test_r11_due_certificates_end_within_six_calendar_months(
    application: Application, auditor: Staff, device: Device
) -> None:
    await Shield(application, device).enrol()
    end = application.clock() + 182 * DAY  # on 25 May; 24 May is half a year from 24 November
    await execute(application.context.db, "UPDATE certificates SET not_after = $1", end)
    assert (await _shown(auditor))["certificates"]["due"] == 0
    application.clock.now += DAY + HOUR_MS
    assert (await _shown(await Staff.of(application, StaffRole.AUDITOR)))["certificates"]["due"] == 1


async def test_today_is_compared_with_yesterday_up_to_the_last_full_hour(
    application: Application, auditor: Staff
) -> None:
    db, metrics = application.context.db, Metrics()
    today = (await _shown(auditor))["start"]
    application.clock.now = today + 2 * HOUR_MS + 1_800_000
    for at, number in (
        (today - DAY, 10),  # yesterday's first hour
        (today - DAY + 2 * HOUR_MS, 100),  # yesterday, an hour that isn't over today
        (today, 20),
        (today + 2 * HOUR_MS, 40),
    ):
        metrics.count("signed_sign", number=number)
        await metrics.flush(db, now=at)
    found = await _shown(auditor)
    assert found["complete"] == today + 2 * HOUR_MS
    assert [each["signatures"] for each in found["points"]] == [20, 0, 40]
    assert [each["signatures"] for each in found["before"]][:3] == [10, 0, 100]
    assert len(found["before"]) == 24
    month = await _shown(auditor, span="month")
    assert [each["signatures"] for each in month["points"]][-2:] == [110, 60]
    assert (len(month["points"]), month["complete"]) == (30, today)


async def test_alarms_link_to_their_record(application: Application, auditor: Staff, device: Device) -> None:
    shield = Shield(application, device)
    await shield.enrol()
    db = application.context.db
    (found,) = (await auditor.call("GET", "/certificates")).json()["items"]
    await change(db, found["serial"], CertificateEvent.FIND_CLONE, now=application.clock())
    await jobs.register(db, name="purge", now=application.clock())
    for _ in range(3):
        await jobs.claim(db, name="purge", holder="p", due=2**62, lease_until=2**61, now=application.clock())
        await jobs.finish(
            db,
            name="purge",
            holder="p",
            started=application.clock(),
            next_at=0,
            failures=3,
            done=None,
            error="Boom",
            now=application.clock(),
        )
    told = {each["code"]: each for each in (await _shown(auditor))["alarms"]}
    assert (told["clone"]["page"], told["clone"]["record"]) == ("certificates", found["serial"])
    assert (told["job_failing"]["page"], told["job_failing"]["record"]) == ("jobs", "purge")
    assert told["crl_missing"]["page"] == "ca"
    clerk = await Staff.of(application, StaffRole.CUSTOMER_SERVICE)
    assert {each["code"] for each in (await _shown(clerk))["alarms"]} == {"clone"}
    application.clock.advance(seconds=25 * 3600)
    assert "clone" not in {each["code"] for each in (await _shown(auditor))["alarms"]}


async def test_the_readers_day_is_their_own(application: Application, auditor: Staff) -> None:
    now = application.clock() // HOUR_MS * HOUR_MS
    assert (await _shown(auditor, today=str(now - 3 * HOUR_MS)))["start"] == now - 3 * HOUR_MS
    for wrong in (now + HOUR_MS, now - 26 * HOUR_MS, now - 1, -1, 2**60, "x"):
        answer = await auditor.call("GET", "/dashboard", today=str(wrong))
        assert_refused(answer, "invalid_request", 422)


async def test_ca_page_shows_the_standing_of_each_ca(application: Application, auditor: Staff) -> None:
    await application.context.publication.refresh(now=application.clock())
    found = (await auditor.call("GET", "/ca")).json()
    assert [(each["name"], each["standing"]) for each in found["cas"]] == [
        ("root", "root"),
        ("issuing", "issuing"),
    ]
    assert found["warnings"] == []
    assert all(each["crl"]["number"] == 1 for each in found["cas"])
    assert (found["database"], found["engine"]) == (
        application.context.db.dialect,
        application.context.engine.name,
    )
    application.clock.advance(seconds=31 * 24 * 3600)
    codes = {
        (each["code"], each["subject"]) for each in (await auditor.call("GET", "/ca")).json()["warnings"]
    }
    assert {("crl_over", "root"), ("crl_over", "issuing"), ("ocsp_due", "issuing")} <= codes


async def test_only_allowed_roles_read_dashboard_and_ca(application: Application) -> None:
    assert await allowed_roles(application, "GET", "/dashboard", None) == set(StaffRole)
    assert await allowed_roles(application, "GET", "/ca", None) == {
        StaffRole.SECURITY_OFFICER,
        StaffRole.AUDITOR,
    }


def test_each_operation_has_words_for_people() -> None:
    app = create_app(Settings())
    operations = {route.operation_id for route in app.all_routes if route.operation_id}
    assert operations == set(CHINESE), "src/mshield/server/http/openapi/operation_words.json"
    assert len(set(CHINESE.values())) == len(CHINESE)
