"""Accounts, SMS and acts, found by names, enterprises and ends of numbers (ADR 129)."""

import csv
import datetime as dt
import io
import json
from typing import Any, Final

import openpyxl
import pytest

from mshield.server.accounts import number_searches
from mshield.server.filing import people_pages
from mshield.server.retention.erase_person import by_command
from mshield.server.staff import list_acts, resolve_people
from mshield.server.staff.rules import StaffRole
from mshield.testkit.demo.people import LEGAL_PERSON, OPERATOR, OPERATOR_TO_CONFIRM
from tests.support.application import Application, Device
from tests.support.assertions import assert_refused
from tests.support.cases import cases
from tests.support.clerk import Staff, allowed_roles
from tests.support.second_person import SECOND
from tests.support.shield_over_http import Shield
from tests.support.signing import execute, fetch, tamper

ACCOUNTS: Final = "/accounts/search"
ENTERPRISE: Final = "宁波北潮进出口有限公司"
_ORDER: Final = by_command(second_person=SECOND, reason="本人要求")


@pytest.fixture
async def clerk(application: Application) -> Staff:
    return await Staff.of(application, StaffRole.CUSTOMER_SERVICE)


@pytest.fixture
async def auditor(application: Application) -> Staff:
    return await Staff.of(application, StaffRole.AUDITOR)


@pytest.fixture
async def number(application: Application, device: Device) -> str:
    """The operator's shield number; two other people have accounts without a shield."""
    await Shield(application, device).enrol()
    for person in (LEGAL_PERSON, OPERATOR_TO_CONFIRM):
        application.clock.advance(seconds=61)
        await application.registered(person)
    return str((await device.call("GET", "/api/phone/me")).json()["shield_number"])


async def every(staff: Staff, path: str, **words: str) -> list[dict[str, Any]]:
    """Returns the items of all pages."""
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
    """Returns another number with the same last four characters."""
    return f"{end[:-5]}{(int(end[-5]) + 1) % 10}{end[-4:]}"


async def test_account_is_found_by_everything_people_know(
    application: Application, clerk: Staff, number: str
) -> None:
    async def names(**words: str) -> list[str]:
        return [line["name"] for line in await every(clerk, ACCOUNTS, **words)]

    id_number, shield = OPERATOR.id_number, number[2:]
    for _ in range(2):  # before the job wrote the missing search words, and after it
        for words in (
            {"name": OPERATOR.name},
            {"name": OPERATOR.name[0]},
            {"name": OPERATOR.name[1:]},
            {"name": ENTERPRISE[2:6]},
            {"name": ENTERPRISE, "end": shield},
            {"credit_code": OPERATOR.credit_code.lower()},
            {"credit_code": OPERATOR.credit_code, "name": OPERATOR.name},
            {"id_number": id_number},
            {"end": id_number},
            {"end": OPERATOR.phone},
            {"end": shield},
        ):
            assert await names(**words) == [OPERATOR.name], words
            assert await names(**words, limit="1") == [OPERATOR.name], words
        for words in (
            {"name": OPERATOR.name[2:]},
            {"name": "%"},
            {"name": ENTERPRISE[::-1]},
            {"end": "99999999999"},
            {"end": id_number[-11:]},
            {"end": _another(id_number)},
            {"end": _another(OPERATOR.phone)},
            {"end": _another(shield)},
            {"end": shield, "name": LEGAL_PERSON.name},
            {"credit_code": OPERATOR.credit_code, "name": LEGAL_PERSON.name},
        ):
            assert await names(**words) == [], words
        assert await names(name=OPERATOR_TO_CONFIRM.name[:4].lower()) == [OPERATOR_TO_CONFIRM.name]
        assert await names(end=LEGAL_PERSON.id_number) == [LEGAL_PERSON.name]
        await application.context.filing.search_words()


async def test_account_line_has_the_name_and_masked_numbers(clerk: Staff, number: str) -> None:
    answer = await clerk.call("GET", ACCOUNTS, end=number[2:])
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
    assert_refused(await clerk.call("GET", ACCOUNTS, end="0845"), "whole_number_needed", 422)
    assert_refused(await clerk.call("GET", ACCOUNTS, name="\u202e"), "invalid_request", 422)


async def test_next_page_starts_after_the_previous_one(
    application: Application, clerk: Staff, number: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(people_pages, "MOST_COMPARED", 2)
    monkeypatch.setattr(people_pages, "MOST_ENTERPRISES", 0)
    await application.context.filing.search_words()
    assert [line["shield_number"] for line in await every(clerk, ACCOUNTS, name=ENTERPRISE, limit="1")] == [
        number
    ]
    for person in (OPERATOR, LEGAL_PERSON):
        lines = await every(clerk, ACCOUNTS, end=person.id_number, limit="1")
        assert [line["name"] for line in lines] == [person.name]


async def test_erased_person_is_not_found(application: Application, clerk: Staff, number: str) -> None:
    db = application.context.db
    assert number
    await application.context.filing.search_words()
    (line,) = await every(clerk, ACCOUNTS, name=LEGAL_PERSON.name)
    erase = application.context.retention.erase_by_two.erase
    await erase(await erase.find(LEGAL_PERSON.phone), _ORDER, now=application.clock())
    row = await fetch(db, "SELECT id_number_end FROM accounts WHERE id = $1", line["id"])
    assert row["id_number_end"] == b""
    for words in (
        {"end": LEGAL_PERSON.id_number},
        {"end": LEGAL_PERSON.phone},
    ):
        assert await every(clerk, ACCOUNTS, **words) == [], words


async def test_sms_are_found_by_number_end_and_by_person(
    application: Application, auditor: Staff, number: str
) -> None:
    async def masked(**words: str) -> set[str]:
        return {line["phone_masked"] for line in await every(auditor, "/sms", **words)}

    await application.ask_for_code("13811116027")  # a number without an account
    operator, legal = "138****6027", "139****5011"
    everything = await every(auditor, "/sms")
    wanted = [line["id"] for line in everything if line["phone_masked"].endswith("6027")]
    for words in ({"end": "6027"}, {"end": "6027", "limit": "1"}):
        assert [line["id"] for line in await every(auditor, "/sms", **words)] == wanted
    own = [line["id"] for line in await every(auditor, "/sms", phone=OPERATOR.phone)]
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
        assert [line["id"] for line in await every(auditor, "/sms", **words)] == own, words
    assert await masked(name=ENTERPRISE) >= {operator, legal}
    assert await masked(end="5011") == {legal}
    assert await masked(end="5011", state="failed") == set()
    assert await masked(end="9999") == await masked(name="查无此人") == set()


async def test_sms_to_a_number_count_whatever_else_is_asked(
    application: Application, auditor: Staff, number: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The number decides what is found, so an account beside it would only keep guesses from counting."""
    assert number
    other = await fetch(
        application.context.db, "SELECT id FROM accounts WHERE phone = $1", LEGAL_PERSON.phone
    )
    monkeypatch.setattr(number_searches, "MOST", 1)
    words = {"account": str(other["id"]), "phone": OPERATOR.phone}
    assert (await auditor.call("GET", "/sms", **words)).json()["items"] != []
    assert_refused(await auditor.call("GET", "/sms", **words), "too_many_requests", 429)


async def test_acts_show_the_name_of_their_subject(
    application: Application, auditor: Staff, number: str
) -> None:
    """Names of accounts, staff, filed people and systems; no name of an erased person."""
    assert number

    async def named() -> dict[str, str | None]:
        return {line["subject"]: line["subject_name"] for line in await every(auditor, "/acts")}

    db, before = application.context.db, await named()
    for name in (OPERATOR.name, LEGAL_PERSON.name):
        account_id = (await fetch(db, "SELECT id FROM accounts WHERE name = $1", name))["id"]
        assert before[str(account_id)] == name
    member = await fetch(db, "SELECT s.id, s.name FROM staff s JOIN acts a ON a.subject = s.id LIMIT 1")
    assert before[str(member["id"])] == member["name"]
    erase = application.context.retention.erase_by_two.erase
    account = await erase.find(LEGAL_PERSON.phone)
    await erase(account, _ORDER, now=application.clock())
    assert (await named())[account.id] is None


async def test_acts_are_found_by_subject(
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
    monkeypatch.setattr(resolve_people, "MAX_MATCHES", 1)
    for path in ("/acts", "/sms"):
        assert (await auditor.call("GET", path, name=ENTERPRISE)).json()["more_people"] is True
        assert (await auditor.call("GET", path)).json()["more_people"] is False


async def test_acts_are_found_by_actor(
    application: Application, clerk: Staff, auditor: Staff, number: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """People are found by whole words, a member of staff by any part of their name."""
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
    monkeypatch.setattr(number_searches, "MOST", 0)
    refused = await auditor.call("GET", "/acts", by_end=OPERATOR.phone[-5:])
    assert_refused(refused, "too_many_requests", 429)
    monkeypatch.setattr(list_acts, "MAX_MATCHES", 1)
    assert (await auditor.call("GET", "/acts", by_name=name[0])).json()["more_people"] is True


async def test_export_of_acts_equals_the_list(
    application: Application, clerk: Staff, auditor: Staff, number: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As a workbook or .csv, in the time zone named in its heading; the export itself is recorded as an act."""
    account = (await every(clerk, ACCOUNTS, end=number[2:]))[0]["id"]
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
    monkeypatch.setattr(list_acts, "MAX_MATCHES", 0)
    assert_refused(await auditor.call("GET", "/acts/export", by_name="=1"), "list_too_long", 422)
    assert await allowed_roles(application, "GET", "/acts/export?act=clock", None) == {
        StaffRole.AUDITOR,
        StaffRole.SECURITY_OFFICER,
    }


async def test_exported_file_is_safe_for_its_format(
    application: Application, clerk: Staff, auditor: Staff, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No formula in a .csv, even hidden; in a workbook no character that makes it fail, and no silent cut."""
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


async def test_exports_of_acts_are_limited_per_hour(
    application: Application, auditor: Staff, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The limit is per member; refused exports count too, and the list stays readable."""
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


async def test_ineffective_filter_of_acts_is_refused(
    application: Application, clerk: Staff, auditor: Staff, number: str
) -> None:
    """A word that another word would make ineffective, or that the export's query doesn't know, is refused."""
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


async def test_area_filter_includes_all_its_acts(application: Application, auditor: Staff) -> None:
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


async def test_shield_can_be_the_subject_of_acts(
    application: Application, auditor: Staff, number: str
) -> None:
    """A shield number and a certificate's serial are subjects of acts that belong to a person."""
    subjects = await application.context.staff.acts.subjects(people_pages.Words(name=OPERATOR.name))
    row = await fetch(
        application.context.db, "SELECT serial FROM certificates WHERE shield_number = $1", number
    )
    assert {number, row["serial"]} <= set(subjects.names)
    assert not subjects.is_cut
    assert await every(auditor, "/acts", subject=number) == []


@cases(
    ("path", "roles"),
    [
        (f"{ACCOUNTS}?name=林", {"customer_service"}),
        ("/sms?end=6027", {"customer_service", "security_officer", "auditor"}),
        ("/acts?name=林", {"security_officer", "auditor"}),
    ],
)
async def test_each_search_needs_its_role(application: Application, path: str, roles: set[str]) -> None:
    allowed = await allowed_roles(application, "GET", path, None)
    assert {role.value for role in allowed} == roles
