"""R3, R7: login with captcha and password; failures cause delays per account and per address."""

import asyncio
import re
import statistics
import time
from contextlib import nullcontext
from dataclasses import replace

import pytest

from mshield.server.accounts.errors import CaptchaWrong, LoginFailed, LoginSlowed
from mshield.server.accounts.login import Credentials, DeviceProof
from mshield.server.accounts.rows import accounts as store
from mshield.server.accounts.session import Caller, authenticate_phone
from mshield.server.certificates.errors import OtherAccount
from mshield.server.database.interface import Database
from mshield.server.database.queries import Query, Statement
from mshield.server.errors import Unauthenticated
from mshield.server.keys.keyring import Keyring
from mshield.server.settings.settings import Settings
from mshield.server.values.throttling import address_subject
from mshield.wire.tokens import token_hash
from tests.support.cases import cases
from tests.support.clock import Clock
from tests.support.registration_office import ADDRESS, PASSWORD, PHONE, Office
from tests.support.signing import execute


@pytest.fixture
async def office(db: Database, keyring: Keyring, clock: Clock) -> Office:
    return await _opened(db, keyring, clock, Settings())


async def _opened(db: Database, keyring: Keyring, clock: Clock, settings: Settings) -> Office:
    office = Office.on(db, keyring, settings)
    await office.enter(now=clock(), sms_code=await office.code(now=clock()))
    return office


async def _fail(office: Office, clock: Clock, *, account: str = PHONE, address: str = ADDRESS) -> None:
    with pytest.raises(LoginFailed):
        await office.come_in(now=clock(), account=account, password="Wrong-password-1", address=address)


async def test_r3_a_login_is_bound_to_the_devices_key(office: Office, db: Database, clock: Clock) -> None:
    session = await office.come_in(now=clock())
    assert re.fullmatch(r"[A-Za-z0-9_-]{43}", session.access_token)
    assert (session.expires_in, session.name, session.phone) == (43_200, "林知远", PHONE)
    assert session.shield_number is None
    caller = Caller(token_hash(session.access_token), "device-1")
    login = await authenticate_phone(db, caller, now=clock())
    assert login.phone == PHONE
    with pytest.raises(Unauthenticated):
        await authenticate_phone(db, Caller(caller.token_hash, "device-2"), now=clock())
    with pytest.raises(Unauthenticated):
        await authenticate_phone(db, caller, now=clock() + 43_200_000)


async def test_account_is_found_in_any_spelling(office: Office, clock: Clock) -> None:
    for account in ("+86 138 0000 6027", "138-0000-6027", "１３８００００６０２７"):
        await office.come_in(now=clock(), account=account)


async def test_new_login_ends_the_previous_one_on_this_phone_only(
    office: Office, db: Database, clock: Clock
) -> None:
    first = await office.come_in(now=clock())
    other = await office.come_in(now=clock(), device="device-2")
    await office.come_in(now=clock())
    with pytest.raises(Unauthenticated):
        await authenticate_phone(db, Caller(token_hash(first.access_token), "device-1"), now=clock())
    await authenticate_phone(db, Caller(token_hash(other.access_token), "device-2"), now=clock())


@cases("account", ["13900000000", "nobody", "", "a\x00b", "' OR 1=1 --", "长" * 64, "\ud800"])
async def test_unknown_accounts_fail_like_wrong_passwords(office: Office, clock: Clock, account: str) -> None:
    await _fail(office, clock, account=account)


async def test_unknown_accounts_take_as_long(db: Database, keyring: Keyring, clock: Clock) -> None:
    office = await _opened(db, keyring, clock, Settings())

    async def timed(account: str) -> float:
        start = (
            time.process_time()
        )  # CPU time of all threads of this process: other load on the machine doesn't matter
        await _fail(office, clock, account=account)
        return time.process_time() - start

    await _fail(
        office, clock, account="13900000009"
    )  # computes the dummy hash that is used for unknown accounts
    pairs = [(await timed(PHONE), await timed(f"1390000000{number}")) for number in range(3)]
    known, unknown = (statistics.median(each) for each in zip(*pairs, strict=True))
    assert unknown > known / 3


async def test_captcha_is_checked_first_and_consumed(office: Office, clock: Clock) -> None:
    shown = replace(await office.captcha(now=clock()), answer="????")
    wrong = Credentials(account=PHONE, password=PASSWORD, captcha=shown)
    for _ in range(10):
        with pytest.raises(CaptchaWrong):
            await office.log_in(wrong, DeviceProof("d", b"\x04" * 65), address=ADDRESS, now=clock())
    await office.come_in(now=clock())


async def test_r7_only_the_account_that_applied_may_log_in(
    office: Office, db: Database, clock: Clock
) -> None:
    await office.come_in(now=clock())
    account = await store.find_account(db, phone=PHONE)
    assert account is not None
    await _pin(db, account.id)
    clock.advance(seconds=60)
    other = "13900000000"
    code = await office.code(now=clock(), phone=other)
    await office.enter(now=clock(), sms_code=code, phone=other, name="沈若澜", id_number="33020319930727264X")
    with pytest.raises(OtherAccount) as refused:
        await office.come_in(now=clock(), account=other)
    assert refused.value.extra == {"phone_masked": "138****6027"}
    await office.come_in(now=clock(), account=other, device="device-2")
    session = await office.come_in(now=clock())
    assert session.shield_number == "MS10720468813"


async def _pin(db: Database, account_id: str) -> None:
    sql = "UPDATE devices SET account_id = {}, shield_number = 'MS10720468813' WHERE jkt = 'device-1'"
    query = Query("pin", Statement(sql.format("$1"), ("id",)), Statement(sql.format("?1"), ("id",)))
    assert await db.run(query, id=account_id) == 1


async def test_delays_double_after_five_failures(office: Office, clock: Clock) -> None:
    for _ in range(5):
        await _fail(office, clock)
    for wait in (60, 120, 240):
        with pytest.raises(LoginSlowed) as slowed:
            await office.come_in(now=clock())
        assert slowed.value.extra == {"retry_after": wait}
        clock.advance(seconds=wait)
        await _fail(office, clock)
    clock.advance(seconds=480)
    await office.come_in(now=clock())
    for _ in range(4):  # the success resets the count
        await _fail(office, clock)
    await office.come_in(now=clock())


async def test_strangers_failures_do_not_block_logins_from_ones_own_network(
    office: Office, clock: Clock
) -> None:
    """Someone from another network gets one attempt an hour while it lasts, which slows down guessing enough."""
    stranger, elsewhere = "198.51.100.7", "203.0.113.9"
    await office.come_in(now=clock())
    for _ in range(5):
        await _fail(office, clock, address=stranger)
    for wait in (60, 120, 240, 480, 960, 1920, 3600, 3600):
        for address in (stranger, elsewhere):
            with pytest.raises(LoginSlowed):
                await office.come_in(now=clock(), address=address)
        await office.come_in(now=clock())
        clock.advance(seconds=wait)
        await _fail(office, clock, address=stranger)
    with pytest.raises(LoginSlowed):  # the owner's success doesn't reset the stranger's count
        await office.come_in(now=clock(), address=elsewhere)
    for _ in range(5):
        await _fail(office, clock)
    with pytest.raises(LoginSlowed):
        await office.come_in(now=clock())


async def test_network_stays_known_for_ninety_days(office: Office, clock: Clock) -> None:
    await office.come_in(now=clock())
    for hours, kind in ((90 * 24 - 1, None), (90 * 24, LoginSlowed)):
        clock.advance(seconds=hours * 3600)
        for _ in range(5):
            await _fail(office, clock, address="198.51.100.7")
        with nullcontext() if kind is None else pytest.raises(kind):
            await office.come_in(now=clock())


async def test_thirty_parallel_guesses_check_five(office: Office, clock: Clock) -> None:
    async def guess(number: int) -> None:
        await office.come_in(now=clock(), password=f"Wrong-password-{number}", address=f"10.{number}.0.1")

    results = await asyncio.gather(*map(guess, range(30)), return_exceptions=True)
    kinds = [type(result) for result in results]
    assert kinds.count(LoginFailed) == 5
    assert kinds.count(LoginSlowed) == 25


async def test_an_address_that_fails_with_many_accounts_waits(
    db: Database, keyring: Keyring, clock: Clock
) -> None:
    office = Office.on(db, keyring, Settings.of(login_failures_per_address=3))
    for number in range(3):
        await _fail(office, clock, account=f"1390000000{number}")
    with pytest.raises(LoginSlowed):
        await office.come_in(now=clock(), account="13900000009")
    await _fail(office, clock, account="13900000009", address="192.0.2.8")
    clock.advance(seconds=60)
    await _fail(office, clock, account="13900000008")


async def test_successful_logins_do_not_slow_their_address(
    db: Database, keyring: Keyring, clock: Clock
) -> None:
    office = await _opened(db, keyring, clock, Settings.of(login_failures_per_address=2))
    for number in range(4):
        await office.come_in(now=clock(), device=f"device-{number}")


async def test_closed_account_cannot_log_in(office: Office, db: Database, clock: Clock) -> None:
    await execute(db, "UPDATE accounts SET state = 'closed'")
    with pytest.raises(LoginFailed):
        await office.come_in(now=clock())


async def test_older_hash_is_replaced_at_login(office: Office, db: Database, clock: Clock) -> None:
    from argon2 import PasswordHasher

    before = await store.find_account(db, phone=PHONE)
    assert before is not None
    weak = PasswordHasher(time_cost=2, memory_cost=512, parallelism=1).hash(PASSWORD)
    await store.replace_password_hash(db, account=before, password_hash=weak, now=clock())
    await office.come_in(now=clock())
    after = await store.find_account(db, phone=PHONE)
    assert after is not None
    assert after.password_hash not in {weak, before.password_hash}
    await office.come_in(now=clock())


async def test_nothing_of_a_login_shows_in_its_repr(office: Office, clock: Clock) -> None:
    session = await office.come_in(now=clock())
    assert session.access_token not in repr(session)
    shown = await office.captcha(now=clock())
    assert PASSWORD not in repr(Credentials(account=PHONE, password=PASSWORD, captcha=shown))


@pytest.mark.parametrize(
    ("address", "subject"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::9", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("", "unknown"),
        ("testclient", "unknown"),
    ],
)
def test_addresses_are_counted_by_network(address: str, subject: str) -> None:
    assert address_subject(address) == subject
