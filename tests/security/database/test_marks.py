"""Who writes to the database and has no key makes nobody else's key, and calls from nobody else's phone."""

import base64
import json
import secrets
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Final

import pytest

from mshield.domain import errors
from mshield.domain.times import HOUR_MS
from mshield.gateways.sms import DevelopmentSms
from mshield.gm import cosign, transcript
from mshield.keys.keyring import Keyring
from mshield.keys.secrets import LookupKey
from mshield.services.accounts.sms_codes import SmsCodes
from mshield.settings import Settings
from mshield.store.database.interface import Database, SealBroken
from mshield.store.signing.sessions import binding
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
    """The key's row as an enrolment that has just begun, with a challenge of the writer's own."""
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
    """A key under a PIN of the writer's own."""
    offer = cosign.phone_enrol(world.engine, uid=world.phone.uid, sid=sid)
    return await world.enrol.make_key(
        await world.login(), world.phone.uid, P1=offer.P1, proof=offer.proof, nonce=nonce, now=world.clock()
    )


async def test_a_certified_key_that_is_set_back_is_not_made_anew(world: World) -> None:
    """It gave a certificate of anybody, legal persons too, for a key and a PIN of the writer's own."""
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


async def test_an_enrolment_is_the_one_that_was_begun(db: Database, keyring: Keyring, clock: Clock) -> None:
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


async def test_a_mark_that_is_put_back_is_worth_nothing_without_its_challenge_nor_after_its_hour(
    db: Database, keyring: Keyring, clock: Clock
) -> None:
    world = await make_world(db, keyring, clock, enrolled=False)
    begun = await begin(world)
    world.phone.uid = begun.uid
    kept = await fetch(db, "SELECT mark, challenge_hash, expires_at FROM keys")
    await make_key(world, begun.sid, begun.challenge)
    await tamper(db, "DELETE FROM tasks")
    await set_back(world, begun.sid, **kept)
    with pytest.raises(errors.InvalidProof):
        await make_key(world, begun.sid)
    clock.advance(seconds=3600)
    with pytest.raises(errors.TaskClosed):
        await make_key(world, begun.sid, begun.challenge)


async def test_no_certificate_for_another_public_key(db: Database, keyring: Keyring, clock: Clock) -> None:
    world = await make_world(db, keyring, clock, enrolled=False)
    await sign_request(world)
    await tamper(db, "UPDATE keys SET public_key = $1", bytes(65))
    with pytest.raises(SealBroken):
        await world.certificates.issue_confirmed(world.phone.caller, now=world.clock())
    with pytest.raises(SealBroken):
        await world.certificates.current(await login_of(world), now=world.clock())


async def test_a_renewal_certifies_the_key_that_was_made(
    db: Database, keyring: Keyring, clock: Clock
) -> None:
    """Whoever changed the key while a renewal began got a certificate for a key of their own."""
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
    with pytest.raises(errors.IdentityUnproven):
        await issue(world)
    assert await fetch(db, "SELECT state FROM keys") == {"state": "void"}
    await execute(db, "UPDATE identity_proofs SET ended_at = NULL")
    assert await world.certificates.current(await login_of(world), now=world.clock()) is None


def _finds(world: World) -> dict[str, Callable[[], Awaitable[object]]]:
    phone, now = world.phone, world.clock()
    return {
        "login": world.login,
        "inbox": lambda: world.answer.inbox(phone.caller, now=now),
        "open": lambda: world.open([]),
        "issue": lambda: world.certificates.issue_confirmed(phone.caller, now=now),
    }


@pytest.mark.parametrize("how", ["login", "inbox", "open", "issue"])
async def test_another_phones_login_is_not_the_victims(world: World, how: str) -> None:
    """The writer's own login, moved to the victim's account and device; or the victim's device with their key."""
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


async def test_a_login_that_was_written_in_is_none(world: World) -> None:
    await tamper(world.db, "UPDATE phone_sessions SET mark = NULL")
    with pytest.raises(SealBroken):
        await world.login()
    await tamper(world.db, "UPDATE phone_sessions SET mark = $1, expires_at = expires_at + 1", bytes(32))
    with pytest.raises(SealBroken):
        await world.login()


# ---- what the log finds ----


async def test_another_public_key_certificate_or_login_is_found(
    world: World, keyring: Keyring, intruder: Intruder
) -> None:
    """A second certificate under one key's uid, for another public key, among them."""
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


# ---- guesses that nobody counted ----


def body_hash(world: World, partials: list[cosign.Partial]) -> bytes:
    """What a session is bound to, as the protocol has it."""
    items = tuple(cosign.FinishItem(each.sid, each.Q1, each.rho, each.s_prime) for each in partials)
    return transcript.finish_hash(uid=world.phone.uid, items=items, tau=None)


async def test_a_guess_is_counted_whatever_the_session_says(world: World) -> None:
    """The thief of a phone bound the session to the guess to come, and it passed for one that was counted."""
    for _ in range(2):
        nonces = await world.commit([await world.task()])
        partials = world.partials(nonces, await world.open(nonces), d1=WRONG_SHARE)
        bound = "UPDATE signing_sessions SET fb = $1, bound_at = $2"
        await tamper(world.db, bound, body_hash(world, partials), world.clock() - 60_000)
        with pytest.raises(errors.NoSession):
            await world.finish(partials)
        await tamper(world.db, "UPDATE signing_sessions SET fb = NULL")
        with pytest.raises(errors.WrongPin):
            await world.finish(partials)
    assert (await world.counters())[0] == 2


async def test_a_guess_that_was_counted_once_is_none_for_another(world: World) -> None:
    """What bound the session before, put back, binds it to that body at those counters alone."""
    nonces = await world.commit([await world.task()])
    partials = world.partials(nonces, await world.open(nonces), d1=WRONG_SHARE)
    key = await fetch(world.db, "SELECT uid, seal_version FROM keys")
    kept = binding(
        world.db,
        world.phone.uid,
        body_hash(world, partials),
        seal_version=int(str(key["seal_version"])) + 1,
    )
    with pytest.raises(errors.WrongPin):
        await world.finish(partials)
    again = await world.commit([await world.task()])
    other = world.partials(again, await world.open(again), d1=WRONG_SHARE + 1)
    await tamper(world.db, "UPDATE signing_sessions SET fb = $1", kept)
    with pytest.raises(errors.NoSession):
        await world.finish(other)
    assert (await world.counters())[0] == 1


async def test_tries_of_a_code_are_not_set_back(db: Database, clock: Clock) -> None:
    """One code took guesses without end for its five minutes."""
    sms = DevelopmentSms()
    codes = SmsCodes(db, LookupKey(bytes(32)), Settings(), sms)
    await codes.send(phone=PHONE_NUMBER, purpose="reset", address="x", now=clock())
    right = str(sms.messages()[0].code)
    wrong = f"{(int(right) + 1) % 10**6:06d}"
    for tries in (-1000, 0, 0, 0, 0):
        await tamper(db, "UPDATE sms_codes SET tries = $1", tries)
        with pytest.raises((errors.SmsCodeWrong, errors.SmsCodeExpired)):
            await codes.prove(phone=PHONE_NUMBER, purpose="reset", code=wrong, now=clock())
    for _ in range(2):
        await tamper(db, "UPDATE sms_codes SET tries = 0")
        with pytest.raises((errors.SmsCodeWrong, errors.SmsCodeExpired)):
            await codes.prove(phone=PHONE_NUMBER, purpose="reset", code=wrong, now=clock())
    await tamper(db, "UPDATE sms_codes SET tries = 0")
    with pytest.raises(errors.SmsCodeExpired):
        await codes.prove(phone=PHONE_NUMBER, purpose="reset", code=right, now=clock())


async def test_codes_are_not_sent_without_end(db: Database, clock: Clock) -> None:
    sms = DevelopmentSms()
    codes = SmsCodes(db, LookupKey(bytes(32)), Settings(), sms)
    for _ in range(Settings().sms_codes_per_day):
        await codes.send(phone=PHONE_NUMBER, purpose="reset", address="x", now=clock())
        await tamper(db, "DELETE FROM sms_codes")
        await tamper(db, "DELETE FROM throttles")
    with pytest.raises(errors.SmsDailyLimit):
        await codes.send(phone=PHONE_NUMBER, purpose="reset", address="x", now=clock())


async def test_no_request_leads_back_to_an_address_that_its_system_did_not_register(world: World) -> None:
    """The phone would carry the return code there."""
    asked = await world.asked([b"text"])
    await world.sign(await world.scan(asked))

    async def back() -> str:
        return (await world.answer.way_back(await world.login(), asked.id, now=world.clock())).address

    await tamper(world.db, "UPDATE requests SET return_url = 'https://evil.example/take'")
    with pytest.raises(errors.NotFound):
        await back()
    await tamper(world.db, "UPDATE business_systems SET return_urls = '[\"https://evil.example/take\"]'")
    with pytest.raises(SealBroken):
        await back()
    await execute(world.db, "UPDATE business_systems SET return_urls = $1", json.dumps([RETURN_URL]))
    await tamper(world.db, "UPDATE requests SET return_url = $1", RETURN_URL)
    assert (await back()).startswith(RETURN_URL)
