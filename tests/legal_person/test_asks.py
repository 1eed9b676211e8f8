"""An operator asks their legal representative to act on a shield: notified, shown, done by the usual acts, answered."""

import pytest

from mshield.server.database.interface import SealBroken
from mshield.server.errors import Conflict, NotFound, TooManyRequests
from mshield.server.identity.errors import NoLegalPerson, NothingToAsk
from mshield.server.legal_person.asks import MOST_A_DAY, Kind
from tests.support.portal import OWN, Browser, certified, logged_in
from tests.support.signing import execute, fetch, tamper

NUMBER = "MS10720468813"

browser = logged_in()


async def _asks(browser: Browser, **params: str) -> list[dict[str, object]]:
    answer = await browser.get(f"/enterprises/{OWN}/asks", **params)
    assert answer.status_code == 200, answer.text
    items: list[dict[str, object]] = answer.json()["items"]
    return items


async def _answer(browser: Browser, ask: object, answer: str, reason: str = "") -> tuple[int, str]:
    path = f"/enterprises/{OWN}/asks/{ask}/answer"
    answered = await browser.send("POST", path, {"answer": answer, "reason": reason})
    return answered.status_code, "" if answered.status_code == 204 else answered.json()["code"]


async def test_requested_revocation_is_done_by_the_usual_act_and_reported(browser: Browser) -> None:
    context, clock = browser.application.context, browser.application.clock
    row = await certified(context, NUMBER)
    asks = context.legal_person.asks
    await asks.ask(row.account_id, Kind.REVOKE, NUMBER, note="手机丢了", now=clock())
    told = await fetch(context.db, "SELECT details FROM notifications WHERE kind = 'shield_asked'")
    assert "8813" in str(told["details"])
    (waiting,) = await _asks(browser, state="waiting")
    assert (waiting["kind"], waiting["shield_number"], waiting["note"]) == ("revoke", NUMBER, "手机丢了")
    assert await _answer(browser, waiting["id"], "done") == (409, "ask_not_done")
    assert await _answer(browser, waiting["id"], "refused") == (422, "invalid_request")
    with pytest.raises(Conflict):
        await asks.ask(row.account_id, Kind.REVOKE, NUMBER, note="", now=clock())
    assert (await browser.revoke(NUMBER)).status_code == 200
    (own,) = await asks.of_account(row.account_id, limit=5, now=clock())
    assert own.state == "done"  # done without an explicit answer
    assert await _answer(browser, waiting["id"], "refused", "不作废") == (409, "request_closed")


async def test_a_refusal_has_a_reason_that_the_operator_reads(browser: Browser) -> None:
    context, clock = browser.application.context, browser.application.clock
    row = await certified(context, NUMBER)
    asks = context.legal_person.asks
    with pytest.raises(NothingToAsk):
        await asks.ask(row.account_id, Kind.LIFT, NUMBER, note="", now=clock())
    await browser.act("freeze", NUMBER)
    await asks.ask(row.account_id, Kind.LIFT, NUMBER, note="", now=clock())
    (waiting,) = await _asks(browser)
    assert await _answer(browser, waiting["id"], "done") == (409, "ask_not_done")
    assert await _answer(browser, waiting["id"], "refused", "还没有找回手机") == (204, "")
    (own,) = await asks.of_account(row.account_id, limit=5, now=clock())
    assert (own.state, own.reason) == ("refused", "还没有找回手机")
    told = await fetch(context.db, "SELECT account_id FROM notifications WHERE kind = 'shield_answered'")
    assert told["account_id"] == row.account_id
    await asks.ask(row.account_id, Kind.LIFT, NUMBER, note="", now=clock())
    await browser.act("unfreeze", NUMBER)
    assert [ask["state"] for ask in await _asks(browser)] == ["done", "refused"]


async def test_loss_is_requested_once_and_done_by_reporting_it(browser: Browser) -> None:
    context, clock = browser.application.context, browser.application.clock
    row = await certified(context, NUMBER)
    asks = context.legal_person.asks
    await asks.ask(row.account_id, Kind.REPORT_LOSS, NUMBER, note="", now=clock())
    told = await fetch(context.db, "SELECT details FROM notifications WHERE kind = 'shield_asked'")
    assert "挂失" in str(told["details"])
    (waiting,) = await _asks(browser, state="waiting")
    assert waiting["kind"] == "report_loss"
    assert await _answer(browser, waiting["id"], "done") == (409, "ask_not_done")
    await browser.act("freeze", NUMBER)
    assert [ask["state"] for ask in await _asks(browser)] == ["waiting"]
    await browser.act("report_loss", NUMBER)
    (own,) = await asks.of_account(row.account_id, limit=5, now=clock())
    assert own.state == "done"  # done without an explicit answer
    with pytest.raises(NothingToAsk):
        await asks.ask(row.account_id, Kind.REPORT_LOSS, NUMBER, note="", now=clock())


async def test_requests_are_for_ones_own_shield_and_five_a_day(browser: Browser) -> None:
    context, clock = browser.application.context, browser.application.clock
    row = await certified(context, NUMBER)
    other = await certified(context, "MS20720468814")
    asks = context.legal_person.asks
    for number in (other.shield_number, "MS00000000000", "nonsense"):
        with pytest.raises(NotFound):
            await asks.ask(row.account_id, Kind.REVOKE, number, note="", now=clock())
    for _ in range(MOST_A_DAY):
        await asks.ask(row.account_id, Kind.RENEW, NUMBER, note="", now=clock())
        (waiting, *_rest) = await asks.of_account(row.account_id, limit=5, now=clock())
        with pytest.raises(NotFound):
            await asks.withdraw(other.account_id, waiting.id, now=clock())
        await asks.withdraw(row.account_id, waiting.id, now=clock())
    with pytest.raises(TooManyRequests):
        await asks.ask(row.account_id, Kind.RENEW, NUMBER, note="", now=clock())


async def test_missing_legal_person_or_forged_request_is_refused(browser: Browser) -> None:
    context, clock = browser.application.context, browser.application.clock
    row = await certified(context, NUMBER)
    asks = context.legal_person.asks
    await asks.ask(row.account_id, Kind.RENEW, NUMBER, note="", now=clock())
    await tamper(context.db, "UPDATE shield_asks SET kind = 'revoke'")
    with pytest.raises(SealBroken):
        await asks.of_account(row.account_id, limit=5, now=clock())
    await tamper(context.db, "UPDATE shield_asks SET kind = 'renew'")
    await execute(context.db, "UPDATE identity_proofs SET ended_at = 1")
    with pytest.raises(NoLegalPerson):
        await asks.ask(row.account_id, Kind.REVOKE, NUMBER, note="", now=clock())
