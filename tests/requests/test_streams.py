"""Server-sent events: what a PC and a business system receive, when, and what an open stream may cost."""

import asyncio
import base64
from pathlib import Path
from typing import Any

import pytest

from mshield.server.http.waiting import event_stream
from mshield.server.http.waiting import held as web_held
from mshield.server.http.waiting.held import HeldCalls
from mshield.server.requests.follow import QR_TEXTS
from mshield.server.systems.register import register_system
from mshield.wire.qr import is_genuine, read_qr
from tests.support.application import ORIGIN, Application
from tests.support.event_stream_reader import Reader, reading
from tests.support.factories import REQUESTS, ask_login
from tests.support.return_url import RETURN_URL
from tests.support.signing import execute


async def _asked(application: Application, **more: str) -> str:
    return str((await ask_login(application, **more))["id"])


def _pc(application: Application, request_id: str) -> Any:
    token = application.context.requests.follow.secrets.status_token(request_id)
    path = f"/api/pc/requests/{request_id}/events"
    return reading(application.app, path, Authorization=f"Bearer {token}")


def _business(application: Application, request_id: str, client_id: str = "", secret: str = "") -> Any:
    pair = f"{client_id or application.client_id}:{secret or application.client_secret}"
    basic = base64.b64encode(pair.encode()).decode()
    path = f"{REQUESTS}/{request_id}/events"
    return reading(application.app, path, Authorization=f"Basic {basic}")


async def _become(application: Application, request_id: str, state: str, reason: str | None = None) -> None:
    """Puts a request in a state, as a phone's call would."""
    sql = "UPDATE requests SET state = $1, reason = $2 WHERE id = $3"
    await execute(application.context.db, sql, state, reason, request_id)
    application.context.events.notify(request_id)


async def _state(reader: Reader) -> str:
    """Returns the next state, skipping the codes that arrive meanwhile."""
    name, told = await reader.event()
    while name == "qr":
        name, told = await reader.event()
    assert name == "state"
    return str(told["state"])


def _held(application: Application) -> HeldCalls:
    found: HeldCalls = application.app.state.held_calls
    return found


async def test_a_pc_sees_the_state_then_the_codes_then_each_change_until_the_end(
    application: Application,
) -> None:
    request_id = await _asked(application)
    application.clock.advance(seconds=7)
    async with _pc(application, request_id) as reader:
        assert (reader.status, reader.headers["content-type"]) == (200, "text/event-stream")
        assert reader.headers["cache-control"] == "no-store"
        name, told = await reader.event()
        assert name == "state"
        number = told.pop("number")
        assert len(number) == 2
        assert told == {
            "id": request_id,
            "kind": "login",
            "state": "waiting",
            "reason": None,
            "requester": {"name": "单一窗口", "domain": "singlewindow.example"},
            "expires_at": application.clock() + 113_000,
            "expires_in": 113_000,
        }
        name, codes = await reader.event()
        assert (name, codes["every"], len(codes["texts"])) == ("qr", 1000, 4)
        read = [read_qr(text) for text in codes["texts"]]
        secret = application.context.requests.follow.secrets.qr_secret(request_id)
        assert [each and each.elapsed for each in read] == list(range(7, 11))
        assert all(each is not None and is_genuine(each, secret) for each in read)
        assert codes["texts"][0].startswith(f"{ORIGIN}/q/{request_id}?")
        await _become(application, request_id, "scanned")
        assert await _state(reader) == "scanned"
        await _become(application, request_id, "declined", "not_me")
        name, told = await reader.event()
        assert (told["state"], told["reason"]) == ("declined", "not_me")
        await reader.until_end()
    assert len(_held(application)) == 0


async def test_a_business_system_sees_its_own_requests_without_codes(application: Application) -> None:
    request_id = await _asked(application)
    async with _business(application, request_id) as reader:
        assert await _state(reader) == "waiting"
        await _become(application, request_id, "signed")
        assert await _state(reader) == "signed"
        await reader.until_end()
    other = await register_system(application.context.db, name="掌上海关", domain="palm.example", now=1)
    async with _business(application, request_id, *other) as reader:
        assert reader.status == 404
    async with _business(application, request_id, secret="wrong") as reader:
        assert reader.status == 401


async def test_a_request_by_link_has_no_code_to_show(application: Application) -> None:
    request_id = await _asked(application, channel="app", return_url=RETURN_URL)
    async with _pc(application, request_id) as reader:
        assert (await reader.event())[0] == "state"
        await _become(application, request_id, "scanned")
        assert (await reader.event())[0] == "state"


async def test_late_reader_gets_the_end_at_once(application: Application) -> None:
    request_id = await _asked(application)
    await _become(application, request_id, "signed")
    for opened in (_pc, _business):
        async with opened(application, request_id) as reader:
            assert await _state(reader) == "signed"
            await reader.until_end()


async def test_expiry_is_sent_when_it_happens(application: Application) -> None:
    request_id = await _asked(application)
    application.clock.advance(seconds=119.9)
    async with _pc(application, request_id) as reader:
        assert await _state(reader) == "waiting"
        assert (await reader.event())[0] == "qr"
        application.clock.advance(seconds=0.1)
        assert await _state(reader) == "expired"
        await reader.until_end()


def test_page_survives_an_interruption_of_two_seconds() -> None:
    assert QR_TEXTS - event_stream.QR_SECONDS == 2
    component = Path(__file__).parents[2] / "frontend/packages/component/src/watch.ts"
    assert f"const POLL_SECONDS = {event_stream.QR_SECONDS:.0f};" in component.read_text("utf-8")


async def test_codes_are_sent_again_and_a_quiet_stream_sends_keepalives(
    application: Application, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(event_stream, "QR_SECONDS", 0.3)
    monkeypatch.setattr(event_stream, "KEEP_ALIVE_SECONDS", 0.3)
    request_id = await _asked(application)
    async with _pc(application, request_id) as reader:
        names = [(await reader.event())[0] for _ in range(4)]
        assert names == ["state", "qr", "qr", "qr"]
        await _become(application, request_id, "scanned")
        assert await _state(reader) == "scanned"
        assert [await reader.block() for _ in range(2)] == [": keep-alive"] * 2


async def test_wrong_token_gets_the_same_answer_for_unknown_requests(
    application: Application,
) -> None:
    request_id = await _asked(application)
    other = await _asked(application)
    secrets = application.context.requests.follow.secrets
    nobody = "0" * 36
    answers = set()
    for path_id, token in (
        (request_id, secrets.status_token(other)),
        (request_id, "x" * 43),
        (request_id, ""),
        (nobody, "x" * 43),
        ("x", secrets.status_token("y")),
    ):
        for path in (f"/api/pc/requests/{path_id}", f"/api/pc/requests/{path_id}/events"):
            answer = await application.http.get(path, headers={"Authorization": f"Bearer {token}"})
            answers.add((answer.status_code, answer.json()["code"], answer.headers["www-authenticate"]))
    assert answers == {(401, "wrong_status_token", 'Bearer realm="mshield"')}
    assert len(_held(application)) == 0


async def test_closed_reader_leaves_nothing(application: Application) -> None:
    request_id = await _asked(application)
    async with _pc(application, request_id) as one, _business(application, request_id) as other:
        assert await _state(one) == await _state(other) == "waiting"
        assert len(_held(application)) == 2
    assert len(_held(application)) == 0
    assert not application.context.events._waiting
    await asyncio.sleep(0.3)
    assert _held(application)._timer is None


async def test_stalled_reader_does_not_fill_the_memory(application: Application) -> None:
    request_id = await _asked(application)
    async with _pc(application, request_id) as reader:
        assert await _state(reader) == "waiting"
        await reader.event()
        reader.reads.clear()
        await _become(application, request_id, "scanned")
        before = len(asyncio.all_tasks())
        for _ in range(500):
            application.context.events.notify(request_id)
            await asyncio.sleep(0)
        await asyncio.sleep(0.05)
        assert len(asyncio.all_tasks()) <= before + 1
        await _become(application, request_id, "signed")
        reader.reads.set()
        assert [await _state(reader) for _ in range(2)] == ["scanned", "signed"]
        await reader.until_end()


async def test_short_database_failure_ends_no_stream(
    application: Application, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(web_held, "_AGAIN_SECONDS", 0.1)
    request_id = await _asked(application)
    async with _pc(application, request_id) as reader:
        assert await _state(reader) == "waiting"
        await reader.event()
        with monkeypatch.context() as broken:
            broken.setattr(type(application.context.requests.follow), "state", _fails)
            await _become(application, request_id, "scanned")
            await asyncio.sleep(0.15)
        assert await _state(reader) == "scanned"


async def _fails(*_: object, **__: object) -> None:
    raise OSError("no database")


async def test_too_many_calls_for_one_request_and_in_one_process_are_refused(
    application: Application, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = application.context.settings.changed(waiting_per_request=2, waiting_per_process=4)
    object.__setattr__(application.context, "settings", settings)
    request_id, other, third = [await _asked(application) for _ in range(3)]
    async with _pc(application, request_id), _pc(application, request_id):
        async with _pc(application, request_id) as refused:
            assert (refused.status, refused.headers["retry-after"]) == (429, "5")
        token = application.context.requests.follow.secrets.status_token(request_id)
        path = f"/api/pc/requests/{request_id}?wait=1"
        answer = await application.http.get(path, headers={"Authorization": f"Bearer {token}"})
        assert answer.status_code == 429
        # A holder of the page's token can't lock out the business system.
        async with _business(application, request_id) as taken:
            assert taken.status == 200
            async with _pc(application, other) as page:
                assert page.status == 200
                for opened in (_pc, _business):
                    async with opened(application, third) as refused:
                        assert (refused.status, refused.headers["retry-after"]) == (503, "5")
        async with _pc(application, other) as taken:
            assert taken.status == 200
            # Nor can logins that are started at many pages.
            async with _pc(application, third) as refused:
                assert (refused.status, refused.headers["retry-after"]) == (503, "5")
            async with _business(application, third) as system:
                assert system.status == 200
    assert len(_held(application)) == 0


async def test_stopping_process_ends_its_streams_and_refuses_new_ones(application: Application) -> None:
    request_id = await _asked(application)
    async with _pc(application, request_id) as reader:
        assert await _state(reader) == "waiting"
        application.context.events.stop()
        await reader.until_end()
    async with _pc(application, request_id) as reader:
        assert reader.status == 503
