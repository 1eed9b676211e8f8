"""SMS codes: digits, lifetime, attempts, pauses, limits; no code is stored after its use."""

import asyncio
import contextlib
import re
import sqlite3

import asyncpg
import pytest

from mshield.server.accounts.errors import SmsCodeExpired, SmsCodeWrong, SmsFailed, SmsTooSoon
from mshield.server.accounts.sms_codes import SmsCodes
from mshield.server.database.interface import Database
from mshield.server.keys.secrets import LookupKey
from mshield.server.notices.external.sms import DevelopmentSms, SmsError, SmsMessage
from mshield.server.settings.settings import Settings
from tests.support.clock import Clock

PHONE, ADDRESS = "13800006027", "192.0.2.7"


@pytest.fixture
def sms() -> DevelopmentSms:
    return DevelopmentSms()


@pytest.fixture
def codes(db: Database, sms: DevelopmentSms) -> SmsCodes:
    return SmsCodes(db, LookupKey(bytes(32)), Settings().accounts, sms)


async def _send(codes: SmsCodes, clock: Clock, *, phone: str = PHONE, address: str = ADDRESS) -> None:
    await codes.send(phone=phone, purpose="register", address=address, now=clock())


async def _prove(codes: SmsCodes, clock: Clock, code: str) -> None:
    await codes.prove(phone=PHONE, purpose="register", code=code, now=clock())


async def _consume(codes: SmsCodes, clock: Clock, code: str) -> None:
    await codes.consume(phone=PHONE, purpose="register", code=code, now=clock())


def _other(code: str) -> str:
    return f"{(int(code) + 1) % 1_000_000:06d}"


async def test_six_digits_with_purpose_and_life_in_the_text(
    codes: SmsCodes, sms: DevelopmentSms, clock: Clock
) -> None:
    await _send(codes, clock)
    (message,) = sms.messages()
    assert re.fullmatch(r"[0-9]{6}", message.code)
    assert message.text == (
        f"【手机盾】验证码 {message.code}，用于注册，5 分钟内有效。请勿告诉他人；非本人操作请忽略。"
    )
    assert (message.phone, message.purpose, message.at) == (PHONE, "register", clock())
    await _consume(codes, clock, message.code)


async def test_code_is_usable_once(codes: SmsCodes, sms: DevelopmentSms, clock: Clock) -> None:
    await _send(codes, clock)
    code = sms.messages()[0].code
    await _consume(codes, clock, code)
    with pytest.raises(SmsCodeExpired):
        await _consume(codes, clock, code)


async def test_used_in_parallel_it_serves_once(codes: SmsCodes, sms: DevelopmentSms, clock: Clock) -> None:
    await _send(codes, clock)
    code = sms.messages()[0].code
    results = await asyncio.gather(*(_consume(codes, clock, code) for _ in range(20)), return_exceptions=True)
    assert results.count(None) == 1
    assert {type(result) for result in results if result} <= {SmsCodeExpired, SmsCodeWrong}


async def test_code_expires_after_five_minutes(codes: SmsCodes, sms: DevelopmentSms, clock: Clock) -> None:
    await _send(codes, clock)
    code = sms.messages()[0].code
    clock.advance(seconds=299.999)
    await _prove(codes, clock, code)
    clock.advance(seconds=0.001)
    with pytest.raises(SmsCodeExpired):
        await _prove(codes, clock, code)


async def test_code_has_five_attempts(codes: SmsCodes, sms: DevelopmentSms, clock: Clock) -> None:
    await _send(codes, clock)
    code = sms.messages()[0].code
    for left in (4, 3, 2, 1, 0):
        with pytest.raises(SmsCodeWrong) as wrong:
            await _prove(codes, clock, _other(code))
        assert wrong.value.extra == {"left": left}
    with pytest.raises(SmsCodeExpired):
        await _prove(codes, clock, code)


async def test_hundred_parallel_attempts_check_five(
    codes: SmsCodes, sms: DevelopmentSms, clock: Clock
) -> None:
    await _send(codes, clock)
    guess = _other(sms.messages()[0].code)
    results = await asyncio.gather(*(_prove(codes, clock, guess) for _ in range(100)), return_exceptions=True)
    kinds = [type(result) for result in results]
    assert kinds.count(SmsCodeWrong) == 5
    assert kinds.count(SmsCodeExpired) == 95


async def test_code_is_bound_to_number_and_purpose(
    codes: SmsCodes, sms: DevelopmentSms, clock: Clock
) -> None:
    await _send(codes, clock)
    await _send(codes, clock, phone="13900000000")
    other, ours = (message.code for message in sms.messages())
    if other != ours:
        with pytest.raises(SmsCodeWrong):
            await _prove(codes, clock, other)
    with pytest.raises(SmsCodeWrong):
        await codes.prove(phone=PHONE, purpose="apply", code=ours, now=clock())
    await _prove(codes, clock, ours)


async def test_a_newer_code_replaces_the_older(codes: SmsCodes, sms: DevelopmentSms, clock: Clock) -> None:
    await _send(codes, clock)
    clock.advance(seconds=60)
    await _send(codes, clock)
    newer, older = (message.code for message in sms.messages())
    if newer != older:
        with pytest.raises(SmsCodeWrong):
            await _prove(codes, clock, older)
    await _prove(codes, clock, newer)


async def test_codes_are_sent_sixty_seconds_apart(codes: SmsCodes, sms: DevelopmentSms, clock: Clock) -> None:
    await _send(codes, clock)
    clock.advance(seconds=59.5)
    with pytest.raises(SmsTooSoon) as soon:
        await _send(codes, clock)
    assert soon.value.extra == {"retry_after": 1}
    clock.advance(seconds=0.5)
    await _send(codes, clock)
    assert len(sms.messages()) == 2


async def test_parallel_sends_send_one_code(codes: SmsCodes, sms: DevelopmentSms, clock: Clock) -> None:
    results = await asyncio.gather(*(_send(codes, clock) for _ in range(20)), return_exceptions=True)
    assert results.count(None) == 1
    assert len(sms.messages()) == 1


async def test_a_refused_send_counts_nothing(codes: SmsCodes, clock: Clock) -> None:
    await _send(codes, clock)
    for _ in range(50):
        with pytest.raises(SmsTooSoon):
            await _send(codes, clock)
    await _send(codes, clock, phone="13900000000")


async def test_after_use_neither_outbox_nor_database_holds_the_code(
    codes: SmsCodes, sms: DevelopmentSms, clock: Clock, database_url: str
) -> None:
    await _send(codes, clock)
    code = sms.messages()[0].code
    await _consume(codes, clock, code)
    assert code not in repr(sms.messages())
    assert await _stored_hash(database_url) == b""


async def test_before_use_the_database_holds_only_a_keyed_hash(
    codes: SmsCodes, sms: DevelopmentSms, clock: Clock, database_url: str
) -> None:
    await _send(codes, clock)
    stored = await _stored_hash(database_url)
    assert len(stored) == 32
    assert sms.messages()[0].code.encode() not in stored


async def _stored_hash(url: str) -> bytes:
    query = "SELECT code_hash FROM sms_codes"
    if url.startswith("sqlite:///"):
        with contextlib.closing(sqlite3.connect(url.removeprefix("sqlite:///"))) as file:
            return bytes(file.execute(query).fetchone()[0])
    connection = await asyncpg.connect(url)
    try:
        return bytes(await connection.fetchval(query))
    finally:
        await connection.close()


class _Broken(DevelopmentSms):
    async def send(self, message: SmsMessage) -> None:
        raise SmsError(message.phone)


async def test_gateway_failure_is_reported_and_counted(db: Database, clock: Clock) -> None:
    codes = SmsCodes(db, LookupKey(bytes(32)), Settings().accounts, _Broken())
    with pytest.raises(SmsFailed):
        await _send(codes, clock)
    with pytest.raises(SmsTooSoon):
        await _send(codes, clock)
