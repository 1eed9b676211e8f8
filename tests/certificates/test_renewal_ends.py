"""What ends a renewal from outside, in the middle of it, and leaves the certificate in force as it was."""

import asyncio

import pytest

from mshield.domain import errors
from mshield.domain.actor import SERVICE
from mshield.domain.certificates.renewal import RenewalState
from mshield.domain.certificates.states import CertificateEvent
from mshield.gateways.sms import DevelopmentSms
from mshield.keys.keyring import Keyring
from mshield.services.ca.end_leaves import end_leaves
from mshield.services.ca.renew_issuing import renew_issuing, revoke_issuing
from mshield.services.certificates.end_renewals import end_renewals
from mshield.services.filing.people import end_record
from mshield.services.notices.notify import Notify
from mshield.settings import Settings
from mshield.store.certificates import changes as certificate_changes
from mshield.store.certificates import renewal_outcome
from mshield.store.database.interface import Database, Row, Tx
from tests.support.clock import Clock
from tests.support.issuing import by_one_who_may
from tests.support.renewal import Renewing, make_renewing
from tests.support.signing import fetch

KEY_COMPROMISE = 1


@pytest.fixture(params=["new", "same"])
async def renewing(db: Database, keyring: Keyring, clock: Clock, request: pytest.FixtureRequest) -> Renewing:
    """A certificate that is due, and a second CA, which issues now."""
    made = await make_renewing(db, keyring, clock, key=request.param)
    await next_ca(made)
    return made


async def next_ca(renewing: Renewing) -> None:
    world = renewing.world
    await renew_issuing(world.db, world.keyring, world.engine, Settings(), now=renewing.now)


async def issuer_of(renewing: Renewing, serial: str) -> str:
    row = await fetch(renewing.world.db, "SELECT issuer FROM certificates WHERE serial = $1", serial)
    return str(row["issuer"])


async def assert_begun_anew(renewing: Renewing, first: str) -> None:
    """The old certificate signs, nothing is under way, and a renewal under a third CA comes into force."""
    assert await renewing.serial(renewing.old) == first
    assert await renewing.state(first) == "active"
    await renewing.world.sign([await renewing.world.task()])
    with pytest.raises(errors.NotFound):
        await renewing.current()
    await next_ca(renewing)
    new = await renewing.renewed()
    second = await renewing.serial(new)
    assert await issuer_of(renewing, second) == "issuing-3"
    assert (await renewing.state(first), await renewing.state(second)) == ("superseded", "active")


# ---- its own certificate's CA is revoked ----


@pytest.mark.parametrize("jobs", [0, 1, 2], ids=["no job yet", "leaves ended", "renewals ended"])
async def test_r11_a_certificate_whose_ca_is_revoked_never_replaces_one_whose_ca_is_not(
    renewing: Renewing, jobs: int
) -> None:
    db, (first,) = renewing.world.db, await renewing.serials()
    new, renewal = await renewing.issued()
    (second,) = set(await renewing.serials()) - {first}
    await revoke_issuing(db, "issuing-2", reason=KEY_COMPROMISE, now=renewing.now)
    if jobs > 0:
        assert await end_leaves(db, now=renewing.now) == 1
    if jobs > 1:
        assert await end_renewals(db, now=renewing.now) == 1
    if jobs == 2:  # the renewal is over, and with it the new key or the document
        with pytest.raises((errors.Held, errors.TaskClosed)):
            await renewing.confirm(new, renewal)
    else:
        assert "task_closed" in str((await renewing.confirm(new, renewal))["items"])
    assert await issuer_of(renewing, second) == "issuing-2"
    assert await renewing.state(second) == ("issued" if jobs == 0 else "revoked")
    await assert_begun_anew(renewing, first)
    assert await renewing.state(second) == "revoked"
    assert await end_renewals(db, now=renewing.now) == 0


async def test_r11_nobody_is_told_of_a_certificate_that_never_was_in_force(renewing: Renewing) -> None:
    db, sms = renewing.world.db, DevelopmentSms()
    notify = Notify(db, Settings(), sms)
    await renewing.issued()
    await notify(now=renewing.now)
    told = len(sms.messages())
    await revoke_issuing(db, "issuing-2", reason=KEY_COMPROMISE, now=renewing.now)
    assert await end_leaves(db, now=renewing.now) == 1
    assert await end_renewals(db, now=renewing.now) == 1
    await notify(now=renewing.now)
    assert len(sms.messages()) == told


async def test_r11_a_reservation_whose_ca_is_revoked_ends_the_renewal(
    renewing: Renewing, monkeypatch: pytest.MonkeyPatch
) -> None:
    db, (first,) = renewing.world.db, await renewing.serials()

    async def killed(*_: object, **__: object) -> None:
        raise asyncio.CancelledError

    with monkeypatch.context() as patch:
        patch.setattr(type(renewing.renew.issue), "issue", killed)
        with pytest.raises(asyncio.CancelledError):
            await renewing.issued()
    assert len(await renewing.serials()) == 2
    await revoke_issuing(db, "issuing-2", reason=KEY_COMPROMISE, now=renewing.now)
    with pytest.raises(errors.NotFound):  # nothing is signed under a CA that is revoked
        await renewing.current()
    assert await end_leaves(db, now=renewing.now) == 1
    assert await end_renewals(db, now=renewing.now) == 1
    await assert_begun_anew(renewing, first)


# ---- its holder leaves the file ----


async def leave(renewing: Renewing) -> tuple[str, ...]:
    ended = await renewing.world.db.write(
        lambda tx: end_record(tx, "person", reason="已离职", by=SERVICE, now=renewing.now)
    )
    return ended.shield_numbers


async def test_r04_r11_nobody_renews_who_left_before_the_certificate_was_issued(renewing: Renewing) -> None:
    begun = await renewing.begin()
    await leave(renewing)
    with pytest.raises(errors.NoFiling):
        await renewing.current()
    assert len(await renewing.serials()) == 1
    assert await end_renewals(renewing.world.db, now=renewing.now) == 1
    with pytest.raises(errors.NotFound):
        await renewing.current()
    with pytest.raises(errors.NoFiling):
        await renewing.begin()
    assert begun.state is RenewalState.BEGUN


async def test_r04_r11_nobody_confirms_who_left_after_it_was_issued(renewing: Renewing) -> None:
    (first,) = await renewing.serials()
    new, renewal = await renewing.issued()
    assert len(await leave(renewing)) == 1  # their shield, for the legal person to revoke
    assert "task_closed" in str((await renewing.confirm(new, renewal))["items"])
    with pytest.raises(errors.NoFiling):  # which tells the phone why
        await renewing.current()
    assert await renewing.serial(renewing.old) == first
    assert await end_renewals(renewing.world.db, now=renewing.now) == 1
    assert sorted([await renewing.state(serial) for serial in await renewing.serials()]) == [
        "active",
        "revoked",
    ]


# ---- between its check and its first writing ----


@pytest.mark.parametrize(
    ("which", "event"),
    [("old", CertificateEvent.REVOKE), ("old", CertificateEvent.FREEZE), ("new", CertificateEvent.REVOKE)],
)
async def test_r11_what_happens_amid_the_confirmation_undoes_all_of_it(
    renewing: Renewing, monkeypatch: pytest.MonkeyPatch, which: str, event: CertificateEvent
) -> None:
    """A refusal after the first writing is none of the document's: all is undone, read anew, and refused before it."""
    db, (first,) = renewing.world.db, await renewing.serials()
    new, renewal = await renewing.issued()
    (second,) = set(await renewing.serials()) - {first}
    serial = first if which == "old" else second
    put_in_force = renewal_outcome.put_in_force

    async def overtaken(tx: Tx, row: Row, *, now: int) -> renewal_outcome.Renewed:
        await change_in(tx, serial, event, now=now)
        return await put_in_force(tx, row, now=now)

    monkeypatch.setattr(renewal_outcome, "put_in_force", overtaken)
    with pytest.raises(errors.Busy):  # here it happens at each try, and is undone each time
        await renewing.confirm(new, renewal)
    states = [await renewing.state(serial) for serial in (first, second)]
    assert states == ["active", "issued"]
    row = await fetch(db, "SELECT state FROM renewals WHERE sid = $1", renewal.sid)
    assert row["state"] == RenewalState.ISSUED.value
    assert await renewing.serial(renewing.old) == first


async def change_in(tx: Tx, serial: str, event: CertificateEvent, *, now: int) -> None:
    await certificate_changes.change(
        tx, serial=serial, event=event, by=by_one_who_may(event), reason="", now=now
    )
