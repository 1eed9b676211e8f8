"""The certificate of a signed request: despite crashes and changes between its steps, there is one, or a reason."""

from dataclasses import replace
from typing import Final

import pytest

from mshield.pki.certificates.certificate import parse_certificate
from mshield.server.acts.actor import SERVICE
from mshield.server.ca.renew_issuing import renew_issuing, revoke_issuing
from mshield.server.certificates.rows import certificates
from mshield.server.certificates.rows.certificates import CertificateRow
from mshield.server.certificates.rules.states import CertificateEvent
from mshield.server.database.interface import Database
from mshield.server.errors import Conflict, Unauthenticated, Unavailable
from mshield.server.filing.errors import NoFiling
from mshield.server.filing.people import end_record
from mshield.server.keys.keyring import Keyring
from mshield.server.settings.settings import Settings
from tests.support.clock import Clock
from tests.support.issuing import change
from tests.support.killed_database import Died, MortalDatabase
from tests.support.more_phones import apply, issue, login_of, sign_request
from tests.support.signing import World, execute, fetch, make_world

_RESERVES: Final = frozenset({"certificates.issuing.reserve", "certificates.issuing.count_reservation"})
"""Statements that reserve a serial; which one runs depends on the database."""


@pytest.fixture
async def world(db: Database, keyring: Keyring, clock: Clock) -> World:
    """A logged-in phone of a filed operator, without a certificate."""
    return await make_world(db, keyring, clock, enrolled=False)


async def _only(world: World) -> CertificateRow:
    row = await fetch(world.db, "SELECT serial, (SELECT COUNT(*) FROM certificates) AS n FROM certificates")
    assert row["n"] == 1
    found = await certificates.find_by_serial(world.db, serial=str(row["serial"]))
    assert found is not None
    return found


async def _reserved_only(world: World) -> CertificateRow:
    """Crashes the process right after it reserved the serial; returns the reserved row."""
    mortal = MortalDatabase(world.db, deadly=_RESERVES)
    local = world.certificates.local
    dying = replace(local, db=mortal, issue=replace(local.issue, db=mortal))
    issuing = replace(world.certificates, db=mortal, local=dying)
    with pytest.raises(Died):
        await issuing.issue_confirmed(world.phone.caller, now=world.clock())
    return await _only(world)


async def test_r04_person_unfiled_after_applying_gets_no_certificate(world: World) -> None:
    await sign_request(world)
    ended = await world.db.write(
        lambda tx: end_record(tx, "person", reason="已离职", by=SERVICE, now=world.clock())
    )
    assert ended.shield_numbers == ()
    with pytest.raises(NoFiling):
        await world.certificates.issue_confirmed(world.phone.caller, now=world.clock())
    assert await world.certificates.current(await login_of(world), log_key="", now=world.clock()) is None
    row = await fetch(world.db, "SELECT (SELECT COUNT(*) FROM certificates) AS n, state FROM keys")
    assert row == {"n": 0, "state": "void"}


async def test_stop_after_the_reservation_is_recovered_under_the_same_serial(world: World) -> None:
    await sign_request(world)
    reserved = await _reserved_only(world)
    assert (reserved.state, reserved.der) == ("issued", None)
    world.clock.advance(seconds=3 * 86_400)
    await execute(world.db, "UPDATE phone_sessions SET expires_at = $1", world.clock() + 1000)
    shown = await world.certificates.current(await login_of(world), log_key="", now=world.clock())
    assert shown is not None
    stored = await _only(world)
    assert (shown.serial, shown.state, shown.not_before) == (reserved.serial, "active", reserved.not_before)
    assert stored.der is not None
    assert parse_certificate(stored.der).not_before == reserved.not_before
    await issue(world)
    assert await _only(world) == stored


async def test_a_reservation_that_is_revoked_before_it_is_signed_blocks_nothing(world: World) -> None:
    await sign_request(world)
    reserved = await _reserved_only(world)
    await change(world.db, reserved.serial, CertificateEvent.REVOKE, now=world.clock(), reason=0)
    await issue(world)
    shown = await world.certificates.current(await login_of(world), log_key="", now=world.clock())
    assert shown is None or shown.state == "revoked"
    assert await _only(world) == await certificates.find_by_serial(world.db, serial=reserved.serial)
    world.clock.advance(seconds=1)
    await apply(world)
    shown = await world.certificates.current(await login_of(world), log_key="", now=world.clock())
    assert shown is not None
    assert shown.state == "active"
    assert shown.serial != reserved.serial


async def test_another_processs_new_issuing_ca_issues_at_once(world: World, keyring: Keyring) -> None:
    await sign_request(world)
    _, renewed = await renew_issuing(world.db, keyring, world.engine, Settings(), now=world.clock())
    await issue(world)
    row = await _only(world)
    assert row.issuer == "issuing-2"
    assert row.der is not None
    assert parse_certificate(row.der).issuer_der == renewed.subject_der


async def test_another_process_has_revoked_the_only_issuing_ca(world: World, keyring: Keyring) -> None:
    await sign_request(world)
    await revoke_issuing(world.db, "issuing", reason=0, now=world.clock())
    for _ in range(2):  # the second time, the process knows it
        with pytest.raises(Unavailable):
            await issue(world)
    assert (await fetch(world.db, "SELECT COUNT(*) AS n FROM certificates"))["n"] == 0
    await renew_issuing(world.db, keyring, world.engine, Settings(), now=world.clock())
    await issue(world)
    assert (await _only(world)).issuer == "issuing-2"


async def test_request_with_names_other_than_signed_reserves_nothing(world: World) -> None:
    await sign_request(world)
    await execute(world.db, "UPDATE keys SET subject = replace(subject, '林知远', '沈若澜')")
    with pytest.raises(Conflict):
        await issue(world)
    assert (await fetch(world.db, "SELECT COUNT(*) AS n FROM certificates"))["n"] == 0


async def test_an_ended_login_gets_nothing(world: World) -> None:
    await sign_request(world)
    await execute(world.db, "UPDATE phone_sessions SET ended_at = 1")
    with pytest.raises(Unauthenticated):
        await issue(world)
