"""New legal representatives of a list wait for a second officer; exactly what that officer was shown is imported."""

import asyncio
import dataclasses
from typing import Any, Final

import httpx
import pytest

from mshield.gm.engine import load_engine
from mshield.server.staff.rules import StaffRole
from tests.support.acts import acts_on
from tests.support.application import EXAMPLES, Application
from tests.support.assertions import refusal
from tests.support.console_people import API, Clerk
from tests.support.issuing import person
from tests.support.signing import execute

HEADER: Final = "企业名称,统一社会信用代码,姓名,证件类型,证件号码,用户类型,手机号"
ENTERPRISE: Final = "宁波北潮进出口有限公司,91330206MA2XB7C1TW"
NEW: Final = f"{ENTERPRISE},许安然,护照,E12345678,法人,13800007788"
OPERATOR: Final = f"{ENTERPRISE},张三,护照,E87654321,操作员,13800007799"
KNOWN: Final = f"{ENTERPRISE},顾承岳,居民身份证,330206197403183014,法人,"


@pytest.fixture
async def officer(application: Application) -> Clerk:
    """The officer who imports."""
    return await Clerk.at_work(application, StaffRole.FILING_OFFICER)


@pytest.fixture
async def second(application: Application, officer: Clerk) -> Clerk:
    """The officer who approves."""
    assert officer.csrf
    return await Clerk.at_work(application, StaffRole.SECURITY_OFFICER)


async def _import(clerk: Clerk, *lines: str, query: str = "", **headers: str) -> dict[str, Any]:
    own = {"Content-Type": "text/csv", "X-CSRF-Token": clerk.csrf or ""} | headers
    content = "\n".join([HEADER, *lines]).encode()
    answer = await clerk.http.post(f"{API}/filing/imports{query}", content=content, headers=own)
    assert answer.is_success, answer.text
    report: dict[str, Any] = answer.json()
    return report


async def _decide(
    clerk: Clerk, report: dict[str, Any], decision: str = "approve", **more: Any
) -> httpx.Response:
    return await clerk.decide({"id": report["approval_id"]}, decision, **more)


async def _shown(clerk: Clerk, report: dict[str, Any]) -> list[dict[str, Any]]:
    answer = await clerk.call("GET", f"/approvals/{report['approval_id']}/legal-persons")
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


async def _filed(clerk: Clerk) -> dict[str, str]:
    """Returns the legal representatives on file, each with the masked phone number."""
    items = (await clerk.call("GET", "/filing/people?limit=200")).json()["items"]
    return {each["name"]: each["phone_masked"] for each in items if each["role"] == "legal_person"}


async def test_new_legal_person_waits_and_the_other_lines_are_imported(
    application: Application, officer: Clerk, second: Clerk
) -> None:
    planned = await _import(officer, NEW, OPERATOR, query="?dry_run=true")
    assert [line["waits"] for line in planned["lines"]] == ["approval", None]
    report = await _import(officer, NEW, OPERATOR)
    assert (report["applied"], report["will_add"], report["waiting"]) == (True, 1, 1)
    assert "许安然" not in await _filed(officer)
    (line,) = await _shown(second, report)
    assert (line["name"], line["phone"], line["change"], line["state"]) == (
        "许安然",
        "13800007788",
        "add",
        "waiting",
    )
    assert (line["enterprise"], line["id_number_masked"].count("*") >= 3) == ("宁波北潮进出口有限公司", True)
    done = await _decide(second, report)
    assert done.json()["told"] == {"taken": 1, "refused": [], "overtaken": []}
    assert (await _filed(officer))["许安然"] == "138****7788"
    (act,) = await acts_on(application.context.db, subject=(await _record(officer, "E12345678"))["id"])
    assert (act.act, act.actor_id, act.details["asked_by"]) == ("filing.legal_person", second.id, officer.id)
    (asked,) = [
        each
        for each in await acts_on(application.context.db, subject=report["approval_id"])
        if each.act == "approval.ask"
    ]
    assert "E12345678" not in str(asked.details)


async def _record(clerk: Clerk, number: str) -> dict[str, Any]:
    (found,) = (await clerk.call("GET", f"/filing/people?id_number={number}")).json()["items"]
    record: dict[str, Any] = found
    return record


@pytest.mark.parametrize(
    ("line", "name"),
    [
        (KNOWN.replace("顾承岳", "王二"), "another name"),
        (KNOWN + "13900007777", "another phone number"),
        (KNOWN.replace("330206197403183014", "11010519491231002X"), "another id number"),
    ],
)
async def test_changed_legal_person_needs_two_officers(
    officer: Clerk, second: Clerk, line: str, name: str
) -> None:
    before = await _filed(officer)
    report = await _import(officer, line)
    assert report["waiting"] == 1, name
    assert await _filed(officer) == before
    assert (await _decide(second, report, "refuse")).status_code == 200
    assert await _filed(officer) == before


async def test_returning_legal_person_needs_two_officers(officer: Clerk, second: Clerk) -> None:
    record = await _record(officer, "330206197403183014")
    await officer.call("POST", f"/filing/people/{record['id']}/end", {"reason": "已离职"})
    report = await _import(officer, KNOWN)
    assert report["waiting"] == 1
    assert "顾承岳" not in await _filed(officer)
    assert (await _decide(second, report)).json()["told"]["taken"] == 1
    assert "顾承岳" in await _filed(officer)


async def test_number_is_removed_by_one_officer(officer: Clerk) -> None:
    """Removing a number can't prove anybody."""
    report = await _import(officer, KNOWN)
    assert (report["waiting"], report["will_change"]) == (0, 1)


async def test_program_cannot_propose_legal_persons(
    application: Application, officer: Clerk, second: Clerk
) -> None:
    token = {"Authorization": f"Bearer {await officer.token()}"}
    report = await _import(officer, NEW, OPERATOR, **token)
    assert [line["waits"] for line in report["lines"]] == ["person", None]
    assert (report["applied"], report["approval_id"], report["will_add"]) == (True, None, 1)
    assert "许安然" not in await _filed(officer)
    assert (await second.call("GET", "/approvals")).json()["items"] == []
    assert application.clock()


async def test_importing_officer_cannot_approve(application: Application) -> None:
    both = await Clerk.at_work(application, *StaffRole)
    report = await _import(both, NEW)
    assert refusal(await _decide(both, report)) == (403, "own_approval")
    assert "许安然" not in await _filed(both)


async def test_filing_officer_cannot_approve(application: Application, officer: Clerk) -> None:
    other = await Clerk.at_work(application, StaffRole.FILING_OFFICER)
    report = await _import(officer, NEW)
    assert refusal(await _decide(other, report)) == (403, "forbidden")
    hidden = await other.call("GET", f"/approvals/{report['approval_id']}/legal-persons")
    assert refusal(hidden) == (404, "not_found")
    assert len(await _shown(officer, report)) == 1


async def test_repeated_import_waits_once(officer: Clerk, second: Clerk) -> None:
    first = await _import(officer, NEW)
    again = await _import(officer, NEW, OPERATOR)
    assert (again["waiting"], again["approval_id"], again["will_add"]) == (1, None, 1)
    assert len((await second.call("GET", "/approvals?state=waiting")).json()["items"]) == 1
    assert (await _decide(second, first)).json()["told"]["taken"] == 1
    assert (await _import(officer, NEW))["unchanged"] == 1


async def test_record_changed_meanwhile_is_not_imported(
    application: Application, officer: Clerk, second: Clerk
) -> None:
    """Two lists about one person: the second was displayed beside data that the first has changed since."""
    one = await _import(officer, KNOWN + "13900007777")
    other = await _import(officer, KNOWN + "13900008888")
    assert (await _decide(second, one)).json()["told"]["taken"] == 1
    outcome = (await _decide(second, other)).json()["told"]
    (line,) = outcome["overtaken"]
    assert (outcome["taken"], line) == (0, 2)
    assert (await _filed(officer))["顾承岳"] == "139****7777"
    assert (await _shown(second, other))[0]["state"] == "overtaken"
    assert application.clock()


async def test_renamed_enterprise_overtakes_the_proposal(officer: Clerk, second: Clerk) -> None:
    report = await _import(officer, NEW)
    renamed = await _import(officer, OPERATOR.replace("北潮", "南潮"))
    assert (await _decide(second, renamed)).json()["told"]["taken"] == 1
    assert (await _decide(second, report)).json()["told"] == {"taken": 0, "refused": [], "overtaken": [2]}


async def _enterprises(clerk: Clerk) -> set[str]:
    items = (await clerk.call("GET", "/filing/people?limit=200")).json()["items"]
    return {each["enterprise"] for each in items if each["credit_code"] == "91330206MA2XB7C1TW"}


@pytest.mark.parametrize("line", [KNOWN, OPERATOR], ids=["legal representative", "operator"])
async def test_renaming_a_legal_persons_enterprise_needs_two(
    application: Application, officer: Clerk, second: Clerk, line: str
) -> None:
    """Certificates contain the name: a false one would make people sign for another enterprise."""
    line = line.replace("北潮", "南潮")
    planned = await _import(officer, line, query="?dry_run=true")
    assert (planned["lines"][0]["waits"], planned["enterprises_change"]) == ("approval", 0)
    report = await _import(officer, line)
    assert (report["applied"], report["waiting"], report["enterprises_change"]) == (True, 1, 0)
    assert await _enterprises(officer) == {"宁波北潮进出口有限公司"}
    (shown,) = await _shown(second, report)
    assert (shown["enterprise_before"], shown["enterprise"]) == (
        "宁波北潮进出口有限公司",
        "宁波南潮进出口有限公司",
    )
    (asked,) = (await second.call("GET", "/approvals?state=waiting")).json()["items"]
    assert (asked["details"]["lines"], asked["details"]["renamed"]) == (1, 1)
    assert asked["details"]["legal_persons"] == int(shown["role"] == "legal_person")
    assert (await _decide(second, report)).json()["told"] == {"taken": 1, "refused": [], "overtaken": []}
    assert await _enterprises(officer) == {"宁波南潮进出口有限公司"}
    record = await _record(officer, line.split(",")[4])
    acts = await acts_on(application.context.db, subject=record["id"])
    assert (acts[-1].details["enterprise_change"], acts[-1].details["asked_by"]) == ("change", officer.id)


async def test_approver_sees_the_shields_that_will_stop(
    application: Application, officer: Clerk, second: Clerk
) -> None:
    context, now = application.context, application.clock()
    new, _ = await person(context.db, context.keyring, load_engine(), now=now)
    issue = context.certificates.own.local.issue
    row = await issue.reserve(dataclasses.replace(new, credit_code=KNOWN.split(",")[1]), now=now)
    await issue.issue(row.serial, now=now)
    report = await _import(officer, KNOWN.replace("北潮", "南潮"))
    (shown,) = await _shown(second, report)
    assert (shown["state"], shown["shields_stopped"]) == ("waiting", 1)
    await _decide(second, report)
    (shown,) = await _shown(second, report)
    assert (shown["state"], shown["shields_stopped"]) == ("taken", 0)


async def test_lines_of_a_renamed_enterprise_are_imported_together(officer: Clerk, second: Clerk) -> None:
    """The first line renames the enterprise; that doesn't overtake the others."""
    lines = [each.replace("北潮", "南潮") for each in (KNOWN, OPERATOR, NEW)]
    report = await _import(officer, *lines)
    assert report["waiting"] == 3
    assert (await _decide(second, report)).json()["told"] == {"taken": 3, "refused": [], "overtaken": []}
    assert await _enterprises(officer) == {"宁波南潮进出口有限公司"}


async def test_ending_the_legal_persons_record_does_not_avoid_the_approval(officer: Clerk) -> None:
    record = await _record(officer, "330206197403183014")
    await officer.call("POST", f"/filing/people/{record['id']}/end", {"reason": "已离职"})
    report = await _import(officer, OPERATOR.replace("北潮", "南潮"))
    assert report["waiting"] == 1
    assert "宁波南潮进出口有限公司" not in await _enterprises(officer)


async def test_program_cannot_rename_a_legal_persons_enterprise(officer: Clerk) -> None:
    token = {"Authorization": f"Bearer {await officer.token()}"}
    report = await _import(officer, OPERATOR.replace("北潮", "南潮"), **token)
    assert (report["lines"][0]["waits"], report["approval_id"]) == ("person", None)
    assert await _enterprises(officer) == {"宁波北潮进出口有限公司"}


async def test_chosen_lines_are_imported_and_the_others_reported(officer: Clerk, second: Clerk) -> None:
    lines = [
        f"{ENTERPRISE},许安{name},护照,E1234567{number},法人,1380000778{number}"
        for number, name in enumerate("甲乙丙丁")
    ]
    report = await _import(officer, *lines)
    assert report["waiting"] == 4
    for wrong in ([99], [2, 99]):
        assert refusal(await _decide(second, report, lines=wrong)) == (422, "invalid_request")
    done = await _decide(second, report, lines=[3, 5])
    assert done.json()["told"] == {"taken": 2, "refused": [2, 4], "overtaken": []}
    assert {"许安乙", "许安丁"} <= (await _filed(officer)).keys()
    assert not {"许安甲", "许安丙"} & (await _filed(officer)).keys()
    (seen,) = (await officer.call("GET", "/approvals")).json()["items"]
    assert seen["state"] == "approved"
    assert [each["state"] for each in await _shown(officer, report)] == [
        "refused",
        "taken",
        "refused",
        "taken",
    ]


async def test_race_of_approvals_has_one_winner(
    application: Application, officer: Clerk, second: Clerk
) -> None:
    third = await Clerk.at_work(application, StaffRole.SECURITY_OFFICER)
    report = await _import(officer, NEW)
    done = await asyncio.gather(
        _decide(second, report), _decide(third, report), _decide(third, report, "refuse")
    )
    assert sorted(each.status_code for each in done) == [200, 409, 409]


async def test_forged_proposal_row_is_not_imported(
    application: Application, officer: Clerk, second: Clerk
) -> None:
    report = await _import(officer, NEW, NEW.replace("E12345678", "E12345670").replace("许安然", "许安心"))
    await execute(
        application.context.db,
        "UPDATE filing_proposals SET record_box = (SELECT o.record_box FROM filing_proposals o WHERE o.line = 3) "
        "WHERE line = 2",
    )
    assert refusal(await _decide(second, report)) == (409, "conflict")
    assert not {"许安然", "许安心"} & (await _filed(officer)).keys()


async def test_deleted_proposal_rows_are_detected(
    application: Application, officer: Clerk, second: Clerk
) -> None:
    report = await _import(officer, NEW, NEW.replace("E12345678", "E12345670").replace("许安然", "许安心"))
    await execute(application.context.db, "DELETE FROM filing_proposals WHERE line = 2")
    assert refusal(await _decide(second, report)) == (409, "conflict")
    assert "许安心" not in await _filed(officer)


async def test_proposal_lapses_with_the_officers_role(
    application: Application, officer: Clerk, second: Clerk
) -> None:
    report = await _import(officer, NEW)
    await execute(application.context.db, "UPDATE staff SET roles = 'auditor' WHERE name = '员工 0'")
    assert refusal(await _decide(second, report)) == (409, "approval_over")
    assert "许安然" not in await _filed(second)


async def test_legal_persons_can_be_proposed_only_by_an_import(second: Clerk) -> None:
    question = {"act": "filing.legal_persons", "subject": "x", "reason": "x", "details": {}}
    assert refusal(await second.call("POST", "/approvals", question)) == (422, "invalid_request")


async def test_five_hundred_proposals_are_one_request_in_pages(officer: Clerk, second: Clerk) -> None:
    lines = [f"{ENTERPRISE},许安然,护照,E{number:08},法人," for number in range(500)]
    report = await _import(officer, *lines)
    assert report["waiting"] == 500
    seen = 0
    after: int | None = 0
    while after is not None:
        path = f"/approvals/{report['approval_id']}/legal-persons?limit=200&after={after}"
        page = (await second.call("GET", path)).json()
        seen, after = seen + len(page["items"]), page["next"]
    assert seen == 500
    assert (await _decide(second, report)).json()["told"]["taken"] == 500


async def test_the_examples_can_be_imported_again(officer: Clerk) -> None:
    """An existing legal representative needs no approval."""
    own = {"Content-Type": "text/csv", "X-CSRF-Token": officer.csrf or ""}
    content = (EXAMPLES / "filing.csv").read_bytes()
    report = (await officer.http.post(f"{API}/filing/imports", content=content, headers=own)).json()
    assert (report["waiting"], report["unchanged"]) == (0, 9)
