"""Staff at the console: customer service and filing, operations, their own logins, two officers."""

import json
from typing import Any, Final

from mshield.server.accounts.rows import accounts
from mshield.server.acts.actor import By
from mshield.server.filing.rows.phone_changes import NewFiledPhone
from mshield.server.filing.rows.phone_changes import insert as insert_filed_phone
from mshield.server.filing.rules import FilingRow
from mshield.server.staff.rules import StaffRole
from mshield.server.webhooks.rows import webhook_endpoints
from mshield.testkit.demo.people import OPERATOR, OPERATOR_TO_CONFIRM
from mshield.testkit.work import solved
from mshield.wire.identity import Way
from mshield.wire.ids import new_id
from mshield.wire.times import DAY_MS
from tests.http.life.identity import SOMEBODY
from tests.http.life.life import Life
from tests.security.staff.test_outside_filing import Office
from tests.support.application import EXAMPLES
from tests.support.console_people import PASSWORD, Clerk
from tests.support.identity import filed
from tests.support.small_view import handed_in, small_view
from tests.support.soft_security_key import SoftKey

_MOVED: Final = "13700001234"
"""New number that customer service gives to an account."""


def _session(life: Life) -> dict[str, str]:
    made = life.service.application
    member = life.service.run(made.staff(*StaffRole))
    session: dict[str, str] = life.service.run(made.session_of(member.id))
    return session


def serve_customers(life: Life) -> None:
    """Calls of a filing officer and of customer service."""
    session = _session(life)
    listed = (EXAMPLES / "filing.csv").read_bytes()
    life.post(
        "/api/console/filing/imports?dry_run=true&progress=0f8fad5b-d9cb", listed, "text/csv", **session
    )
    life.get("/api/console/filing/imports/0f8fad5b-d9cb", **session)
    life.post("/api/console/filing/imports", listed, "text/csv", **session)
    life.get("/api/console/filing/export?format=csv", **session)
    (person,) = (
        each
        for each in life.get("/api/console/filing/people", **session).json()["items"]
        if each["name"] == OPERATOR.name
    )
    life.post(
        f"/api/console/filing/people/{person['id']}/activation-code", b"", "application/json", **session
    )
    _stop_another_number(life, session, person["id"])
    reason = '{"reason": "已离职"}'.encode()
    life.post(f"/api/console/filing/people/{person['id']}/end", reason, "application/json", **session)
    account = life.get(f"/api/console/accounts?phone={OPERATOR.phone}", **session).json()
    path = f"/api/console/accounts/{account['id']}"
    life.get(f"/api/console/accounts/search?end={OPERATOR.phone}", **session)
    life.get(path, **session)
    life.get(f"{path}/proofs", **session)
    life.get(f"{path}/asks", **session)
    _end_a_consent(life, session)
    for state in ("disabled", "active"):
        wanted = json.dumps({"state": state, "reason": "本人来电"}).encode()
        life.post(f"{path}/state", wanted, "application/json", **session)
    ended = '{"login_id": null, "reason": "本人来电"}'.encode()
    life.post(f"{path}/logouts", ended, "application/json", **session)
    life.get("/api/console/acts", **session)
    life.get("/api/console/readings", **session)
    life.get("/api/console/acts/export?format=csv&act=account", **session)
    # The operator's account wouldn't do: after today's password reset, a code to its old number changes
    # nothing.
    other = life.get(f"/api/console/accounts?phone={SOMEBODY.phone}", **session).json()
    _change_phones(life, other["id"])


def _stop_another_number(life: Life, session: dict[str, str], person_id: str) -> None:
    """Customer service stops another filed number that waits, for an operator who calls."""
    context, now = life.service.application.context, life.service.clock()

    async def begin() -> None:
        account = await accounts.find_account(context.db, phone=OPERATOR.phone)
        assert account is not None
        change = NewFiledPhone(
            id=new_id(now),
            person_id=person_id,
            account_id=account.id,
            approval_id=None,
            old_phone=OPERATOR.phone,
            new_phone="13700001238",
            details={},
            effective_at=now + DAY_MS,
        )
        await context.db.write(lambda tx: insert_filed_phone(tx, change, now=now))

    life.service.run(begin())
    reason = '{"reason": "本人来电，号码不是本人的"}'.encode()
    path = f"/api/console/filing/people/{person_id}/phone-change/stop"
    life.post(path, reason, "application/json", **session)


def _end_a_consent(life: Life, session: dict[str, str]) -> None:
    """Ends a consent by which the shield of one account proved another account of the same name."""
    context, now = life.service.application.context, life.service.clock()

    async def consent() -> str:
        of = [
            await accounts.find_account(context.db, phone=phone)
            for phone in (OPERATOR_TO_CONFIRM.phone, SOMEBODY.phone)
        ]
        one, other = (account.id for account in of if account is not None)
        record = await filed(life.service.application, OPERATOR_TO_CONFIRM)
        by = By("user", other)
        await context.db.write(
            lambda tx: context.identity.proofs.record(tx, one, record.id, Way.OWN_SHIELD, by=by, now=now)
        )
        return other

    path = f"/api/console/accounts/{life.service.run(consent())}/consents"
    (handed_on,) = life.get(path, **session).json()["items"]
    reason = json.dumps({"reason": "本人没有同意过"}).encode()
    life.post(f"{path}/{handed_on['id']}/end", reason, "application/json", **session)


def _change_phones(life: Life, account_id: str) -> None:
    """Customer service changes the account's number by codes to both; a third number waits and is stopped."""
    clerk = life.service.run(Clerk.at_work(life.service.application, StaffRole.CUSTOMER_SERVICE))

    def call(path: str, **document: str) -> Any:
        answer = life.service.run(clerk.call("POST", f"/accounts/{account_id}/{path}", document))
        assert answer.is_success, f"{path}: {answer.text}"
        return answer.json()

    def code(phone: str, to: str) -> str:
        life.wait_a_minute()
        call("phone-codes", phone=phone, to=to)
        return str(life.service.get("/dev/sms.json")[0]["code"])

    seen = {"evidence": "本人持身份证原件到柜台办理"}
    first, second = _MOVED, "13700001235"
    new_code = code(first, "new")
    checked = clerk.call(
        "POST", f"/accounts/{account_id}/phone-codes/check", {"phone": first, "new_code": new_code}
    )
    assert life.service.run(checked).status_code == 204
    call("phone", phone=first, new_code=new_code, old_code=code(first, "old"), **seen)
    asked = call("phone-questions", phone=second, new_code=code(second, "new"), reason="号码停机", **seen)
    officer = life.service.run(Clerk.at_work(life.service.application, StaffRole.SECURITY_OFFICER))
    assert life.service.run(officer.call("GET", f"/approvals/{asked['id']}")).status_code == 200
    assert life.service.run(officer.decide(asked)).status_code == 200
    stopped = clerk.call("POST", f"/accounts/{account_id}/phone-stop", {"reason": "机主来电，未曾申请"})
    assert life.service.run(stopped).status_code == 204


def operate(life: Life) -> None:
    """Calls of a security officer at the console."""
    session = _session(life)

    def call(method: str, path: str, document: object = None) -> Any:
        content = b"" if document is None else json.dumps(document).encode()
        headers = session | {"Content-Type": "application/json"}
        answer = life.http.request(method, f"/api/console{path}", content=content, headers=headers)
        assert answer.is_success, f"{path}: {answer.text}"
        return answer.json() if "json" in answer.headers["content-type"] else answer.content

    new = {"name": "掌上海关", "domain": "palm.example", "return_urls": ["palmcustoms://signed"]}
    made = call("POST", "/systems", new)["system"]
    path = f"/systems/{made['client_id']}"
    call("GET", "/systems")
    call("GET", path)
    call("PUT", path, new | {"domain": "app.palm.example"})
    call("POST", f"{path}/secret", {"overlap_hours": 24})
    call("DELETE", f"{path}/previous-secret")
    call("PUT", f"{path}/login", {"redirect_uris": ["https://app.palm.example/cb"]})
    call("DELETE", f"{path}/login")
    hook = call("POST", f"{path}/webhooks", {"url": "https://app.palm.example/hook"})
    call("POST", f"/webhooks/{hook['id']}/secret", {"overlap_hours": 24})
    _disable_webhook(life, hook["id"])
    call("POST", f"/webhooks/{hook['id']}/enable")
    call("POST", "/webhooks/replays", {"target": hook["id"]})
    call("DELETE", f"/webhooks/{hook['id']}")
    call("GET", "/webhooks/deliveries")
    call("POST", f"{path}/state", {"state": "disabled", "reason": "合同到期"})
    found = call("GET", f"/certificates?shield_number={life.shield_number}")["items"][0]
    call("GET", f"/certificates/{found['serial']}")
    call("GET", f"/certificates/{found['serial']}/file")
    call("GET", "/ca")
    call("GET", "/dashboard")
    call("GET", "/jobs")
    call("POST", "/jobs/purge/runs")
    call("GET", "/sms?limit=2")
    life.log()
    call("GET", f"/acts/{call('GET', '/acts?act=system')['items'][0]['id']}/proof")


def _disable_webhook(life: Life, endpoint_id: str) -> None:
    """Disables the endpoint, as its answer 410 does."""
    db = life.service.application.context.db
    life.service.run(
        webhook_endpoints.disable(db, id=endpoint_id, reason="http_410", now=life.service.clock())
    )


def work_at_the_console(life: Life) -> None:
    """A person at the console: first access, login, logout."""
    clerk = life.service.run(Clerk.added(life.service.application, StaffRole.AUDITOR))
    http = life.http

    def post(path: str, **document: object) -> dict[str, Any]:
        made = life.post(f"/api/console{path}", json.dumps(document).encode(), "application/json")
        answer: dict[str, Any] = made.json()
        return answer

    offer = post("/set-ups", code=clerk.set_up_code)["offer"]
    clerk.secret = offer["totp"]["secret"]
    factor = {"enrolment": offer["enrolment"], "totp_code": clerk.code()}
    post("/set-ups/completions", code=clerk.set_up_code, password=PASSWORD, factor=factor)
    captcha = post("/captchas?picture=true")["captcha_id"]
    life.get(f"/api/console/captchas/{captcha}/audio")
    work = solved(life.get(f"/api/console/captchas/{captcha}/challenge").content)
    shown = {"captcha_id": captcha, "captcha": life.captcha_answer(captcha), "work": work}
    begun = post("/logins", name=clerk.name, password=PASSWORD, **shown)
    session = post("/sessions", login_id=begun["login_id"], code=clerk.next_code())
    assert life.get("/api/console/session").json() == session
    _own_login(life, session["csrf_token"])
    ended = http.delete("/api/console/session", headers={"X-CSRF-Token": session["csrf_token"]})
    assert ended.status_code == 204


def _own_login(life: Life, csrf: str) -> None:
    """Own second factors, password and sessions."""
    key = SoftKey()

    def change(method: str, path: str, **document: object) -> Any:
        content, headers = json.dumps(document).encode(), {"X-CSRF-Token": csrf}
        headers["Content-Type"] = "application/json"
        answer = life.http.request(method, f"/api/console/me{path}", content=content, headers=headers)
        assert answer.is_success, f"{path}: {answer.text}"
        return answer.json() if answer.content else None

    offer = change("POST", "/factors/offers", password=PASSWORD)
    made = key.register(offer["key"]["challenge"])
    added = change("POST", "/factors", enrolment=offer["enrolment"], label="密钥", registration=made)
    shown = life.get("/api/console/me/login").json()
    change("POST", f"/factors/{added['id']}/removal", password=PASSWORD)
    other = next(each for each in shown["sessions"] if not each["is_this"])
    change("DELETE", f"/sessions/{other['id']}")
    change("POST", "/password", password=PASSWORD, new_password="Another-desk-2027")


def give_programs_tokens(life: Life) -> None:
    """A member's own tokens, an officer's view of all tokens, and a confirmation by second factor."""
    clerk = life.service.run(Clerk.at_work(life.service.application, StaffRole.SECURITY_OFFICER))

    def call(method: str, path: str, document: object = None) -> Any:
        answer = life.service.run(clerk.call(method, path, document))
        assert answer.is_success, answer.text
        return answer.json() if answer.content else None

    made = call("POST", "/me/tokens", {"name": "报表", "roles": ["security_officer"]})
    new = call("POST", f"/me/tokens/{made['id']}/rotation", {"overlap_hours": 1})
    assert len(call("GET", "/me/tokens")["items"]) == 2
    call("POST", f"/me/tokens/{made['id']}/revocation")
    call("GET", "/tokens")
    call("POST", f"/tokens/{new['id']}/revocation")
    asked = call("POST", "/session/factor-requests")
    call("POST", "/session/factor", {"id": asked["id"], "code": clerk.next_code()})


def put_up_a_legal_person(life: Life) -> None:
    """Imports a filing list with a legal representative: it waits for a second officer, who sees it."""
    made = life.service.application
    one = life.service.run(Clerk.at_work(made, StaffRole.FILING_OFFICER))
    other = life.service.run(Clerk.at_work(made, StaffRole.SECURITY_OFFICER))
    header = "企业名称,统一社会信用代码,姓名,证件类型,证件号码,用户类型,手机号"
    line = "宁波海天贸易有限公司,91330206MA2XB7C1TW,许安然,护照,E12345678,法人,13800007788"
    name = (EXAMPLES / "filing.csv").read_text("utf-8-sig").splitlines()[1].split(",")[1]
    content = f"{header}\n{line.replace('宁波海天贸易有限公司', name)}\n".encode()
    headers = {"Content-Type": "text/csv", "X-CSRF-Token": one.csrf or ""}
    sent = one.http.post("/api/console/filing/imports", content=content, headers=headers)
    report = life.service.run(sent).json()
    assert report["waiting"] == 1
    path = f"/approvals/{report['approval_id']}"
    shown = life.service.run(other.call("GET", f"{path}/legal-persons")).json()
    assert [each["name"] for each in shown["items"]] == ["许安然"]
    done = life.service.run(other.call("POST", f"{path}/decision", {"decision": "approve"})).json()
    assert done["told"]["taken"] == 1
    _replace_a_legal_person(life, one, other, name)


def _replace_a_legal_person(life: Life, one: Clerk, other: Clerk, enterprise: str) -> None:
    """The outside filing system reports another legal representative: one officer asks for it, the other approves."""
    made = life.service.application
    row = FilingRow(
        line=0,
        enterprise=enterprise,
        credit_code="91330206MA2XB7C1TW",
        name="沈见山",
        id_type="passport",
        id_number="E76543210",
        role="legal_person",
        phone=None,
    )
    life.service.run(Office(made, row).says(row, times=1))
    (held,) = life.service.run(one.call("GET", "/approvals?state=waiting")).json()["items"]
    asked = life.service.run(one.call("POST", f"/approvals/{held['id']}/support", {}))
    assert not asked.json()["may_support"], asked.text
    assert life.service.run(other.decide(asked.json())).is_success


def decide_by_two(life: Life) -> None:
    """One officer requests, another approves."""
    made = life.service.application
    one, other = (life.service.run(Clerk.at_work(made, StaffRole.SECURITY_OFFICER)) for _ in range(2))

    def call(who: Clerk, method: str, path: str, document: object = None) -> Any:
        answer = life.service.run(who.call(method, path, document))
        assert answer.is_success, answer.text
        return answer.json()

    call(one, "GET", "/staff")
    question = {"act": "staff.add", "subject": "李想", "details": {"roles": ["auditor"]}, "reason": "新员工"}
    asked = call(one, "POST", "/approvals", question)
    call(one, "POST", f"/approvals/{asked['id']}/withdrawal")
    asked = call(one, "POST", "/approvals", question)
    call(other, "GET", "/approvals")
    decided = call(other, "POST", f"/approvals/{asked['id']}/decision", {"decision": "approve"})
    assert decided["told"]["set_up"]


def erase_somebody(life: Life) -> None:
    """Customer service previews and requests an erasure, a security officer approves; it is irreversible."""
    made = life.service.application
    one = life.service.run(Clerk.at_work(made, StaffRole.CUSTOMER_SERVICE))
    other = life.service.run(Clerk.at_work(made, StaffRole.SECURITY_OFFICER))

    def call(who: Clerk, method: str, path: str, document: object = None) -> Any:
        answer = life.service.run(who.call(method, path, document))
        assert answer.is_success, answer.text
        return answer.json()

    account = call(one, "GET", f"/accounts?phone={_MOVED}")
    foreseen = call(one, "GET", f"/accounts/{account['id']}/erasure")
    question = {"act": "people.erase", "subject": account["id"], "details": {}, "reason": "来信 2026-7"}
    asked = call(one, "POST", "/approvals", question)
    assert asked["details"]["erased_parts"] == [part["name"] for part in foreseen["erased"]]
    assert life.service.run(other.confirm()).is_success
    assert life.service.run(other.decide(asked, subject=account["name"])).is_success


def register_a_view(life: Life) -> None:
    """One officer renders and submits a view, another sees and approves it; then it is withdrawn."""
    made = life.service.application
    one, other = (life.service.run(Clerk.at_work(made, StaffRole.SECURITY_OFFICER)) for _ in range(2))

    def call(clerk: Clerk, method: str, path: str, document: object = None) -> Any:
        answer = life.service.run(clerk.call(method, path, document))
        assert answer.is_success, answer.text
        return answer.json()

    path = f"/systems/{made.client_id}"
    files = handed_in(small_view())
    call(one, "POST", f"{path}/view-previews", files)
    asked = call(one, "POST", f"{path}/views", files | {"reason": "新接口"})
    call(other, "GET", f"/approvals/{asked['id']}/view")
    assert life.service.run(other.decide(asked)).is_success
    listed = call(one, "GET", f"{path}/views")["items"][0]
    call(one, "GET", f"{path}/views/{listed['digest']}")
    call(one, "POST", f"{path}/views/{listed['digest']}/withdrawal", {"reason": "改用第二版"})
    question = {
        "act": "system.allow_unshown",
        "subject": made.client_id,
        "details": {},
        "reason": "原件在柜台",
    }
    assert life.service.run(other.decide(call(one, "POST", "/approvals", question))).is_success
    call(one, "POST", f"{path}/unshown-end", {"reason": "改用展示规则"})
