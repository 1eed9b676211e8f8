"""A change to a new phone number without a code from the old one waits (R18): who stops it, what ends it."""

from collections.abc import Awaitable, Callable
from typing import Any, Final

import pytest

from mshield.server.filing.rules import FilingRow
from mshield.server.log.sequence import sequence
from mshield.server.log.verify import verify_log
from mshield.server.staff.rules import StaffRole
from mshield.testkit.demo.people import LEGAL_PERSON, OPERATOR, Person
from tests.staff.test_change_phone import NEW, ask, code, number, waited
from tests.support.acts import acts_on
from tests.support.application import Application, Device
from tests.support.assertions import assert_refused
from tests.support.clerk import Program
from tests.support.console_people import Clerk, two_at_work
from tests.support.second_person import SECOND
from tests.support.signing import fetch, tamper

CLERK: Final = StaffRole.CUSTOMER_SERVICE
OFFICER: Final = StaffRole.SECURITY_OFFICER
IDENTITY: Final = "/api/phone/identity"
STOP: Final = f"{IDENTITY}/phone-change/stop"


one, other = two_at_work(CLERK)


@pytest.fixture
async def officer(application: Application, one: Clerk) -> Clerk:
    """A security officer."""
    assert one.csrf
    return await Clerk.at_work(application, OFFICER)


class Died(Exception):
    """A simulated crash of the process."""


async def _account(application: Application, person: Person = OPERATOR) -> str:
    await application.registered(person)
    return (await application.context.accounts.change_phone.find(person.phone)).id


@pytest.fixture
async def account(application: Application) -> str:
    """The operator's account."""
    return await _account(application)


@pytest.fixture
async def approved(application: Application, one: Clerk, other: Clerk, account: str) -> dict[str, Any]:
    """An approved change that waits."""
    asked = await ask(one, account)
    assert (await other.decide(asked)).status_code == 200
    assert await number(application, account) == OPERATOR.phone
    return asked


async def shown(device: Device) -> dict[str, Any] | None:
    """Returns the pending change as the app is shown it."""
    answer = await device.call("GET", IDENTITY)
    found: dict[str, Any] | None = answer.json()["phone_change"]
    return found


async def told(application: Application) -> list[tuple[str, str, str]]:
    """Returns all SMS as (number, purpose, text), newest first."""
    await application.context.notices.notify.send_due(now=application.clock())
    outbox = (await application.http.get("/dev/sms.json")).json()
    return [(each["phone"], each["purpose"], each["text"]) for each in outbox]


@pytest.mark.usefixtures("approved")
async def test_r18_change_is_done_after_exactly_a_day(application: Application, account: str) -> None:
    device = await application.logged_in()
    assert await waited(application, hours=24 - 1 / 3600) == 0
    assert await number(application, account) == OPERATOR.phone
    assert await waited(application, hours=1 / 3600) == 1
    assert await number(application, account) == NEW
    assert (await device.call("GET", "/api/phone/me")).status_code == 401
    assert await waited(application) == 0
    purposes = [purpose for _, purpose, _ in await told(application)]
    assert (purposes.count("phone_changed"), purposes.count("phone_bound")) == (1, 1)
    kept = await fetch(application.context.db, "SELECT state, old_phone, new_phone FROM phone_changes")
    assert dict(kept) == {"state": "done", "old_phone": "", "new_phone": ""}


async def test_old_number_is_notified_and_its_phone_can_stop_the_change(
    application: Application, one: Clerk, account: str, approved: dict[str, Any]
) -> None:
    device = await application.logged_in()
    ((phone, text),) = [
        (phone, text) for phone, purpose, text in await told(application) if purpose == "phone_waits"
    ]
    assert phone == OPERATOR.phone
    assert "24" in text
    assert NEW[-4:] in text
    waits = await shown(device)
    assert waits is not None
    assert (waits["phone_masked"], waits["effective_at"] - waits["approved_at"]) == (
        "139****1234",
        24 * 3_600_000,
    )
    assert (await device.call("POST", STOP)).status_code == 204
    assert await shown(device) is None
    assert_refused(await device.call("POST", STOP), "not_found")
    assert {(phone, purpose) for phone, purpose, _ in (await told(application))[:2]} == {
        (OPERATOR.phone, "phone_stopped"),
        (NEW, "phone_stopped"),
    }
    assert (await device.call("GET", "/api/phone/me")).status_code == 200
    assert await waited(application) == 0
    assert await number(application, account) == OPERATOR.phone
    acts = await acts_on(application.context.db, subject=account)
    waits_act, stop_act = (
        next(each for each in acts if each.act == act)
        for act in ("account.phone_waits", "account.stop_phone")
    )
    assert (waits_act.details["approval"], waits_act.details["asked_by"]) == (approved["id"], one.id)
    assert (stop_act.actor, stop_act.actor_id, stop_act.details["why"]) == ("user", account, "holder")
    assert NEW not in str([each.details for each in acts])


@pytest.mark.usefixtures("approved")
async def test_other_phone_can_neither_see_nor_stop_the_change(
    application: Application, account: str
) -> None:
    await application.registered(LEGAL_PERSON)
    stranger = await application.logged_in(LEGAL_PERSON)
    assert await shown(stranger) is None
    assert_refused(await stranger.call("POST", STOP), "not_found")
    assert await waited(application) == 1
    assert await number(application, account) == NEW


@pytest.mark.usefixtures("approved")
async def test_customer_service_can_stop_but_not_hasten_the_change(
    application: Application, one: Clerk, officer: Clerk, account: str
) -> None:
    record = (await one.call("GET", f"/accounts/{account}")).json()
    assert record["phone_change"]["phone_masked"] == "139****1234"
    path = f"/accounts/{account}/phone-stop"
    assert_refused(await one.call("POST", path, {"reason": " "}), "invalid_request")
    assert_refused(await officer.call("POST", path, {"reason": "来电"}), "forbidden")
    # Stopping needs no fresh second factor, so it works later too.
    application.clock.advance(seconds=600)
    assert (await one.call("POST", path, {"reason": "机主来电，未曾申请"})).status_code == 204
    assert_refused(await one.call("POST", path, {"reason": "再次"}), "not_found")
    assert (await one.call("GET", f"/accounts/{account}")).json()["phone_change"] is None
    assert await waited(application) == 0
    assert await number(application, account) == OPERATOR.phone
    stopped = (await acts_on(application.context.db, subject=account))[-1]
    assert (stopped.actor_id, stopped.details["why"], stopped.details["reason"]) == (
        one.id,
        "customer_service",
        "机主来电，未曾申请",
    )


async def test_account_has_one_pending_change_and_two_codes_overtake_it(
    application: Application, one: Clerk, other: Clerk, account: str, approved: dict[str, Any]
) -> None:
    third = "13700001111"
    mine = await code(one, account, phone=third)
    document = {"phone": third, "new_code": mine, "evidence": "x", "reason": "x"}
    assert_refused(
        await one.call("POST", f"/accounts/{account}/phone-questions", document), "approval_waiting"
    )
    codes = {f"{to}_code": await code(other, account, to, third) for to in ("new", "old")}
    document = {"phone": third, "evidence": "x", **codes}
    assert (await other.call("POST", f"/accounts/{account}/phone", document)).status_code == 200
    assert await waited(application) == 0
    assert await number(application, account) == third
    assert approved["state"] == "waiting"
    stopped = [
        each
        for each in await acts_on(application.context.db, subject=account)
        if each.act == "account.stop_phone"
    ]
    assert [each.details["why"] for each in stopped] == ["other_number"]


async def test_disabling_the_account_stops_the_change_permanently(
    application: Application, one: Clerk, other: Clerk, account: str, approved: dict[str, Any]
) -> None:
    for state in ("disabled", "active"):
        path, document = f"/accounts/{account}/state", {"state": state, "reason": "来电"}
        assert (await one.call("POST", path, document)).status_code == 200
    assert await waited(application) == 0
    assert await number(application, account) == OPERATOR.phone
    await other.log_in()
    assert_refused(await other.decide(approved), "approval_over")


async def test_thief_cannot_stop_the_change_of_a_frozen_account(
    application: Application, one: Clerk, other: Clerk, officer: Clerk, account: str
) -> None:
    """The thief on the stolen phone stopped the change once; two people, one an officer, can still do it."""
    stolen = await application.logged_in()
    await other.decide(await ask(one, account))
    assert (await stolen.call("POST", STOP)).status_code == 204
    frozen = {"state": "disabled", "reason": "手机被盗，本人到场"}
    assert (await one.call("POST", f"/accounts/{account}/state", frozen)).status_code == 200
    assert_refused(
        await one.call("POST", f"/accounts/{account}/phone-codes", {"phone": NEW, "to": "old"}), "not_found"
    )
    asked = await ask(one, account)
    assert asked["details"]["approver"] == "security_officer"
    await other.confirm()
    assert_refused(await other.decide(asked), "forbidden")
    await officer.confirm()
    assert (await officer.decide(asked)).status_code == 200
    assert (await stolen.call("POST", STOP)).status_code == 401
    assert await waited(application) == 1
    assert await number(application, account) == NEW
    row = await fetch(application.context.db, "SELECT state FROM accounts WHERE id = $1", account)
    assert row["state"] == "disabled"


async def test_legal_persons_number_needs_an_officer(
    application: Application, one: Clerk, other: Clerk, officer: Clerk
) -> None:
    """They could take over the enterprise. Being filed as a legal representative is enough, proven or not."""
    account = await _account(application, LEGAL_PERSON)
    asked = await ask(one, account)
    assert asked["details"]["approver"] == "security_officer"
    (seen,) = (await other.call("GET", "/approvals?state=waiting")).json()["items"]
    assert not seen["may_decide"]
    assert_refused(await other.decide(asked), "forbidden")
    (seen,) = (await officer.call("GET", "/approvals?state=waiting")).json()["items"]
    assert seen["may_decide"]
    assert (await officer.decide(asked)).status_code == 200
    assert await waited(application) == 1
    assert await number(application, account) == NEW


async def test_account_that_became_a_legal_persons_needs_an_officer(
    application: Application, one: Clerk, other: Clerk, account: str
) -> None:
    asked = await ask(one, account)
    assert "approver" not in asked["details"]
    row = FilingRow(
        line=2,
        enterprise="宁波北潮进出口有限公司",
        credit_code=OPERATOR.credit_code,
        name=OPERATOR.name,
        id_type="居民身份证",
        id_number=OPERATOR.id_number,
        role="法人",
    )
    imports, now = application.context.filing.import_list, application.clock()
    assert (await imports.apply([row], second_person=SECOND, now=now)).applied
    assert_refused(await other.decide(asked), "conflict")


async def test_program_reads_the_change_but_cannot_stop_it(application: Application, account: str) -> None:
    program = await Program.of(application, CLERK)
    refused = await program.call("POST", f"/accounts/{account}/phone-stop", {"reason": "x"})
    assert_refused(refused, "not_found")


@pytest.mark.usefixtures("approved")
async def test_crash_before_the_effect_leaves_the_change_to_the_next_process(
    application: Application, account: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The effect is one transaction: a crash within it undoes all, and after it the SMS is still sent."""
    phones = application.context.accounts.phone_wait

    async def dies(*_: object, **__: object) -> None:
        raise Died

    for place in ("_still_wanted", "change_phone.notify_old_number"):
        *holder, name = place.split(".")
        owner = type(phones.change_phone) if holder else type(phones)
        with monkeypatch.context() as patched:
            patched.setattr(owner, name, dies)
            with pytest.raises(Died):
                await waited(application)
        expected = OPERATOR.phone if place == "_still_wanted" else NEW
        assert await number(application, account) == expected
        application.clock.advance(seconds=61)
    assert await phones(now=application.clock()) == 0
    assert [phone for phone, purpose, _ in await told(application) if purpose == "phone_changed"] == [
        OPERATOR.phone
    ]


Tamper = Callable[[Application, str, str], Awaitable[None]]


async def _sooner(application: Application, account: str, approval: str) -> None:
    assert approval
    await tamper(
        application.context.db, "UPDATE phone_changes SET effective_at = 0 WHERE account_id = $1", account
    )


async def _elsewhere(application: Application, account: str, approval: str) -> None:
    assert approval
    statement = "UPDATE phone_changes SET new_phone = '13600000000' WHERE account_id = $1"
    await tamper(application.context.db, statement, account)


async def _not_approved(application: Application, account: str, approval: str) -> None:
    """Restores the approval's earlier row, with its then valid seal."""
    assert account
    before = _BEFORE[approval]
    statement = "UPDATE approvals SET state = 'waiting', decided_by = NULL, seal_version = $1, seal = $2 WHERE id = $3"
    await tamper(application.context.db, statement, before["seal_version"], before["seal"], approval)


_BEFORE: Final[dict[str, Any]] = {}


@pytest.mark.parametrize("change", [_sooner, _elsewhere, _not_approved])
async def test_database_write_access_cannot_change_a_number(
    application: Application, one: Clerk, other: Clerk, account: str, change: Tamper
) -> None:
    db = application.context.db
    asked = await ask(one, account)
    _BEFORE[asked["id"]] = await fetch(
        db, "SELECT seal_version, seal FROM approvals WHERE id = $1", asked["id"]
    )
    assert (await other.decide(asked)).status_code == 200
    await change(application, account, asked["id"])
    assert await application.context.accounts.phone_wait(now=application.clock()) == 0
    assert await waited(application) == 0
    assert await number(application, account) == OPERATOR.phone
    assert (await one.log_in()).status_code == 201
    assert (await one.call("GET", f"/accounts/{account}")).status_code == 200


async def test_restored_change_is_never_done_and_is_detected(
    application: Application, account: str, approved: dict[str, Any]
) -> None:
    """With the earlier valid seal: the record of its end is newer, so it isn't done, and the service logs it."""
    db = application.context.db
    before = await fetch(db, "SELECT * FROM phone_changes WHERE id = $1", approved["id"])
    device = await application.logged_in()
    assert (await device.call("POST", STOP)).status_code == 204
    statement = (
        "UPDATE phone_changes SET state = 'waiting', ended_at = NULL, old_phone = $1, new_phone = $2,"
        " seal_version = $3, seal = $4 WHERE id = $5"
    )
    values = (before[name] for name in ("old_phone", "new_phone", "seal_version", "seal", "id"))
    await tamper(db, statement, *values)
    assert await waited(application) == 0
    assert await number(application, account) == OPERATOR.phone
    await sequence(application.context.log, now=application.clock())
    findings = (await verify_log(application.context.log)).findings
    assert {(each.table, each.row) for each in findings} == {("phone_changes", approved["id"])}
