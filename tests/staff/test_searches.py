"""Accounts, SMS and acts, found by what staff know of people: names, enterprises, the ends of numbers (ADR 129)."""

import csv
import datetime as dt
import io
import json
from typing import Any, Final

import openpyxl
import pytest

from mshield.demo.people import LEGAL_PERSON, OPERATOR, OPERATOR_TO_CONFIRM
from mshield.domain.staff import StaffRole
from mshield.services.accounts.search import longer_ends
from mshield.services.filing import people_pages
from mshield.services.staff import list_acts, meant
from tests.support.application import Application, Device
from tests.support.assertions import assert_refused
from tests.support.cases import cases
from tests.support.clerk import Staff, allowed_roles
from tests.support.shield_over_http import Shield
from tests.support.signing import execute, fetch, tamper

ACCOUNTS: Final = "/accounts/search"
ENTERPRISE: Final = "宁波北潮进出口有限公司"


@pytest.fixture
async def clerk(application: Application) -> Staff:
    return await Staff.of(application, StaffRole.CUSTOMER_SERVICE)


@pytest.fixture
async def auditor(application: Application) -> Staff:
    return await Staff.of(application, StaffRole.AUDITOR)


@pytest.fixture
async def number(application: Application, device: Device) -> str:
    """The operator's shield number; two others have accounts too, and no shield."""
    await Shield(application, device).enrol()
    for person in (LEGAL_PERSON, OPERATOR_TO_CONFIRM):
        application.clock.advance(seconds=61)
        await application.registered(person)
    return str((await device.call("GET", "/api/phone/me")).json()["shield_number"])


async def every(staff: Staff, path: str, **words: str) -> list[dict[str, Any]]:
    """What all pages have, page by page."""
    place = "after" if path == ACCOUNTS else "before"
    lines: list[dict[str, Any]] = []
    following: str | None = None
    while True:
        turn = {} if following is None else {place: following}
        answer = await staff.call("GET", path, **words, **turn)
        assert answer.status_code == 200, answer.text
        lines += answer.json()["items"]
        following = answer.json()["next"]
        if following is None:
            return lines


def _another(end: str) -> str:
    """The same last four characters behind another one."""
    return f"{(int(end[-5]) + 1) % 10}{end[-4:]}"


async def test_an_account_is_found_by_what_people_know(
    application: Application, clerk: Staff, number: str
) -> None:
    db = application.context.db

    async def names(**words: str) -> list[str]:
        return [line["name"] for line in await every(clerk, ACCOUNTS, **words)]

    await tamper(db, "UPDATE accounts SET id_number_end = NULL WHERE name <> $1", OPERATOR.name)
    id_number, shield = OPERATOR.id_number, number[2:]
    for _ in range(2):  # before the job has written what is missing, and afterwards
        for words in (
            {"name": OPERATOR.name},
            {"name": OPERATOR.name[0]},
            {"name": OPERATOR.name[1:]},
            {"name": ENTERPRISE[2:6]},
            {"name": ENTERPRISE, "end": shield[-4:]},
            {"credit_code": OPERATOR.credit_code.lower()},
            {"credit_code": OPERATOR.credit_code, "name": OPERATOR.name},
            {"id_number": id_number},
            {"end": id_number[-4:]},
            {"end": id_number},
            {"end": OPERATOR.phone[-4:]},
            {"end": OPERATOR.phone},
            {"end": shield[-4:]},
            {"end": shield},
        ):
            assert await names(**words) == [OPERATOR.name], words
            assert await names(**words, limit="1") == [OPERATOR.name], words
        for words in (
            {"name": OPERATOR.name[2:]},
            {"name": "%"},
            {"name": ENTERPRISE[::-1]},
            {"end": "9999"},
            {"end": _another(id_number)},
            {"end": _another(OPERATOR.phone)},
            {"end": _another(shield)},
            {"end": shield[-4:], "name": LEGAL_PERSON.name},
            {"credit_code": OPERATOR.credit_code, "name": LEGAL_PERSON.name},
        ):
            assert await names(**words) == [], words
        assert await names(name=OPERATOR_TO_CONFIRM.name[:4].lower()) == [OPERATOR_TO_CONFIRM.name]
        assert await names(end=LEGAL_PERSON.id_number[-5:]) == [LEGAL_PERSON.name]
        await application.context.filing.search_words()
    row = await fetch(db, "SELECT COUNT(*) AS waiting FROM accounts WHERE id_number_end IS NULL")
    assert row["waiting"] == 0


async def test_the_line_says_whose_and_numbers_are_masked(clerk: Staff, number: str) -> None:
    answer = await clerk.call("GET", ACCOUNTS, end=number[-4:])
    (line,) = answer.json()["items"]
    assert (line["phone_masked"], line["id_number_masked"]) == ("138****6027", "330206********4217")
    assert (line["shield_number"], line["enterprise"], line["state"]) == (number, ENTERPRISE, "active")
    assert OPERATOR.phone not in answer.text
    assert OPERATOR.id_number not in answer.text
    (other,) = (await clerk.call("GET", ACCOUNTS, name=LEGAL_PERSON.name)).json()["items"]
    assert (other["shield_number"], other["enterprise"]) == (None, None)


async def test_there_is_no_list_of_all_accounts(clerk: Staff, number: str) -> None:
    assert number
    assert_refused(await clerk.call("GET", ACCOUNTS), "invalid_request", 422)
    assert_refused(await clerk.call("GET", ACCOUNTS, end="845"), "invalid_request", 422)
    assert_refused(await clerk.call("GET", ACCOUNTS, name="\u202e"), "invalid_request", 422)


async def test_each_page_begins_where_the_last_one_ended(
    application: Application, clerk: Staff, number: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(people_pages, "MOST_COMPARED", 2)
    monkeypatch.setattr(people_pages, "MOST_ENTERPRISES", 0)
    await application.context.filing.search_words()
    assert [line["shield_number"] for line in await every(clerk, ACCOUNTS, name=ENTERPRISE, limit="1")] == [
        number
    ]
    await tamper(application.context.db, "UPDATE accounts SET id_number_end = NULL")
    for person in (OPERATOR, LEGAL_PERSON):
        lines = await every(clerk, ACCOUNTS, end=person.id_number[-4:], limit="1")
        assert [line["name"] for line in lines] == [person.name]


async def test_what_is_written_for_the_search_breaks_no_seal(
    application: Application, clerk: Staff, number: str
) -> None:
    db = application.context.db
    await tamper(db, "UPDATE accounts SET id_number_end = NULL")
    assert await application.context.filing.search_words() >= 3
    (line,) = await every(clerk, ACCOUNTS, end=number[2:])
    assert (await clerk.call("GET", f"/accounts/{line['id']}")).json()["account"]["name"] == OPERATOR.name


async def test_who_was_erased_is_found_by_nothing(
    application: Application, clerk: Staff, number: str
) -> None:
    """Also where the release before this one erased them, which leaves the end's hash: the job empties it."""
    db = application.context.db
    assert number
    await application.context.filing.search_words()
    (line,) = await every(clerk, ACCOUNTS, name=LEGAL_PERSON.name)
    erase = application.context.operations.erase_by_two.erase
    account = await erase.find(LEGAL_PERSON.phone)
    hashed = (await fetch(db, "SELECT id_number_end FROM accounts WHERE id = $1", line["id"]))[
        "id_number_end"
    ]
    await erase(account, second_person="许安然", reason="本人要求", now=application.clock())
    row = await fetch(db, "SELECT id_number_end FROM accounts WHERE id = $1", line["id"])
    assert row["id_number_end"] == b""
    await tamper(db, "UPDATE accounts SET id_number_end = $1 WHERE id = $2", hashed, line["id"])
    for words in (
        {"end": LEGAL_PERSON.id_number[-4:]},
        {"end": LEGAL_PERSON.phone[-4:]},
        {"end": line["id"][-4:]},
    ):
        if words["end"].isdecimal():
            assert await every(clerk, ACCOUNTS, **words) == [], words
    assert await application.context.filing.search_words() == 1
    row = await fetch(db, "SELECT id_number_end FROM accounts WHERE id = $1", line["id"])
    assert row["id_number_end"] == b""
    assert await application.context.filing.search_words() == 0


async def test_sms_are_found_by_the_end_of_a_number_and_by_whose_it_is(
    application: Application, clerk: Staff, number: str
) -> None:
    async def masked(**words: str) -> set[str]:
        return {line["phone_masked"] for line in await every(clerk, "/sms", **words)}

    await application.ask_for_code("13811116027")  # who has no account yet
    operator, legal = "138****6027", "139****5011"
    everything = await every(clerk, "/sms")
    wanted = [line["id"] for line in everything if line["phone_masked"].endswith("6027")]
    for words in ({"end": "6027"}, {"end": "6027", "limit": "1"}):
        assert [line["id"] for line in await every(clerk, "/sms", **words)] == wanted
    own = [line["id"] for line in await every(clerk, "/sms", phone=OPERATOR.phone)]
    assert 0 < len(own) < len(wanted)
    for words in (
        {"end": OPERATOR.phone[-5:]},
        {"end": OPERATOR.phone},
        {"name": OPERATOR.name, "end": "6027"},
        {"name": OPERATOR.name},
        {"name": ENTERPRISE, "end": number[-4:]},
        {"end": number[-4:]},
        {"end": OPERATOR.id_number[-4:]},
        {"id_number": OPERATOR.id_number, "limit": "1"},
    ):
        assert [line["id"] for line in await every(clerk, "/sms", **words)] == own, words
    assert await masked(name=ENTERPRISE) >= {operator, legal}
    assert await masked(end="5011") == {legal}
    assert await masked(end="5011", state="failed") == set()
    assert await masked(end="9999") == await masked(name="查无此人") == set()


async def test_acts_say_the_name_of_whom_they_are_about(
    application: Application, auditor: Staff, number: str
) -> None:
    """Of accounts, staff, filed people and systems; none of who was erased."""
    assert number

    async def named() -> dict[str, str | None]:
        return {line["subject"]: line["subject_name"] for line in await every(auditor, "/acts")}

    db, before = application.context.db, await named()
    for name in (OPERATOR.name, LEGAL_PERSON.name):
        account_id = (await fetch(db, "SELECT id FROM accounts WHERE name = $1", name))["id"]
        assert before[str(account_id)] == name
    member = await fetch(db, "SELECT s.id, s.name FROM staff s JOIN acts a ON a.subject = s.id LIMIT 1")
    assert before[str(member["id"])] == member["name"]
    erase = application.context.operations.erase_by_two.erase
    account = await erase.find(LEGAL_PERSON.phone)
    await erase(account, second_person="许安然", reason="本人要求", now=application.clock())
    assert (await named())[account.id] is None


async def test_acts_are_found_by_whom_they_are_about(
    application: Application, clerk: Staff, auditor: Staff, number: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    (account,) = await every(clerk, ACCOUNTS, end=number[2:])
    path = f"/accounts/{account['id']}"
    for state in ("disabled", "active"):
        document = {"state": state, "reason": "本人来电"}
        assert (await clerk.call("POST", f"{path}/state", document)).status_code == 200
    officer = await Staff.of(application, StaffRole.FILING_OFFICER)
    people = (await officer.call("GET", "/filing/people", id_number=OPERATOR.id_number)).json()["items"]
    ended = await officer.call("POST", f"/filing/people/{people[0]['id']}/end", {"reason": "已离职"})
    assert ended.status_code == 200

    async def kinds(**words: str) -> set[str]:
        return {line["act"] for line in await every(auditor, "/acts", **words)}

    both = {"account.disable", "account.enable", "filing.end"}
    for words in (
        {"name": OPERATOR.name},
        {"end": number[-4:]},
        {"end": number[2:], "limit": "1"},
        {"end": OPERATOR.phone[-4:]},
        {"end": OPERATOR.id_number[-6:]},
        {"id_number": OPERATOR.id_number},
        {"name": ENTERPRISE[:4], "end": number[-4:]},
    ):
        assert await kinds(**words) >= both, words
        assert await kinds(**words, act="filing") == {"filing.end"}, words
    assert await kinds(name=ENTERPRISE) >= both
    assert not both & await kinds(name=LEGAL_PERSON.name)
    assert await kinds(subject=account["id"]) >= both - {"filing.end"}
    assert await kinds(name="filing") == {"filing.import"}
    assert await kinds(name="查无此人") == await kinds(end="9999") == await kinds(name='a"b') == set()
    everything = await auditor.call("GET", "/acts", name=ENTERPRISE)
    assert everything.json()["more_people"] is False
    monkeypatch.setattr(meant, "MOST_MEANT", 1)
    for path in ("/acts", "/sms"):
        assert (await auditor.call("GET", path, name=ENTERPRISE)).json()["more_people"] is True
        assert (await auditor.call("GET", path)).json()["more_people"] is False


async def test_acts_are_found_by_who_did_them(
    application: Application, clerk: Staff, auditor: Staff, number: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By the words for people; a member of staff by any part of their name."""
    assert number
    db = application.context.db
    account = (await every(clerk, ACCOUNTS, name=OPERATOR.name))[0]["id"]
    for state in ("disabled", "active"):
        document = {"state": state, "reason": "本人来电"}
        await clerk.call("POST", f"/accounts/{account}/state", document)
    name = str((await fetch(db, "SELECT name FROM staff WHERE id = $1", clerk.id))["name"])
    await tamper(db, "UPDATE acts SET actor = 'user', actor_id = $1 WHERE act = 'account.enable'", account)
    both = {"account.disable", "account.enable"}

    async def kinds(**words: str) -> set[str]:
        acts = {line["act"] for line in await every(auditor, "/acts", **words)}
        assert acts == {line["act"] for line in await every(auditor, "/acts", limit="1", **words)}, words
        return acts

    for words in ({"actor_id": clerk.id}, {"by_name": name}, {"by_name": name[1:]}):
        assert both & await kinds(**words) == {"account.disable"}, words
        assert await kinds(**words, act="account") == {"account.disable"}, words
        assert await kinds(**words, subject=account) == {"account.disable"}, words
    for words in (
        {"by_name": OPERATOR.name},
        {"by_end": OPERATOR.phone[-4:]},
        {"by_end": OPERATOR.phone},
        {"by_end": number[-4:]},
        {"by_id_number": OPERATOR.id_number},
        {"by_credit_code": OPERATOR.credit_code},
        {"by_name": OPERATOR.name, "subject": account},
        {"by_name": OPERATOR.name, "name": OPERATOR.name},
    ):
        assert both & await kinds(**words) == {"account.enable"}, words
    for words in ({"by_name": "查无此人"}, {"by_end": "9999"}, {"by_name": name, "by_end": "9999"}):
        assert await kinds(**words) == await kinds(**words, subject=account) == set(), words
    monkeypatch.setattr(longer_ends, "MOST", 0)
    refused = await auditor.call("GET", "/acts", by_end=OPERATOR.phone[-5:])
    assert_refused(refused, "too_many_requests", 429)
    monkeypatch.setattr(list_acts, "MOST_MEANT", 1)
    assert (await auditor.call("GET", "/acts", by_name=name[0])).json()["more_people"] is True


async def test_acts_are_exported_as_they_are_listed(
    application: Application, clerk: Staff, auditor: Staff, number: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As a workbook or .csv, in the zone that its heading names; who took it with them is an act."""
    account = (await every(clerk, ACCOUNTS, end=number[-4:]))[0]["id"]
    document = {"state": "disabled", "reason": '=HYPERLINK("x")'}
    await clerk.call("POST", f"/accounts/{account}/state", document)
    await execute(application.context.db, "UPDATE staff SET name = '=1+1' WHERE id = $1", clerk.id)
    listed = await every(auditor, "/acts")
    monkeypatch.setattr(list_acts, "_PAGE", 2)
    made = await auditor.call("GET", "/acts/export", format="csv")
    assert made.headers["content-type"] == "text/csv; charset=utf-8"
    assert made.headers["content-disposition"].endswith(f'acts-{_day(application)}.csv"')
    heads, *lines = csv.reader(io.StringIO(made.content.decode("utf-8-sig")))
    assert heads[0] == "时间（中国标准时间 UTC+08:00）"
    assert [line[-1] for line in lines] == [line["id"] for line in listed]
    place = heads.index("对象名称")
    assert [line[place].removeprefix("'") for line in lines] == [
        line["subject_name"] or "" for line in listed
    ]
    assert OPERATOR.name in [line[place] for line in lines]
    (own,) = [line for line in lines if line[4] == "account.disable"]
    assert own[1:6] == ["员工", "'=1+1", clerk.id, "account.disable", account]
    assert json.loads(own[7])["reason"] == document["reason"]
    book = openpyxl.load_workbook(
        io.BytesIO((await auditor.call("GET", "/acts/export", act="account.disable")).content)
    )
    rows = [[str(cell.value or "") for cell in row] for row in book.worksheets[0].iter_rows()]
    assert rows[0] == heads
    assert [row[2:6] for row in rows[1:]] == [["=1+1", *own[3:6]]]
    assert {cell.data_type for row in book.worksheets[0].iter_rows() for cell in row} <= {
        "s",
        "n",
        "inlineStr",
    }
    exports = await every(auditor, "/acts", act="audit", limit="1")
    assert [each["details"]["acts"] for each in exports] == [1, len(listed)]
    assert exports[0]["details"]["area"] == "account.disable"
    monkeypatch.setattr(list_acts, "MOST_EXPORTED", 1)
    assert_refused(await auditor.call("GET", "/acts/export"), "list_too_long", 422)
    monkeypatch.setattr(list_acts, "MOST_MEANT", 0)
    assert_refused(await auditor.call("GET", "/acts/export", by_name="=1"), "list_too_long", 422)
    assert await allowed_roles(application, "GET", "/acts/export?act=clock", None) == {
        StaffRole.AUDITOR,
        StaffRole.SECURITY_OFFICER,
    }


async def test_a_file_holds_what_its_kind_can(
    application: Application, clerk: Staff, auditor: Staff, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No formula in a .csv, however it is hidden; in a workbook no character that fails it, and no silent cut."""
    monkeypatch.setattr(list_acts, "MOST_EXPORTS", 1000)
    db = application.context.db

    async def name_in(kind: str, name: str) -> str:
        await execute(db, "UPDATE staff SET name = $1 WHERE id = $2", name, clerk.id)
        answer = await auditor.call("GET", "/acts/export", format=kind, subject=clerk.id)
        assert answer.status_code == 200, answer.text
        if kind == "csv":
            rows = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"), newline="")))
        else:
            sheet = openpyxl.load_workbook(io.BytesIO(answer.content)).worksheets[0]
            rows = [[str(cell.value) for cell in row] for row in sheet.iter_rows()]
        return rows[1][rows[0].index("对象名称")]

    for hidden in ("", "\n", " ", "\u3000", "\u200b", "\ufeff", "\u00a0\u2060 \x0b", "\t"):
        for sign in ("=1", "＝1", "＋1", "－1", "＠a", "@a"):
            assert await name_in("csv", hidden + sign) == f"'{hidden}{sign}"
    for plain in ("林知远", " 林", "1=1", "林=1"):
        assert await name_in("csv", plain) == plain
    assert await name_in("xlsx", "林\x0b知\uffff远") == "林\ufffd知\ufffd远"
    for whole in ("林" * 32_767, "𠮷" * 16_383):
        assert await name_in("xlsx", whole) == whole
        assert await name_in("csv", whole * 2) == whole * 2
    assert await name_in("xlsx", "林" * 32_768) == "林" * 32_766 + "…"
    assert await name_in("xlsx", "𠮷" * 16_384) == "𠮷" * 16_383 + "…"


async def test_exports_of_acts_are_so_many_an_hour(
    application: Application, auditor: Staff, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of one member; the refused ones count too, and the list is read on."""
    monkeypatch.setattr(list_acts, "MOST_EXPORTS", 2)
    assert (await auditor.call("GET", "/acts/export", act="clock")).status_code == 200
    with monkeypatch.context() as patch:
        patch.setattr(list_acts, "MOST_EXPORTED", 0)
        assert_refused(await auditor.call("GET", "/acts/export"), "list_too_long")
    assert_refused(await auditor.call("GET", "/acts/export", act="clock"), "too_many_requests", 429)
    assert (await auditor.call("GET", "/acts")).status_code == 200
    other = await Staff.of(application, StaffRole.SECURITY_OFFICER)
    assert (await other.call("GET", "/acts/export", act="clock")).status_code == 200
    application.clock.advance(seconds=3601)
    assert (await auditor.call("GET", "/acts/export", act="clock")).status_code == 200


async def test_no_list_of_acts_is_taken_for_a_narrowed_one(
    application: Application, clerk: Staff, auditor: Staff, number: str
) -> None:
    """A word that would narrow nothing beside another, or that the file's query doesn't know, is refused."""
    (account,) = await every(clerk, ACCOUNTS, end=number[2:])
    for path in ("/acts", "/acts/export"):
        for wrong in (
            {"subject": account["id"], "name": "查无此人"},
            {"subject": account["id"], "end": "9999"},
            {"subject": account["id"], "credit_code": OPERATOR.credit_code},
            {"actor_id": clerk.id, "by_name": "查无此人"},
            {"actor_id": clerk.id, "by_id_number": OPERATOR.id_number},
            {"actor_id": ""},
            {"actor_id": "", "subject": account["id"]},
        ):
            assert_refused(await auditor.call("GET", path, **wrong), "invalid_request")
    for unknown in ({"by_nmae": "查无此人"}, {"actor": "查无此人"}, {"limit": "1"}):
        refused = await auditor.call("GET", "/acts/export", **unknown)
        assert_refused(refused, "invalid_request")
        assert refused.json()["fields"] == [f"query.{name}" for name in unknown]


def _day(application: Application) -> str:
    zone = dt.timezone(dt.timedelta(hours=8))
    return dt.datetime.fromtimestamp(application.context.clock() / 1000, zone).date().isoformat()


async def test_an_area_has_the_acts_of_all_its_kinds(application: Application, auditor: Staff) -> None:
    for role in (StaffRole.FILING_OFFICER, StaffRole.CUSTOMER_SERVICE):
        application.clock.advance(seconds=1)
        await application.staff(role)
    everything = await every(auditor, "/acts")
    assert len({line["act"].partition(".")[0] for line in everything}) > 2
    for act in ("staff", "staff.add", "filing", "st", "clock", "staff.ad"):
        wanted = [line["id"] for line in everything if f"{line['act']}.".startswith(f"{act}.")]
        assert bool(wanted) == (act in {"staff", "staff.add", "filing"})
        for words in ({"act": act}, {"act": act, "limit": "1"}):
            assert [line["id"] for line in await every(auditor, "/acts", **words)] == wanted, words
    (newest, *_), oldest = everything, everything[-1]
    since = await every(auditor, "/acts", act="staff", since=str(newest["at"]))
    assert oldest["id"] not in {line["id"] for line in since}


async def test_a_shield_is_what_acts_are_about_too(
    application: Application, auditor: Staff, number: str
) -> None:
    """A shield's number and a certificate's serial are subjects of acts, and belong to somebody."""
    subjects = await application.context.staff.acts.subjects(people_pages.Words(name=OPERATOR.name))
    row = await fetch(
        application.context.db, "SELECT serial FROM certificates WHERE shield_number = $1", number
    )
    assert {number, row["serial"]} <= set(subjects.names)
    assert not subjects.is_cut
    assert await every(auditor, "/acts", subject=number) == []


async def test_hidden_digits_are_not_learnt_one_by_one(
    application: Application, clerk: Staff, number: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By ends longer than what is shown a member searches so often in an hour, in all lists together."""
    assert number
    monkeypatch.setattr(longer_ends, "MOST", 4)
    for path in (ACCOUNTS, "/filing/people", "/certificates", "/sms"):
        assert (await clerk.call("GET", path, end="06027")).status_code == 200, path
        assert (await clerk.call("GET", path, end="6027")).status_code == 200, path
    for path in (ACCOUNTS, "/filing/people", "/certificates", "/sms"):
        assert_refused(await clerk.call("GET", path, end="06027"), "too_many_requests", 429)
        assert (await clerk.call("GET", path, end="6027")).status_code == 200, path
    other = await Staff.of(application, StaffRole.SECURITY_OFFICER)
    assert (await other.call("GET", "/acts", end="06027")).status_code == 200
    assert_refused(await clerk.call("GET", "/certificates", id_number_end="04217"), "too_many_requests", 429)
    application.clock.advance(seconds=3601)
    assert (await clerk.call("GET", ACCOUNTS, end="06027")).status_code == 200


@cases(
    ("path", "roles"),
    [
        (f"{ACCOUNTS}?name=林", {"customer_service"}),
        ("/sms?end=6027", {"customer_service", "security_officer", "auditor"}),
        ("/acts?name=林", {"security_officer", "auditor"}),
    ],
)
async def test_each_search_asks_for_its_role(application: Application, path: str, roles: set[str]) -> None:
    allowed = await allowed_roles(application, "GET", path, None)
    assert {role.value for role in allowed} == roles
