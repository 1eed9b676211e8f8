"""The legal representative's lists over HTTP: pages, searches, workbooks; other enterprises' shields are absent."""

import io
from typing import Final

import openpyxl
import pytest

from mshield.server.accounts import number_searches
from mshield.server.filing.search_words import end_hash
from mshield.server.http.portal import lists as portal_lists
from mshield.server.legal_person import lists
from tests.support.assertions import assert_refused
from tests.support.cases import cases
from tests.support.issuing import ID_NUMBER
from tests.support.portal import FOREIGN, OWN, Browser, certified, logged_in
from tests.support.signing import execute

NUMBERS = [f"MS1000000000{n}" for n in range(5)]

browser = logged_in()


async def _names(browser: Browser, **query: str | int) -> list[str]:
    answer = await browser.get(f"/enterprises/{OWN}/people", **query)
    assert answer.status_code == 200, answer.text
    return [each["name"] for each in answer.json()["items"]]


async def _numbers(browser: Browser, **query: str | int) -> list[str]:
    answer = await browser.get(f"/enterprises/{OWN}/shields", **query)
    assert answer.status_code == 200, answer.text
    return [each["shield_number"] for each in answer.json()["items"]]


_SEARCHES: Final[tuple[tuple[dict[str, str], list[str]], ...]] = (
    ({}, ["顾承岳", "林知远", "沈若澜", "CHAN Tai Man"]),
    ({"name": "若"}, ["沈若澜"]),
    ({"name": "tai"}, ["CHAN Tai Man"]),
    ({"name": "%"}, []),
    ({"role": "legal_person"}, ["顾承岳"]),
    ({"id_number_end": "4217"}, ["林知远"]),
    ({"id_number_end": "64x"}, ["沈若澜"]),
    ({"id_number_end": "64x", "role": "legal_person"}, []),
    ({"end": "4217"}, ["林知远"]),
    ({"end": "4218"}, []),
    ({"end": "4217", "role": "legal_person"}, []),
    ({"shield_number": NUMBERS[0]}, []),
    ({"on_file": "false"}, []),
)


async def test_people_are_found_by_name_role_and_numbers(browser: Browser) -> None:
    for query, names in _SEARCHES:
        assert await _names(browser, **query) == names, query


async def test_ended_person_is_listed_as_ended(browser: Browser) -> None:
    context = browser.application.context
    await execute(context.db, "UPDATE filed_persons SET ended_at = $1 WHERE name = '林知远'", context.clock())
    assert await _names(browser, on_file="false") == ["林知远"]
    assert "林知远" not in await _names(browser, on_file="true")
    (ended,) = (await browser.get(f"/enterprises/{OWN}/people", name="知远")).json()["items"]
    assert (ended["on_file"], ended["ended_at"]) == (False, context.clock())


async def test_people_have_pages(browser: Browser) -> None:
    first = (await browser.get(f"/enterprises/{OWN}/people", limit=3)).json()
    rest = (await browser.get(f"/enterprises/{OWN}/people", limit=3, after=first["next"])).json()
    assert [len(first["items"]), len(rest["items"]), rest["next"]] == [3, 1, None]
    found = first["items"][1]
    assert found["id_number_masked"] == "330206********4217"
    assert (found["role"], found["on_file"], found["shields"]) == ("operator", True, 0)


async def test_shields_have_pages_newest_first(browser: Browser) -> None:
    for number in NUMBERS:
        await certified(browser.application.context, number)
        browser.application.clock.advance(seconds=1)
    assert await _numbers(browser) == NUMBERS[::-1]
    page = (await browser.get(f"/enterprises/{OWN}/shields", limit=2)).json()
    seen = [each["shield_number"] for each in page["items"]]
    while page["next"] is not None:
        page = (await browser.get(f"/enterprises/{OWN}/shields", limit=2, before=page["next"])).json()
        seen += [each["shield_number"] for each in page["items"]]
    assert seen == NUMBERS[::-1]


async def test_shields_are_found_by_state_hold_name_and_number(browser: Browser) -> None:
    for number in NUMBERS[:3]:
        await certified(browser.application.context, number)
    await browser.act("report_loss", NUMBERS[0])
    await browser.act("freeze", NUMBERS[0], NUMBERS[1])
    await browser.revoke(NUMBERS[2])
    assert set(await _numbers(browser, state="active")) == set(NUMBERS[:2])
    assert await _numbers(browser, state="revoked") == [NUMBERS[2]]
    assert await _numbers(browser, hold="lost") == [NUMBERS[0]]
    assert set(await _numbers(browser, hold="frozen")) == set(NUMBERS[:2])
    assert await _numbers(browser, hold="clone") == []
    assert await _numbers(browser, shield_number="ms 100 0000 0001") == [NUMBERS[1]]
    assert len(await _numbers(browser, name="知")) == 3
    # A search ignores case in any script, and the kind of middle dot.
    for serial_name, asked in (("ÉLISE Ôtis", "élise ôTIS"), ("买买提·艾力", "买买提•艾力")):
        await execute(browser.application.context.db, "UPDATE certificates SET common_name = $1", serial_name)
        assert len(await _numbers(browser, name=asked)) == 3
    browser.application.clock.advance(seconds=731 * 86400)
    await browser.log_in()
    assert set(await _numbers(browser, state="expired")) == set(NUMBERS[:2])
    assert await _numbers(browser, state="active") == []


async def test_shields_are_found_by_the_end_of_a_number(browser: Browser) -> None:
    """An SMS gives such an end (尾号): of the shield number, the holder's phone or id number."""
    context = browser.application.context
    first, second = [await certified(context, number) for number in NUMBERS[:2]]
    for row in (first, second):
        await execute(
            context.db,
            "UPDATE filed_persons SET credit_code = $1, id_number_end = $2 WHERE id = $3",
            *(OWN, end_hash(context.legal_person.lists.lookup, ID_NUMBER), row.person_id),
        )
    await execute(context.db, "UPDATE accounts SET phone = '13812345678' WHERE id = $1", first.account_id)
    await context.filing.search_words()
    both = set(NUMBERS[:2])
    for end, numbers in (
        (NUMBERS[1][-4:], {NUMBERS[1]}),
        (ID_NUMBER[-4:].lower(), both),
        ("5678", {NUMBERS[0]}),
        ("9876", set()),
        ("987x", set()),
        # A whole number matches exactly; a longer end isn't cut to four characters.
        ("13812345678", {NUMBERS[0]}),
        ("13912345678", set()),
        ("45678", {NUMBERS[0]}),
        ("95678", set()),
        (NUMBERS[1][2:], {NUMBERS[1]}),
        (f"9{NUMBERS[1][3:]}", set()),
        (ID_NUMBER, both),
        (ID_NUMBER.lower(), both),
        (ID_NUMBER[-6:], both),
        (f"{(int(ID_NUMBER[0]) + 1) % 10}{ID_NUMBER[1:]}", set()),
    ):
        assert set(await _numbers(browser, end=end)) == numbers, end
        acts = (await browser.get(f"/enterprises/{OWN}/history", end=end)).json()["items"]
        assert {each["shield_number"] for each in acts} == numbers, end


async def test_people_are_found_by_the_end_of_a_number_of_their_shield(browser: Browser) -> None:
    context = browser.application.context
    row = await certified(context, NUMBERS[1])
    db = context.db
    whose = "UPDATE certificates SET person_id = f.id FROM filed_persons f WHERE f.name = $1 AND f.credit_code = $2"
    await execute(db, whose, "林知远", OWN)
    await execute(db, "UPDATE accounts SET phone = '13812345678' WHERE id = $1", row.account_id)
    await execute(db, "UPDATE filed_persons SET phone = '13812340000' WHERE name = '沈若澜'")
    for end, names in (
        (NUMBERS[1][-4:], ["林知远"]),
        (NUMBERS[1][2:], ["林知远"]),
        (f"9{NUMBERS[1][3:]}", []),
        ("5678", ["林知远"]),
        ("13812345678", ["林知远"]),
        ("13912345678", []),
        ("0000", ["沈若澜"]),
        ("13812340000", ["沈若澜"]),
        ("93812340000", []),
        ("330206199001014217", ["林知远"]),
        ("01014217", ["林知远"]),
        ("430206199001014217", []),
    ):
        assert await _names(browser, end=end) == names, end


async def test_searches_by_numbers_are_limited(browser: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    """Searches by numbers, whole or end, are limited per hour over all lists; repeating one counts once."""
    monkeypatch.setattr(number_searches, "MOST", 6)
    lists = ("people", "shields", "history", "people.xlsx", "shields.xlsx", "history.xlsx")
    for end in ("2345", "54321"):
        for path in lists:
            assert (await browser.get(f"/enterprises/{OWN}/{path}", end=end)).status_code == 200, path
    for path in lists:
        for words in ({"end": "1111"}, {"end": "11111"}, {"shield_number": "MS00000011111"}):
            refused = await browser.get(f"/enterprises/{OWN}/{path}", **words)
            assert_refused(refused, "too_many_requests", 429)
        assert (await browser.get(f"/enterprises/{OWN}/{path}", end="2345")).status_code == 200, path
    for path in ("people", "people.xlsx"):
        # The end of an id number alone counts as well, in whatever digits it is written.
        for end in ("17", "11111", "１１１１１", "⒒⒒1"):
            refused = await browser.get(f"/enterprises/{OWN}/{path}", id_number_end=end)
            assert_refused(refused, "too_many_requests", 429)
        assert (await browser.get(f"/enterprises/{OWN}/{path}", id_number_end="2345")).status_code == 200
    browser.application.clock.advance(seconds=3601)
    await browser.log_in()
    for _ in range(6):  # who finds somebody counts once
        assert (await browser.get(f"/enterprises/{OWN}/people", id_number_end="4217")).status_code == 200
    for end in ("217", "14217", "014217", "1014217", "01014217"):
        assert (await browser.get(f"/enterprises/{OWN}/people", id_number_end=end)).status_code == 200, end
    assert_refused(await browser.get(f"/enterprises/{OWN}/people", end="0000"), "too_many_requests", 429)


async def test_too_short_number_end_is_refused_by_every_list(browser: Browser) -> None:
    """Without brackets and dashes, nothing is left of it, or less than the digits on display."""
    await certified(browser.application.context, NUMBERS[0])
    for path in ("people", "shields", "history", "people.xlsx", "shields.xlsx", "history.xlsx"):
        for end in ("((((", "()()()", "(((1", "4(2)1"):
            refused = await browser.get(f"/enterprises/{OWN}/{path}", end=end)
            assert_refused(refused, "invalid_request")
            assert refused.json()["fields"] == ["end"]
        assert (await browser.get(f"/enterprises/{OWN}/{path}", end="(4217)")).status_code == 200, path
    for path in ("people", "people.xlsx"):
        refused = await browser.get(f"/enterprises/{OWN}/{path}", id_number_end="()")
        assert_refused(refused, "invalid_request")


async def test_expiring_shields_are_a_list(browser: Browser) -> None:
    """The list 即将到期 (R11) agrees with the overview: only usable shields."""
    for number in NUMBERS[:2]:
        await certified(browser.application.context, number)
    assert await _numbers(browser, state="expiring") == []
    browser.application.clock.advance(seconds=600 * 86400)
    await browser.log_in()
    assert set(await _numbers(browser, state="expiring")) == set(NUMBERS[:2])
    await browser.act("freeze", NUMBERS[0])
    assert await _numbers(browser, state="expiring") == [NUMBERS[1]]
    items = (await browser.get(f"/enterprises/{OWN}/shields")).json()["items"]
    assert {each["shield_number"]: each["expiring"] for each in items} == {
        NUMBERS[0]: False,
        NUMBERS[1]: True,
    }
    assert {each["state"] for each in items} == {"active"}


async def test_all_shields_are_counted_whatever_the_page_shows(
    browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in NUMBERS[:3]:
        await certified(browser.application.context, number)
        browser.application.clock.advance(seconds=1)
    await browser.act("freeze", NUMBERS[0])
    await browser.revoke(NUMBERS[1])
    await certified(browser.application.context, NUMBERS[1])
    page = (await browser.get(f"/enterprises/{OWN}/shields", limit=1)).json()
    assert page["count"] == {"shields": 3, "usable": 2, "more": False}
    assert (await browser.get(f"/enterprises/{OWN}/shields", before=page["next"])).json()["count"] is None
    monkeypatch.setattr(lists, "MOST_COUNTED", 2)
    monkeypatch.setattr(portal_lists, "MOST_COUNTED", 2)
    page = (await browser.get(f"/enterprises/{OWN}/shields")).json()
    assert page["count"] == {"shields": 2, "usable": 2, "more": True}


async def test_number_has_one_line_with_its_current_certificate(browser: Browser) -> None:
    first = await certified(browser.application.context, NUMBERS[0])
    await browser.revoke(NUMBERS[0])
    second = await certified(browser.application.context, NUMBERS[0])
    listed = (await browser.get(f"/enterprises/{OWN}/shields")).json()["items"]
    assert [(each["serial"], each["state"]) for each in listed] == [(second.serial, "active")]
    history = await browser.shield(NUMBERS[0])
    assert history["shield"]["serial"] == second.serial
    assert [(each["serial"], each["state"]) for each in history["earlier"]] == [(first.serial, "revoked")]


async def test_another_enterprises_lists_are_not_found(browser: Browser) -> None:
    await certified(browser.application.context, NUMBERS[0], credit_code=FOREIGN)
    for path in (
        "people",
        "shields",
        f"shields/{NUMBERS[0]}",
        "people.xlsx",
        "shields.xlsx",
        "history",
        "history.xlsx",
    ):
        unknown = await browser.get(f"/enterprises/91330206MA2AEXAM05/{path}")
        for enterprise in (FOREIGN, "91330206MA2AEXAM04", "x", "%00"):
            answer = await browser.get(f"/enterprises/{enterprise}/{path}")
            assert answer.status_code == 404
            assert {**answer.json(), "request_id": ""} == {**unknown.json(), "request_id": ""}


_NO_QUERIES: Final[tuple[dict[str, str | int], ...]] = (
    {"name": "\x00"},
    {"limit": 0},
    {"before": "!"},
    {"before": "AAAA"},
    {"state": "lost"},
    {"end": "123"},
    {"end": "1" * 19},
    {"end": "1234%"},
    {"end": "王小明四"},
    {"x": "1"},
)


async def test_invalid_list_query_is_refused(browser: Browser) -> None:
    for query in _NO_QUERIES:
        answer = await browser.get(f"/enterprises/{OWN}/shields", **query)
        assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request"), query


async def test_the_workbooks_hold_the_lists_as_text(browser: Browser) -> None:
    await certified(browser.application.context, NUMBERS[0])
    await browser.act("freeze", NUMBERS[0])
    answer = await browser.get(f"/enterprises/{OWN}/people.xlsx", role="operator")
    assert f'filename="people-{OWN}-2026-11-24.xlsx"' in answer.headers["content-disposition"]
    people = _cells(answer.content)
    assert people[0][:4] == ["姓名", "用户类型", "证件类型", "证件号码"]
    assert [row[0] for row in people[1:]] == ["林知远", "沈若澜", "CHAN Tai Man"]
    assert people[1][3] == "330206********4217"
    (_, row) = _cells((await browser.get(f"/enterprises/{OWN}/shields.xlsx")).content)
    assert row[:5] == ["MS 100 0000 0000", "林知远", "操作员", "正常", "已冻结"]
    # Characters that no workbook can hold don't make the export fail.
    db = browser.application.context.db
    await execute(db, "UPDATE filed_persons SET name = $1 WHERE name = '沈若澜'", "沈\x0b若\uffff澜")
    people = _cells((await browser.get(f"/enterprises/{OWN}/people.xlsx", role="operator")).content)
    assert [row[0] for row in people[1:]] == ["林知远", "沈\ufffd若\ufffd澜", "CHAN Tai Man"]


async def _history(browser: Browser, **query: str | int) -> list[tuple[str, str]]:
    answer = await browser.get(f"/enterprises/{OWN}/history", **query)
    assert answer.status_code == 200, answer.text
    return [(each["shield_number"], each["change"]["event"]) for each in answer.json()["items"]]


async def test_r14_the_history_of_every_act_of_the_enterprise(browser: Browser) -> None:
    """Filters by number, name, act and time; pages; the workbook."""
    clock = browser.application.clock
    for number in NUMBERS[:2]:
        await certified(browser.application.context, number)
    await certified(browser.application.context, NUMBERS[3], credit_code=FOREIGN)
    clock.advance(seconds=60)
    held = clock()
    await browser.act("report_loss", NUMBERS[0])
    clock.advance(seconds=60)
    await browser.act("freeze", *NUMBERS[:2])
    acts = [(NUMBERS[1], "freeze"), (NUMBERS[0], "freeze"), (NUMBERS[0], "report_loss")]
    all_of_it = await _history(browser)
    assert all_of_it[:3] == acts
    assert {event for _, event in all_of_it[3:]} == {"activate"}
    assert NUMBERS[3] not in {number for number, _ in all_of_it}
    newest = (await browser.get(f"/enterprises/{OWN}/history", limit=1)).json()["items"][0]
    assert (newest["name"], newest["change"]["actor_name"], newest["change"]["reason"]) == (
        "林知远", "顾承岳", "手机遗失",
    )  # fmt: skip
    assert await _history(browser, shield_number="ms 100 0000 0000", since=held) == acts[1:]
    assert await _history(browser, event="freeze") == acts[:2]
    assert await _history(browser, since=held, until=held + 1) == acts[2:]
    assert len(await _history(browser, name="知")) == len(all_of_it)
    assert await _history(browser, name="若") == []
    seen, place = [], None
    while place != "":
        query = {"limit": 2} if place is None else {"limit": 2, "before": place}
        page = (await browser.get(f"/enterprises/{OWN}/history", **query)).json()
        seen += [(each["shield_number"], each["change"]["event"]) for each in page["items"]]
        place = page["next"] or ""
    assert seen == all_of_it
    head, *rows = _cells((await browser.get(f"/enterprises/{OWN}/history.xlsx", event="freeze")).content)
    assert head == [
        "时间（中国标准时间 UTC+08:00）",
        "手机盾号",
        "持有人",
        "操作",
        "操作人",
        "原因",
        "证书状态",
        "停用原因",
    ]
    assert [row[1:6] for row in rows] == [
        ["MS 100 0000 0001", "林知远", "冻结", "顾承岳 法人", "手机遗失"],
        ["MS 100 0000 0000", "林知远", "冻结", "顾承岳 法人", "手机遗失"],
    ]


@cases("query", [{"event": "shout"}, {"since": -1}, {"before": "a b"}, {"name": "\x00"}, {"limit": 101}])
async def test_invalid_history_query_is_refused(browser: Browser, query: dict[str, str | int]) -> None:
    answer = await browser.get(f"/enterprises/{OWN}/history", **query)
    assert_refused(answer, "invalid_request", 422)


def _cells(workbook: bytes) -> list[list[object]]:
    book = openpyxl.load_workbook(io.BytesIO(workbook))
    return [[cell.value for cell in row] for row in book[book.sheetnames[0]].iter_rows()]


async def test_a_shield_whose_filing_changed_or_ended_says_so_and_is_not_usable(browser: Browser) -> None:
    """R22: such a shield can't log in or sign until it is renewed, whatever its certificate contains."""
    context = browser.application.context
    changed, ended, good = [await certified(context, number) for number in NUMBERS[:3]]
    await execute(
        context.db, "UPDATE filed_persons SET version = version + 1 WHERE id = $1", changed.person_id
    )
    end = "UPDATE filed_persons SET version = version + 1, ended_at = $2 WHERE id = $1"
    await execute(context.db, end, ended.person_id, context.clock())
    page = (await browser.get(f"/enterprises/{OWN}/shields")).json()
    assert page["count"] == {"shields": 3, "usable": 1, "more": False}
    assert {each["serial"]: (each["filing_changed"], each["filing_ended"]) for each in page["items"]} == {
        changed.serial: (True, False),
        ended.serial: (False, True),
        good.serial: (False, False),
    }
    assert await _numbers(browser, state="filing_changed") == [NUMBERS[0]]
    assert await _numbers(browser, state="filing_ended") == [NUMBERS[1]]
    assert (await browser.shield(NUMBERS[0]))["shield"]["filing_changed"] is True
    assert await _states(browser) == {"需要更新", "备案已终止", "正常"}
    # A hold and the certificate's own end come first; a revoked certificate needs no renewal.
    await browser.act("freeze", NUMBERS[0])
    assert await _numbers(browser, state="filing_changed") == []
    await browser.revoke(NUMBERS[0])
    assert (await browser.shield(NUMBERS[0]))["shield"]["filing_changed"] is False


async def test_workbook_states_match_the_page(browser: Browser) -> None:
    await certified(browser.application.context, NUMBERS[0])
    browser.application.clock.advance(seconds=600 * 86400)
    await browser.log_in()
    assert await _states(browser) == {"即将到期"}


async def _states(browser: Browser) -> set[object]:
    answer = await browser.get(f"/enterprises/{OWN}/shields.xlsx")
    assert answer.status_code == 200, answer.text
    _, *rows = openpyxl.load_workbook(io.BytesIO(answer.content)).active.values  # type: ignore[union-attr]  # a new workbook has a sheet
    return {row[3] for row in rows}
