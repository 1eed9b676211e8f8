"""An outside filing system changes or ends nobody who is proven: two officers decide each of its changes (N4)."""

from dataclasses import dataclass, replace
from typing import Any, Final

import pytest

from mshield.server.filing.import_cache import ImportCache
from mshield.server.filing.import_list import ImportFiling
from mshield.server.filing.outside_changes import QUIET_MS
from mshield.server.filing.report import LineReport
from mshield.server.filing.rules import FilingRecord, FilingRow
from mshield.server.staff.rules import StaffRole
from mshield.testkit.demo.people import OPERATOR
from tests.security.identity.test_stranger import AS_OPERATOR, OWN_NUMBER, apply, register
from tests.security.staff.test_filed_number import DAY, LINE, approve, imports, proofs, record, sent
from tests.support.acts import acts_on
from tests.support.application import Application, Device
from tests.support.assertions import assert_refused
from tests.support.console_people import Clerk
from tests.support.shield_over_http import Shield
from tests.support.signing import fetch, statement

HOST: Final = "filing.example"
FILED: Final = FilingRow(
    line=0,
    enterprise="宁波北潮进出口有限公司",
    credit_code=OPERATOR.credit_code,
    name=OPERATOR.name,
    id_type="resident_id",
    id_number=OPERATOR.id_number,
    role="operator",
    phone=OPERATOR.phone,
)


@dataclass
class Office:
    """The outside filing system: `answer` is what it says of the person who is asked for, None for nobody."""

    application: Application
    answer: FilingRow | None
    outside: bool = True
    name: str = HOST

    async def look_up(self, question: object) -> FilingRow | None:
        assert question
        return self.answer

    async def says(self, answer: FilingRow | None, *, times: int = 2) -> None:
        """Has the service ask for the operator, or whoever the answer is about; the office repeats itself."""
        self.answer, about = answer, answer or FILED
        look_up = replace(self.application.context.filing.look_up, source=self)
        for _ in range(times):
            await look_up(
                credit_code=about.credit_code,
                role=about.role,
                id_number=about.id_number,
                now=self.application.clock(),
            )


@pytest.fixture
async def owner(application: Application, device: Device) -> Device:
    """The true operator's phone; they are proven by the filed number, and have a shield."""
    await Shield(application, device).enrol()
    return device


@pytest.fixture
async def office(application: Application, owner: Device) -> Office:
    assert owner.token
    return Office(application, FILED)


@pytest.fixture
async def officer(application: Application, owner: Device) -> Clerk:
    return await Clerk.at_work(application, StaffRole.FILING_OFFICER)


@pytest.fixture
async def second(application: Application, officer: Clerk) -> Clerk:
    assert officer.csrf
    return await Clerk.at_work(application, StaffRole.SECURITY_OFFICER)


async def held(clerk: Clerk, state: str = "waiting") -> list[dict[str, Any]]:
    answer = await clerk.call("GET", f"/approvals?state={state}")
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


async def support(clerk: Clerk, asked: dict[str, Any]) -> dict[str, Any]:
    answer = await clerk.call("POST", f"/approvals/{asked['id']}/support")
    assert answer.status_code == 200, answer.text
    row: dict[str, Any] = answer.json()
    return row


async def of_two(officer: Clerk, second: Clerk) -> dict[str, Any]:
    """Has both officers let the one held change happen; returns what became of it."""
    (asked,) = await held(officer)
    assert asked["may_support"]
    await support(officer, asked)
    done = await second.decide(asked, "approve")
    assert done.status_code == 200, done.text
    outcome: dict[str, Any] = done.json()["told"]
    return outcome


async def filed(application: Application) -> dict[str, Any]:
    """Returns the operator's record, under whatever name."""
    person = "SELECT phone, name, ended_at, version FROM filed_persons WHERE id = $1"
    first = "SELECT id FROM filed_persons WHERE credit_code = $1 AND role = 'operator' ORDER BY id"
    row = await fetch(application.context.db, first, OPERATOR.credit_code)
    return dict(await fetch(application.context.db, person, row["id"]))


async def names(application: Application) -> set[tuple[str, str]]:
    rows = await application.context.db.all(statement("SELECT name, role FROM filed_persons"))
    return {(row["name"], row["role"]) for row in rows}


@pytest.mark.parametrize(
    ("answer", "change", "changes"),
    [
        (
            replace(FILED, phone=OWN_NUMBER),
            "change",
            [{"field": "phone", "old": "138****6027", "new": "136****4321"}],
        ),
        (replace(FILED, phone=""), "change", [{"field": "phone", "old": "138****6027", "new": ""}]),
        (
            replace(FILED, name="林志远"),
            "change",
            [{"field": "name", "old": OPERATOR.name, "new": "林志远"}],
        ),
        (replace(FILED, role="legal_person", phone=OWN_NUMBER), "add", []),
        (None, "end", []),
    ],
    ids=["another number", "no number", "another name", "another role", "gone"],
)
async def test_change_of_somebody_proven_is_held_once(
    application: Application,
    office: Office,
    officer: Clerk,
    second: Clerk,
    *,
    answer: FilingRow | None,
    change: str,
    changes: list[dict[str, str]],
) -> None:
    before, people = await filed(application), await names(application)
    await office.says(answer, times=3)
    assert (await filed(application), await names(application)) == (before, people)
    assert await proofs(application) == 1
    (asked,) = await held(second)
    assert (asked["act"], asked["asked_by"], asked["asked_by_name"]) == ("filing.source", None, None)
    assert (asked["may_support"], asked["may_decide"]) == (True, False)
    details = asked["details"]
    assert (details["source"], details["change"], details.get("changes", [])) == (HOST, change, changes)
    assert OWN_NUMBER not in str(asked)
    (line,) = (await second.call("GET", f"/approvals/{asked['id']}/legal-persons")).json()["items"]
    assert (line["change"], line["state"]) == (change, "waiting")
    assert OWN_NUMBER not in str(line)
    assert OPERATOR.phone not in str(line)
    assert [each["id"] for each in await held(officer)] == [asked["id"]]
    stranger = await register(application, AS_OPERATOR)
    assert_refused(await apply(application, stranger, AS_OPERATOR), "identity_unproven", 403)


async def test_the_record_tells_what_was_held_and_which_system_said_it(
    application: Application, office: Office, second: Clerk
) -> None:
    person = await record(application)
    await office.says(replace(FILED, phone=OWN_NUMBER))
    (asked,) = await held(second)
    (act,) = [
        act for act in await acts_on(application.context.db, subject=person["id"]) if act.act == "filing.held"
    ]
    assert (act.actor, act.actor_id) == ("service", None)
    assert (act.details["source"], act.details["approval"]) == (HOST, asked["id"])
    assert act.details["changes"] == [{"field": "phone", "old": "138****6027", "new": "136****4321"}]
    assert OWN_NUMBER not in str(act.details)


async def test_one_officer_lets_nothing_happen(
    application: Application, office: Office, officer: Clerk, second: Clerk
) -> None:
    await office.says(replace(FILED, phone=OWN_NUMBER))
    (asked,) = await held(second)
    assert_refused(await second.decide(asked, "approve"), "conflict", 409)
    row = await support(second, asked)
    assert (row["asked_by"], row["may_support"], row["may_decide"]) == (second.id, False, False)
    assert_refused(await second.decide(asked, "approve"), "own_approval", 403)
    assert_refused(await officer.call("POST", f"/approvals/{asked['id']}/support"), "approval_over", 409)
    assert (await record(application))["phone"] == OPERATOR.phone
    token = {"Authorization": f"Bearer {await officer.token()}"}
    answer = await officer.application.http.post(
        f"/api/console/approvals/{asked['id']}/support", headers=token
    )
    assert answer.status_code == 403, answer.text


async def test_approved_number_waits_a_day_and_isnt_held_again(
    application: Application, office: Office, officer: Clerk, second: Clerk
) -> None:
    answer = replace(FILED, phone=OWN_NUMBER)
    await office.says(answer)
    assert await of_two(officer, second) == {"taken": 1, "refused": [], "overtaken": []}
    assert (await record(application))["phone"] == OPERATOR.phone
    assert await proofs(application) == 1
    assert (OPERATOR.phone, "filed_phone_waits") in await sent(application)
    await office.says(answer)
    assert await held(second) == []
    stranger = await register(application, AS_OPERATOR)
    assert_refused(await apply(application, stranger, AS_OPERATOR), "identity_unproven", 403)
    application.clock.advance(seconds=DAY)
    assert await application.context.filing.phone_wait(now=application.clock()) == 1
    assert (await record(application))["phone"] == OWN_NUMBER
    acts = {
        act.act: act
        for act in await acts_on(application.context.db, subject=(await record(application))["id"])
    }
    details = acts["filing.take"].details
    assert (acts["filing.take"].actor_id, details["asked_by"], details["source"]) == (
        second.id,
        officer.id,
        HOST,
    )


async def test_holder_objects_to_the_number(
    application: Application, owner: Device, office: Office, officer: Clerk, second: Clerk
) -> None:
    answer = replace(FILED, phone=OWN_NUMBER)
    await office.says(answer)
    await of_two(officer, second)
    assert (await owner.call("POST", "/api/phone/identity/phone-change/stop")).status_code == 204
    await office.says(answer)
    assert await held(second) == []
    application.clock.advance(seconds=DAY)
    assert await application.context.filing.phone_wait(now=application.clock()) == 0
    assert (await record(application))["phone"] == OPERATOR.phone


async def test_name_and_number_approved_together_ask_once(
    application: Application, office: Office, officer: Clerk, second: Clerk
) -> None:
    """The name is filed at once, the number waits: the rest of the difference isn't put up meanwhile."""
    answer = replace(FILED, name="林志远", phone=OWN_NUMBER)
    await office.says(answer)
    await of_two(officer, second)
    person = await filed(application)
    assert (person["name"], person["phone"]) == ("林志远", OPERATOR.phone)
    await office.says(answer)
    assert await held(second) == []


async def test_two_officers_end_a_record(
    application: Application, office: Office, officer: Clerk, second: Clerk
) -> None:
    person = await record(application)
    await office.says(None)
    (asked,) = await held(second)
    (line,) = (await second.call("GET", f"/approvals/{asked['id']}/legal-persons")).json()["items"]
    assert line["shields_stopped"] == 1
    assert await of_two(officer, second) == {"taken": 1, "refused": [], "overtaken": []}
    assert (await filed(application))["ended_at"] is not None
    (ended,) = [
        act for act in await acts_on(application.context.db, subject=person["id"]) if act.act == "filing.end"
    ]
    assert (ended.actor_id, ended.details["asked_by"], ended.details["source"]) == (
        second.id,
        officer.id,
        HOST,
    )
    await office.says(None)
    assert await held(second) == []


async def test_refused_change_isnt_put_up_again_for_a_month(
    application: Application, office: Office, second: Clerk
) -> None:
    answer = replace(FILED, phone=OWN_NUMBER)
    await office.says(answer)
    (asked,) = await held(second)
    assert (await second.decide(asked, "refuse")).status_code == 200
    await office.says(answer)
    assert await held(second) == []
    application.clock.advance(seconds=QUIET_MS // 1000)
    await office.says(answer)
    again = await fetch(application.context.db, "SELECT COUNT(*) AS n FROM approvals WHERE state = 'waiting'")
    assert again["n"] == 1


async def test_another_answer_replaces_what_waits(
    application: Application, office: Office, officer: Clerk, second: Clerk
) -> None:
    await office.says(replace(FILED, phone=OWN_NUMBER))
    (first,) = await held(second)
    await support(officer, first)
    await office.says(replace(FILED, name="林志远"))
    (other,) = await held(second)
    assert other["id"] != first["id"]
    assert_refused(await second.decide(first, "approve"), "approval_over", 409)
    await office.says(FILED)
    assert await held(second) == []
    assert len(await held(second, "withdrawn")) == 2
    assert (await record(application))["phone"] == OPERATOR.phone


async def test_change_meanwhile_overtakes_what_waits(
    application: Application, office: Office, officer: Clerk, second: Clerk
) -> None:
    await office.says(replace(FILED, phone=OWN_NUMBER))
    (asked,) = await held(second)
    await support(officer, asked)
    await approve(second, await imports(officer, f"{LINE.replace(OPERATOR.name, '林志远')},{OPERATOR.phone}"))
    done = await second.decide(asked, "approve")
    assert done.json()["told"] == {"taken": 0, "refused": [], "overtaken": [1]}
    assert (await filed(application))["phone"] == OPERATOR.phone


async def test_who_is_proven_meanwhile_is_held(
    application: Application, device: Device, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The comparison that counts is the one in the transaction: somebody may be proven after the first one."""
    office, compare, compared = Office(application, FILED), ImportFiling.compare, list[LineReport]()

    async def then_proven(self: ImportFiling, cache: ImportCache, record: FilingRecord) -> LineReport:
        line = await compare(self, cache, record)
        if not compared:
            compared.append(line)
            await Shield(application, device).enrol()
        return line

    monkeypatch.setattr(ImportFiling, "compare", then_proven)
    await office.says(replace(FILED, phone=OWN_NUMBER), times=1)
    assert not compared[0].takes_over
    assert (await record(application))["phone"] == OPERATOR.phone
    held_and_waiting = await fetch(
        application.context.db,
        "SELECT (SELECT COUNT(*) FROM approvals) AS held, (SELECT COUNT(*) FROM filed_phone_changes) AS waiting",
    )
    assert dict(held_and_waiting) == {"held": 1, "waiting": 0}
    assert await proofs(application) == 1


async def test_unproven_and_new_people_are_stored_at_once(application: Application, office: Office) -> None:
    new = replace(FILED, name="张三", id_type="passport", id_number="E87654321", phone=OWN_NUMBER)
    await office.says(new)
    assert ("张三", "operator") in await names(application)
    await office.says(replace(new, name="张四"))
    assert ("张四", "operator") in await names(application)
    first = replace(new, enterprise="宁波新潮有限公司", credit_code="91330200MA2GPD0007", role="legal_person")
    await office.says(first)
    assert ("张三", "legal_person") in await names(application)
    question = await fetch(application.context.db, "SELECT COUNT(*) AS n FROM approvals")
    assert question["n"] == 0


@pytest.mark.parametrize("is_new", [True, False], ids=["another person", "another number"])
async def test_who_a_legal_person_is_takes_two_officers(
    application: Application, office: Office, second: Clerk, *, is_new: bool
) -> None:
    people = await names(application)
    answer = replace(FILED, role="legal_person", phone=OWN_NUMBER)
    if is_new:
        answer = replace(answer, name="张三", id_type="passport", id_number="E87654321")
    else:
        answer = replace(answer, name="顾承岳", id_number="330206197403183014")
    await office.says(answer)
    (asked,) = await held(second)
    assert (asked["details"]["name"], asked["details"]["role"]) == (answer.name, "legal_person")
    assert await names(application) == people
    row = await fetch(
        application.context.db, "SELECT COUNT(*) AS n FROM filed_persons WHERE phone = $1", OWN_NUMBER
    )
    assert row["n"] == 0


async def test_rename_that_stops_shields_is_held_once_for_the_enterprise(
    application: Application, office: Office, officer: Clerk, second: Clerk
) -> None:
    name = "宁波北潮（集团）有限公司"
    new = replace(FILED, enterprise=name, name="张三", id_type="passport", id_number="E87654321", phone="")
    await office.says(new, times=1)
    assert ("张三", "operator") in await names(application)
    await office.says(replace(FILED, enterprise=name))
    await office.says(new)
    assert (await enterprise(application))["name"] == FILED.enterprise
    (asked,) = await held(second)
    assert asked["details"]["changes"] == [{"field": "enterprise", "old": FILED.enterprise, "new": name}]
    (line,) = (await second.call("GET", f"/approvals/{asked['id']}/legal-persons")).json()["items"]
    assert (line["enterprise"], line["enterprise_before"], line["shields_stopped"]) == (
        name,
        FILED.enterprise,
        1,
    )
    assert (await of_two(officer, second))["taken"] == 1
    assert (await enterprise(application))["name"] == name
    await office.says(replace(FILED, enterprise=name))
    assert await held(second) == []


async def enterprise(application: Application) -> dict[str, Any]:
    select = "SELECT name FROM enterprises WHERE credit_code = $1"
    return dict(await fetch(application.context.db, select, FILED.credit_code))
