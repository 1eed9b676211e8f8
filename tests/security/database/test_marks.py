"""An attacker with write access but no key can neither replace another's key nor call from another's phone."""

import base64
import json
import secrets
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Final

import pytest

from mshield.gm import cosign, transcript
from mshield.server.accounts.errors import SmsCodeExpired, SmsCodeWrong, SmsDailyLimit
from mshield.server.accounts.sms_codes import SmsCodes
from mshield.server.database.interface import Database, SealBroken
from mshield.server.errors import InvalidProof
from mshield.server.identity.errors import IdentityUnproven
from mshield.server.keys.keyring import Keyring
from mshield.server.keys.secrets import LookupKey
from mshield.server.notices.external.sms import DevelopmentSms
from mshield.server.settings.settings import Settings
from mshield.server.signing.errors import NoSession, TaskClosed, WrongPin
from mshield.server.signing.rows.sessions import binding
from mshield.wire.times import HOUR_MS
from tests.support.clock import Clock
from tests.support.intruder import Intruder
from tests.support.log_findings import found_by_the_log
from tests.support.more_phones import another_account, another_phone, begin, issue, login_of, sign_request
from tests.support.renewal import make_renewing
from tests.support.return_url import RETURN_URL
from tests.support.signing import PHONE_NUMBER, WRONG_SHARE, World, execute, fetch, make_world, tamper

CHALLENGE: Final = bytes(range(32))
NONCE: Final = base64.urlsafe_b64encode(CHALLENGE).rstrip(b"=").decode()


async def set_back(world: World, sid: bytes, **changes: object) -> None:
    """Resets the key's row to an enrolment just begun, with the attacker's own challenge."""
    values = {
        "state": "enrolling",
        "enrol_sid": sid,
        "challenge_hash": transcript.stored_hash("challenge", CHALLENGE),
        "otp_hash": transcript.stored_hash("otp", bytes(32)),
        "expires_at": world.clock() + HOUR_MS,
        "public_key": None,
        "share_box": None,
        "certificate": None,
        "epoch": 0,
        **changes,
    }
    names = ", ".join(f"{name} = ${number + 1}" for number, name in enumerate(values))
    await tamper(world.db, f"UPDATE keys SET {names}", *values.values())  # noqa: S608  # the test's own names


async def make_key(world: World, sid: bytes, nonce: str = NONCE) -> bytes:
    """Makes a key under the attacker's own PIN."""
    offer = cosign.phone_enrol(world.engine, uid=world.phone.uid, sid=sid)
    return await world.enrol.make_key(
        await world.login(), world.phone.uid, P1=offer.P1, proof=offer.proof, nonce=nonce, now=world.clock()
    )


async def test_certified_key_reset_to_enrolling_is_refused(world: World) -> None:
    """Otherwise the attacker gets a certificate of anybody, even a legal representative, with their own key and PIN."""
    before = await fetch(world.db, "SELECT certificate, public_key FROM keys")
    sid = secrets.token_bytes(16)
    await set_back(world, sid)
    with pytest.raises(SealBroken):
        await make_key(world, sid)
    await set_back(world, sid, **before)
    with pytest.raises(SealBroken):
        await make_key(world, sid)
    row = await fetch(world.db, "SELECT COUNT(*) AS made FROM tasks WHERE purpose = 'enrol'")
    assert row["made"] == 1


async def test_changed_enrolment_row_is_refused(db: Database, keyring: Keyring, clock: Clock) -> None:
    world = await make_world(db, keyring, clock, enrolled=False)
    begun = await begin(world)
    world.phone.uid = begun.uid
    changed = {
        "challenge_hash": transcript.stored_hash("challenge", CHALLENGE),
        "enrol_sid": secrets.token_bytes(16),
        "expires_at": world.clock() + 10 * HOUR_MS,
        "subject": '{"common_name": "somebody else"}',
    }
    for column, value in changed.items():
        kept = await fetch(db, f"SELECT {column} AS value FROM keys")  # noqa: S608  # the names above
        await tamper(db, f"UPDATE keys SET {column} = $1", value)  # noqa: S608  # the case's own name
        with pytest.raises(SealBroken):
            await make_key(world, begun.sid)
        await tamper(db, f"UPDATE keys SET {column} = $1", kept["value"])  # noqa: S608  # the case's own name
    assert len(await make_key(world, begun.sid, begun.challenge)) == 65


async def test_restored_mark_needs_its_challenge_and_expires(
    db: Database, keyring: Keyring, clock: Clock
) -> None:
    world = await make_world(db, keyring, clock, enrolled=False)
    begun = await begin(world)
    world.phone.uid = begun.uid
    kept = await fetch(db, "SELECT mark, challenge_hash, expires_at FROM keys")
    await make_key(world, begun.sid, begun.challenge)
    await tamper(db, "DELETE FROM tasks")
    await set_back(world, begun.sid, **kept)
    with pytest.raises(InvalidProof):
        await make_key(world, begun.sid)
    clock.advance(seconds=3600)
    with pytest.raises(TaskClosed):
        await make_key(world, begun.sid, begun.challenge)


async def test_no_certificate_for_another_public_key(db: Database, keyring: Keyring, clock: Clock) -> None:
    world = await make_world(db, keyring, clock, enrolled=False)
    await sign_request(world)
    await tamper(db, "UPDATE keys SET public_key = $1", bytes(65))
    with pytest.raises(SealBroken):
        await world.certificates.issue_confirmed(world.phone.caller, now=world.clock())
    with pytest.raises(SealBroken):
        await world.certificates.current(await login_of(world), log_key="", now=world.clock())


async def test_renewal_refuses_a_replaced_key(db: Database, keyring: Keyring, clock: Clock) -> None:
    """Otherwise, changing the key when a renewal begins gives the attacker a certificate for their own key."""
    renewing = await make_renewing(db, keyring, clock, key="same")
    await tamper(db, "UPDATE keys SET public_key = $1", bytes(65))
    with pytest.raises(SealBroken):
        await renewing.begin()


async def test_no_certificate_for_an_account_whose_proof_has_ended(
    db: Database, keyring: Keyring, clock: Clock
) -> None:
    world = await make_world(db, keyring, clock, enrolled=False)
    await sign_request(world)
    await execute(db, "UPDATE identity_proofs SET ended_at = 1")
    with pytest.raises(IdentityUnproven):
        await issue(world)
    assert await fetch(db, "SELECT state FROM keys") == {"state": "void"}
    await execute(db, "UPDATE identity_proofs SET ended_at = NULL")
    assert await world.certificates.current(await login_of(world), log_key="", now=world.clock()) is None


def _finds(world: World) -> dict[str, Callable[[], Awaitable[object]]]:
    phone, now = world.phone, world.clock()
    return {
        "login": world.login,
        "inbox": lambda: world.answer.inbox(phone.caller, now=now),
        "open": lambda: world.open([]),
        "issue": lambda: world.certificates.issue_confirmed(phone.caller, now=now),
    }


@pytest.mark.parametrize("how", ["login", "inbox", "open", "issue"])
async def test_login_moved_to_the_victim_is_refused(world: World, how: str) -> None:
    """The attacker's login moved to the victim's account and device, or the victim's device with the attacker's key."""
    await another_account(world, "13800000001")
    stranger = await another_phone(world, "mallory", account="13800000001")
    stranger.phone.uid = world.phone.uid
    await _finds(world)["login"]()
    await _finds(stranger)["login"]()
    await tamper(world.db, "UPDATE devices SET jkt = 'parked' WHERE id = 'mallory'")
    await tamper(world.db, "UPDATE devices SET jkt = 'mallory' WHERE id = 'device'")
    await tamper(
        world.db,
        "UPDATE phone_sessions SET account_id = 'account', device_id = 'device' WHERE account_id = $1",
        "13800000001",
    )
    with pytest.raises(SealBroken):
        await _finds(stranger)[how]()


async def test_forged_login_is_refused(world: World) -> None:
    await tamper(world.db, "UPDATE phone_sessions SET mark = NULL")
    with pytest.raises(SealBroken):
        await world.login()
    await tamper(world.db, "UPDATE phone_sessions SET mark = $1, expires_at = expires_at + 1", bytes(32))
    with pytest.raises(SealBroken):
        await world.login()


# ---- changes that the log reveals ----


async def test_replaced_public_key_certificate_or_login_is_detected(
    world: World, keyring: Keyring, intruder: Intruder
) -> None:
    """This includes a second certificate with one key's uid and another public key."""
    found, now = partial(found_by_the_log, world.db, keyring), world.clock()
    assert await found(now=now) == set()
    key = intruder.rows("SELECT public_key, mark, state, certificate FROM keys")[0]
    other = bytes([4]) + secrets.token_bytes(64)
    intruder.run("UPDATE keys SET public_key = ?", other)
    assert {("keys", "key_changed"), ("certificates", "key_changed")} <= await found(now=now)
    intruder.run("UPDATE keys SET public_key = ?, mark = NULL", key["public_key"])
    assert await found(now=now) == {("keys", "key_changed")}
    intruder.run("UPDATE keys SET mark = ?, certificate = 'another'", key["mark"])
    assert await found(now=now) == {("keys", "key_changed")}
    intruder.run("UPDATE keys SET certificate = ?", key["certificate"])
    assert await found(now=now) == set()
    intruder.run("UPDATE devices SET jkt = 'another'")
    assert await found(now=now) == {("phone_sessions", "seal_broken")}


# ---- the alarm about a copied phone ----


def _copied_phone(otp: bytes, rn: bytes) -> dict[str, dict[str, object]]:
    """Returns the changes by which a copy with this one-time value would pass for the phone itself."""
    hashed = transcript.stored_hash("otp", otp)
    return {
        "any value": {"otp_open": 1},
        "a stale value": {"otp_hash": hashed},
        "a stale value as the previous one": {
            "otp_prev_hash": hashed,
            "rn_prev_hash": transcript.stored_hash("rn", rn),
        },
    }


@pytest.mark.parametrize("how", list(_copied_phone(bytes(32), bytes(32))))
async def test_alarm_about_a_copied_phone_cannot_be_switched_off(world: World, how: str) -> None:
    """The thief has a copy of the phone from before two signatures, and write access to the database."""
    otp, rn = world.phone.otp, world.phone.rn
    for _ in range(2):
        await world.sign([await world.task()])
    changes = _copied_phone(otp, rn)[how]
    sets = ", ".join(f"{name} = ${number + 1}" for number, name in enumerate(changes))
    await tamper(world.db, f"UPDATE keys SET {sets}", *changes.values())  # noqa: S608  # the names above
    nonces = await world.commit([await world.task()])
    with pytest.raises(SealBroken):
        await world.open(nonces, otp=otp, rn=rn)
    assert ("keys", "seal_broken") in await found_by_the_log(world.db, world.keyring, now=world.clock())


# ---- uncounted guesses ----


def body_hash(world: World, partials: list[cosign.Partial]) -> bytes:
    """Returns the hash that binds a session, as the protocol defines it."""
    items = tuple(cosign.FinishItem(each.sid, each.Q1, each.rho, each.s_prime) for each in partials)
    return transcript.finish_hash(uid=world.phone.uid, items=items, tau=None)


async def test_attempt_is_counted_despite_a_forged_session(world: World) -> None:
    """The thief of a phone could bind the session to the next guess, to make it look already counted."""
    for _ in range(2):
        nonces = await world.commit([await world.task()])
        partials = world.partials(nonces, await world.open(nonces), d1=WRONG_SHARE)
        bound = "UPDATE signing_sessions SET fb = $1, bound_at = $2"
        await tamper(world.db, bound, body_hash(world, partials), world.clock() - 60_000)
        with pytest.raises(NoSession):
            await world.finish(partials)
        await tamper(world.db, "UPDATE signing_sessions SET fb = NULL")
        with pytest.raises(WrongPin):
            await world.finish(partials)
    assert (await world.counters())[0] == 2


async def test_restored_binding_does_not_cover_another_attempt(world: World) -> None:
    """An earlier binding, restored, binds the session to that body only at the counters of that time."""
    nonces = await world.commit([await world.task()])
    partials = world.partials(nonces, await world.open(nonces), d1=WRONG_SHARE)
    key = await fetch(world.db, "SELECT uid, seal_version FROM keys")
    kept = binding(
        world.db,
        world.phone.uid,
        body_hash(world, partials),
        seal_version=int(str(key["seal_version"])) + 1,
    )
    with pytest.raises(WrongPin):
        await world.finish(partials)
    again = await world.commit([await world.task()])
    other = world.partials(again, await world.open(again), d1=WRONG_SHARE + 1)
    await tamper(world.db, "UPDATE signing_sessions SET fb = $1", kept)
    with pytest.raises(NoSession):
        await world.finish(other)
    assert (await world.counters())[0] == 1


async def test_attempts_of_a_code_cannot_be_reset(db: Database, clock: Clock) -> None:
    """Otherwise a code could be guessed without limit for its five minutes."""
    sms = DevelopmentSms()
    codes = SmsCodes(db, LookupKey(bytes(32)), Settings().accounts, sms)
    await codes.send(phone=PHONE_NUMBER, purpose="reset", address="x", now=clock())
    right = str(sms.messages()[0].code)
    wrong = f"{(int(right) + 1) % 10**6:06d}"
    for tries in (-1000, 0, 0, 0, 0):
        await tamper(db, "UPDATE sms_codes SET tries = $1", tries)
        with pytest.raises((SmsCodeWrong, SmsCodeExpired)):
            await codes.prove(phone=PHONE_NUMBER, purpose="reset", code=wrong, now=clock())
    for _ in range(2):
        await tamper(db, "UPDATE sms_codes SET tries = 0")
        with pytest.raises((SmsCodeWrong, SmsCodeExpired)):
            await codes.prove(phone=PHONE_NUMBER, purpose="reset", code=wrong, now=clock())
    await tamper(db, "UPDATE sms_codes SET tries = 0")
    with pytest.raises(SmsCodeExpired):
        await codes.prove(phone=PHONE_NUMBER, purpose="reset", code=right, now=clock())


async def test_number_of_codes_cannot_be_reset(db: Database, clock: Clock) -> None:
    sms = DevelopmentSms()
    codes = SmsCodes(db, LookupKey(bytes(32)), Settings().accounts, sms)
    for _ in range(Settings().accounts.sms_codes_per_day):
        await codes.send(phone=PHONE_NUMBER, purpose="reset", address="x", now=clock())
        await tamper(db, "DELETE FROM sms_codes")
        await tamper(db, "DELETE FROM throttles")
    with pytest.raises(SmsDailyLimit):
        await codes.send(phone=PHONE_NUMBER, purpose="reset", address="x", now=clock())


async def test_forged_return_url_is_never_opened(world: World) -> None:
    """Otherwise the phone would send the return code there."""
    asked = await world.asked([b"text"])
    await world.sign(await world.scan(asked))

    async def back() -> str:
        return (await world.answer.way_back(await world.login(), asked.id, now=world.clock())).address

    await tamper(world.db, "UPDATE requests SET return_url = 'https://evil.example/take'")
    with pytest.raises(SealBroken):
        await back()
    assert ("requests", "seal_broken") in await found_by_the_log(world.db, world.keyring, now=world.clock())
    await tamper(world.db, "UPDATE business_systems SET return_urls = '[\"https://evil.example/take\"]'")
    with pytest.raises(SealBroken):
        await back()
    await tamper(world.db, "UPDATE requests SET return_url = $1", RETURN_URL)
    await execute(world.db, "UPDATE business_systems SET return_urls = $1", json.dumps([RETURN_URL]))
    assert (await back()).startswith(RETURN_URL)
