"""PostgreSQL loses power under the running service: counted attempts stay counted, and the service recovers."""

import asyncio
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import psycopg
import pytest

from mshield.client import Document
from mshield.testkit.demo.people import OPERATOR
from mshield.testkit.phone.document import shown_item
from tests.support.live_service import LiveService, enrolled
from tests.support.postgresql import Server
from tests.support.raw_cosigning import Answer, Attacker, Opened

pytestmark = pytest.mark.slow

TRIES: Final = 5
_CONTENT: Final = "总价 126000 欧元".encode()
_DOCUMENT: Final = Document(title="报关单", media_type="text/plain", content=_CONTENT)


@pytest.fixture
def service(durable_postgresql: Server, tmp_path: Path) -> Iterator[LiveService]:
    live = LiveService(tmp_path, durable_postgresql.url("mshield"))
    live.prepare()
    live.start()
    yield live
    live.stop()


def _failures(server: Server) -> int:
    with psycopg.connect(server.url("mshield")) as connection:
        row = connection.execute("SELECT failures FROM keys").fetchone()
        assert row is not None
        return int(row[0])


async def _open(attacker: Attacker, messages: dict[bytes, bytes]) -> Opened | Answer:
    """Opens a session, as soon as the service has its database again."""
    deadline = time.monotonic() + 20
    while True:
        session = await attacker.open(messages)
        if isinstance(session, Opened) or session.code != "unavailable":
            return session
        assert time.monotonic() < deadline, "the service does not come back"
        await asyncio.sleep(0.1)


async def _guess(attacker: Attacker, messages: dict[bytes, bytes]) -> str:
    """Makes one wrong attempt; returns its code."""
    session = await _open(attacker, messages)
    assert isinstance(session, Opened), session
    return (await attacker.finish(attacker.finish_body(session))).code


async def test_a_counted_attempt_survives(service: LiveService, durable_postgresql: Server) -> None:
    with enrolled(service) as phone, service.business() as business:
        created = business.request_signature([_DOCUMENT])
        request = phone.scan(created.qr)
    messages = {bytes.fromhex(task.sid): _CONTENT for task in request.tasks}
    async with Attacker.of(service.folder / "phone", service.origin, OPERATOR.pin) as attacker:
        attacker.told = {task.sid: shown_item(task, "none") for task in request.tasks}
        for counted in range(1, TRIES):
            assert await _guess(attacker, messages) == "wrong_pin"
            durable_postgresql.kill()
            lost = await attacker.open(messages)
            assert isinstance(lost, Answer)
            assert lost.code == "unavailable"
            durable_postgresql.start()
            assert _failures(durable_postgresql) == counted
        assert await _guess(attacker, messages) == "pin_locked"
        durable_postgresql.kill()
        durable_postgresql.start()
        assert _failures(durable_postgresql) == TRIES
        refused = await _open(attacker, messages)
    assert isinstance(refused, Answer)
    assert refused.code == "pin_locked"
