"""The record shows what was signed: the lines drawn from the content, and beside them the business system's words."""

import json
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

import pytest

from mshield.server.database.interface import Database, SealBroken
from mshield.server.errors import TooManyRequests
from mshield.server.keys.keyring import Keyring
from mshield.server.requests import my_signatures
from mshield.server.requests.document import Document, RequestedView
from mshield.server.requests.my_signatures import MOST_SEARCHES, MOST_SUMS, MadeSignature, MySignatures
from mshield.server.retention import sweep
from mshield.server.retention.erase_person import ErasePerson, by_command
from mshield.server.retention.own_data import signatures_of
from mshield.server.runtime.clocks.watch import unwatched
from mshield.server.settings.settings import Settings
from mshield.server.systems.view_drafts import SubmittedView, ViewFile
from mshield.server.systems.views import register_view
from mshield.wire.phone.signatures import DrawnMessage, DrawnValue, MonthMessage, SignatureMessage
from mshield.wire.times import MINUTE_MS
from tests.requests.test_drawn_documents import DRAWN, Drawn
from tests.requests.test_evidence import Signed
from tests.support.clock import Clock
from tests.support.second_person import SECOND
from tests.support.signing import PHONE_NUMBER, fetch, shown_of, tamper

SETTINGS: Final = Settings.of(public_origin="https://shield.example", keep_grace_days=0)
DAY: Final = 86_400
CONTRACT: Final = b'{"total":"128000.00","number":"7"}'
CONTRACT_VIEW: Final = {
    "type": "mshield-view/v1",
    "id": "t/contract",
    "version": 1,
    "content": "json",
    "title": "采购合同",
    "amount": {"label": "合同总价", "path": "total", "currency": {"fixed": "CNY"}},
    "body": [{"label": "要点", "rows": [{"label": "合同编号", "path": "number", "role": "number"}]}],
}


class Record:
    """A document that was signed although the business system's words name another order number."""

    def __init__(self, drawn: Drawn) -> None:
        self.drawn, self.world = drawn, drawn.world

    async def signed(self) -> None:
        await self.drawn.finish(await shown_of(self.drawn.db, self.drawn.sids))
        await self.drawn.signed.logged()

    async def detail(self) -> MadeSignature:
        login = await self.world.login()
        return await MySignatures(self.drawn.db).one(login, self.drawn.sids[0], now=self.world.clock())

    async def listed(self) -> SignatureMessage:
        login = await self.world.login()
        page = await MySignatures(self.drawn.db).page(
            login, before=None, words=None, kind=None, limit=20, now=self.world.clock()
        )
        return next(each for each in page.items if each.sid == self.drawn.sids[0].hex())

    async def found(self, words: str) -> list[str]:
        login = await self.world.login()
        page = await MySignatures(self.drawn.db).page(
            login, before=None, words=words, kind=None, limit=20, now=self.world.clock()
        )
        assert page.next is None
        return [each.sid for each in page.items]


@pytest.fixture
async def record(db: Database, keyring: Keyring, clock: Clock) -> Record:
    drawn = Drawn(await Signed.on(db, keyring, clock))
    await drawn.asked()
    made = Record(drawn)
    await made.signed()
    return made


@pytest.fixture
async def falsely_named(db: Database, keyring: Keyring, clock: Clock) -> Record:
    """A contract whose business system names another amount in its title."""
    world = (signed := await Signed.on(db, keyring, clock)).world
    view = json.dumps(CONTRACT_VIEW).encode()
    files = SubmittedView(view, (ViewFile("合同.json", CONTRACT),))
    await register_view(db, world.system.client_id, files, second_person=SECOND, now=clock())
    drawn = Drawn(signed)
    await drawn.ask(
        Document(
            "采购合同 12,800.00",
            "application/json",
            CONTRACT,
            (),
            format="cms",
            view=RequestedView("t/contract"),
        )
    )
    made = Record(drawn)
    await made.signed()
    return made


async def test_record_has_the_lines_of_the_content_and_names_the_signer(record: Record) -> None:
    detail = await record.detail()
    assert detail.drawing == DRAWN.octets
    assert detail.row.confirmed == "mismatch"
    assert detail.lines == ({"label": "订单号", "value": "另一个"},)
    assert (detail.row.common_name, detail.row.shield_number) != (None, None)


async def test_list_has_title_and_sums_of_the_content(falsely_named: Record) -> None:
    listed = await falsely_named.listed()
    assert listed.drawn == DrawnMessage("采购合同", None, "7", (DrawnValue("CNY", "人民币", "128,000.00"),))
    assert (listed.title, listed.confirmed) == ("采购合同 12,800.00", "mismatch")


@pytest.mark.parametrize("words", ["128000", "128,000.00", "128 000.0", "采购", "7"])
async def test_search_finds_what_was_signed(falsely_named: Record, words: str) -> None:
    wanted = falsely_named.drawn.sids[0].hex()
    assert await falsely_named.found(words) == [wanted]
    assert await falsely_named.found(wanted) == [wanted]


@pytest.mark.parametrize("words", ["12800", "12,800.00", "1280", "128000.01", "000"])
async def test_search_finds_no_amount_of_the_business_system(falsely_named: Record, words: str) -> None:
    assert await falsely_named.found(words) == []


async def test_search_continues_after_what_it_has_read(
    falsely_named: Record, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(my_signatures, "SEARCHED", 1)
    login = await falsely_named.world.login()
    history = MySignatures(falsely_named.drawn.db)
    page = await history.page(
        login, before=None, words="nothing", kind=None, limit=20, now=falsely_named.world.clock()
    )
    assert page.items == ()
    found: list[str] = []
    following, turns = None, 0
    while turns == 0 or following is not None:
        page = await history.page(
            login, before=following, words="128000", kind=None, limit=20, now=falsely_named.world.clock()
        )
        found += [each.sid for each in page.items]
        following, turns = page.next, turns + 1
    assert (found, turns) == ([falsely_named.drawn.sids[0].hex()], 4)


async def test_month_sums_the_signed_amounts_and_counts_what_has_none(falsely_named: Record) -> None:
    login = await falsely_named.world.login()
    months = await MySignatures(falsely_named.drawn.db).months(
        login, zone=ZoneInfo("Asia/Shanghai"), now=falsely_named.world.clock()
    )
    (month,) = months.items
    at = datetime.fromtimestamp(falsely_named.world.clock() / 1000, ZoneInfo("Asia/Shanghai"))
    assert month == MonthMessage(f"{at:%Y-%m}", 3, (DrawnValue("CNY", "人民币", "128,000.00"),), 2)
    assert months.whole


@pytest.mark.parametrize("searches", [True, False], ids=["search", "months"])
async def test_account_reads_all_its_documents_only_so_often(record: Record, *, searches: bool) -> None:
    login, history = await record.world.login(), MySignatures(record.drawn.db)
    zone, now = ZoneInfo("UTC"), record.world.clock()

    async def ask(now: int) -> object:
        if searches:
            return await history.page(login, before=None, words="x", kind=None, limit=20, now=now)
        return await history.months(login, zone=zone, now=now)

    for _ in range(MOST_SEARCHES if searches else MOST_SUMS):
        await ask(now)
    with pytest.raises(TooManyRequests) as refused:
        await ask(now)
    assert refused.value.extra["retry_after"] == 61
    await history.page(login, before=None, words=None, kind=None, limit=20, now=now)
    await ask(now + MINUTE_MS)


async def test_month_adds_no_amount_of_lines_that_are_too_long(falsely_named: Record) -> None:
    await tamper(
        falsely_named.drawn.db, "UPDATE tasks SET drawing = $1 WHERE drawing IS NOT NULL", bytes(1 << 19)
    )
    login = await falsely_named.world.login()
    months = await MySignatures(falsely_named.drawn.db).months(
        login, zone=ZoneInfo("UTC"), now=falsely_named.world.clock()
    )
    assert [(month.count, month.sums, month.unsummed) for month in months.items] == [(3, (), 3)]


async def test_export_of_own_data_names_the_business_systems_title_as_such(falsely_named: Record) -> None:
    login = await falsely_named.world.login()
    rows = await signatures_of(falsely_named.drawn.db, login.account_id)
    (signed,) = [each for each in rows if each["title"] == "采购合同"]
    assert (signed["title"], signed["amounts"]) == ("采购合同", "人民币 128,000.00")
    assert signed["title_by_business_system"] == "采购合同 12,800.00"
    assert "12,800.00" not in json.dumps({**signed, "title_by_business_system": None}, ensure_ascii=False)


async def test_list_reads_no_changed_lines(record: Record) -> None:
    await tamper(record.drawn.db, "UPDATE tasks SET drawing = $1 WHERE drawing IS NOT NULL", b'{"title":"x"}')
    with pytest.raises(SealBroken):
        await record.listed()


async def test_list_reads_no_changed_display(record: Record) -> None:
    await tamper(record.drawn.db, "UPDATE tasks SET title = 'x' WHERE drawing IS NOT NULL")
    with pytest.raises(SealBroken):
        await record.listed()


async def test_list_leaves_long_lines_to_the_detail(record: Record) -> None:
    await tamper(record.drawn.db, "UPDATE tasks SET drawing = $1 WHERE drawing IS NOT NULL", bytes(1 << 19))
    listed = await record.listed()
    assert listed.drawn is None


async def test_lines_stay_when_the_content_is_erased(record: Record) -> None:
    record.world.clock.advance(seconds=40 * DAY)
    await sweep.erase(record.drawn.db, SETTINGS, unwatched(record.world.clock))
    (sid,) = record.drawn.sids
    assert (await fetch(record.drawn.db, "SELECT content FROM tasks WHERE sid = $1", sid))["content"] is None
    assert (await record.detail()).drawing == DRAWN.octets


async def test_lines_are_erased_with_the_data_of_their_person(record: Record) -> None:
    world = record.world
    world.clock.advance(seconds=40 * DAY)
    await sweep.erase(record.drawn.db, SETTINGS, unwatched(world.clock))
    person = ErasePerson(record.drawn.db, world.keyring, world.lookup)
    order = by_command(second_person=SECOND, reason="来信 2026-7")
    done = await person(await person.find(PHONE_NUMBER), order, now=world.clock())
    assert {part.name: part.rows for part in done.erased}["contents"] == 1
    assert (await record.detail()).drawing is None


async def test_changed_lines_are_refused(record: Record) -> None:
    await tamper(record.drawn.db, "UPDATE tasks SET drawing = $1 WHERE drawing IS NOT NULL", b'{"title":"x"}')
    with pytest.raises(SealBroken):
        await record.detail()
