"""How many codes are sent: per number and purpose, address, network and day; people's own never wait for strangers'."""

import asyncio
import logging
from typing import Final

import pytest

from mshield.domain import errors
from mshield.domain.throttling import prefix_subject
from mshield.gateways.sms import DevelopmentSms, SmsPurpose
from mshield.keys.secrets import LookupKey
from mshield.services.accounts.sms_budget import SmsSpent, read_spent
from mshield.services.accounts.sms_codes import SmsCodes
from mshield.services.process.security_events import SMS_BUDGET
from mshield.settings import Settings
from mshield.store.database.interface import Database
from tests.support.clock import Clock
from tests.support.security_lines import lines_of

PHONE, ADDRESS = "13800006027", "192.0.2.7"
OWN: Final[tuple[SmsPurpose, ...]] = ("portal", "revoke", "apply", "renew")


def _codes(db: Database, **settings: int) -> SmsCodes:
    return SmsCodes(db, LookupKey(bytes(32)), Settings.model_validate(settings), DevelopmentSms())


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


async def test_strangers_never_keep_the_legal_person_from_login_and_revocation(
    db: Database, clock: Clock
) -> None:
    codes = _codes(db)
    for purpose in ("register", "reset"):
        for _ in range(10):
            await _send(codes, clock, purpose=purpose)
            clock.advance(seconds=60)
        with pytest.raises(errors.SmsDailyLimit):
            await _send(codes, clock, purpose=purpose)
    for purpose in OWN:
        await _send(codes, clock, purpose=purpose)


async def test_a_strangers_code_a_moment_ago_lets_nobody_wait_for_theirs(db: Database, clock: Clock) -> None:
    codes = _codes(db)
    await _send(codes, clock)
    await _send(codes, clock, purpose="portal")
    with pytest.raises(errors.SmsTooSoon):
        await _send(codes, clock, purpose="portal")


async def test_strangers_behind_ones_own_address_spend_nothing_of_ones_own(
    db: Database, clock: Clock
) -> None:
    codes = _codes(db, sms_codes_per_address=3, sms_codes_per_prefix=3, sms_codes_per_day_in_all=3)
    for number in range(3):
        await _send(codes, clock, _phone(number))
    for purpose in OWN:
        await _send(codes, clock, purpose=purpose)


async def test_ten_a_day_to_one_number_for_one_purpose(db: Database, clock: Clock) -> None:
    codes = _codes(db)
    for _ in range(10):
        await _send(codes, clock, purpose="apply")
        clock.advance(seconds=600)
    with pytest.raises(errors.SmsDailyLimit):
        await _send(codes, clock, purpose="apply")
    await _send(codes, clock, _phone(0), purpose="apply")
    clock.advance(seconds=86_400 - 6_000)
    await _send(codes, clock, purpose="apply")


async def test_thirty_an_hour_from_one_address(db: Database, clock: Clock) -> None:
    codes = _codes(db)
    for number in range(30):
        await _send(codes, clock, _phone(number))
    with pytest.raises(errors.TooManyRequests) as many:
        await _send(codes, clock)
    assert many.value.extra == {"retry_after": 3600}
    await _send(codes, clock, address="192.0.2.8")


async def test_so_many_an_hour_from_one_network(db: Database, clock: Clock) -> None:
    codes = _codes(db, sms_codes_per_prefix=4)
    for number in range(4):
        await _send(codes, clock, _phone(number), address=f"198.51.100.{number}")
    with pytest.raises(errors.TooManyRequests):
        await _send(codes, clock, address="198.51.100.200")
    await _send(codes, clock, address="198.51.101.1")
    clock.advance(seconds=3600)
    await _send(codes, clock, _phone(9), address="198.51.100.200")


async def test_members_of_staff_have_a_count_of_their_own(db: Database, clock: Clock) -> None:
    codes = _codes(db, sms_codes_per_address=2)
    for number in range(2):
        await _send(codes, clock, _phone(number))
    for number in range(2):
        await _send(codes, clock, _phone(number), purpose="new_phone")
    with pytest.raises(errors.TooManyRequests):
        await _send(codes, clock, purpose="old_phone")


async def test_so_many_a_day_to_all_numbers_also_in_parallel(db: Database, clock: Clock) -> None:
    codes = _codes(db, sms_codes_per_day_in_all=5)
    clock.advance(seconds=1)
    sends = (_send(codes, clock, _phone(each), address=f"203.0.{each}.1") for each in range(20))
    results = await asyncio.gather(*sends, return_exceptions=True)
    assert results.count(None) == 5
    assert [type(each) for each in results].count(errors.SmsAllSpent) == 15
    clock.advance(seconds=86_400)
    assert (await read_spent(db, codes.settings, now=clock())).count == 0
    await _send(codes, clock)


async def test_what_is_refused_counts_nowhere(db: Database, clock: Clock) -> None:
    codes = _codes(db, sms_codes_per_address=2, sms_codes_per_day_in_all=2)
    await _send(codes, clock)
    for _ in range(5):
        with pytest.raises(errors.SmsTooSoon):
            await _send(codes, clock)
    await _send(codes, clock, _phone(0))
    for address in (ADDRESS, "203.0.113.1"):
        with pytest.raises((errors.TooManyRequests, errors.SmsAllSpent)):
            await _send(codes, clock, _phone(1), address=address)
    assert await read_spent(db, codes.settings, now=clock()) == SmsSpent(count=2, most=2)


async def test_the_operator_is_told_once_when_little_and_when_nothing_is_left(
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
def test_the_network_of_an_address(address: str, subject: str) -> None:
    assert prefix_subject(address) == subject
