"""Limits of request bodies: small before authentication, counted while received, with a timeout, flat, few members."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, Final

import httpx
import pytest
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Message

from mshield.server.http.answers import no_content
from mshield.server.http.body import ANONYMOUS, AUTHENTICATED
from mshield.server.http.edge import bodies
from mshield.server.http.edge.dispatch import Dispatch
from mshield.server.http.router import Router
from mshield.server.staff.rules import StaffRole
from tests.support.application import ORIGIN, Application, running
from tests.support.assertions import assert_refused
from tests.support.cases import cases
from tests.support.clock import Clock
from tests.support.serving import serving

_KIB: Final = 1024
_MIB: Final = 1024 * _KIB
_JSON: Final = {"Content-Type": "application/json"}


@pytest.fixture
async def application(database_url: str, tmp_path: Path, clock: Clock) -> AsyncIterator[Application]:
    async with running(database_url, tmp_path, clock) as made:
        yield made


def _members(octets: int) -> bytes:
    """Returns JSON with as many members as fit into `octets`."""
    return b'{"a":[' + b",".join([b'{"":1}'] * (octets // 7 - 3)) + b"]}"


# ---- size ----


@cases("path", ["/api/portal/logins", "/api/phone/password-resets", "/api/console/logins"])
async def test_anonymous_body_is_limited(application: Application, path: str) -> None:
    assert_refused(
        await application.http.post(path, content=_members(12 * _MIB), headers=_JSON), "invalid_request", 413
    )


async def test_every_route_limits_unauthenticated_bodies(application: Application) -> None:
    for route in application.app.all_routes:  # type: ignore[attr-defined]  # the service's own
        assert route.limit.octets <= AUTHENTICATED.octets
        if not route.security and route.audience != "oidc":
            assert route.limit.octets <= ANONYMOUS.octets


async def test_body_is_not_read_without_credentials(application: Application) -> None:
    """The same holds with an idempotency key, which would recognise a repeat by its body."""
    taken = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal taken
        while taken < 12 * _MIB:
            taken += 64 * _KIB
            yield bytes(64 * _KIB)

    headers = {"Authorization": "Bearer x", "Idempotency-Key": "k", "Content-Type": "text/csv"}
    transport = httpx.ASGITransport(
        application.app
    )  # unlike the application's own transport, it doesn't read the body first
    async with httpx.AsyncClient(transport=transport, base_url=ORIGIN) as http:
        answer = await http.post("/api/console/filing/imports", content=endless(), headers=headers)
    assert_refused(answer, "wrong_staff_token", 401)
    assert not taken


async def test_business_system_may_send_megabytes(application: Application) -> None:
    document = {"title": "报关单", "media_type": "application/xml", "content_b64": "QUJD" * (2 * _MIB)}
    answer = await application.business(
        "POST", "/api/business/requests", {"kind": "signature", "documents": [document]}
    )
    assert answer.status_code == 201, answer.text


async def test_a_filing_officers_file_may_be_large_and_come_with_a_key(application: Application) -> None:
    token = await application.staff_token(StaffRole.FILING_OFFICER)
    answer = await application.http.post(
        "/api/console/filing/imports?dry_run=true",
        content=b"," * (2 * _MIB),
        headers={"Authorization": f"Bearer {token}", "Idempotency-Key": "k", "Content-Type": "text/csv"},
    )
    assert answer.status_code != 413
    assert answer.status_code < 500


# ---- form ----


@cases("body", [_members(15 * _KIB), b"[" * 18 + b"]" * 18, b'{"a":' * 18 + b"1" + b"}" * 18])
async def test_deeply_nested_or_many_membered_body_is_malformed(
    application: Application, body: bytes
) -> None:
    answer = await application.http.post("/api/phone/password-resets", content=body, headers=_JSON)
    assert_refused(answer, "malformed", 400)


async def test_members_are_limited_for_authenticated_callers(application: Application) -> None:
    answer = await application.http.post(
        "/api/business/requests",
        content=_members(_MIB),
        auth=(application.client_id, application.client_secret),
    )
    assert_refused(answer, "malformed", 400)
    assert answer.json()["reason"] == "members"


# ---- time and memory ----


class _Peer:
    """A caller that sends a part and then nothing more."""

    def __init__(self, app: Dispatch, address: str, octets: int) -> None:
        self._part: bytes | None = bytes(octets)
        self.status = 0
        self.told: dict[str, Any] = {}
        headers = [(b"content-type", b"application/json"), (b"transfer-encoding", b"chunked")]
        scope = {
            "type": "http",
            "method": "POST",
            "path": "/api/register/x",
            "query_string": b"",
            "headers": headers,
            "client": (address, 1),
        }
        self.task = asyncio.create_task(app(scope, self._receive, self._send))

    async def _receive(self) -> Message:
        if self._part is None:
            await asyncio.Event().wait()
        part, self._part = self._part, None
        return {"type": "http.request", "body": part, "more_body": True}

    async def _send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            self.retry_after = dict(message["headers"]).get(b"retry-after")
        else:
            self.told = json.loads(message["body"])


@pytest.fixture
def app() -> Dispatch:
    router = Router("register")

    @router.post("/x", summary="", operation_id="x", answers={})
    async def took(request: Request) -> Response:
        await request.body()
        return no_content()

    return serving(router.routes)


async def test_stalled_body_times_out(app: Dispatch, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bodies, "SECONDS", 0.05)
    peer = _Peer(app, "192.0.2.1", 100)
    await asyncio.wait_for(peer.task, 5)
    assert (peer.status, peer.told["code"], peer.told["reason"]) == (408, "invalid_request", "slow")


async def test_memory_of_unfinished_bodies_is_bounded_per_address_and_in_total(
    app: Dispatch, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bodies, "SECONDS", 2.0)
    same = [_Peer(app, "192.0.2.1", 8 * _KIB) for _ in range(400)]
    other = _Peer(app, "198.51.100.7", 8 * _KIB)
    await asyncio.sleep(0.5)
    refused = [peer for peer in same if peer.status]
    assert {(peer.status, peer.told["code"]) for peer in refused} == {(503, "unavailable")}
    assert all(peer.retry_after for peer in refused)
    assert len(same) - len(refused) == bodies.STRANGERS_HOLD // 8 // (24 * _KIB)
    assert not other.status
    many = [_Peer(app, f"10.{n}.0.1", 8 * _KIB) for n in range(3) for _ in range(170)]
    held = app._bodies.strangers
    await asyncio.sleep(0.5)
    assert held.octets <= bodies.STRANGERS_HOLD
    await asyncio.gather(*(peer.task for peer in (*same, other, *many)))
    assert held.octets == 0
    assert (other.status, other.told["reason"]) == (408, "slow")


async def test_aborted_upload_is_no_error(app: Dispatch, caplog: pytest.LogCaptureFixture) -> None:
    async def gone() -> Message:
        return {"type": "http.disconnect"}

    async def unheard(message: Message) -> None:
        pass

    peer = _Peer(app, "192.0.2.1", 10)
    scope = {"type": "http", "method": "POST", "path": "/api/register/x", "query_string": b""}
    scope |= {"headers": [(b"content-length", b"10")], "client": ("192.0.2.1", 1)}
    await app(scope, gone, unheard)
    assert not caplog.records
    peer.task.cancel()
    await asyncio.gather(peer.task, return_exceptions=True)
    assert app._bodies.strangers.octets == 0


async def test_call_without_a_body_does_not_wait_for_one(app: Dispatch) -> None:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://x") as http:
        assert (await http.post("/api/register/x")).status_code == 204
