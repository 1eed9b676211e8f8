"""Five wrong PINs lock the shield permanently (R10): one after the other, 200 at once, and with SIGKILL in the middle.

Runs the real process on both databases. The answers are what is checked: at most five ever depend on a PIN.
"""

import asyncio
import contextlib
import random
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Final

import httpx
import pytest

from mshield.client import Document, ProblemError
from mshield.server.database.opening import open_database
from mshield.server.database.queries import Query, Statement
from mshield.testkit.demo.people import OPERATOR
from mshield.testkit.phone import VirtualPhone
from tests.support.live_service import LiveService, enrolled
from tests.support.raw_cosigning import Answer, Attacker, Opened

pytestmark = pytest.mark.slow  # the tests start services of their own

WRONG_PIN: Final = "000000"
TRIES: Final = 5
AT_ONCE: Final = 200
_DOCUMENT: Final = Document(title="报关单", media_type="text/plain", content="总价 126000 欧元".encode())
_COUNTERS: Final = "SELECT failures, wrong_total FROM keys"


@pytest.fixture
def service(database_url: str, tmp_path: Path) -> Iterator[LiveService]:
    live = LiveService(tmp_path, database_url)
    live.prepare()
    live.start()
    yield live
    live.stop()


@pytest.fixture
async def attacker(service: LiveService, phone: VirtualPhone) -> AsyncIterator[Attacker]:
    async with Attacker.of(service.folder / "phone", service.origin, OPERATOR.pin) as made:
        yield made


@pytest.fixture
def phone(service: LiveService) -> Iterator[VirtualPhone]:
    made = enrolled(service)
    yield made
    made.close()


async def _counters(service: LiveService) -> tuple[int, int]:
    """Returns `(failures, wrong_total)` from the database."""
    database = await open_database(service.database, pool_size=1)
    statement = Statement(_COUNTERS, ())
    row = await database.one(Query("test.counters", statement, statement))
    await database.close()
    assert row is not None
    return row["failures"], row["wrong_total"]


def _scan(service: LiveService, phone: VirtualPhone) -> str:
    with service.business() as business:
        created = business.request_signature([_DOCUMENT])
    return phone.scan(created.qr).request_id


def test_five_wrong_pins_lock_the_key_permanently(service: LiveService, phone: VirtualPhone) -> None:
    request = _scan(service, phone)
    refusals = []
    for _ in range(TRIES):
        with pytest.raises(ProblemError) as refused:
            phone.approve(request, pin=WRONG_PIN)
        refusals.append((refused.value.code, refused.value.left))
    assert [code for code, _ in refusals] == ["wrong_pin"] * 4 + ["pin_locked"]
    assert [left for _, left in refusals[:4]] == [4, 3, 2, 1]
    service.stop()
    service.start()
    with pytest.raises(ProblemError) as refused:
        phone.approve(request, pin=OPERATOR.pin)
    assert refused.value.code == "pin_locked"


def test_right_pin_resets_the_attempts(service: LiveService, phone: VirtualPhone) -> None:
    request = _scan(service, phone)
    for _ in range(TRIES - 1):
        with pytest.raises(ProblemError):
            phone.approve(request, pin=WRONG_PIN)
    phone.approve(request, pin=OPERATOR.pin)
    assert asyncio.run(_counters(service)) == (0, TRIES - 1)


async def test_200_concurrent_wrong_pins_are_counted_as_five(
    service: LiveService, attacker: Attacker
) -> None:
    messages = await _messages(service, attacker)
    answers: list[Answer] = []

    async def attempt() -> None:
        session = await attacker.open(messages)
        answers.append(
            session if isinstance(session, Answer) else await attacker.finish(attacker.finish_body(session))
        )

    await asyncio.gather(*(attempt() for _ in range(AT_ONCE)))
    # Most of these lost their session to a later `open`. Now send many guesses at once on one session, until
    # the key is locked.
    for _ in range(3 * TRIES):
        session = await attacker.open(messages)
        if isinstance(session, Answer):
            answers.append(session)
            break
        bodies = [attacker.finish_body(session) for _ in range(AT_ONCE // TRIES)]
        answers += await asyncio.gather(*(attacker.finish(body) for body in bodies))
    await _must_be_locked(service, attacker, messages, answers)


@pytest.mark.slow
async def test_killed_in_the_middle_no_attempt_is_given_back(
    service: LiveService, attacker: Attacker
) -> None:
    messages = await _messages(service, attacker)
    answers: list[Answer] = []
    pending: list[bytes] = []
    for _ in range(6 * TRIES):
        # Resend byte for byte what was in flight when the process died: the bound body continues, uncounted.
        answers += [await attacker.finish(body) for body in pending]
        pending.clear()
        session = await attacker.open(messages)
        if isinstance(session, Answer):
            answers.append(session)
            assert session.code == "pin_locked"
            break
        bodies = [attacker.finish_body(session) for _ in range(10)]
        sent = [asyncio.create_task(attacker.finish(body)) for body in bodies]
        await asyncio.sleep(random.uniform(0, 0.04))  # noqa: S311  # when to kill is no secret
        service.kill()
        for body, task in zip(bodies, sent, strict=True):
            try:
                answers.append(await task)
            except httpx.TransportError:
                pending.append(body)
        counted, _ = await _counters(service)
        assert Counter(answer.code for answer in answers)["wrong_pin"] <= counted <= TRIES
        service.start()
    await _must_be_locked(service, attacker, messages, answers)


@pytest.mark.slow
async def test_killed_in_the_middle_a_resend_finishes(service: LiveService, attacker: Attacker) -> None:
    messages = await _messages(service, attacker)
    session = await attacker.open(messages)
    assert isinstance(session, Opened)
    body = attacker.finish_body(session, attacker.right_share)
    sent = asyncio.create_task(attacker.finish(body))
    await asyncio.sleep(0.002)
    service.kill()
    with contextlib.suppress(httpx.TransportError):
        await sent
    service.start()
    first = await attacker.finish(body)
    again = await attacker.finish(body)
    assert first.code == "ok"
    assert again == first
    assert await _counters(service) == (0, 0)


async def _messages(service: LiveService, attacker: Attacker) -> dict[bytes, bytes]:
    """Creates a request, scans it with this phone and returns its messages by sid."""
    with service.business() as business:
        created = business.request_signature([_DOCUMENT])
    return await attacker.scan(created.qr)


async def _must_be_locked(
    service: LiveService, attacker: Attacker, messages: dict[bytes, bytes], answers: list[Answer]
) -> None:
    codes = Counter(answer.code for answer in answers)
    # An `open` in between replaces the session: bodies for the old one meet other commitments, or no session.
    allowed = {"wrong_pin", "pin_locked", "no_session", "bad_opening", "busy"}
    assert set(codes) <= allowed, codes
    assert codes["pin_locked"] >= 1, codes
    told = [answer.document["left"] for answer in answers if answer.code == "wrong_pin"]
    assert len(told) == len(set(told)), f"two responses for one attempt: {told}"
    assert set(told) <= {4, 3, 2, 1}
    assert await _counters(service) == (TRIES, TRIES)
    refused = await attacker.open(messages)
    assert isinstance(refused, Answer)
    assert refused.code == "pin_locked"
