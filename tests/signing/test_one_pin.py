"""One PIN opens the app and confirms the login at a PC whose code was read before (ADR 125)."""

import asyncio
import json
from dataclasses import dataclass

import pytest

from mshield.server.accounts.errors import AccountDisabled
from mshield.server.accounts.session import Caller, authenticate_phone
from mshield.server.database.interface import Database, SealBroken
from mshield.server.errors import NotFound, Unauthenticated
from mshield.server.filing.errors import FilingChanged
from mshield.server.keys.keyring import Keyring
from mshield.server.requests.ask import CreatedRequest
from mshield.server.requests.claim import CLAIM_MS, ClaimScan
from mshield.server.requests.errors import ExpiredRequest, OtherShield, QrStale, RequestClosed
from mshield.server.signing.errors import Held, TaskClosed, UnlockClosed, WrongPin
from mshield.server.signing.rows import unlocks
from mshield.wire.tokens import token_hash
from tests.support.clock import Clock
from tests.support.door import Door, make_door
from tests.support.more_phones import another_account, another_phone, apply
from tests.support.signing import WRONG_SHARE, World, execute, fetch, tamper


@dataclass
class Cold:
    """A phone whose login has ended, and the login at a PC whose code it has read since then."""

    door: Door
    claims: ClaimScan
    asked: CreatedRequest
    claim: str

    @property
    def world(self) -> World:
        return self.door.world

    async def sid(self) -> bytes:
        """Returns the sid of the login, found by its claim."""
        return await self.claims.login("jkt", self.claim, now=self.world.clock())

    async def begin(self) -> list[bytes]:
        """Begins an unlock and returns its sid and that of the login beside it."""
        login = await self.sid()
        return [(await self.door.begin(login)).sid, login]

    async def state(self) -> tuple[object, object]:
        """Returns the state of the request and the key that it was assigned to."""
        row = await fetch(self.world.db, "SELECT state, uid FROM requests WHERE id = $1", self.asked.id)
        return row["state"], row["uid"]


async def _login(world: World) -> CreatedRequest:
    return await world.ask.create(
        world.system,
        kind="login",
        documents=(),
        pc_address="203.0.113.24",
        pc_browser="Firefox 145, Windows",
        idempotency_key=None,
        body_hash=b"",
        now=world.clock(),
    )


@pytest.fixture
async def cold(db: Database, keyring: Keyring, clock: Clock) -> Cold:
    door = await make_door(db, keyring, clock)
    claims, asked = ClaimScan(db, door.world.secrets), await _login(door.world)
    await execute(db, "UPDATE phone_sessions SET ended_at = 1")
    kept = await claims("jkt", asked.qr_text(now=clock()), now=clock())
    return Cold(door, claims, asked, kept.code)


async def test_one_pin_opens_the_app_and_logs_in_at_the_pc(cold: Cold) -> None:
    world, sids = cold.world, await cold.begin()
    nonces = await world.commit(sids)
    opened = await world.open(nonces)
    assert await cold.state() == ("waiting", None)  # the login is taken only after a right PIN
    answer = await world.finish(world.partials(nonces, opened))
    world.accept(answer)
    assert await cold.state() == ("signed", world.phone.uid)
    rows = await fetch(world.db, "SELECT COUNT(*) AS n FROM signatures WHERE request_id = $1", cold.asked.id)
    assert rows["n"] == 1
    session = await cold.door.log_in()
    assert session.account_id == "account"
    assert await world.counters() == (0, 0)
    with pytest.raises(Unauthenticated):  # a token is used once
        await cold.door.log_in()


async def test_display_of_a_claimed_login_reveals_nothing_of_the_account(cold: Cold) -> None:
    world, now = cold.world, cold.world.clock()
    kept = await cold.claims("jkt", cold.asked.qr_text(now=now), now=now)
    shown = await cold.claims.shown(kept.request, now=now)
    assert shown is not None
    row = await fetch(world.db, "SELECT sid, message FROM tasks WHERE request_id = $1", cold.asked.id)
    assert (shown.task.sid, shown.task.message, shown.unlike) == (row["sid"], row["message"], ())
    assert kept.request.number == cold.asked.number
    await world.sign(await cold.begin())
    await execute(world.db, "UPDATE requests SET pc_address = '198.51.100.1'")
    other = await _login(world)
    kept = await cold.claims("jkt", other.qr_text(now=now), now=now)
    shown = await cold.claims.shown(kept.request, now=now)
    assert shown is not None
    assert shown.unlike == ("network",)
    signature = await world.asked([b"1"])
    kept = await cold.claims("jkt", signature.qr_text(now=now), now=now)
    assert await cold.claims.shown(kept.request, now=now) is None


async def test_r10_wrong_pin_counts_once_and_leaves_the_login_waiting(cold: Cold) -> None:
    for left in (4, 3, 2, 1):
        with pytest.raises(WrongPin) as refused:
            await cold.world.sign(await cold.begin(), d1=WRONG_SHARE)
        assert refused.value.extra["left"] == left
    assert await cold.world.counters() == (4, 4)
    assert await cold.state() == ("waiting", None)
    with pytest.raises(TaskClosed):
        await cold.door.log_in()
    with pytest.raises(UnlockClosed):  # the last try isn't available either
        await cold.begin()


async def test_r10_last_try_is_refused_if_others_were_used_meanwhile(cold: Cold) -> None:
    nonces = await cold.world.commit(await cold.begin())
    partials = cold.world.partials(nonces, await cold.world.open(nonces), d1=WRONG_SHARE)
    await execute(cold.world.db, "UPDATE keys SET failures = 4, generation = generation + 1")
    with pytest.raises(UnlockClosed):
        await cold.world.finish(partials)
    assert (await cold.world.counters())[0] == 4


async def test_unlock_token_signs_no_other_document_and_no_login_alone(cold: Cold) -> None:
    world = cold.world
    other = await _login(world)
    row = await fetch(world.db, "SELECT sid FROM tasks WHERE request_id = $1", other.id)
    document = (await _document(world))["sid"]
    refresh = (await fetch(world.db, "SELECT sid FROM tasks WHERE request_id IS NULL"))["sid"]
    unlock, login = await cold.begin()
    for sids in (
        [login],
        [unlock, row["sid"]],
        [unlock, login, row["sid"]],
        [unlock, document],
        [unlock, refresh],
    ):
        with pytest.raises(TaskClosed):
            await world.sign(sids)  # type: ignore[arg-type]  # they are bytes
    with pytest.raises(TaskClosed):
        await cold.door.log_in()
    assert await cold.state() == ("waiting", None)
    # An unlock begun without a login can't sign one.
    alone = await cold.door.begin()
    with pytest.raises(TaskClosed):
        await world.sign([alone.sid, login])
    await world.sign([alone.sid])
    assert await cold.state() == ("waiting", None)


async def _document(world: World) -> dict[str, object]:
    asked = await world.asked([b"1"])
    await execute(world.db, "UPDATE tasks SET uid = $1 WHERE request_id = $2", world.phone.uid, asked.id)
    await execute(
        world.db, "UPDATE requests SET state = 'scanned', uid = $1 WHERE id = $2", world.phone.uid, asked.id
    )
    return await fetch(world.db, "SELECT sid FROM tasks WHERE request_id = $1", asked.id)


async def test_login_scanned_first_by_another_phone_is_closed_and_the_app_still_opens(cold: Cold) -> None:
    world = cold.world
    await another_account(world, "13800000001")
    other = await another_phone(world, "other", account="13800000001")
    await apply(other)
    sids = await cold.begin()
    nonces = await world.commit(sids)
    partials = world.partials(nonces, await world.open(nonces))
    await other.answer.scan(other.phone.caller, cold.asked.qr_text(now=world.clock()), now=world.clock())
    with pytest.raises(TaskClosed):
        await world.finish(partials)
    assert await cold.state() == ("scanned", other.phone.uid)
    assert await world.counters() == (0, 0)
    with pytest.raises(RequestClosed):
        await cold.sid()
    await cold.door.by_pin()


async def test_only_one_of_two_phones_confirms_the_same_login(cold: Cold) -> None:
    here, now = cold.world, cold.world.clock()
    await another_account(here, "13800000001")
    there = await another_phone(here, "other", account="13800000001")
    await apply(there)
    await cold.claims("other", cold.asked.qr_text(now=now), now=now)
    login = await cold.sid()
    finishing = []
    for world, jkt in ((here, "jkt"), (there, "other")):
        begun = await cold.door.unlock.begin(jkt, login=login, now=now)
        world.phone.caller = Caller(token_hash(begun.token), jkt)
        nonces = await world.commit([begun.sid, login])
        finishing.append(world.finish(world.partials(nonces, await world.open(nonces))))
    answers = await asyncio.gather(*finishing, return_exceptions=True)
    text = [answer if isinstance(answer, TaskClosed) else json.dumps(answer) for answer in answers]
    assert sum(isinstance(one, TaskClosed) or "task_closed" in one for one in text) == 1
    state, uid = await cold.state()
    assert state == "signed"
    assert (await fetch(here.db, "SELECT uid FROM signatures WHERE sid = $1", login))[
        "uid"
    ] == uid  # the request's key
    assert await here.counters() == await there.counters() == (0, 0)


async def test_login_cancelled_between_pin_and_signature_is_answered_as_closed(
    cold: Cold, monkeypatch: pytest.MonkeyPatch
) -> None:
    take = unlocks.take_login

    async def too_late(*_: object, **__: object) -> bool:
        await execute(cold.world.db, "UPDATE requests SET state = 'cancelled' WHERE id = $1", cold.asked.id)
        return await take(*_, **__)  # type: ignore[arg-type]  # as it was called

    monkeypatch.setattr(unlocks, "take_login", too_late)
    sids = await cold.begin()
    answer = await cold.world.sign(sids)
    items = {item["sid"]: item for item in answer["items"]}  # type: ignore[attr-defined]  # of an answer
    assert items[sids[1].hex()]["error"] == "task_closed"
    assert await cold.state() == ("cancelled", None)
    assert (await cold.door.log_in()).account_id == "account"


async def test_repeat_after_a_crash_that_followed_the_scan_completes(cold: Cold) -> None:
    world, sids = cold.world, await cold.begin()
    nonces = await world.commit(sids)
    partials = world.partials(nonces, await world.open(nonces))
    take = unlocks.take_login

    class Crash(Exception):
        pass

    async def crash(*_: object, **__: object) -> bool:
        await take(*_, **__)  # type: ignore[arg-type]  # as it was called
        raise Crash

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(unlocks, "take_login", crash)
        with pytest.raises(Crash):
            await world.finish(partials)
    assert await cold.state() == ("scanned", world.phone.uid)
    world.accept(await world.finish(partials))
    assert await cold.state() == ("signed", world.phone.uid)
    assert await world.counters() == (0, 0)
    assert (await cold.door.log_in()).account_id == "account"


async def test_claim_of_another_phone_or_time_or_kind_is_refused(cold: Cold) -> None:
    world, now = cold.world, cold.world.clock()
    with pytest.raises(NotFound):
        await cold.claims.login("other", cold.claim, now=now)
    with pytest.raises(NotFound):  # the QR text isn't a claim
        await cold.claims.login("jkt", cold.asked.qr_text(now=now), now=now)
    _, request_id, until, mac = cold.claim.split(":")
    with pytest.raises(NotFound):
        await cold.claims.login("jkt", f"claim:{request_id}:{int(until) + 1000}:{mac}", now=now)
    signature = await world.asked([b"1"])
    kept = await cold.claims("jkt", signature.qr_text(now=now), now=now)
    with pytest.raises(NotFound):
        await cold.claims.login("jkt", kept.code, now=now)
    await execute(world.db, "UPDATE requests SET shield_number = 'MS10000000000'")
    with pytest.raises(OtherShield):
        await cold.sid()
    await execute(world.db, "UPDATE requests SET shield_number = NULL, expires_at = expires_at + 3600000")
    world.clock.advance(seconds=CLAIM_MS // 1000)
    with pytest.raises(QrStale):
        await cold.sid()
    await execute(world.db, "UPDATE requests SET expires_at = 1")
    with pytest.raises(ExpiredRequest):
        await cold.sid()


@pytest.mark.parametrize(
    "change", ["holds = 'frozen'", "holds = 'lost'", "state = 'revoked'", "not_after = 1"]
)
async def test_held_revoked_or_expired_shield_neither_opens_nor_logs_in(cold: Cold, change: str) -> None:
    sids = await cold.begin()
    nonces = await cold.world.commit(sids)
    partials = cold.world.partials(nonces, await cold.world.open(nonces))
    await execute(cold.world.db, f"UPDATE certificates SET {change}")  # noqa: S608  # the test's own words
    with pytest.raises(Held):
        await cold.world.finish(partials)
    with pytest.raises(Held):
        await cold.begin()
    assert await cold.state() == ("waiting", None)
    assert await cold.world.counters() == (0, 0)
    with pytest.raises(TaskClosed):
        await cold.door.log_in()


async def test_r22_a_changed_filing_opens_the_app_and_logs_in_nowhere(cold: Cold) -> None:
    await execute(cold.world.db, "UPDATE filed_persons SET version = version + 1")
    with pytest.raises(FilingChanged):
        await cold.world.sign(await cold.begin())
    assert await cold.state() == ("waiting", None)
    assert (await cold.door.by_pin()).account_id == "account"


async def test_a_closed_account_and_a_disabled_system_do_neither(cold: Cold) -> None:
    sids = await cold.begin()
    await execute(cold.world.db, "UPDATE business_systems SET state = 'disabled'")
    with pytest.raises(TaskClosed):
        await cold.world.sign(sids)
    with pytest.raises(NotFound):
        await cold.sid()
    await execute(cold.world.db, "UPDATE business_systems SET state = 'active'")
    sids = await cold.begin()
    await execute(cold.world.db, "UPDATE accounts SET state = 'disabled'")
    with pytest.raises(Unauthenticated):
        await cold.world.sign(sids)
    with pytest.raises(AccountDisabled):
        await cold.begin()
    assert await cold.state() == ("waiting", None)


async def test_login_written_into_an_unlock_breaks_the_seal(cold: Cold) -> None:
    """Somebody who can write to the database puts another login, or the login of another token, beside an unlock."""
    world = cold.world
    other = await _login(world)
    of_other = (await fetch(world.db, "SELECT sid FROM tasks WHERE request_id = $1", other.id))["sid"]
    sids = await cold.begin()
    await tamper(world.db, "UPDATE unlocks SET login_sid = $1 WHERE ended_at IS NULL", of_other)
    with pytest.raises(SealBroken):
        await world.sign([sids[0], of_other])  # type: ignore[list-item]  # it is bytes
    alone = await cold.door.begin()
    await tamper(
        world.db,
        "UPDATE unlocks SET login_sid = $1, login_mark = (SELECT login_mark FROM unlocks WHERE login_sid IS NOT NULL)"
        " WHERE ended_at IS NULL",
        sids[1],
    )
    with pytest.raises(SealBroken):
        await world.sign([alone.sid, sids[1]])


async def test_previous_release_sees_only_the_unlock(cold: Cold) -> None:
    """The previous release's check of the mark passes; it reads neither of the new columns."""
    await cold.begin()
    world = cold.world
    unlock = await unlocks.find(
        world.db, token_hash=world.phone.caller.token_hash, jkt="jkt", now=world.clock()
    )
    assert unlock is not None
    old = (
        unlock.token_hash,
        unlock.account_id,
        unlock.device_id,
        "jkt",
        unlock.uid,
        unlock.sid,
        unlock.expires_at,
    )
    assert unlock.marked == old
    with pytest.raises(Unauthenticated):
        await authenticate_phone(world.db, world.phone.caller, now=world.clock())
