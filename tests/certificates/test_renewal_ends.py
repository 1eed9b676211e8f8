"""Events that end a pending renewal from outside and leave the certificate in force unchanged."""

import asyncio

import pytest

from mshield.server.acts.actor import SERVICE
from mshield.server.ca.end_leaves import end_leaves
from mshield.server.ca.renew_issuing import renew_issuing, revoke_issuing
from mshield.server.certificates.end_renewals import end_renewals
from mshield.server.certificates.rows import changes as certificate_changes
from mshield.server.certificates.rows import renewal_outcome
from mshield.server.certificates.rules.renewal import RenewalState
from mshield.server.certificates.rules.states import CertificateEvent
from mshield.server.database.interface import Database, Row, Tx
from mshield.server.errors import NotFound
from mshield.server.filing.errors import NoFiling
from mshield.server.filing.people import end_record
from mshield.server.keys.keyring import Keyring
from mshield.server.notices.external.sms import DevelopmentSms
from mshield.server.notices.notify import Notify
from mshield.server.settings.settings import Settings
from mshield.server.signing.errors import Busy, Held, TaskClosed
from tests.support.clock import Clock
from tests.support.issuing import by_allowed_actor
from tests.support.renewal import Renewing, make_renewing
from tests.support.signing import fetch

KEY_COMPROMISE = 1


@pytest.fixture(params=["new", "same"])
async def renewing(db: Database, keyring: Keyring, clock: Clock, request: pytest.FixtureRequest) -> Renewing:
    """A certificate that is due, and a second CA, which is now the issuing one."""
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
    """Asserts that the old certificate signs, no renewal is pending, and one under a third CA succeeds."""
    assert await renewing.serial(renewing.old) == first
    assert await renewing.state(first) == "active"
    await renewing.world.sign([await renewing.world.task()])
    with pytest.raises(NotFound):
        await renewing.current()
    await next_ca(renewing)
    new = await renewing.renewed()
    second = await renewing.serial(new)
    assert await issuer_of(renewing, second) == "issuing-3"
    assert (await renewing.state(first), await renewing.state(second)) == ("superseded", "active")


# ---- its own certificate's CA is revoked ----


@pytest.mark.parametrize("jobs", [0, 1, 2], ids=["no job yet", "leaves ended", "renewals ended"])
async def test_r11_certificate_of_a_revoked_ca_never_replaces_one_of_a_valid_ca(
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
    if jobs == 2:  # the renewal ended, and with it the new key or the document
        with pytest.raises((Held, TaskClosed)):
            await renewing.confirm(new, renewal)
    else:
        assert "task_closed" in str((await renewing.confirm(new, renewal))["items"])
    assert await issuer_of(renewing, second) == "issuing-2"
    assert await renewing.state(second) == ("issued" if jobs == 0 else "revoked")
    await assert_begun_anew(renewing, first)
    assert await renewing.state(second) == "revoked"
    assert await end_renewals(db, now=renewing.now) == 0


async def test_r11_no_notice_about_a_certificate_never_in_force(renewing: Renewing) -> None:
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


async def test_r11_revoking_the_ca_of_a_reservation_ends_the_renewal(
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
    with pytest.raises(NotFound):  # nothing is signed under a revoked CA
        await renewing.current()
    assert await end_leaves(db, now=renewing.now) == 1
    assert await end_renewals(db, now=renewing.now) == 1
    await assert_begun_anew(renewing, first)


# ---- its holder's filing ends ----


async def leave(renewing: Renewing) -> tuple[str, ...]:
    ended = await renewing.world.db.write(
        lambda tx: end_record(tx, "person", reason="已离职", by=SERVICE, now=renewing.now)
    )
    return ended.shield_numbers


async def test_r04_r11_person_unfiled_before_issue_gets_no_renewal(renewing: Renewing) -> None:
    begun = await renewing.begin()
    await leave(renewing)
    with pytest.raises(NoFiling):
        await renewing.current()
    assert len(await renewing.serials()) == 1
    assert await end_renewals(renewing.world.db, now=renewing.now) == 1
    with pytest.raises(NotFound):
        await renewing.current()
    with pytest.raises(NoFiling):
        await renewing.begin()
    assert begun.state is RenewalState.BEGUN


async def test_r04_r11_person_unfiled_after_issue_cannot_confirm(renewing: Renewing) -> None:
    (first,) = await renewing.serials()
    new, renewal = await renewing.issued()
    assert len(await leave(renewing)) == 1  # their shield, for the legal representative to revoke
    assert "task_closed" in str((await renewing.confirm(new, renewal))["items"])
    with pytest.raises(NoFiling):  # the error that the phone gets
        await renewing.current()
    assert await renewing.serial(renewing.old) == first
    assert await end_renewals(renewing.world.db, now=renewing.now) == 1
    assert sorted([await renewing.state(serial) for serial in await renewing.serials()]) == [
        "active",
        "revoked",
    ]


# ---- between the check and the first write ----


@pytest.mark.parametrize(
    ("which", "event"),
    [("old", CertificateEvent.REVOKE), ("old", CertificateEvent.FREEZE), ("new", CertificateEvent.REVOKE)],
)
async def test_r11_change_during_the_confirmation_rolls_it_back(
    renewing: Renewing, monkeypatch: pytest.MonkeyPatch, which: str, event: CertificateEvent
) -> None:
    """A refusal after the first write rolls everything back; the retry reads again and refuses before writing."""
    db, (first,) = renewing.world.db, await renewing.serials()
    new, renewal = await renewing.issued()
    (second,) = set(await renewing.serials()) - {first}
    serial = first if which == "old" else second
    put_in_force = renewal_outcome.put_in_force

    async def overtaken(tx: Tx, row: Row, *, now: int) -> renewal_outcome.Renewed:
        await change_in(tx, serial, event, now=now)
        return await put_in_force(tx, row, now=now)

    monkeypatch.setattr(renewal_outcome, "put_in_force", overtaken)
    with pytest.raises(Busy):  # the change happens at each retry, and each is rolled back
        await renewing.confirm(new, renewal)
    states = [await renewing.state(serial) for serial in (first, second)]
    assert states == ["active", "issued"]
    row = await fetch(db, "SELECT state FROM renewals WHERE sid = $1", renewal.sid)
    assert row["state"] == RenewalState.ISSUED.value
    assert await renewing.serial(renewing.old) == first


async def change_in(tx: Tx, serial: str, event: CertificateEvent, *, now: int) -> None:
    await certificate_changes.change(
        tx, serial=serial, event=event, by=by_allowed_actor(event), reason="", now=now
    )
