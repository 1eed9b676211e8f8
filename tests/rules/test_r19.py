"""R19: only the legal representative can look up who is on file for their enterprise."""

from mshield.testkit.demo.people import OPERATOR
from tests.support.assertions import assert_refused
from tests.support.portal import FOREIGN, OWN, Browser, certified, logged_in
from tests.support.signing import execute

browser = logged_in()


async def test_r19_legal_person_and_operators_as_filed(browser: Browser) -> None:
    answer = await browser.get(f"/enterprises/{OWN}/people")
    shown = [
        (each["name"], each["role"], each["id_type"], each["id_number_masked"], each["on_file"])
        for each in answer.json()["items"]
    ]
    assert shown == [
        ("顾承岳", "legal_person", "resident_id", "330206********3014", True),
        ("林知远", "operator", "resident_id", "330206********4217", True),
        ("沈若澜", "operator", "resident_id", "330203********264X", True),
        ("CHAN Tai Man", "operator", "hk_macau_permit", "H0*****67", True),
    ]


async def test_r19_a_person_is_found_by_the_number_of_their_shield(browser: Browser) -> None:
    context = browser.application.context
    row = await certified(context, "MS10720468813")
    await execute(context.db, "UPDATE filed_persons SET credit_code = $1 WHERE id = $2", OWN, row.person_id)
    answer = await browser.get(f"/enterprises/{OWN}/people", shield_number="MS 107 2046 8813")
    assert [(each["id"], each["shields"]) for each in answer.json()["items"]] == [(row.person_id, 1)]
    # The shield is also found by its holder.
    listed = await browser.get(f"/enterprises/{OWN}/shields", person_id=row.person_id)
    assert [each["serial"] for each in listed.json()["items"]] == [row.serial]


async def test_r19_other_enterprises_people_are_not_shown(browser: Browser) -> None:
    assert (await browser.get(f"/enterprises/{FOREIGN}/people")).status_code == 404
    names = {each["name"] for each in (await browser.get(f"/enterprises/{OWN}/people")).json()["items"]}
    assert "孟庭筠" not in names


async def test_r19_operator_cannot_look_up_people(browser: Browser) -> None:
    browser.application.clock.advance(seconds=61)
    await browser.application.registered(OPERATOR)
    operator = Browser.of(browser.application)
    assert_refused(await operator.begin(OPERATOR), "not_legal_person")
    assert (await operator.get(f"/enterprises/{OWN}/people")).status_code == 401
    await operator.http.aclose()
