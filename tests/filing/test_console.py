"""The console's other filing calls: people on file, the exported list, the end of a record, the phone number."""

from typing import Any, Final

import pytest

from mshield.server.filing import people_pages
from mshield.server.filing.external.files import read_filing
from mshield.server.filing.phone_wait import WAIT_MS
from mshield.server.filing.read_list import MEDIA_TYPES
from mshield.server.staff.rules import StaffRole
from mshield.testkit.demo.people import LEGAL_PERSON, OPERATOR
from tests.support.acts import acts_on
from tests.support.application import Application, Device, qr_of
from tests.support.assertions import assert_refused
from tests.support.cases import cases
from tests.support.clerk import Staff
from tests.support.console_people import Clerk
from tests.support.factories import ask_login
from tests.support.second_person import SECOND
from tests.support.shield_over_http import Shield
from tests.support.signing import tamper

PEOPLE: Final = "/filing/people"


@pytest.fixture
async def officer(application: Application) -> Staff:
    return await Staff.of(application, StaffRole.FILING_OFFICER)


@pytest.fixture
async def clerk(application: Application) -> Staff:
    return await Staff.of(application, StaffRole.CUSTOMER_SERVICE)


async def _import_by_two(application: Application, content: bytes) -> None:
    """Imports a list that changes one person who has a shield."""
    report = await application.context.filing.import_list.apply(
        read_filing(content, "list.csv"), second_person=SECOND, now=application.clock()
    )
    assert (report.applied, report.will_change) == (True, 1)


async def _operator(officer: Staff) -> dict[str, Any]:
    answer = await officer.call("GET", PEOPLE, id_number=OPERATOR.id_number)
    (found,) = answer.json()["items"]
    record: dict[str, Any] = found
    return record


async def test_pages_lead_to_the_end(officer: Staff) -> None:
    seen, after = [], ""
    while True:
        answer = (await officer.call("GET", PEOPLE, limit="4", after=after)).json()
        seen += [each["id"] for each in answer["items"]]
        if answer["next"] is None:
            break
        after = answer["next"]
    assert len(seen) == len(set(seen)) == 9
    assert OPERATOR.id_number not in str(answer)


async def test_filed_person_is_found_by_everything_people_know(
    application: Application, device: Device, officer: Staff
) -> None:
    shield = Shield(application, device)
    await shield.enrol()
    number = (await device.call("GET", "/api/phone/me")).json()["shield_number"]
    record = await _operator(officer)

    async def ids(**words: str) -> list[str]:
        seen: list[str] = []
        after: str | None = ""
        while after is not None:
            answer = (await officer.call("GET", PEOPLE, after=after, **words)).json()
            seen, after = seen + [each["id"] for each in answer["items"]], answer["next"]
        return seen

    id_number, enterprise = OPERATOR.id_number, record["enterprise"]
    await tamper(
        application.context.db, "UPDATE filed_persons SET id_number_end = NULL WHERE role <> 'operator'"
    )
    for words in (
        {"name": OPERATOR.name},
        {"name": OPERATOR.name[:2]},
        {"name": OPERATOR.name[1:]},
        {"name": OPERATOR.name[0], "end": id_number[-4:]},
        {"end": id_number[-4:]},
        {"end": id_number.lower()},
        {"end": OPERATOR.phone[-4:]},
        {"end": OPERATOR.phone},
        {"end": number[-4:]},
        {"end": number[2:], "credit_code": OPERATOR.credit_code.lower()},
        {"id_number": id_number, "name": enterprise[2:6], "credit_code": OPERATOR.credit_code},
    ):
        assert await ids(**words) == [record["id"]], words
        assert await ids(**words, limit="1", ended="true") == [record["id"]], words
    assert await ids(name=enterprise[2:4]) == await ids(credit_code=OPERATOR.credit_code)
    for words in (
        {"name": OPERATOR.name[2:]},
        {"name": "%"},
        {"name": "公司北潮"},
        {"end": "9999"},
        {"end": f"0{id_number[-4:]}"},
        {"end": f"{(int(number[-5]) + 1) % 10}{number[-4:]}"},
        {"end": f"{(int(OPERATOR.phone[-5]) + 1) % 10}{OPERATOR.phone[-4:]}"},
        {"end": id_number[-4:], "name": "查无此人"},
        {"id_number": id_number, "credit_code": LEGAL_PERSON.credit_code, "name": "查无此人"},
    ):
        assert await ids(**words) == [], words


async def test_next_page_of_a_search_continues_after_the_previous(
    officer: Staff, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(people_pages, "MOST_COMPARED", 2)
    monkeypatch.setattr(people_pages, "MOST_ENTERPRISES", 1)
    await officer.application.context.filing.search_words()
    for words in ({"end": OPERATOR.id_number[-4:]}, {"name": "公司"}):
        seen: list[str] = []
        after: str | None = ""
        while after is not None:
            answer = (await officer.call("GET", PEOPLE, limit="1", after=after, **words)).json()
            assert len(answer["items"]) <= 1
            seen, after = seen + [each["name"] for each in answer["items"]], answer["next"]
        if "end" in words:
            assert seen == [OPERATOR.name]
        else:
            everybody = (await officer.call("GET", PEOPLE)).json()["items"]
            named = [each["name"] for each in everybody if words["name"] in each["enterprise"]]
            assert seen == named


async def test_phone_numbers_are_shown_masked(officer: Staff) -> None:
    assert (await _operator(officer))["phone_masked"] == "138****6027"
    answer = await officer.call("GET", PEOPLE)
    assert OPERATOR.phone not in answer.text
    (legal,) = [each for each in answer.json()["items"] if each["name"] == LEGAL_PERSON.name]
    assert legal["phone_masked"] == "139****5011"


async def test_r22_new_phone_number_does_not_stop_signatures(
    application: Application, device: Device, officer: Staff
) -> None:
    await Shield(application, device).enrol()
    made = (await officer.call("GET", "/filing/export", format="csv")).content
    changed = made.replace(OPERATOR.phone.encode(), b"13800006099")
    await _import_by_two(application, changed)
    assert (await _operator(officer))["phone_masked"] == "138****6027"
    waits = await application.context.filing.phone_wait(now=application.clock() + WAIT_MS)
    assert (waits, (await _operator(officer))["phone_masked"]) == (1, "138****6099")
    scanned = await device.call("POST", "/api/phone/scans", {"code": qr_of(await ask_login(application))})
    assert scanned.is_success, scanned.text


async def test_the_exported_file_is_imported_again(officer: Staff) -> None:
    for kind in ("xlsx", "csv"):
        made = await officer.call("GET", "/filing/export", format=kind)
        assert (
            made.headers["content-type"].partition(";")[0] == MEDIA_TYPES["xlsx" if kind == "xlsx" else "csv"]
        )
        assert f'filename="filing.{kind}"' in made.headers["content-disposition"]
        back = await officer.send_list(made.content, made.headers["content-type"])
        assert (back.status_code, back.json()["unchanged"]) == (201, 9)


async def test_r22_unfiled_person_cannot_sign_or_apply(
    application: Application, device: Device, officer: Staff
) -> None:
    shield = Shield(application, device)
    await shield.enrol()
    record = await _operator(officer)
    ended = await officer.call("POST", f"{PEOPLE}/{record['id']}/end", {"reason": "已离职"})
    number = (await device.call("GET", "/api/phone/me")).json()["shield_number"]
    assert ended.json() == {"id": record["id"], "shield_numbers": [number]}
    asked = await ask_login(application)
    scanned = await device.call("POST", "/api/phone/scans", {"code": qr_of(asked)})
    assert (scanned.status_code, scanned.json()["code"], scanned.json()["faq"]) == (
        409,
        "filing_changed",
        "3.10",
    )
    other = await application.logged_in()
    form = await application.application_form(other)
    refused = await other.call("POST", "/api/phone/enrolments", form)
    assert_refused(refused, "no_filing", 409)
    again = await officer.call("POST", f"{PEOPLE}/{record['id']}/end", {"reason": "已离职"})
    assert again.status_code == 404


async def test_r22_a_changed_filing_stops_login_and_signature_until_renewal(
    application: Application, device: Device, officer: Staff
) -> None:
    shield = Shield(application, device)
    await shield.enrol()
    made = (await officer.call("GET", "/filing/export", format="csv")).content
    changed = made.replace(OPERATOR.name.encode(), "林志远".encode())
    await _import_by_two(application, changed)
    asked = await ask_login(application)
    scanned = await device.call("POST", "/api/phone/scans", {"code": qr_of(asked)})
    assert_refused(scanned, "filing_changed")


async def test_r18_customer_service_changes_the_number(application: Application, device: Device) -> None:
    clerk = await Clerk.at_work(application, StaffRole.CUSTOMER_SERVICE)
    found = (await clerk.call("GET", f"/accounts?phone={OPERATOR.phone}")).json()
    assert (found["name"], found["phone_masked"], found["source"]) == (OPERATOR.name, "138****6027", "local")
    path, new = f"/accounts/{found['id']}/phone", "13900001234"
    document = {"phone": new, "evidence": "工单 1124，已核对证件"}
    for to in ("new", "old"):
        application.clock.advance(seconds=61)
        sent = await clerk.call("POST", f"{path}-codes", {"phone": new, "to": to})
        masked = "139****1234" if to == "new" else "138****6027"
        assert sent.json() == {
            "phone_masked": masked,
            "expires_in": 300,
            "resend_after": 60,
            "unchanged": False,
        }
        document[f"{to}_code"] = await application.sms_code(f"{to}_phone")
    done = await clerk.call("POST", path, document)
    assert done.json() == {"phone_masked": "139****1234", "logins_ended": 1, "old_number_told": True}
    assert (await device.call("GET", "/api/phone/me")).status_code == 401
    told = (await application.http.get("/dev/sms.json")).json()[0]
    assert (told["phone"], told["code"]) == (OPERATOR.phone, "")
    page = (await application.http.get("/dev/sms")).text
    assert f"<li>{told['text']}<p>{OPERATOR.phone}</p></li>" in page
    act, reporter = (await acts_on(application.context.db, subject=found["id"]))[-2:]
    assert (act.actor_id, act.details["evidence"]) == (clerk.id, "工单 1124，已核对证件")
    assert (reporter.act, reporter.details["told"]) == ("account.tell_old_number", True)
    gone = await clerk.call("GET", f"/accounts?phone={OPERATOR.phone}")
    assert gone.status_code == 404


async def test_auditor_sees_the_acts(application: Application, officer: Staff) -> None:
    record = await _operator(officer)
    await officer.call("POST", f"{PEOPLE}/{record['id']}/end", {"reason": "已离职"})
    application.clock.advance(seconds=1)
    auditor = await Staff.of(application, StaffRole.AUDITOR)
    (act,) = (await auditor.call("GET", "/acts", subject=record["id"])).json()["items"]
    assert (act["act"], act["actor"], act["details"]["reason"]) == ("filing.end", "staff", "已离职")
    by = (await auditor.call("GET", "/acts", actor_id=act["actor_id"])).json()["items"]
    assert [each["id"] for each in by] == [act["id"]]
    seen: list[dict[str, Any]] = []
    before = ""
    while True:
        page = (await auditor.call("GET", "/acts", limit="1", before=before)).json()
        seen += page["items"]
        if page["next"] is None:
            break
        before = page["next"]
    assert seen[0]["act"] == "staff.add"
    assert {each["act"] for each in seen} >= {"filing.end", "filing.import", "staff.add"}
    assert len({each["id"] for each in seen}) == len(seen)
    assert [each["at"] for each in seen] == sorted((each["at"] for each in seen), reverse=True)


@cases(
    ("method", "path", "document", "roles"),
    [
        ("GET", "/acts", None, {"auditor", "security_officer"}),
        ("GET", PEOPLE, None, {"filing_officer", "customer_service", "security_officer", "auditor"}),
        ("GET", "/filing/export", None, {"filing_officer"}),
        ("POST", f"{PEOPLE}/x/end", {"reason": "x"}, {"filing_officer"}),
        ("GET", "/accounts?phone=13800006027", None, {"customer_service"}),
        ("GET", "/accounts/x", None, {"customer_service"}),
        (
            "POST",
            "/accounts/x/state",
            {"state": "disabled", "reason": "x"},
            {"customer_service"},
        ),
        (
            "POST",
            "/accounts/x/logouts",
            {"login_id": None, "reason": "x"},
            {"customer_service"},
        ),
    ],
)
async def test_each_filing_call_needs_its_role(
    application: Application, method: str, path: str, document: object, roles: set[str]
) -> None:
    for role in StaffRole:
        answer = await (await Staff.of(application, role)).call(method, path, document)
        assert (answer.status_code == 403) == (role.value not in roles), role
    nobody = await application.http.request(method, f"/api/console{path}", json=document)
    assert_refused(nobody, "unauthenticated", 401)
