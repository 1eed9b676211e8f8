"""R11: what stops a pending renewal, and how concurrent calls end."""

import asyncio
from typing import Any

import pytest

from mshield.server.certificates.end_renewals import end_renewals
from mshield.server.certificates.errors import CertificateExpired, NoCertificate
from mshield.server.certificates.renew import Renewal
from mshield.server.certificates.rows import changes as certificate_changes
from mshield.server.certificates.rows import renewals
from mshield.server.certificates.rows.certificates import find_status
from mshield.server.certificates.rules.renewal import TABLE, RenewalEvent, RenewalState
from mshield.server.certificates.rules.states import CertificateEvent
from mshield.server.database.interface import Database
from mshield.server.errors import Conflict, DomainError, NotFound
from mshield.server.keys.keyring import Keyring
from mshield.server.signing.errors import Held
from tests.support.clock import Clock
from tests.support.renewal import DAY, Renewing, make_renewing
from tests.support.signing import NAME, execute, fetch

WRONG = 12345


# ---- what ends a renewal ----


@pytest.mark.parametrize("key", ["new", "same"])
@pytest.mark.parametrize(
    "event", [CertificateEvent.REPORT_LOSS, CertificateEvent.FREEZE, CertificateEvent.REVOKE]
)
async def test_r11_a_certificate_held_in_between_is_not_replaced(
    db: Database, keyring: Keyring, clock: Clock, key: str, event: CertificateEvent
) -> None:
    renewing = await make_renewing(db, keyring, clock, key="same" if key == "same" else "new")
    new, renewal = await renewing.issued()
    first = await renewing.serial(renewing.old)
    await renewing.change(event)
    with pytest.raises((Held, NoCertificate)):
        await renewing.current()
    with pytest.raises(Held):
        await renewing.confirm(new, renewal)
    states = {serial: await renewing.state(serial) for serial in await renewing.serials()}
    assert states.pop(first) == ("revoked" if event is CertificateEvent.REVOKE else "active")
    assert set(states.values()) == {"issued"}
    await end_renewals(db, now=renewing.now)
    expected = "revoked" if event is CertificateEvent.REVOKE else "issued"
    assert {await renewing.state(serial) for serial in states} == {expected}


async def test_r11_after_a_hold_was_lifted_the_renewal_goes_on(renewing: Renewing) -> None:
    new, _ = await renewing.issued()
    await renewing.change(CertificateEvent.FREEZE)
    await renewing.change(CertificateEvent.UNFREEZE)
    renewal = await renewing.current()
    await renewing.confirm(new, renewal)
    assert await renewing.state(await renewing.serial(new)) == "active"


async def test_r11_a_renewal_not_signed_for_within_an_hour_is_void(renewing: Renewing, clock: Clock) -> None:
    begun = await renewing.begin()
    new = await renewing.make_key(begun)
    clock.advance(seconds=3601)
    with pytest.raises(DomainError):
        await renewing.sign(new, begun.sid)
    with pytest.raises(NotFound):
        await renewing.current()
    assert await end_renewals(renewing.world.db, now=renewing.now) == 1
    assert await end_renewals(renewing.world.db, now=renewing.now) == 0
    await renewing.world.sign([await renewing.world.task()])
    assert len(await renewing.serials()) == 1


@pytest.mark.parametrize("key", ["new", "same"])
async def test_r11_a_certificate_never_confirmed_is_revoked_after_a_week(
    db: Database, keyring: Keyring, clock: Clock, key: str
) -> None:
    renewing = await make_renewing(db, keyring, clock, key="same" if key == "same" else "new")
    new, renewal = await renewing.issued()
    first = await renewing.serial(renewing.old)
    second = next(serial for serial in await renewing.serials() if serial != first)
    clock.advance(seconds=7 * DAY - 1)
    assert await end_renewals(db, now=renewing.now) == 0
    clock.advance(seconds=1)
    assert await end_renewals(db, now=renewing.now) == 1
    assert (await renewing.state(first), await renewing.state(second)) == ("active", "revoked")
    status = await find_status(db, serial=second)
    assert status is not None
    assert status.revocation_reason == 5
    events = await certificate_changes.history(db, serial=second)
    assert (events[-1].event, events[-1].actor) == ("withdraw", "service")
    with pytest.raises(DomainError):
        await renewing.confirm(new, renewal)
    await renewing.world.sign([await renewing.world.task()])
    current = await renewing.world.certificates.current(await renewing.login(), log_key="", now=renewing.now)
    assert current is not None
    assert current.serial == first


@pytest.mark.parametrize("key", ["new", "same"])
async def test_r11_begun_again_the_first_try_is_given_up(
    db: Database, keyring: Keyring, clock: Clock, key: str
) -> None:
    renewing = await make_renewing(db, keyring, clock, key="same" if key == "same" else "new")
    abandoned, renewal = await renewing.issued()
    second = (await renewing.serials())[-1]
    new = await renewing.renewed()
    assert await renewing.state(second) in {"revoked", "superseded"}
    states = sorted([await renewing.state(serial) for serial in await renewing.serials()])
    assert states == ["active", "revoked", "superseded"]
    if key == "new":
        assert abandoned.uid != new.uid
        with pytest.raises(DomainError):
            await renewing.confirm(abandoned, renewal)


async def test_r11_given_up_too_late_it_is_not_said_to_be(
    renewing: Renewing, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The confirmation comes between the look-up of the open renewal and its cancellation."""
    new, renewal = await renewing.issued()
    login, find_open = await renewing.login(), renewals.find_open

    async def found(*args: Any, **values: Any) -> Any:
        row = await find_open(*args, **values)
        await renewing.confirm(new, renewal)
        return row

    monkeypatch.setattr(renewals, "find_open", found)
    with pytest.raises(NotFound):
        await renewing.renew.give_up(login, now=renewing.now)
    states = [await renewing.state(serial) for serial in await renewing.serials()]
    assert sorted(states) == ["active", "superseded"]


async def test_r11_cancelled_renewal_keeps_the_old_certificate(renewing: Renewing) -> None:
    await renewing.issued()
    await renewing.renew.give_up(await renewing.login(), now=renewing.now)
    with pytest.raises(NotFound):
        await renewing.renew.give_up(await renewing.login(), now=renewing.now)
    assert sorted([await renewing.state(serial) for serial in await renewing.serials()]) == [
        "active",
        "revoked",
    ]
    await renewing.world.sign([await renewing.world.task()])


async def test_r11_expiry_before_the_confirmation_stops_the_renewal(renewing: Renewing, clock: Clock) -> None:
    clock.advance(seconds=98 * DAY)
    new, renewal = await renewing.issued()
    clock.advance(seconds=3 * DAY)
    with pytest.raises(CertificateExpired):
        await renewing.current()
    with pytest.raises(Held):
        await renewing.confirm(new, renewal)
    assert await end_renewals(renewing.world.db, now=renewing.now) == 1


def test_table_of_a_renewal_has_its_sources_and_ends() -> None:
    assert {source for source, event in TABLE if event is RenewalEvent.CONFIRM} == {RenewalState.ISSUED}
    assert {source for source, event in TABLE if event is RenewalEvent.END} == {
        RenewalState.BEGUN,
        RenewalState.ISSUED,
    }
    ends = set(TABLE.values()) - {source for source, _ in TABLE}
    assert ends == {RenewalState.CONFIRMED, RenewalState.ENDED}


async def test_crash_between_certificate_and_record_is_recovered(renewing: Renewing) -> None:
    """The certificate is signed and stored, then the process crashes: the next run reuses it."""
    issue = renewing.renew._issue
    begun: Renewal = await renewing.begin()
    new = await renewing.make_key(begun)
    consent = (await renewing.current()).consent
    assert consent is not None
    await renewing.sign(renewing.old, consent)
    await renewing.sign(new, begun.sid)
    assert issue is not None
    from mshield.server.certificates.rows import renewals

    row = await renewals.find_open(renewing.world.db, device_id="device", account_id="account")
    assert row is not None
    subject = renewing.renew._check(row)
    assert subject.common_name == NAME
    await renewing.current()
    await execute(
        renewing.world.db, "UPDATE renewals SET state = 'begun', confirm_sid = NULL WHERE sid = $1", begun.sid
    )
    await execute(renewing.world.db, "UPDATE keys SET state = 'confirmed' WHERE uid = $1", new.uid)
    renewal = await renewing.current()
    assert len(await renewing.serials()) == 2
    await renewing.confirm(new, renewal)
    assert await renewing.state(await renewing.serial(new)) == "active"


# ---- concurrent calls ----


async def test_r11_a_freeze_and_a_confirmation_at_once_leave_one_certificate_in_force_or_held(
    renewing: Renewing,
) -> None:
    new, renewal = await renewing.issued()
    first = await renewing.serial(renewing.old)
    second = next(serial for serial in await renewing.serials() if serial != first)
    await asyncio.gather(
        renewing.confirm(new, renewal),
        renewing.change(CertificateEvent.FREEZE, serial=first),
        return_exceptions=True,
    )
    row = await fetch(renewing.world.db, "SELECT state, holds FROM certificates WHERE serial = $1", first)
    outcome = (row["state"], row["holds"], await renewing.state(second))
    assert outcome in {("active", "frozen", "issued"), ("superseded", "", "active")}


async def test_r11_two_concurrent_starts_make_one_renewal(renewing: Renewing) -> None:
    outcomes = await asyncio.gather(renewing.begin(), renewing.begin(), return_exceptions=True)
    assert all(isinstance(outcome, (Renewal, Conflict)) for outcome in outcomes)
    row = await fetch(renewing.world.db, "SELECT COUNT(*) AS open FROM renewals WHERE state = 'begun'")
    assert row["open"] == 1
    await renewing.renewed()


async def test_r11_two_processes_give_a_renewal_up_once(renewing: Renewing, clock: Clock) -> None:
    await renewing.issued()
    clock.advance(seconds=8 * DAY)
    done = await asyncio.gather(*(end_renewals(renewing.world.db, now=renewing.now) for _ in range(4)))
    assert sum(done) == 1
