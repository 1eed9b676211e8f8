"""Short-lived rows are purged after a day, but none that is still needed."""

import pytest

from mshield.server.accounts.errors import LoginFailed
from mshield.server.database.interface import Database
from mshield.server.identity.rules import CODE_MS
from mshield.server.keys.keyring import Keyring
from mshield.server.retention.rules.kinds import Kind
from mshield.server.retention.rules.tables import RETAINED
from mshield.server.retention.sweep import ERASED, PURGED, purge
from mshield.server.settings.settings import Settings
from mshield.server.signing.errors import NoSession
from tests.support.application import Application
from tests.support.clock import Clock
from tests.support.identity import make_code_in
from tests.support.registration_office import Office
from tests.support.signing import fetch, make_world


def test_purge_matches_the_policy() -> None:
    named = {rows.name for rows in PURGED} | {"push_subscriptions"}  # they are deleted with their pushes
    by_purge = [set(kept.tables) for kept in RETAINED if "`purge`" in kept.by]
    assert named <= set().union(*by_purge)
    assert all(named & tables for tables in by_purge)
    assert [rows.name for rows in ERASED] == list(Kind)


async def test_expired_rows_are_purged_a_day_later(db: Database, keyring: Keyring, clock: Clock) -> None:
    office = Office.on(db, keyring, Settings.of(session_seconds=60))
    await office.enter(now=clock(), sms_code=await office.code(now=clock()))
    with pytest.raises(LoginFailed):
        await office.come_in(now=clock(), password="Wrong-password-1")
    await office.come_in(now=clock())
    assert await purge(db, now=clock()) == 0
    # Two captchas; counts of the address for SMS, captchas, logins, of its network for SMS and captchas; the
    # number's count and the day's; a code; a login.
    assert await purge(db, now=clock.advance(seconds=86_400 + 120)) == 11
    assert await purge(db, now=clock()) == 0
    await office.come_in(now=clock())


async def test_unused_activation_code_is_purged_once_it_has_expired(application: Application) -> None:
    db, made_at = application.context.db, application.clock()
    await make_code_in(application)
    await purge(db, now=made_at + CODE_MS - 1)
    assert (await fetch(db, "SELECT COUNT(*) AS rows FROM identity_codes"))["rows"] == 1
    await purge(db, now=made_at + CODE_MS)
    assert (await fetch(db, "SELECT COUNT(*) AS rows FROM identity_codes"))["rows"] == 0


async def test_ended_signing_session_is_purged_and_its_phone_works(
    db: Database, keyring: Keyring, clock: Clock
) -> None:
    world = await make_world(db, keyring, clock)
    nonces = await world.commit([await world.task()])
    partials = world.partials(nonces, await world.open(nonces))
    assert await purge(db, now=clock()) == 0
    assert await purge(db, now=clock.advance(seconds=601)) == 1
    with pytest.raises(NoSession):
        await world.finish(partials)
    await world.sign([await world.task()])
