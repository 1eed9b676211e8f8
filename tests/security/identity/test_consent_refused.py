"""The person declines a consent as not theirs; how often an account may request consents."""

from typing import Any

import httpx

from tests.support.assertions import assert_refused
from tests.support.consent import (
    COLLEAGUE,
    RECORD,
    SECOND,
    THIRD,
    Both,
    count,
    refused_at_the_pin,
    with_shield,
)
from tests.support.shield_over_http import Shield
from tests.support.signing import fetch


async def test_not_me_ends_the_request_and_blocks_the_account(case: Both) -> None:
    made = await case.asked()
    tasks = (await case.scan(made)).json()["tasks"]
    answer = await decline(case.shield, made, "not_me")
    assert answer.status_code == 204, answer.text
    await refused_at_the_pin(case, tasks, "task_closed")
    state = await case.application.http.get(
        f"/api/pc/requests/{made['request_id']}", headers={"Authorization": f"Bearer {made['status_token']}"}
    )
    assert (state.json()["state"], state.json()["reason"]) == ("declined", "not_me")
    act = await fetch(
        case.application.context.db,
        "SELECT act.details, a.phone FROM acts act JOIN accounts a ON a.id = act.subject"
        " WHERE act.act = 'identity.refuse'",
    )
    assert act["phone"] == SECOND.phone
    assert '"reason": "not_me"' in str(act["details"])
    assert_refused(await case.ask(), "too_many_requests", 429)
    case.application.clock.advance(seconds=86_400)
    case.new = await case.application.logged_in(SECOND)
    assert (await case.ask()).status_code == 201


async def test_declining_does_not_block_further_requests(case: Both) -> None:
    made = await case.asked()
    await case.scan(made)
    await decline(case.shield, made, "declined")
    assert (await case.ask()).status_code == 201


async def test_foreign_phone_cannot_block_further_requests(case: Both) -> None:
    """Its scan accepts the request, which ends it, but only the person's own phone can answer "not me"."""
    own = await with_shield(case.application, COLLEAGUE)
    made = await case.asked()
    await case.scan(made, own)
    assert (await decline(own, made, "not_me")).status_code == 204
    assert await count(case.application, "SELECT COUNT(*) AS n FROM acts WHERE act = 'identity.refuse'") == 0
    assert (await case.ask()).status_code == 201


async def test_foreign_phone_cannot_decline(case: Both) -> None:
    made = await case.asked()
    await case.scan(made)
    own = await with_shield(case.application, COLLEAGUE)
    assert_refused(await decline(own, made, "not_me"), "request_closed", 409)
    assert await count(case.application, "SELECT COUNT(*) AS n FROM acts WHERE act = 'identity.refuse'") == 0


async def test_requests_are_limited_to_ten_a_day_per_account(case: Both) -> None:
    """Requests of a stranger don't use up another account's limit."""
    for _ in range(10):
        await case.asked()
        case.application.clock.advance(seconds=10)
    assert_refused(await case.ask(), "too_many_requests", 429)
    await case.application.registered(THIRD)
    third = Both(case.application, case.shield, await case.application.logged_in(THIRD))
    await third.asked()


async def test_account_requests_consent_only_for_itself(case: Both) -> None:
    answer = await case.application.http.post("/api/phone/identity/consents", json=RECORD)
    assert answer.status_code == 401


async def decline(shield: Shield, made: dict[str, Any], reason: str) -> httpx.Response:
    return await shield.device.call(
        "POST", f"/api/phone/requests/{made['request_id']}/decline", {"reason": reason}
    )
