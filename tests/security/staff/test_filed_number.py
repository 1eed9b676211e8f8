"""One officer, or a program, doesn't take over somebody who is proven by filing another number for them (N4)."""

from typing import Any, Final

import pytest

from mshield.server.acts.rows.acts import find_by_former_name
from mshield.server.database.interface import Tx
from mshield.server.database.postgresql import PostgresqlDatabase
from mshield.server.filing import phone_wait
from mshield.server.filing.phone_wait import FiledPhoneRow
from mshield.server.filing.rules import FilingRow
from mshield.server.staff.rules import StaffRole
from mshield.testkit.demo.people import OPERATOR
from tests.security.identity.test_stranger import AS_OPERATOR, OWN_NUMBER, apply, register
from tests.support.acts import acts_on
from tests.support.application import Application, Device
from tests.support.assertions import assert_refused
from tests.support.clerk import Staff
from tests.support.console_people import API, Clerk
from tests.support.second_person import SECOND
from tests.support.shield_over_http import Shield
from tests.support.signing import fetch

HEADER: Final = "企业名称,统一社会信用代码,姓名,证件类型,证件号码,用户类型,手机号"
ENTERPRISE: Final = f"宁波北潮进出口有限公司,{OPERATOR.credit_code}"
LINE: Final = f"{ENTERPRISE},{OPERATOR.name},居民身份证,{OPERATOR.id_number},操作员"
DAY: Final = 86_400
STOP: Final = "/api/phone/identity/phone-change/stop"


@pytest.fixture
async def owner(application: Application, device: Device) -> Device:
    """The true operator's phone; they are proven by the filed number, and have a shield."""
    await Shield(application, device).enrol()
    return device


@pytest.fixture
async def officer(application: Application, owner: Device) -> Clerk:
    return await Clerk.at_work(application, StaffRole.FILING_OFFICER)


@pytest.fixture
async def second(application: Application, officer: Clerk) -> Clerk:
    assert officer.csrf
    return await Clerk.at_work(application, StaffRole.SECURITY_OFFICER)


async def imports(clerk: Clerk, *lines: str) -> dict[str, Any]:
    own = {"Content-Type": "text/csv", "X-CSRF-Token": clerk.csrf or ""}
    content = "\n".join([HEADER, *lines]).encode()
    answer = await clerk.http.post(f"{API}/filing/imports?file=people.csv", content=content, headers=own)
    assert answer.is_success, answer.text
    report: dict[str, Any] = answer.json()
    return report


async def approve(second: Clerk, report: dict[str, Any]) -> None:
    done = await second.decide({"id": report["approval_id"]}, "approve")
    assert done.json()["told"]["taken"] == 1, done.text


async def record(application: Application) -> dict[str, Any]:
    return dict(
        await fetch(
            application.context.db,
            "SELECT id, phone, name FROM filed_persons WHERE credit_code = $1 AND role = 'operator' AND name = $2",
            OPERATOR.credit_code,
            OPERATOR.name,
        )
    )


async def sent(application: Application) -> list[tuple[str, str]]:
    await application.context.notices.notify(now=application.clock())
    return [(one["phone"], one["purpose"]) for one in (await application.http.get("/dev/sms.json")).json()]


async def proofs(application: Application) -> int:
    row = await fetch(
        application.context.db, "SELECT COUNT(*) AS n FROM identity_proofs WHERE ended_at IS NULL"
    )
    return int(str(row["n"]))


@pytest.mark.parametrize(
    "line",
    [
        f"{LINE},{OWN_NUMBER}",
        f"{LINE},",
        f"{LINE.replace(OPERATOR.name, '林志远')},{OPERATOR.phone}",
        f"{LINE.replace('操作员', '法人')},{OWN_NUMBER}",
        f"宁波新潮有限公司,91330200MA2GPD0007,{OPERATOR.name},居民身份证,{OPERATOR.id_number},操作员,{OWN_NUMBER}",
    ],
    ids=["another number", "no number", "another name", "another role", "another enterprise"],
)
async def test_one_officer_changes_nobody_who_is_proven(
    application: Application, officer: Clerk, line: str
) -> None:
    report = await imports(officer, line)
    assert [each["waits"] for each in report["lines"]] == ["approval"]
    assert (await record(application))["phone"] == OPERATOR.phone
    assert await proofs(application) == 1
    stranger = await register(application, AS_OPERATOR)
    assert_refused(await apply(application, stranger, AS_OPERATOR), "identity_unproven", 403)


async def test_a_programs_token_changes_nobody_who_is_proven(application: Application, owner: Device) -> None:
    token = await application.staff_token(StaffRole.FILING_OFFICER)
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "text/csv"}
    content = "\n".join([HEADER, f"{LINE},{OWN_NUMBER}"]).encode()
    answer = await application.http.post(f"{API}/filing/imports", content=content, headers=headers)
    assert [line["waits"] for line in answer.json()["lines"]] == ["person"]
    assert (await record(application))["phone"] == OPERATOR.phone
    assert await proofs(application) == 1


async def test_approved_number_waits_a_day_and_proves_nothing_until_then(
    application: Application, officer: Clerk, second: Clerk
) -> None:
    await approve(second, await imports(officer, f"{LINE},{OWN_NUMBER}"))
    assert (await record(application))["phone"] == OPERATOR.phone
    assert await proofs(application) == 1
    assert (OPERATOR.phone, "filed_phone_waits") in await sent(application)
    stranger = await register(application, AS_OPERATOR)
    assert_refused(await apply(application, stranger, AS_OPERATOR), "identity_unproven", 403)
    waits = await fetch(application.context.db, "SELECT approved_at, effective_at FROM filed_phone_changes")
    effective_at = int(str(waits["effective_at"]))
    assert effective_at == int(str(waits["approved_at"])) + DAY * 1000
    assert await application.context.filing.phone_wait(now=effective_at - 1) == 0
    assert await application.context.filing.phone_wait(now=effective_at) == 1
    assert (await record(application))["phone"] == OWN_NUMBER
    assert await proofs(application) == 0
    kept = await fetch(application.context.db, "SELECT state, old_phone, new_phone FROM filed_phone_changes")
    assert dict(kept) == {"state": "done", "old_phone": "", "new_phone": ""}


async def test_act_says_that_the_number_waits_until_it_is_filed(
    application: Application, officer: Clerk, second: Clerk
) -> None:
    await approve(second, await imports(officer, f"{LINE},{OWN_NUMBER}"))
    context, subject = application.context, str((await record(application))["id"])
    acts = {act.act: act.details for act in await acts_on(context.db, subject=subject)}
    numbers = {"old": "138****6027", "new": "136****4321"}
    assert acts["filing.take"]["changes"] == [{"field": "phone_waits", **numbers}]
    assert "filing.phone" not in acts
    waits = acts["filing.phone_waits"]
    assert await context.filing.phone_wait(now=waits["effective_at"]) == 1
    *_, filed = await acts_on(context.db, subject=subject)
    assert (filed.act, filed.details["old"], filed.details["new"]) == ("filing.phone", *numbers.values())


@pytest.mark.usefixtures("owner")
async def test_act_of_a_list_by_two_at_the_server_counts_numbers_that_wait(application: Application) -> None:
    filing, now = application.context.filing, application.clock()
    row = FilingRow(
        line=1,
        enterprise="宁波北潮进出口有限公司",
        credit_code=OPERATOR.credit_code,
        name=OPERATOR.name,
        id_type="resident_id",
        id_number=OPERATOR.id_number,
        role="operator",
        phone=OWN_NUMBER,
    )
    await filing.import_list.apply([row], second_person=SECOND, now=now)
    act = (await acts_on(application.context.db, subject="filing"))[-1]
    counts = {name: act.details[name] for name in ("phones_changed", "phones_waiting")}
    assert counts == {"phones_changed": 0, "phones_waiting": 1}
    changed = (await acts_on(application.context.db, subject=str((await record(application))["id"])))[-1]
    assert changed.act == "filing.change"
    assert [change["field"] for change in changed.details["changes"]] == ["phone_waits"]


async def test_number_on_file_listed_again_stops_the_one_that_waits(
    application: Application, officer: Clerk, second: Clerk
) -> None:
    """The office corrects its mistake by importing the right number again; a second officer sees what it stops."""
    await approve(second, await imports(officer, f"{LINE},{OWN_NUMBER}"))
    report = await imports(officer, f"{LINE},{OPERATOR.phone}")
    (line,) = report["lines"]
    assert line["waits"] == "approval"
    told = {"field": "phone_waits", "old": "136****4321", "new": "138****6027"}
    assert line["changes"] == [told]
    kept = await fetch(application.context.db, "SELECT state FROM filed_phone_changes")
    assert kept["state"] == "waiting"
    path = f"/approvals/{report['approval_id']}/legal-persons"
    (shown,) = (await second.call("GET", path)).json()["items"]
    assert (shown["phone_waits"], shown["phone"], shown["phone_before"]) == (
        OWN_NUMBER,
        OPERATOR.phone,
        OPERATOR.phone,
    )
    await approve(second, report)
    person = await record(application)
    done = await acts_on(application.context.db, subject=str(person["id"]))
    stopped = next(act for act in done if act.act == "filing.stop_phone")
    found = {name: stopped.details[name] for name in ("why", "new", "file", "line")}
    assert (stopped.act, stopped.actor_id) == ("filing.stop_phone", second.id)
    assert found == {"why": "overtaken", "new": "136****4321", "file": "people.csv", "line": 2}
    clerk = await Clerk.at_work(application, StaffRole.CUSTOMER_SERVICE)
    (shown,) = (await clerk.call("GET", f"/filing/people?id_number={OPERATOR.id_number}")).json()["items"]
    assert shown["phone_change"] is None
    assert (OPERATOR.phone, "filed_phone_stopped") in await sent(application)
    application.clock.advance(seconds=DAY)
    assert await application.context.filing.phone_wait(now=application.clock()) == 0
    assert (await record(application))["phone"] == OPERATOR.phone


async def test_outdated_list_of_one_officer_stops_no_number_that_waits(
    application: Application, officer: Clerk, second: Clerk
) -> None:
    """Most lists are exported before the change; nobody would notice that the right number never came."""
    await approve(second, await imports(officer, f"{LINE},{OWN_NUMBER}"))
    await imports(officer, f"{LINE},{OPERATOR.phone}")
    application.clock.advance(seconds=DAY)
    assert await application.context.filing.phone_wait(now=application.clock()) == 1
    assert (await record(application))["phone"] == OWN_NUMBER


async def test_list_without_numbers_leaves_the_one_that_waits(
    application: Application, officer: Clerk, second: Clerk
) -> None:
    await approve(second, await imports(officer, f"{LINE},{OWN_NUMBER}"))
    own = {"Content-Type": "text/csv", "X-CSRF-Token": officer.csrf or ""}
    content = f"{HEADER.removesuffix(',手机号')}\n{LINE}".encode()
    answer = await officer.http.post(f"{API}/filing/imports?file=people.csv", content=content, headers=own)
    assert answer.is_success, answer.text
    kept = await fetch(application.context.db, "SELECT state FROM filed_phone_changes")
    assert kept["state"] == "waiting"


async def test_owner_stops_it_from_the_app(
    application: Application, owner: Device, officer: Clerk, second: Clerk
) -> None:
    await approve(second, await imports(officer, f"{LINE},{OWN_NUMBER}"))
    stranger = await register(application, AS_OPERATOR)
    assert_refused(await stranger.call("POST", STOP), "not_found")
    waits = (await owner.call("GET", "/api/phone/identity")).json()["phone_change"]
    assert (waits["phone_masked"], waits["kind"]) == ("136****4321", "filed")
    assert (await owner.call("POST", STOP)).status_code == 204
    assert (await owner.call("GET", "/api/phone/identity")).json()["phone_change"] is None
    application.clock.advance(seconds=DAY)
    assert await application.context.filing.phone_wait(now=application.clock()) == 0
    assert (await record(application))["phone"] == OPERATOR.phone
    assert await proofs(application) == 1
    assert (OPERATOR.phone, "filed_phone_stopped") in await sent(application)


async def test_objection_while_the_number_is_filed_wins(
    application: Application, officer: Clerk, second: Clerk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On PostgreSQL the holder can stop a change that the job has already read: their 204 must be true."""
    await approve(second, await imports(officer, f"{LINE},{OWN_NUMBER}"))
    row = await fetch(application.context.db, "SELECT account_id, effective_at FROM filed_phone_changes")
    filed, now = application.context.filing.phone_wait, int(str(row["effective_at"]))
    approved, is_concurrent = phone_wait._approved, isinstance(application.context.db, PostgresqlDatabase)

    async def stopped_then_approved(tx: Tx, change: FiledPhoneRow) -> bool:
        if is_concurrent:  # SQLite has one writer, so there nobody comes between
            await filed.stop(str(row["account_id"]), now=now)
        return await approved(tx, change)

    monkeypatch.setattr(phone_wait, "_approved", stopped_then_approved)
    changed = await filed(now=now)
    kept = await fetch(application.context.db, "SELECT state FROM filed_phone_changes")
    number = (await record(application))["phone"]
    expected = (0, "stopped", OPERATOR.phone) if is_concurrent else (1, "done", OWN_NUMBER)
    assert (changed, kept["state"], number) == expected


async def test_customer_service_stops_it_for_a_caller(
    application: Application, officer: Clerk, second: Clerk
) -> None:
    await approve(second, await imports(officer, f"{LINE},{OWN_NUMBER}"))
    clerk = await Clerk.at_work(application, StaffRole.CUSTOMER_SERVICE)
    (found,) = (await clerk.call("GET", f"/filing/people?id_number={OPERATOR.id_number}")).json()["items"]
    assert found["phone_change"]["phone_masked"] == "136****4321"
    path = f"/filing/people/{found['id']}/phone-change/stop"
    stopped = await clerk.call("POST", path, {"reason": "本人来电"})
    assert stopped.status_code == 204, stopped.text
    assert_refused(await clerk.call("POST", path, {"reason": "本人来电"}), "not_found")
    application.clock.advance(seconds=DAY)
    assert await application.context.filing.phone_wait(now=application.clock()) == 0
    assert (await record(application))["phone"] == OPERATOR.phone


async def test_number_of_who_lost_the_filed_one_is_told_too(
    application: Application, officer: Clerk, second: Clerk
) -> None:
    """The old number is told, also where it is no account's any more."""
    await approve(second, await imports(officer, f"{LINE},{OWN_NUMBER}"))
    application.clock.advance(seconds=DAY)
    assert await application.context.filing.phone_wait(now=application.clock()) == 1
    third = "13612340000"
    officer = await Clerk.at_work(application, StaffRole.FILING_OFFICER)
    second = await Clerk.at_work(application, StaffRole.SECURITY_OFFICER)
    await approve(second, await imports(officer, f"{LINE},{third}"))
    told = [phone for phone, purpose in await sent(application) if purpose == "filed_phone_waits"]
    assert told.count(OWN_NUMBER) == 1
    assert told.count(OPERATOR.phone) == 2


async def test_unchanged_lines_and_further_records_take_one_officer(
    application: Application, officer: Clerk
) -> None:
    further = f"宁波新潮有限公司,91330200MA2GPD0007,{OPERATOR.name},居民身份证,{OPERATOR.id_number},操作员"
    report = await imports(officer, f"{LINE},{OPERATOR.phone}", f"{further},{OPERATOR.phone}")
    assert [each["waits"] for each in report["lines"]] == [None, None]


async def test_only_a_name_is_a_former_name(application: Application, officer: Clerk) -> None:
    """The enterprise and the masked number of a renamed person aren't their names."""
    code = "91330200MA2GPD0007"
    await imports(officer, f"宁波新潮有限公司,{code},王海燕,护照,E87654322,操作员,13800007700")
    await imports(officer, f"杭州新潮有限公司,{code},王海晏,护照,E87654322,操作员,13800007701")
    db = application.context.db
    found = {
        name: len(await find_by_former_name(db, name, most=9))
        for name in ("王海燕", "王海", "海燕", "王海晏", "宁波新潮", "138")
    }
    assert found == {"王海燕": 1, "王海": 1, "海燕": 0, "王海晏": 0, "宁波新潮": 0, "138": 0}


async def test_each_changed_record_has_an_act(
    application: Application, officer: Clerk, second: Clerk
) -> None:
    report = await imports(
        officer, f"{LINE},{OWN_NUMBER}", f"{ENTERPRISE},张三,护照,E87654321,操作员,13800007799"
    )
    await approve(second, report)
    await imports(officer, f"{ENTERPRISE},张四,护照,E87654321,操作员,13800007700")
    other = await fetch(application.context.db, "SELECT id FROM filed_persons WHERE name = '张四'")
    (changed,) = await acts_on(application.context.db, subject=str(other["id"]))
    assert (changed.act, changed.actor_id) == ("filing.rename", officer.id)
    auditor = await Staff.of(application, StaffRole.AUDITOR)
    for name in ("张三", "张四"):
        found = (await auditor.call("GET", "/acts", name=name)).json()["items"]
        assert [act["id"] for act in found] == [changed.id], name
    for name in ("张五", "138"):
        assert (await auditor.call("GET", "/acts", name=name)).json()["items"] == [], name
    assert changed.details["changes"] == [
        {"field": "name", "old": "张三", "new": "张四"},
        {"field": "phone", "old": "138****7799", "new": "138****7700"},
    ]
    assert (changed.details["file"], changed.details["line"], len(changed.details["sha256"])) == (
        "people.csv",
        2,
        64,
    )
    acts = {
        act.act: act
        for act in await acts_on(application.context.db, subject=(await record(application))["id"])
    }
    for name in ("filing.take", "filing.phone_waits"):
        details = acts[name].details
        assert (acts[name].actor_id, details["asked_by"], details["file"]) == (
            second.id,
            officer.id,
            "people.csv",
        )
        assert details["line"] == 2
        assert OWN_NUMBER not in str(details)
    assert (acts["filing.phone_waits"].details["old"], acts["filing.phone_waits"].details["new"]) == (
        "138****6027",
        "136****4321",
    )
