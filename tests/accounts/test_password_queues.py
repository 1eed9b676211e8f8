"""Password checks wait in queues: one per audience, of bounded length, served in turn."""

import asyncio
import time

import httpx
import pytest

from mshield.server.accounts import passwords
from mshield.server.accounts.passwords import (
    AT_ONCE,
    MOST_PLACES,
    OF_ONE_NETWORK,
    Audience,
    take_turn,
    verify_password,
)
from mshield.server.errors import Unavailable
from tests.support.application import Application
from tests.support.assertions import assert_refused
from tests.support.captchas import answered_captcha

_HASH_SECONDS = 0.02


@pytest.fixture
def slow(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The passwords hashed, in order; each hash takes a while."""
    done: list[str] = []

    def verify(stored: str | None, password: str) -> bool:
        time.sleep(_HASH_SECONDS)
        done.append(password)
        return False

    monkeypatch.setattr(passwords, "_verify", verify)
    return done


async def _all(*waiting: asyncio.Task[bool]) -> list[bool | BaseException]:
    return await asyncio.gather(*waiting, return_exceptions=True)


def _try(audience: Audience, address: str, password: str) -> asyncio.Task[bool]:
    async def tried() -> bool:
        with take_turn(audience, address) as turn:
            return await verify_password(None, password, turn)

    return asyncio.create_task(tried())


async def test_console_queue_does_not_delay_phones(slow: list[str]) -> None:
    staff = [_try("console", f"10.{n}.0.1", "staff") for n in range(150)]
    await asyncio.sleep(0)
    await _try("phone", "192.0.2.1", "phone")
    assert slow.index("phone") <= 2 * AT_ONCE
    answers = await _all(*staff)
    assert sum(isinstance(answer, Unavailable) for answer in answers) == 150 - MOST_PLACES


async def test_one_network_gets_only_part_of_a_queue(slow: list[str]) -> None:
    one = [_try("phone", f"192.0.2.{n}", "one") for n in range(50)]
    other = [_try("phone", f"2001:db8:{n}::1", "other") for n in range(10)]
    answers = await _all(*one)
    assert sum(answer is False for answer in answers) == OF_ONE_NETWORK
    full = next(answer for answer in answers if isinstance(answer, Unavailable))
    assert full.extra["retry_after"]
    assert await _all(*other) == [False] * 10


async def test_cancelled_wait_frees_its_place(slow: list[str]) -> None:
    for _ in range(3):
        waiting = [_try("phone", f"10.{n}.0.1", "x") for n in range(20)]
        await asyncio.sleep(_HASH_SECONDS / 2)
        for each in waiting[::2]:
            each.cancel()
        await _all(*waiting)
    assert await asyncio.wait_for(_try("phone", "10.0.0.1", "y"), 5) is False


async def test_full_queue_refuses_with_retry_after(application: Application, slow: list[str]) -> None:
    """Its captcha stays valid, and no failure is counted against its account."""
    device = application.device()

    async def log_in(document: dict[str, str]) -> httpx.Response:
        return await device.call("POST", "/api/phone/sessions", document)

    forms = [await _form(application, f"1380000{number:04}") for number in range(40)]
    answers = await asyncio.gather(*map(log_in, forms))
    refused = [form for form, answer in zip(forms, answers, strict=True) if answer.status_code == 503]
    assert len(refused) == 40 - OF_ONE_NETWORK
    for answer in answers:
        assert_refused(answer, "unavailable" if answer.status_code == 503 else "login_failed")
        assert ("retry-after" in answer.headers) == (answer.status_code == 503)
    assert_refused(await log_in(refused[0]), "login_failed")


async def _form(application: Application, account: str) -> dict[str, str]:
    return {"account": account, "password": "Wrong-2026-x", **await answered_captcha(application.http)}
