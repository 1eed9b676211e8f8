"""A login that is pending while all logins of its account are ended: it ends with them.

Checking a password takes long. Meanwhile the account may be disabled, or get another phone number or
password.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any, Final

import msgspec
import pytest
from argon2 import PasswordHasher

from mshield.server.accounts import local as local_accounts
from mshield.server.accounts.captcha_deeds import CaptchaPurpose
from mshield.server.accounts.captchas import ShownCaptcha, answer_of
from mshield.server.accounts.errors import AccountDisabled, LoginFailed, SmsCodeExpired
from mshield.server.accounts.login import Credentials, DeviceProof, Session
from mshield.server.accounts.manage import ManageAccounts
from mshield.server.accounts.passwords import Turn, verify_password
from mshield.server.accounts.reset_password import ResetPassword
from mshield.server.accounts.rows import accounts as store
from mshield.server.accounts.session import Caller, authenticate_phone
from mshield.server.acts.actor import By
from mshield.server.database.interface import Database
from mshield.server.database.opening import open_database
from mshield.server.errors import Unauthenticated
from mshield.server.identity.after_reset import WaitAfterReset
from mshield.server.identity.opened import open_identity
from mshield.server.keys.keyring import Keyring
from mshield.server.keys.secrets import LookupKey
from mshield.server.legal_person.power import PowerAtPortal
from mshield.server.legal_person.session import ManagedEnterprise, PortalSessions
from mshield.server.settings.settings import Settings
from mshield.testkit.work import solved
from mshield.wire.tokens import token_hash
from tests.support.clock import START
from tests.support.phone_change import Desk
from tests.support.registration_office import ADDRESS, PASSWORD, PHONE, Office
from tests.support.seals import SEALER
from tests.support.signing import execute, fetch, make_world

BY: Final = By("staff", "the clerk")
NEW_PHONE: Final = "13911112222"
NEW_PASSWORD: Final = "Another-declaration-7"
ID_NUMBER: Final = "330206199001014217"


@dataclass(frozen=True, slots=True)
class Ends:
    """An account and the acts that end all its logins."""

    db: Database
    office: Office
    account_id: str

    async def disable(self) -> int:
        manage = ManageAccounts(self.db, Settings().portal)
        return await manage.disable(self.account_id, reason="fraud", by=BY, now=START)

    async def change_phone(self) -> None:
        await Desk.on(self.db, self.office).by_codes(self.account_id, NEW_PHONE)

    async def reset(self) -> None:
        await self.office.codes.send(phone=PHONE, purpose="reset", address=ADDRESS, now=START)
        code = self.office.sms.messages()[0].code
        reset = ResetPassword(self.db, LookupKey(bytes(32)), self.office.codes)
        await reset(phone=PHONE, sms_code=code, id_number=ID_NUMBER, password=NEW_PASSWORD, now=START)


async def _made(db: Database, keyring: Keyring) -> Ends:
    office = Office.on(db, keyring, Settings.of(sms_resend_seconds=0))
    account = await office.enter(now=START, sms_code=await office.code(now=START))
    return Ends(db, office, account.id)


@pytest.fixture
async def ends(db: Database, keyring: Keyring) -> Ends:
    return await _made(db, keyring)


def _meanwhile(monkeypatch: pytest.MonkeyPatch, act: Callable[[], Awaitable[object]]) -> None:
    """Runs `act` once, during the next password check."""
    left = [act]

    async def checked(stored: str | None, password: str, turn: Turn) -> bool:
        right = await verify_password(stored, password, turn)
        while left:
            await left.pop()()
        return right

    monkeypatch.setattr(local_accounts, "verify_password", checked)


async def _begin_at_the_portal(office: Office, portal: PortalSessions, password: str = PASSWORD) -> str:
    made = await office.captchas.new(CaptchaPurpose.PORTAL_LOGIN, address=ADDRESS, now=START)
    shown = ShownCaptcha(
        id=made.id,
        answer=answer_of(office.captchas.keyring, made.id, now=START),
        work=solved(msgspec.json.encode(made.challenge)),
    )
    credentials = Credentials(account=PHONE, password=password, captcha=shown)
    return (await portal.begin(credentials, address=ADDRESS, now=START)).login_id


async def _logins(db: Database) -> object:
    return (await fetch(db, "SELECT COUNT(*) AS n FROM phone_sessions WHERE ended_at IS NULL"))["n"]


async def test_login_during_the_disabling_of_its_account_is_refused(
    ends: Ends, monkeypatch: pytest.MonkeyPatch
) -> None:
    _meanwhile(monkeypatch, ends.disable)
    with pytest.raises(AccountDisabled):
        await ends.office.come_in(now=START)
    assert await _logins(ends.db) == 0


async def test_r18_login_during_a_change_of_number_is_refused(
    ends: Ends, monkeypatch: pytest.MonkeyPatch
) -> None:
    _meanwhile(monkeypatch, ends.change_phone)
    with pytest.raises(LoginFailed):
        await ends.office.come_in(now=START)
    assert await _logins(ends.db) == 0
    assert (await ends.office.come_in(now=START, account=NEW_PHONE)).phone == NEW_PHONE


async def test_login_by_a_password_just_reset_is_refused(ends: Ends, monkeypatch: pytest.MonkeyPatch) -> None:
    _meanwhile(monkeypatch, ends.reset)
    with pytest.raises(LoginFailed):
        await ends.office.come_in(now=START)
    assert await _logins(ends.db) == 0


async def test_outside_login_of_an_account_disabled_meanwhile_is_refused(ends: Ends) -> None:
    await execute(ends.db, "UPDATE accounts SET source = 'customs', external_id = 'su-1', password_hash = ''")
    admitted = await store.get_account(ends.db, account_id=ends.account_id)
    assert admitted is not None
    await ends.disable()
    with pytest.raises(AccountDisabled):
        await ends.office.log_in.start(admitted, DeviceProof("device-1", b"\x04" * 65), now=START)
    assert await _logins(ends.db) == 0


async def test_disabling_waits_for_a_login_that_is_being_stored(
    postgresql_url: str, keyring: Keyring, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The disabling comes between the login's last look at the account and its commit.

    SQLite has one writer and so no race.
    """
    db = await open_database(postgresql_url)
    db.sealer = SEALER
    ends, put, acts = await _made(db, keyring), store.put_device, list[asyncio.Task[int]]()

    async def put_device(*args: Any, **values: Any) -> store.Device:
        acts.append(asyncio.create_task(ends.disable()))
        await asyncio.wait(acts, timeout=0.3)
        return await put(*args, **values)

    monkeypatch.setattr(store, "put_device", put_device)
    await ends.office.come_in(now=START)
    assert (await acts[0], await _logins(db)) == (1, 0)
    await db.close()


async def test_two_concurrent_logins_that_rehash_the_password_succeed(
    ends: Ends, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first login replaced the hash that the second one had read by a new hash of the same password."""
    old = PasswordHasher(time_cost=2, memory_cost=1024, parallelism=1).hash(PASSWORD)
    await execute(ends.db, "UPDATE accounts SET password_hash = $1", old)

    async def other_login() -> Session:
        return await ends.office.come_in(now=START, device="device-2")

    _meanwhile(monkeypatch, other_login)
    await ends.office.come_in(now=START)
    assert await _logins(ends.db) == 2


async def test_login_that_rehashes_a_password_being_reset_is_refused(
    ends: Ends, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = PasswordHasher(time_cost=2, memory_cost=1024, parallelism=1).hash(PASSWORD)
    await execute(ends.db, "UPDATE accounts SET password_hash = $1", old)
    _meanwhile(monkeypatch, ends.reset)
    with pytest.raises(LoginFailed):
        await ends.office.come_in(now=START)
    assert (await ends.office.come_in(now=START, password=NEW_PASSWORD)).phone == PHONE


async def _portal(ends: Ends, keyring: Keyring, monkeypatch: pytest.MonkeyPatch) -> PortalSessions:
    async def enterprises(*_: object, **__: object) -> list[ManagedEnterprise]:
        return [ManagedEnterprise("91330200MA2AHQ7X4K", "宁波北潮进出口有限公司")]

    monkeypatch.setattr("mshield.server.identity.proofs.Proofs.managed", enterprises)
    settings = Settings.of(sms_resend_seconds=0)
    ground: Any = SimpleNamespace(db=ends.db, keyring=keyring, lookup=LookupKey(bytes(32)), settings=settings)
    identity = open_identity(ground)
    power = PowerAtPortal(ends.db, WaitAfterReset(ends.db, settings.identity), identity.proofs)
    office = ends.office
    return PortalSessions(
        ends.db, keyring, settings, office.log_in, office.codes, identity.proofs, identity.codes, power
    )


async def test_a_portal_login_begun_before_a_reset_ends_with_it(
    ends: Ends, keyring: Keyring, monkeypatch: pytest.MonkeyPatch
) -> None:
    portal = await _portal(ends, keyring, monkeypatch)
    login_id = await _begin_at_the_portal(ends.office, portal)
    code = ends.office.sms.messages()[0].code
    await ends.reset()
    with pytest.raises(SmsCodeExpired):
        await portal.finish(login_id, code, now=START)
    login_id = await _begin_at_the_portal(ends.office, portal, NEW_PASSWORD)
    assert (await portal.finish(login_id, ends.office.sms.messages()[0].code, now=START)).token


async def test_portal_login_begun_before_disabling_is_told_so(
    ends: Ends, keyring: Keyring, monkeypatch: pytest.MonkeyPatch
) -> None:
    portal = await _portal(ends, keyring, monkeypatch)
    login_id = await _begin_at_the_portal(ends.office, portal)
    code = ends.office.sms.messages()[0].code
    await ends.disable()
    with pytest.raises(AccountDisabled):
        await portal.finish(login_id, code, now=START)


async def test_disabled_account_signs_nothing_with_any_login(
    db: Database, keyring: Keyring, clock: Any
) -> None:
    """Documents scanned before are refused, and so are the protocol's own documents."""
    world = await make_world(db, keyring, clock)
    sid = await world.task()
    await execute(db, "UPDATE accounts SET state = 'disabled'")
    with pytest.raises(Unauthenticated):
        await world.sign([sid])
    with pytest.raises(Unauthenticated):
        await world.internal_task("refresh")
    await execute(db, "UPDATE accounts SET state = 'active'")
    assert "r" in (await world.sign([sid]))["items"][0]  # type: ignore[index]  # of JSON


async def test_rehashing_keeps_a_login_valid(ends: Ends) -> None:
    old = PasswordHasher(time_cost=2, memory_cost=1024, parallelism=1).hash(PASSWORD)
    await execute(ends.db, "UPDATE accounts SET password_hash = $1", old)
    session = await ends.office.come_in(now=START)
    caller = Caller(token_hash(session.access_token), "device-1")
    assert (await authenticate_phone(ends.db, caller, now=START)).phone == PHONE
    row = await fetch(ends.db, "SELECT password_hash FROM accounts")
    assert row["password_hash"] != old
