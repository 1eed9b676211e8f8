"""Changes of a certificate on both databases: by the table only, guarded, each with its event."""

import asyncio

import pytest

from mshield.gm.engine import load_engine
from mshield.server.acts.actor import SERVICE, By
from mshield.server.acts.rows import acts
from mshield.server.certificates.rows import certificates
from mshield.server.certificates.rows import changes as certificate_changes
from mshield.server.certificates.rows.certificates import NewCertificate, Reservation
from mshield.server.certificates.rules.states import CertificateEvent, Hold
from mshield.server.database.interface import Database, Tx
from mshield.server.errors import Conflict, NotFound
from mshield.server.keys.keyring import Keyring
from tests.support.acts import acts_on
from tests.support.clock import START
from tests.support.issuing import change, person

SERIAL = "41" * 20
_E = CertificateEvent


@pytest.fixture
async def new(db: Database, keyring: Keyring) -> NewCertificate:
    """A reserved certificate with serial SERIAL."""
    found, _ = await person(db, keyring, load_engine(), now=START)

    async def work(tx: Tx) -> None:
        await certificates.reserve(tx, found, Reservation(SERIAL, "issuing", START, START * 2), now=START)

    await db.write(work)
    return found


@pytest.fixture
async def active(db: Database, new: NewCertificate) -> NewCertificate:
    """An active certificate with serial SERIAL."""
    assert await certificate_changes.activate(db, serial=SERIAL, uid=new.uid, der=b"der", now=START + 1)
    return new


async def test_each_change_records_actor_act_and_reason(db: Database, active: NewCertificate) -> None:
    await change(db, SERIAL, _E.REPORT_LOSS, _E.FREEZE, now=START + 2)
    await change(db, SERIAL, _E.REVOKE, now=START + 3, reason=5)
    rows = await certificate_changes.history(db, serial=SERIAL)
    assert [
        (row.event, row.actor, row.actor_id, row.reason, row.state, row.holds, row.at) for row in rows
    ] == [
        ("activate", "service", None, "", "active", "", START + 1),
        ("report_loss", "legal_person", "their account", "因测试", "active", "lost", START + 2),
        ("freeze", "legal_person", "their account", "因测试", "active", "lost,frozen", START + 2),
        ("revoke", "legal_person", "their account", "因测试", "revoked", "", START + 3),
    ]
    row = await certificates.find_by_serial(db, serial=SERIAL)
    assert row is not None
    assert (row.state, row.revoked_at, row.revocation_reason) == ("revoked", START + 3, 5)


async def test_change_refused_by_the_table_has_no_effect(db: Database, active: NewCertificate) -> None:
    for event in (_E.LIFT_LOSS, _E.UNFREEZE, _E.ACTIVATE):
        with pytest.raises(Conflict):
            await change(db, SERIAL, event, now=START + 2)
    await change(db, SERIAL, _E.REVOKE, now=START + 3)
    with pytest.raises(Conflict):
        await change(db, SERIAL, _E.REPORT_LOSS, now=START + 4)
    with pytest.raises(NotFound):
        await change(db, "42" * 20, _E.REVOKE, now=START + 4)
    assert len(await certificate_changes.history(db, serial=SERIAL)) == 2


async def test_a_reservation_that_is_revoked_is_never_signed(db: Database, new: NewCertificate) -> None:
    await change(db, SERIAL, _E.REVOKE, now=START + 2, reason=5)
    assert not await certificate_changes.activate(db, serial=SERIAL, uid=new.uid, der=b"der", now=START + 3)
    assert await certificates.find_status(db, serial=SERIAL) is None
    assert await certificates.list_revoked_of(db, issuer="issuing", shard=0, since=0) == []


async def test_concurrent_holds_are_all_placed(db: Database, active: NewCertificate) -> None:
    events = (_E.REPORT_LOSS, _E.FREEZE, _E.FIND_CLONE, _E.APPLY_AGAIN, _E.SUSPEND)
    await asyncio.gather(*(change(db, SERIAL, event, now=START + 2) for event in events))
    status = await certificates.find_status(db, serial=SERIAL)
    assert status is not None
    assert status.holds == frozenset(hold.value for hold in Hold)
    assert len(await certificate_changes.history(db, serial=SERIAL)) == 6


async def test_service_takes_each_step_once(db: Database, active: NewCertificate) -> None:
    async def find_clone(tx: Tx) -> bool:
        return await certificate_changes.change_in_force(
            tx, uid=active.uid, event=_E.FIND_CLONE, reason="", now=START + 2
        )

    assert await db.write(find_clone)
    assert not await db.write(find_clone)
    last = (await certificate_changes.history(db, serial=SERIAL))[-1]
    assert (last.event, last.actor, last.holds) == ("find_clone", "service", "clone")


async def test_a_key_without_certificate_has_nothing_to_change(db: Database) -> None:
    async def lock(tx: Tx) -> bool:
        return await certificate_changes.change_in_force(
            tx, uid=b"none", event=_E.LOCK_PIN, reason="", now=START
        )

    assert not await db.write(lock)


async def test_acts_are_kept_with_their_details(db: Database) -> None:
    async def work(tx: Tx) -> None:
        await acts.record(
            tx, by=By("staff", "s1"), act="filing.import", subject="91330206", details={"行": 3}, now=START
        )
        await acts.record(tx, by=SERVICE, act="ca.init", subject="issuing", details={}, now=START)

    await db.write(work)
    (row,) = await acts_on(db, subject="91330206")
    assert (row.actor, row.actor_id, row.act, row.details, row.at) == (
        "staff",
        "s1",
        "filing.import",
        {"行": 3},
        START,
    )
