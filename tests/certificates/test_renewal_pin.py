"""One PIN protects both keys of a renewal: a hold on the old key holds the new one, attempts count for both."""

from typing import Any

import pytest

from mshield.gm import cosign
from mshield.pki.revocation.crl import CERTIFICATE_HOLD
from mshield.server.certificates.errors import RenewalUnfinished
from mshield.server.certificates.rows.certificates import find_status, list_revoked_of
from mshield.server.certificates.rules.states import CertificateEvent
from mshield.server.database.interface import Database
from mshield.server.errors import NotFound
from mshield.server.keys.keyring import Keyring
from mshield.server.publication.status import revocation_of
from mshield.server.signing.errors import Held, PinLocked, TaskClosed, WrongPin
from mshield.server.signing.rows import sessions as store
from mshield.server.signing.rows.rows import KeyRow
from tests.support.clock import Clock
from tests.support.renewal import Renewing, make_renewing
from tests.support.signing import WRONG_SHARE, Phone, execute, fetch

HOLDS = [
    (CertificateEvent.REPORT_LOSS, "lost"),
    (CertificateEvent.FREEZE, "frozen"),
    (CertificateEvent.FIND_CLONE, "clone"),
    (CertificateEvent.APPLY_AGAIN, "duplicate"),
]


@pytest.fixture
async def renewing(db: Database, keyring: Keyring, clock: Clock) -> Renewing:
    """A phone whose certificate is valid for 100 more days; a renewal makes a new key."""
    return await make_renewing(db, keyring, clock)


async def guess(renewing: Renewing, phone: Phone, sid: bytes) -> int:
    """Enters a wrong PIN at one of the keys and returns the attempts left by the answer."""
    with pytest.raises((WrongPin, PinLocked)) as refused:
        await renewing.sign(phone, sid, d1=WRONG_SHARE)
    left = refused.value.extra.get("left", 0)
    assert isinstance(left, int)
    return left


async def left_at_open(renewing: Renewing, phone: Phone, sid: bytes) -> int:
    """Returns the attempts left that `open` reports to the phone before it asks for the PIN."""
    renewing.world.phone = phone
    try:
        return (await renewing.world.open(await renewing.world.commit([sid]))).left
    finally:
        renewing.world.phone = renewing.old


# ---- holds ----


@pytest.mark.parametrize(("event", "hold"), HOLDS, ids=[hold for _, hold in HOLDS])
async def test_r14_r11_a_held_certificates_new_key_is_held_too(
    renewing: Renewing, event: CertificateEvent, hold: str
) -> None:
    db, old = renewing.world.db, await renewing.serial(renewing.old)
    new, renewal = await renewing.issued()
    assert renewal.confirm is not None
    await renewing.change(event)
    for d1 in [*[WRONG_SHARE] * 5, None]:  # neither wrong PINs nor the right one are answered
        with pytest.raises(Held) as refused:
            await renewing.sign(new, renewal.confirm, d1=d1)
        assert refused.value.extra == {"reasons": [hold]}
    assert await fetch(db, "SELECT state, holds FROM certificates WHERE serial = $1", old) == {
        "state": "active",
        "holds": hold,
    }
    tried = await fetch(db, "SELECT SUM(failures) AS failures FROM keys")
    assert tried["failures"] == 0
    listed = await list_revoked_of(db, issuer="issuing", shard=0, since=0)
    assert [line.split()[0] for line in listed] == [old]


async def test_r14_r11_a_hold_between_open_and_finish_stops_the_new_key(renewing: Renewing) -> None:
    new, renewal = await renewing.issued()
    assert renewal.confirm is not None
    world, world.phone = renewing.world, new
    nonces = await world.commit([renewal.confirm])
    opened = await world.open(nonces)
    await renewing.change(CertificateEvent.REPORT_LOSS)
    with pytest.raises(Held):
        await world.finish(world.partials(nonces, opened, d1=WRONG_SHARE))
    assert await world.counters() == (0, 0)


async def test_r14_r11_new_key_of_a_revoked_certificate_answers_no_pin(renewing: Renewing) -> None:
    new, renewal = await renewing.issued()
    assert renewal.confirm is not None
    await renewing.change(CertificateEvent.REVOKE)
    with pytest.raises(Held) as refused:  # before a job has ended the renewal
        await renewing.sign(new, renewal.confirm, d1=WRONG_SHARE)
    assert refused.value.extra == {"reasons": ["revoked"]}


async def test_r14_r11_the_request_is_not_signed_either(renewing: Renewing) -> None:
    begun = await renewing.begin()
    new = await renewing.make_key(begun)
    await renewing.change(CertificateEvent.FREEZE)
    with pytest.raises(Held):
        await renewing.sign(new, begun.sid)
    await renewing.change(CertificateEvent.UNFREEZE)
    await renewing.sign(new, begun.sid)


async def test_r14_r10_hold_during_the_last_attempt_outlives_the_lock(
    renewing: Renewing, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The legal representative reports the loss after the fifth wrong PIN was counted."""
    db, old = renewing.world.db, await renewing.serial(renewing.old)
    new, renewal = await renewing.issued()
    assert renewal.confirm is not None
    for _ in range(4):
        await guess(renewing, new, renewal.confirm)
    reserve = store.reserve_attempt

    async def reported_lost(db: Database, key: KeyRow, *, fb: bytes, now: int) -> KeyRow:
        reserved = await reserve(db, key, fb=fb, now=now)
        await renewing.change(CertificateEvent.REPORT_LOSS, serial=old)
        return reserved

    monkeypatch.setattr(store, "reserve_attempt", reported_lost)
    assert await guess(renewing, new, renewal.confirm) == 0
    status = await find_status(db, serial=old)
    assert status is not None
    assert (status.state, status.holds) == ("pin_locked", frozenset({"lost"}))
    revocation = revocation_of(status)
    assert revocation is not None
    assert revocation.reason == CERTIFICATE_HOLD


# ---- attempts ----


async def test_r10_r11_old_and_new_key_share_five_attempts(renewing: Renewing) -> None:
    new, renewal = await renewing.issued()
    assert renewal.confirm is not None
    first = await renewing.serial(renewing.old)
    for left in (4, 3):
        assert await guess(renewing, renewing.old, await renewing.world.task()) == left
    assert await left_at_open(renewing, new, renewal.confirm) == 3
    for left in (2, 1):
        assert await guess(renewing, new, renewal.confirm) == left
    assert await left_at_open(renewing, renewing.old, await renewing.world.task()) == 1
    assert await left_at_open(renewing, new, renewal.confirm) == 1
    assert await guess(renewing, new, renewal.confirm) == 0  # pin_locked, not wrong_pin with attempts left
    assert await renewing.state(first) == "pin_locked"
    # The renewal ended too: neither key answers a PIN any more.
    with pytest.raises((Held, TaskClosed)):
        await renewing.sign(new, renewal.confirm)
    assert {await renewing.state(serial) for serial in await renewing.serials()} == {"pin_locked", "revoked"}


@pytest.mark.parametrize("first", ["old", "new"])
async def test_r10_concurrent_attempts_at_both_keys_share_five(
    renewing: Renewing, monkeypatch: pytest.MonkeyPatch, first: str
) -> None:
    """One attempt is left. A wrong PIN for one key is counted but not answered yet when the other key is tried."""
    new, renewal = await renewing.issued()
    assert renewal.confirm is not None
    world = renewing.world
    for _ in range(4):
        await guess(renewing, renewing.old, await world.task())
    finishes = []
    for phone, sid in ((renewing.old, await world.task()), (new, renewal.confirm)):
        world.phone = phone
        nonces = await world.commit([sid])
        finishes.append((phone, world.partials(nonces, await world.open(nonces), d1=WRONG_SHARE)))
    reserve, combine = store.reserve_attempt, cosign.server_finish
    (phone, partials), (other, others) = finishes if first == "old" else finishes[::-1]
    tried = []

    async def asked_at_both(db: Database, key: KeyRow, *, fb: bytes, now: int) -> KeyRow:
        monkeypatch.setattr(store, "reserve_attempt", reserve)
        reserved = await reserve(db, key, fb=fb, now=now)
        world.phone = other
        with pytest.raises(PinLocked):
            await world.finish(others)
        world.phone = phone
        return reserved

    def count(*args: Any, **values: Any) -> Any:
        tried.append(values)
        return combine(*args, **values)

    monkeypatch.setattr(store, "reserve_attempt", asked_at_both)
    monkeypatch.setattr(cosign, "server_finish", count)
    world.phone = phone
    with pytest.raises(PinLocked):
        await world.finish(partials)
    assert len(tried) == 1


async def test_r10_failure_other_than_a_wrong_pin_counts_for_neither_key(renewing: Renewing) -> None:
    new, renewal = await renewing.issued()
    assert renewal.confirm is not None
    world, counted = renewing.world, "SELECT failures, wrong_total FROM keys WHERE uid = $1"
    await guess(renewing, new, renewal.confirm)
    assert await fetch(world.db, counted, renewing.old.uid) == {"failures": 1, "wrong_total": 1}
    begun_again = await left_at_open(renewing, new, renewal.confirm)
    assert begun_again == 4
    await renewing.sign(new, renewal.confirm)
    assert await fetch(world.db, counted, renewing.old.uid) == {"failures": 1, "wrong_total": 1}
    assert await fetch(world.db, counted, new.uid) == {"failures": 0, "wrong_total": 1}


async def test_r10_the_answer_that_locks_is_the_same_when_repeated(renewing: Renewing) -> None:
    new, renewal = await renewing.issued()
    assert renewal.confirm is not None
    for _ in range(4):
        await guess(renewing, renewing.old, await renewing.world.task())
    world, world.phone = renewing.world, new
    nonces = await world.commit([renewal.confirm])
    partials = world.partials(nonces, await world.open(nonces), d1=WRONG_SHARE)
    for _ in range(2):
        with pytest.raises(PinLocked):
            await world.finish(partials)


async def test_r10_lifetime_count_of_the_old_key_includes_the_new_one(renewing: Renewing) -> None:
    new, renewal = await renewing.issued()
    assert renewal.confirm is not None
    await execute(renewing.world.db, "UPDATE keys SET wrong_total = 48 WHERE uid = $1", renewing.old.uid)
    assert await left_at_open(renewing, new, renewal.confirm) == 2
    assert await guess(renewing, new, renewal.confirm) == 1
    assert await guess(renewing, new, renewal.confirm) == 0
    assert await renewing.state(await renewing.serial(renewing.old)) == "pin_locked"


async def test_r10_r11_locking_only_the_new_key_ends_just_the_renewal(
    renewing: Renewing,
) -> None:
    """The right PIN at the old key restores its attempts, but not those at the new key."""
    new, renewal = await renewing.issued()
    assert renewal.confirm is not None
    first = await renewing.serial(renewing.old)
    for _ in range(3):
        await guess(renewing, new, renewal.confirm)
    await renewing.world.sign([await renewing.world.task()])
    assert await left_at_open(renewing, new, renewal.confirm) == 2
    assert [await guess(renewing, new, renewal.confirm) for _ in range(2)] == [1, 0]
    assert await renewing.state(first) == "active"
    with pytest.raises(NotFound):
        await renewing.current()
    await renewing.renewed()


# ---- another PIN ----


async def test_r09_r11_no_pin_change_once_the_new_key_is_made(renewing: Renewing) -> None:
    world = renewing.world
    begun = await renewing.begin()
    asked = await world.internal_task("refresh")  # there is still only one key, under one PIN
    nonces = await world.commit([asked])
    opened = await world.open(nonces)
    await renewing.make_key(begun)
    with pytest.raises(RenewalUnfinished):
        await world.finish(world.partials(nonces, opened), tau=7)
    with pytest.raises(RenewalUnfinished):
        await world.open(await world.commit([asked]))
    with pytest.raises(RenewalUnfinished):
        await world.internal_task("refresh")
    assert await world.counters() == (0, 0)
    await renewing.renew.give_up(await renewing.login(), now=renewing.now)
    epoch = await world.refresh(7)
    world.move(epoch, 7)
    await world.sign([await world.internal_task("confirm")])


async def test_r09_r11_pin_of_a_key_certified_again_can_be_changed(
    db: Database, keyring: Keyring, clock: Clock
) -> None:
    renewing = await make_renewing(db, keyring, clock, key="same")
    new, renewal = await renewing.issued()
    world = renewing.world
    world.move(await world.refresh(7), 7)
    await renewing.confirm(new, renewal)
    assert await renewing.state(await renewing.serial(new)) == "active"


async def test_r09_r11_after_the_renewal_the_new_keys_pin_can_be_changed(renewing: Renewing) -> None:
    await renewing.renewed()
    await renewing.world.refresh(7)


async def test_r11_shares_are_refreshed_silently_during_a_renewal(renewing: Renewing) -> None:
    world = renewing.world
    new, renewal = await renewing.issued()
    await execute(world.db, "UPDATE keys SET since_refresh = 1000 WHERE uid = $1", renewing.old.uid)
    nonces = await world.commit([await world.task()])
    opened = await world.open(nonces)
    assert opened.next_epoch is not None
    world.accept(await world.finish(world.partials(nonces, opened), tau=7))
    world.move(opened.next_epoch, 7)
    await world.sign([await world.task()])
    await renewing.confirm(new, renewal)
    assert await renewing.state(await renewing.serial(new)) == "active"
