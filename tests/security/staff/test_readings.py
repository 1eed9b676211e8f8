"""Whoever of staff reads or searches personal data leaves a record that auditors see."""

from typing import Final

import pytest

from mshield.server.accounts import number_searches
from mshield.server.acts.rows import readings
from mshield.server.retention.rows import own_data
from mshield.server.retention.sweep import purge
from mshield.server.staff.rules import StaffRole
from mshield.testkit.demo.people import OPERATOR
from mshield.wire.times import DAY_MS
from tests.support.application import Application, Device
from tests.support.assertions import assert_refused
from tests.support.clerk import Staff
from tests.support.shield_over_http import Shield
from tests.support.signing import fetch

SEARCHES: Final = (
    ("/accounts/search", "id_number", OPERATOR.id_number, "accounts"),
    ("/accounts", "phone", OPERATOR.phone, "accounts"),
    ("/filing/people", "id_number", OPERATOR.id_number, "filing"),
    ("/certificates", "end", OPERATOR.phone, "certificates"),
    ("/sms", "phone", OPERATOR.phone, "sms"),
)


@pytest.fixture
async def account(application: Application, device: Device) -> str:
    await Shield(application, device).enrol()
    clerk = await Staff.of(application, StaffRole.CUSTOMER_SERVICE)
    found = await clerk.call("GET", "/accounts", phone=OPERATOR.phone)
    await readings.purge(application.context.db, before=application.clock() + 1)
    return str(found.json()["id"])


async def test_each_search_and_each_opened_account_leaves_a_reading(
    application: Application, account: str
) -> None:
    clerk = await Staff.of(application, StaffRole.CUSTOMER_SERVICE)
    auditor = await Staff.of(application, StaffRole.AUDITOR)
    for path, field, value, _ in SEARCHES:
        assert (await clerk.call("GET", path, **{field: value})).status_code == 200
    assert (await clerk.call("GET", f"/accounts/{account}")).status_code == 200
    items = (await auditor.call("GET", "/readings")).json()["items"]
    assert [(item["kind"], item["number_masked"]) for item in reversed(items)] == [
        *((kind, "*" * (len(value) - 4) + value[-4:]) for _, _, value, kind in SEARCHES),
        ("account", ""),
    ]
    assert {item["staff_id"] for item in items} == {clerk.id}
    about = (await auditor.call("GET", "/readings", subject=account)).json()["items"]
    assert [item["kind"] for item in about] == ["account", "accounts", "accounts"]
    by_clerk = (await auditor.call("GET", "/readings", staff_id=clerk.id)).json()["items"]
    assert len(by_clerk) == len(items)
    both = (await auditor.call("GET", "/readings", subject=account, staff_id=clerk.id)).json()["items"]
    assert both == about
    other = (await auditor.call("GET", "/readings", subject=account, staff_id=auditor.id)).json()
    assert other == {"items": [], "next": None, "more_people": False}
    assert {item["subject_name"] for item in items if item["subject"]} == {OPERATOR.name}
    assert {item["subject_name"] for item in items if not item["subject"]} == {None}


async def test_auditor_finds_readings_by_words_about_the_person(
    application: Application, account: str
) -> None:
    clerk = await Staff.of(application, StaffRole.CUSTOMER_SERVICE)
    auditor = await Staff.of(application, StaffRole.AUDITOR)
    for path, field, value, _ in SEARCHES:
        await clerk.call("GET", path, **{field: value})
    await clerk.call("GET", f"/accounts/{account}")
    for terms in (
        {"name": OPERATOR.name},
        {"id_number": OPERATOR.id_number},
        {"end": OPERATOR.phone},
        {"end": OPERATOR.phone[-4:], "name": OPERATOR.name},
        {"credit_code": OPERATOR.credit_code, "name": OPERATOR.name},
    ):
        items = (await auditor.call("GET", "/readings", **terms)).json()["items"]
        kinds = {"account", "accounts", "filing", "certificates"}
        searches = {"sms"} if terms == {"end": OPERATOR.phone} else set()  # of a number, not of a person
        assert {item["kind"] for item in items} == kinds | searches, terms
    assert (await auditor.call("GET", "/readings", name="查无此人")).json()["items"] == []
    assert await read(application, by=auditor) == []


async def test_auditor_finds_searches_for_a_number_that_found_nobody(application: Application) -> None:
    clerk = await Staff.of(application, StaffRole.CUSTOMER_SERVICE)
    auditor = await Staff.of(application, StaffRole.AUDITOR)
    for phone in ("13900009999", "13900008888"):
        assert (await clerk.call("GET", "/accounts", phone=phone)).status_code == 404
    for end in ("9999", "13900009999"):
        (item,) = (await auditor.call("GET", "/readings", end=end)).json()["items"]
        assert item["number_masked"] == "*******9999"
    other = (await auditor.call("GET", "/readings", end="9999", staff_id=auditor.id)).json()
    assert other == {"items": [], "next": None, "more_people": False}


async def test_auditor_finds_readings_by_the_login_of_a_member(application: Application) -> None:
    clerk = await Staff.of(application, StaffRole.CUSTOMER_SERVICE)
    auditor = await Staff.of(application, StaffRole.AUDITOR)
    assert (await clerk.call("GET", "/accounts", phone="13900009999")).status_code == 404
    (item,) = (await auditor.call("GET", "/readings")).json()["items"]
    found = (await auditor.call("GET", "/readings", by_name=item["staff_name"][1:])).json()["items"]
    assert found == [item]
    assert (await auditor.call("GET", "/readings", by_name="查无此人")).json()["items"] == []
    both = await auditor.call("GET", "/readings", by_name="某", staff_id=clerk.id)
    assert_refused(both, "invalid_request", 422)
    twice = await auditor.call("GET", "/readings", name="某", subject=clerk.id)
    assert_refused(twice, "invalid_request", 422)


async def test_search_of_readings_by_a_number_counts(
    application: Application, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(number_searches, "MOST", 5)
    auditor = await Staff.of(application, StaffRole.AUDITOR)
    assert (await auditor.call("GET", "/readings", end="9999")).status_code == 200
    assert_refused(await auditor.call("GET", "/readings", end="9998"), "too_many_requests", 429)


async def test_search_that_finds_nobody_leaves_a_reading(application: Application) -> None:
    clerk = await Staff.of(application, StaffRole.CUSTOMER_SERVICE)
    auditor = await Staff.of(application, StaffRole.AUDITOR)
    assert (await clerk.call("GET", "/accounts", phone="13900009999")).status_code == 404
    (item,) = (await auditor.call("GET", "/readings")).json()["items"]
    assert (item["kind"], item["subject"], item["number_masked"]) == ("accounts", "", "*******9999")


async def test_reading_acts_and_readings_leaves_none(application: Application, account: str) -> None:
    auditor = await Staff.of(application, StaffRole.AUDITOR)
    assert (await auditor.call("GET", "/acts", subject=account)).status_code == 200
    assert (await auditor.call("GET", "/readings")).json()["items"] == []


async def test_customer_service_does_not_list_readings(application: Application) -> None:
    clerk = await Staff.of(application, StaffRole.CUSTOMER_SERVICE)
    assert_refused(await clerk.call("GET", "/readings"), "forbidden", 403)


async def test_reading_beyond_the_limit_is_refused(
    application: Application, account: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(readings, "MOST", 2)
    clerk = await Staff.of(application, StaffRole.CUSTOMER_SERVICE)
    for _ in range(2):
        assert (await clerk.call("GET", f"/accounts/{account}")).status_code == 200
    assert_refused(await clerk.call("GET", f"/accounts/{account}"), "too_many_requests", 429)
    application.clock.advance(seconds=3601)
    assert (await clerk.call("GET", f"/accounts/{account}")).status_code == 200


async def test_own_copy_has_the_readings_and_180_days_end_them(
    application: Application, account: str
) -> None:
    clerk = await Staff.of(application, StaffRole.CUSTOMER_SERVICE)
    await clerk.call("GET", "/filing/people", id_number=OPERATOR.id_number)
    await clerk.call("GET", f"/accounts/{account}")
    db, now = application.context.db, application.clock()
    data = await own_data.read(db, account_id=account)
    assert [row["kind"] for row in data["readings"]] == ["filing", "account"]
    await purge(db, now=now + 179 * DAY_MS)
    assert len((await own_data.read(db, account_id=account))["readings"]) == 2
    await purge(db, now=now + 181 * DAY_MS)
    assert (await own_data.read(db, account_id=account))["readings"] == []


OPENED: Final = ("proofs", "consents", "asks")


@pytest.mark.parametrize("part", OPENED)
async def test_each_opened_part_of_an_account_leaves_a_reading(
    application: Application, account: str, part: str
) -> None:
    for role in (StaffRole.FILING_OFFICER, StaffRole.CUSTOMER_SERVICE):
        reader = await Staff.of(application, role)
        assert (await reader.call("GET", f"/accounts/{account}/{part}")).status_code == 200
        assert await read(application, by=reader) == [(part, account, "")]


async def test_previewed_erasure_leaves_a_reading(application: Application, account: str) -> None:
    clerk = await Staff.of(application, StaffRole.CUSTOMER_SERVICE)
    assert (await clerk.call("GET", f"/accounts/{account}/erasure")).status_code == 200
    assert await read(application, by=clerk) == [("erasure", account, "")]


async def test_downloaded_certificate_leaves_a_reading_but_its_issuer_none(
    application: Application, account: str
) -> None:
    clerk = await Staff.of(application, StaffRole.CUSTOMER_SERVICE)
    (line,) = (await clerk.call("GET", "/certificates", account=account)).json()["items"]
    path = f"/certificates/{line['serial']}/file"
    for part in ("root", "issuing", "certificate"):
        assert (await clerk.call("GET", path, part=part)).status_code == 200
    person = await filed_person(application)
    assert await read(application, by=clerk) == [("certificate", person, ""), ("certificates", person, "")]


async def test_export_and_dry_run_of_the_filing_leave_a_reading(
    application: Application, account: str
) -> None:
    assert account
    officer = await Staff.of(application, StaffRole.FILING_OFFICER)
    exported = await officer.call("GET", "/filing/export", format="csv")
    assert exported.status_code == 200
    own = await officer.session() | {"Content-Type": "text/csv"}
    url = "/api/console/filing/imports?dry_run=true"
    tried = await application.http.post(url, content=exported.content, headers=own)
    assert tried.status_code == 200
    assert await read(application, by=officer) == [("filing_import", "", ""), ("filing_export", "", "")]


async def test_opened_approval_leaves_a_reading_and_its_list_one_an_hour(
    application: Application, account: str
) -> None:
    """Pages count what waits each minute; one record of that an hour is enough."""
    clerk = await Staff.of(application, StaffRole.CUSTOMER_SERVICE)
    question = {"act": "people.erase", "subject": account, "details": {}, "reason": "来信 2026-7"}
    asked = (await clerk.call("POST", "/approvals", question)).json()
    auditor = await Staff.of(application, StaffRole.AUDITOR)
    for _ in range(3):
        assert (await auditor.call("GET", "/approvals", state="waiting")).json()["items"]
    assert (await auditor.call("GET", "/approvals", state="refused")).json()["items"] == []
    assert (await auditor.call("GET", f"/approvals/{asked['id']}")).status_code == 200
    assert await read(application, by=auditor) == [("approval", account, ""), ("approvals", "", "")]
    application.clock.advance(seconds=3601)
    assert (await auditor.call("GET", "/approvals")).json()["items"]
    assert [kind for kind, _, _ in await read(application, by=auditor)].count("approvals") == 2


async def test_approval_about_a_shield_leaves_its_masked_number(
    application: Application, account: str
) -> None:
    clerk = await Staff.of(application, StaffRole.CUSTOMER_SERVICE)
    (line,) = (await clerk.call("GET", "/certificates", account=account)).json()["items"]
    number = line["shield_number"]
    details = {"evidence": "证明 2026-7"}
    question = {"act": "shield.suspend", "subject": number, "details": details, "reason": "来电"}
    asked = (await clerk.call("POST", "/approvals", question)).json()
    auditor = await Staff.of(application, StaffRole.AUDITOR)
    assert (await auditor.call("GET", f"/approvals/{asked['id']}")).status_code == 200
    masked = "*" * (len(number) - 4) + number[-4:]
    assert await read(application, by=auditor) == [("approval", "", masked)]


async def test_approval_about_nobody_leaves_none(application: Application) -> None:
    officer = await Staff.of(application, StaffRole.SECURITY_OFFICER)
    other = await Staff.of(application, StaffRole.AUDITOR)
    question = {"act": "staff.disable", "subject": other.id, "details": {}, "reason": "离职"}
    asked = await officer.call("POST", "/approvals", question)
    assert (await officer.call("GET", "/approvals")).json()["items"]
    assert (await officer.call("GET", f"/approvals/{asked.json()['id']}")).status_code == 200
    assert await read(application, by=officer) == []


async def read(application: Application, *, by: Staff) -> list[tuple[str, str, str]]:
    """Returns kind, subject and masked number of the member's readings, newest first."""
    auditor = await Staff.of(application, StaffRole.AUDITOR)
    items = (await auditor.call("GET", "/readings", staff_id=by.id)).json()["items"]
    return [(item["kind"], item["subject"], item["number_masked"]) for item in items]


async def filed_person(application: Application) -> str:
    row = await fetch(
        application.context.db,
        "SELECT id FROM filed_persons WHERE credit_code = $1 AND name = $2",
        OPERATOR.credit_code,
        OPERATOR.name,
    )
    return str(row["id"])
