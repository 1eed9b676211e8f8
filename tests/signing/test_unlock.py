"""Opening the app with the shield's PIN or an SMS code (ADR 106): what an unlock allows and is bound to."""

from dataclasses import replace

import pytest

from mshield.gm.transcript import unlock_sid
from mshield.server.accounts.errors import AccountDisabled, SmsCodeExpired, SmsCodeWrong
from mshield.server.accounts.session import Caller, authenticate_phone
from mshield.server.certificates.errors import PasswordNeeded
from mshield.server.database.interface import Database, SealBroken
from mshield.server.errors import TooManyRequests, Unauthenticated
from mshield.server.keys.keyring import Keyring
from mshield.server.retention.sweep import purge
from mshield.server.settings.settings import Settings
from mshield.server.signing.errors import Held, TaskClosed, UnlockClosed, WrongPin
from mshield.server.signing.unlock import UNLOCK_MS
from mshield.wire.tokens import token_hash
from tests.support.clock import Clock
from tests.support.door import ADDRESS, DEVICE, Door, make_door
from tests.support.signing import PHONE_NUMBER, WRONG_SHARE, World, execute, fetch, tamper


@pytest.fixture
async def door(db: Database, keyring: Keyring, clock: Clock) -> Door:
    return await make_door(db, keyring, clock)


async def _ends(world: World) -> None:
    await execute(world.db, "UPDATE phone_sessions SET ended_at = 1")


async def test_r7_the_pin_logs_the_phones_own_account_in_again(door: Door) -> None:
    old = door.world.phone.caller
    await _ends(door.world)
    session = await door.by_pin()
    assert (session.phone, session.account_id) == (PHONE_NUMBER, "account")
    assert (session.shield_number or "").startswith("MS")
    caller = Caller(token_hash(session.access_token), "jkt")
    login = await authenticate_phone(door.world.db, caller, now=door.world.clock())
    assert login.account_id == "account"
    assert await door.world.counters() == (0, 0)
    with pytest.raises(Unauthenticated):
        await authenticate_phone(door.world.db, old, now=door.world.clock())
    door.world.phone.caller = caller
    await door.world.sign([await door.world.task()])


async def test_what_is_signed_names_account_device_shield_origin_and_purpose(door: Door) -> None:
    begun = await door.begin()
    number = (await fetch(door.world.db, "SELECT shield_number FROM devices WHERE id = 'device'"))[
        "shield_number"
    ]
    of = {"account": "account", "device": "jkt", "shield_number": str(number)}
    origin = door.unlock.settings.site.public_origin
    assert unlock_sid(begun.challenge, **of, origin=origin) == begun.sid
    for name, other in (("account", "x"), ("device", "x"), ("shield_number", "x"), ("origin", "https://x")):
        assert unlock_sid(begun.challenge, **(of | {"origin": origin} | {name: other})) != begun.sid
    assert (
        begun.message
        == b"\x00\x00\x00\x11MSHIELD/v1/unlock\x00\x00\x00\x10" + begun.uid + b"\x00\x00\x00\x10" + begun.sid
    )


async def test_challenge_is_valid_once_and_expires(door: Door) -> None:
    await door.by_pin()
    with pytest.raises(Unauthenticated):
        await door.log_in()
    begun = await door.begin()
    await door.world.sign([begun.sid])
    door.world.clock.advance(seconds=UNLOCK_MS // 1000)
    with pytest.raises(Unauthenticated):
        await door.log_in()
    first = await door.begin()
    caller = door.world.phone.caller
    await door.world.sign([first.sid])
    await door.begin()  # ends the previous one
    door.world.phone.caller = caller
    with pytest.raises(Unauthenticated):
        await door.log_in()
    door.world.clock.advance(seconds=2 * 24 * 3600)
    await purge(door.world.db, now=door.world.clock())
    assert (await fetch(door.world.db, "SELECT COUNT(*) AS n FROM unlocks"))["n"] == 0


async def test_r10_opening_the_app_counts_and_never_takes_the_last_try(door: Door) -> None:
    await door.begin()
    for left in (4, 3, 2, 1):
        with pytest.raises(WrongPin) as refused:
            await door.by_pin(d1=WRONG_SHARE)
        assert refused.value.extra["left"] == left
    with pytest.raises(UnlockClosed):
        await door.begin()
    assert await door.world.counters() == (4, 4)
    session = await door.by_sms()
    door.world.phone.caller = Caller(token_hash(session.access_token), "jkt")
    await door.world.sign([await door.world.task()])  # the last try signs
    assert await door.world.counters() == (0, 4)
    await door.by_pin()


async def test_r10_last_try_is_refused_if_others_were_used_meanwhile(door: Door) -> None:
    begun = await door.begin()
    nonces = await door.world.commit([begun.sid])
    partials = door.world.partials(nonces, await door.world.open(nonces), d1=WRONG_SHARE)
    await execute(door.world.db, "UPDATE keys SET failures = 4, generation = generation + 1")
    with pytest.raises(UnlockClosed):
        await door.world.finish(partials)
    with pytest.raises(UnlockClosed):
        await door.world.open(nonces)
    assert (await door.world.counters())[0] == 4


async def test_an_unlocks_token_is_no_login_and_signs_nothing_else(door: Door) -> None:
    world, login = door.world, door.world.phone.caller
    document, refresh = await world.task(), await world.internal_task("refresh")
    begun = await door.begin()
    with pytest.raises(Unauthenticated):
        await authenticate_phone(world.db, world.phone.caller, now=world.clock())
    with pytest.raises(Unauthenticated):
        await world.answer.inbox(world.phone.caller, now=world.clock())
    for sids in ([document], [refresh], [begun.sid, document], [document, begun.sid]):
        with pytest.raises(TaskClosed):
            await world.sign(sids)
    with pytest.raises(TaskClosed):  # nothing was signed
        await door.log_in()
    # A login can't sign an unlock either, alone or among documents.
    unlocking, world.phone.caller = world.phone.caller, login
    for sids in ([begun.sid], [document, begun.sid]):
        with pytest.raises(TaskClosed):
            await world.sign(sids)
    await world.sign([document])
    world.phone.caller = unlocking
    with pytest.raises(TaskClosed):  # signing something else doesn't open the app
        await door.log_in()


async def test_a_business_signature_under_an_unlocks_name_opens_nothing(door: Door) -> None:
    """Somebody who can write to the database passes a document's signature off as the unlock's."""
    world, document = door.world, await door.world.task()
    await world.sign([document])
    begun = await door.begin()
    await tamper(
        world.db, "UPDATE signatures SET sid = $1, purpose = 'unlock' WHERE sid = $2", begun.sid, document
    )
    with pytest.raises(TaskClosed):
        await door.log_in()
    await tamper(
        world.db,
        "UPDATE tasks SET message = (SELECT message FROM tasks WHERE sid = $1) WHERE sid = $2",
        document,
        begun.sid,
    )
    with pytest.raises(TaskClosed):
        await door.log_in()


async def test_an_unlock_is_its_own_devices_and_cannot_be_written_in(door: Door) -> None:
    begun = await door.begin()
    await door.world.sign([begun.sid])
    caller = door.world.phone.caller
    # Another key is refused as it is for a login, and raises no alarm about a manipulated database.
    door.world.phone.caller = Caller(caller.token_hash, "other")
    with pytest.raises(Unauthenticated):
        await door.log_in()
    await execute(door.world.db, "UPDATE devices SET jkt = 'other'")
    with pytest.raises(SealBroken):
        await door.log_in()
    await execute(door.world.db, "UPDATE devices SET jkt = 'jkt'")
    door.world.phone.caller = caller
    await tamper(door.world.db, "UPDATE unlocks SET expires_at = expires_at + 1")
    with pytest.raises(SealBroken):
        await door.log_in()


@pytest.mark.parametrize("change", ["holds = 'frozen'", "holds = 'suspended'", "not_after = 1"])
async def test_a_shield_that_is_stopped_opens_nothing_but_an_sms_code_does(door: Door, change: str) -> None:
    await _stopped(door, change)
    assert (await door.by_sms()).account_id == "account"


@pytest.mark.parametrize("change", ["holds = 'lost'", "holds = 'frozen,clone'", "state = 'revoked'"])
async def test_where_a_phone_may_be_in_other_hands_the_password_is_asked_for(door: Door, change: str) -> None:
    await _stopped(door, change)
    with pytest.raises(PasswordNeeded):
        await door.code()


async def _stopped(door: Door, change: str) -> None:
    """Stops the shield between PIN and login."""
    begun = await door.begin()
    await door.world.sign([begun.sid])
    await execute(door.world.db, f"UPDATE certificates SET {change}")  # noqa: S608  # the test's own words
    with pytest.raises(TaskClosed):
        await door.log_in()
    with pytest.raises(Held):
        await door.begin()
    assert await door.world.counters() == (0, 0)


async def test_a_phone_that_never_applied_and_a_disabled_account(door: Door) -> None:
    with pytest.raises(PasswordNeeded):
        await door.unlock.begin("unknown", now=door.world.clock())
    with pytest.raises(PasswordNeeded):
        await door.unlock.send_sms("unknown", address=ADDRESS, now=door.world.clock())
    code = await door.code()
    await execute(door.world.db, "UPDATE accounts SET state = 'disabled'")
    with pytest.raises(AccountDisabled):
        await door.begin()
    with pytest.raises(AccountDisabled):
        await door.unlock.by_sms(code, DEVICE, now=door.world.clock())


async def test_an_sms_code_is_its_own_devices_and_is_spent(door: Door) -> None:
    code, now = await door.code(), door.world.clock()
    wrong = f"{(int(code) + 1) % 1_000_000:06d}"
    with pytest.raises(SmsCodeWrong):
        await door.unlock.by_sms(wrong, DEVICE, now=now)
    with pytest.raises(PasswordNeeded):
        await door.unlock.by_sms(code, replace(DEVICE, jkt="other"), now=now)
    await door.unlock.by_sms(code, DEVICE, now=now)
    with pytest.raises(SmsCodeExpired):
        await door.unlock.by_sms(code, DEVICE, now=now)


async def test_unlocks_are_rate_limited_per_phone(door: Door) -> None:
    strict = replace(door.unlock, settings=Settings.of(opens_per_minute=2))
    for _ in range(2):
        await strict.begin("jkt", now=door.world.clock())
    with pytest.raises(TooManyRequests):
        await strict.begin("jkt", now=door.world.clock())
