"""Disabling a business system ends its requests at once, even while a phone is taking or signing one."""

import asyncio
from typing import Any

import pytest

from mshield.server.acts.actor import SERVICE
from mshield.server.database.interface import Tx
from mshield.server.database.queries import Query, Statement
from tests.support.application import Application, Device, qr_of
from tests.support.assertions import assert_refused
from tests.support.factories import REQUESTS, document_message
from tests.support.shield_over_http import Shield
from tests.support.signing import execute, fetch


@pytest.fixture
async def shield(application: Application, device: Device) -> Shield:
    made = Shield(application, device)
    await made.enrol()
    return made


async def _asked(application: Application, **more: object) -> dict[str, Any]:
    lifetime = 86_400 if "shield_number" in more else 3_600
    body = {"kind": "signature", "documents": [document_message(b"<x/>")], "lifetime": lifetime, **more}
    answer = await application.business("POST", REQUESTS, body)
    assert answer.status_code == 201, answer.text
    asked: dict[str, Any] = answer.json()
    return asked


async def _set_state(application: Application, state: str) -> None:
    await application.context.systems.manage.set_state(
        application.client_id, state, reason="密钥泄露", by=SERVICE, now=application.clock()
    )


async def _disable(application: Application) -> None:
    await _set_state(application, "disabled")


async def _states(application: Application, request_id: str) -> tuple[object, object]:
    """Returns the states of the request and of its document."""
    row = await fetch(
        application.context.db,
        "SELECT r.state, t.state AS task FROM requests r JOIN tasks t ON t.request_id = r.id WHERE r.id = $1",
        request_id,
    )
    return row["state"], row["task"]


async def _number(shield: Shield) -> str:
    return str((await shield.device.call("GET", "/api/phone/me")).json()["shield_number"])


async def test_requests_of_a_disabled_system_cannot_be_taken_or_signed(
    application: Application, shield: Shield
) -> None:
    waiting = await _asked(application, shield_number=await _number(shield))
    scanned = await _asked(application)
    signed = await _asked(application)
    taken = (await shield.device.call("POST", "/api/phone/scans", {"code": qr_of(scanned)})).json()
    other = (await shield.device.call("POST", "/api/phone/scans", {"code": qr_of(signed)})).json()
    await shield.sign(other["tasks"])
    await _disable(application)
    assert await _states(application, waiting["id"]) == ("cancelled", "closed")
    assert await _states(application, scanned["id"]) == ("cancelled", "closed")
    assert await _states(application, signed["id"]) == ("signed", "signed")
    assert (await shield.device.call("GET", "/api/phone/inbox")).json() == {"requests": []}
    assert_refused(await shield.device.call("POST", f"/api/phone/inbox/{waiting['id']}"), "request_closed")
    again = await shield.device.call("POST", "/api/phone/scans", {"code": qr_of(scanned)})
    assert_refused(again, "request_closed")
    task = await shield.device.call("GET", f"/api/phone/tasks/{taken['tasks'][0]['sid']}")
    assert task.json()["state"] == "closed"


async def test_waiting_calls_learn_of_the_end(application: Application) -> None:
    asked = await _asked(application)
    page = {"Authorization": f"Bearer {asked['status_token']}"}
    held = asyncio.create_task(application.http.get(f"/api/pc/requests/{asked['id']}?wait=60", headers=page))
    await asyncio.sleep(0.1)
    await _disable(application)
    answer = await asyncio.wait_for(held, 10)
    assert (answer.json()["state"], answer.json()["reason"]) == ("cancelled", None)


async def test_another_systems_requests_stay(application: Application, shield: Shield) -> None:
    kept = await _asked(application)
    made = await application.context.systems.manage.add(
        name="掌上海关", domain="palm.example", return_urls=(), by=SERVICE, now=application.clock()
    )
    await application.context.systems.manage.set_state(
        made[0].system.client_id, "disabled", reason="停用", by=SERVICE, now=application.clock()
    )
    assert await _states(application, kept["id"]) == ("waiting", "waiting")


@pytest.mark.parametrize("kind", ["login", "signature"])
async def test_process_with_a_stale_cache_makes_no_request(application: Application, kind: str) -> None:
    await _asked(application)  # so that the system is cached for five seconds
    await _disable(application)
    body = {"kind": kind} | ({"documents": [document_message(b"<x/>")]} if kind == "signature" else {})
    assert_refused(await application.business("POST", REQUESTS, body), "wrong_client", 401)
    kept = await fetch(application.context.db, "SELECT COUNT(*) AS kept FROM requests")
    assert kept["kept"] == 1
    counted = await fetch(
        application.context.db, "SELECT SUM(failures) AS counted FROM throttles WHERE scope LIKE '%_start %'"
    )
    assert counted["counted"] == 1


async def test_request_committed_after_disabling_stays_unusable(
    application: Application, shield: Shield
) -> None:
    """Such a request is committed after disabling has read the table; the test restores that state."""
    late = await _asked(application, shield_number=await _number(shield))
    await _disable(application)
    await execute(application.context.db, "UPDATE requests SET state = 'waiting' WHERE id = $1", late["id"])
    await execute(
        application.context.db, "UPDATE tasks SET state = 'waiting' WHERE request_id = $1", late["id"]
    )
    assert (await shield.device.call("GET", "/api/phone/inbox")).json() == {"requests": []}
    assert_refused(await shield.device.call("POST", f"/api/phone/inbox/{late['id']}"), "request_closed")
    assert_refused(
        await shield.device.call("POST", "/api/phone/scans", {"code": qr_of(late)}), "request_closed"
    )
    await _set_state(application, "active")
    assert await _states(application, late["id"]) == ("cancelled", "closed")
    assert (await shield.device.call("GET", "/api/phone/inbox")).json() == {"requests": []}
    application.clock.advance(seconds=5)
    await _asked(application, shield_number=await _number(shield))
    assert len((await shield.device.call("GET", "/api/phone/inbox")).json()["requests"]) == 1


@pytest.mark.parametrize("attempt", range(3))
async def test_signing_at_the_same_moment_ends_one_way(
    application: Application, shield: Shield, attempt: int
) -> None:
    asked = await _asked(application)
    taken = (await shield.device.call("POST", "/api/phone/scans", {"code": qr_of(asked)})).json()

    async def disable() -> None:
        await asyncio.sleep(0.004 * attempt)
        await _disable(application)

    sign = asyncio.gather(shield.sign(taken["tasks"]), disable(), return_exceptions=True)
    await sign
    assert await _states(application, asked["id"]) in {("signed", "signed"), ("cancelled", "closed")}


def _statement(sql: str, *names: str) -> Query:
    return Query("test", Statement(sql, names), None)


_TAKE = _statement("UPDATE requests SET state = 'scanned' WHERE id = $1", "id")
_SIGN = _statement("UPDATE tasks SET state = 'signed' WHERE request_id = $1", "id")
_FINISH = _statement("UPDATE requests SET state = 'signed' WHERE id = $1", "id")


@pytest.mark.parametrize(
    "database_url", ["postgresql"], indirect=True
)  # the only one with concurrent transactions
@pytest.mark.parametrize(
    ("first", "then", "states"),
    [
        (_TAKE, None, ("cancelled", "closed")),
        (_SIGN, _FINISH, ("signed", "signed")),
    ],
    ids=["taking", "signing"],
)
async def test_disabling_waits_for_a_faster_phone(
    application: Application, shield: Shield, first: Query, then: Query | None, states: tuple[str, str]
) -> None:
    asked = await _asked(application)
    if then is not None:
        await shield.device.call("POST", "/api/phone/scans", {"code": qr_of(asked)})
    begun, go_on = asyncio.Event(), asyncio.Event()

    async def phone(tx: Tx) -> None:
        await tx.run(first, id=asked["id"])
        begun.set()
        await go_on.wait()
        if then is not None:
            await tx.run(then, id=asked["id"])

    faster = asyncio.create_task(application.context.db.write(phone))
    await begun.wait()
    disabling = asyncio.create_task(_disable(application))
    await asyncio.sleep(0.3)
    assert not disabling.done()
    go_on.set()
    await asyncio.gather(faster, disabling)
    assert await _states(application, asked["id"]) == states
