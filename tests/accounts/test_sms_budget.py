"""Limits of SMS codes per number and purpose, address, network and day; strangers never block a person's codes."""

import asyncio
import logging
from typing import Final

import pytest

from mshield.server.accounts.errors import SmsAllSpent, SmsDailyLimit, SmsTooSoon
from mshield.server.accounts.sms_budget import SmsSpent, read_spent
from mshield.server.accounts.sms_codes import SmsCodes
from mshield.server.database.interface import Database
from mshield.server.errors import TooManyRequests
from mshield.server.keys.secrets import LookupKey
from mshield.server.notices.external.sms import DevelopmentSms, SmsPurpose
from mshield.server.runtime.security_log.events import SMS_BUDGET
from mshield.server.settings.settings import Settings
from mshield.server.values.throttling import prefix_subject
from tests.support.clock import Clock
from tests.support.security_lines import lines_of

PHONE, ADDRESS = "13800006027", "192.0.2.7"
OWN: Final[tuple[SmsPurpose, ...]] = ("portal", "revoke", "apply", "renew")


def _codes(db: Database, **settings: int) -> SmsCodes:
    return SmsCodes(db, LookupKey(bytes(32)), Settings.of(**settings).accounts, DevelopmentSms())


async def _send(
    codes: SmsCodes,
    clock: Clock,
    phone: str = PHONE,
    *,
    purpose: SmsPurpose = "register",
    address: str = ADDRESS,
) -> None:
    await codes.send(phone=phone, purpose=purpose, address=address, now=clock())


def _phone(number: int) -> str:
    return f"139{number:08d}"


async def test_strangers_codes_do_not_block_the_legal_persons_login_and_revocation(
    db: Database, clock: Clock
) -> None:
    codes = _codes(db)
    for purpose in ("register", "reset"):
        for _ in range(10):
            await _send(codes, clock, purpose=purpose)
            clock.advance(seconds=60)
        with pytest.raises(SmsDailyLimit):
            await _send(codes, clock, purpose=purpose)
    for purpose in OWN:
        await _send(codes, clock, purpose=purpose)


async def test_strangers_recent_code_does_not_delay_the_owners(db: Database, clock: Clock) -> None:
    codes = _codes(db)
    await _send(codes, clock)
    await _send(codes, clock, purpose="portal")
    with pytest.raises(SmsTooSoon):
        await _send(codes, clock, purpose="portal")


async def test_strangers_at_the_same_address_do_not_use_up_ones_limit(db: Database, clock: Clock) -> None:
    codes = _codes(db, sms_codes_per_address=3, sms_codes_per_prefix=3, sms_codes_per_day_in_all=3)
    for number in range(3):
        await _send(codes, clock, _phone(number))
    for purpose in OWN:
        await _send(codes, clock, purpose=purpose)


async def test_number_gets_ten_codes_a_day_for_one_purpose(db: Database, clock: Clock) -> None:
    codes = _codes(db)
    for _ in range(10):
        await _send(codes, clock, purpose="apply")
        clock.advance(seconds=600)
    with pytest.raises(SmsDailyLimit):
        await _send(codes, clock, purpose="apply")
    await _send(codes, clock, _phone(0), purpose="apply")
    clock.advance(seconds=86_400 - 6_000)
    await _send(codes, clock, purpose="apply")


async def test_address_gets_thirty_codes_an_hour(db: Database, clock: Clock) -> None:
    codes = _codes(db)
    for number in range(30):
        await _send(codes, clock, _phone(number))
    with pytest.raises(TooManyRequests) as many:
        await _send(codes, clock)
    assert many.value.extra == {"retry_after": 3600}
    await _send(codes, clock, address="192.0.2.8")


async def test_network_has_an_hourly_limit(db: Database, clock: Clock) -> None:
    codes = _codes(db, sms_codes_per_prefix=4)
    for number in range(4):
        await _send(codes, clock, _phone(number), address=f"198.51.100.{number}")
    with pytest.raises(TooManyRequests):
        await _send(codes, clock, address="198.51.100.200")
    await _send(codes, clock, address="198.51.101.1")
    clock.advance(seconds=3600)
    await _send(codes, clock, _phone(9), address="198.51.100.200")


async def test_staff_codes_are_counted_separately(db: Database, clock: Clock) -> None:
    codes = _codes(db, sms_codes_per_address=2)
    for number in range(2):
        await _send(codes, clock, _phone(number))
    for number in range(2):
        await _send(codes, clock, _phone(number), purpose="new_phone")
    with pytest.raises(TooManyRequests):
        await _send(codes, clock, purpose="old_phone")


async def test_daily_limit_of_all_numbers_holds_in_parallel(db: Database, clock: Clock) -> None:
    codes = _codes(db, sms_codes_per_day_in_all=5)
    clock.advance(seconds=1)
    sends = (_send(codes, clock, _phone(each), address=f"203.0.{each}.1") for each in range(20))
    results = await asyncio.gather(*sends, return_exceptions=True)
    assert results.count(None) == 5
    assert [type(each) for each in results].count(SmsAllSpent) == 15
    clock.advance(seconds=86_400)
    assert (await read_spent(db, codes.settings, now=clock())).count == 0
    await _send(codes, clock)


async def test_refused_code_is_not_counted(db: Database, clock: Clock) -> None:
    codes = _codes(db, sms_codes_per_address=2, sms_codes_per_day_in_all=2)
    await _send(codes, clock)
    for _ in range(5):
        with pytest.raises(SmsTooSoon):
            await _send(codes, clock)
    await _send(codes, clock, _phone(0))
    for address in (ADDRESS, "203.0.113.1"):
        with pytest.raises((TooManyRequests, SmsAllSpent)):
            await _send(codes, clock, _phone(1), address=address)
    assert await read_spent(db, codes.settings, now=clock()) == SmsSpent(count=2, most=2)


async def test_operator_is_alerted_once_when_little_and_when_nothing_is_left(
    db: Database, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    codes = _codes(db, sms_codes_per_day_in_all=10)
    with caplog.at_level(logging.WARNING, logger="mshield"):
        for number in range(10):
            await _send(codes, clock, _phone(number))
    lines = lines_of(caplog, SMS_BUDGET)
    assert [(line["count"], line["most"]) for line in lines] == [(8, 10), (10, 10)]


@pytest.mark.parametrize(
    ("address", "subject"),
    [
        ("192.0.2.7", "192.0.2.0/24"),
        ("::ffff:192.0.2.7", "192.0.2.0/24"),
        ("2001:db8:1:2ff:3::4", "2001:db8:1:200::/56"),
        ("fe80::1%eth0", "fe80::/56"),
        ("", "unknown"),
        ("no address", "unknown"),
    ],
)
def test_address_is_counted_with_its_network(address: str, subject: str) -> None:
    assert prefix_subject(address) == subject
