"""A login of staff that is under way while it is set up anew, or its password changed: it ends as all others do."""

import asyncio
from dataclasses import dataclass
from typing import Any, Final

import pytest

from mshield.domain import errors
from mshield.domain.actor import SERVICE
from mshield.keys.keyring import Keyring
from mshield.keys.secrets import LookupKey
from mshield.services.accounts.passwords import Turn, verify_password
from mshield.services.staff import login as staff_login
from mshield.services.staff import own_login
from mshield.services.staff.factors import StaffFactors
from mshield.services.staff.login import StaffLogins
from mshield.services.staff.one_time_code import STEP_MS
from mshield.services.staff.own_login import OwnLogin
from mshield.services.staff.second_factor import SecondFactors
from mshield.services.staff.session import StaffSessions
from mshield.services.staff.set_up import renew_set_up
from mshield.settings import Settings
from mshield.store.database.interface import Database
from mshield.store.database.opening import open_database
from mshield.store.staff import sessions as staff_sessions
from tests.support.clock import START
from tests.support.registration_office import ADDRESS
from tests.support.seals import SEALER
from tests.support.signing import fetch
from tests.support.staff import ORIGIN, PASSWORD, PLACE, SetUp, set_up

LATER: Final = START + STEP_MS
"""When the authenticator shows another code than at the set-up."""


@dataclass(frozen=True, slots=True)
class Desk:
    """A member with their login, and the services around it."""

    db: Database
    made: SetUp
    logins: StaffLogins
    own: OwnLogin

    async def begin(self) -> str:
        begun = await self.logins.begin(self.made.member.name, PASSWORD, address=ADDRESS, now=LATER)
        return begun.login_id

    async def renew(self) -> None:
        """What two security officers do: whatever they logged in with is void."""
        await renew_set_up(self.db, staff_id=self.made.member.id, by=SERVICE, life=86_400, now=LATER)

    async def count(self, table: str) -> object:
        """Rows that still let them in."""
        found = await fetch(self.db, f"SELECT COUNT(*) AS n FROM {table} WHERE ended_at IS NULL")  # noqa: S608  # the test's own
        return found["n"]

    def renewed_amid(self, monkeypatch: pytest.MonkeyPatch, module: object) -> None:
        """Once a password has been checked by this module, and before it goes on."""

        async def checked(stored: str | None, password: str, turn: Turn) -> bool:
            right = await verify_password(stored, password, turn)
            await self.renew()
            return right

        monkeypatch.setattr(module, "verify_password", checked)


async def _desk(db: Database, keyring: Keyring) -> Desk:
    settings = Settings(public_origin=ORIGIN)
    factors, sessions = StaffFactors(db, keyring, settings), StaffSessions(db, settings)
    second = SecondFactors(db, factors, settings)
    logins = StaffLogins(db, second, LookupKey(bytes(32)), settings, sessions)
    return Desk(db, await set_up(db, keyring, now=START), logins, OwnLogin(db, factors, settings))


@pytest.fixture
async def desk(db: Database, keyring: Keyring) -> Desk:
    return await _desk(db, keyring)


async def test_a_login_by_a_password_that_was_just_voided_does_not_begin(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.renewed_amid(monkeypatch, staff_login)
    with pytest.raises(errors.StaffLoginFailed):
        await desk.begin()
    assert await desk.count("staff_ceremonies") == 0


async def test_who_was_set_up_anew_keeps_no_password_that_they_were_just_changing(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And the new address stays good: a change of password ends those that there are."""
    desk.renewed_amid(monkeypatch, own_login)
    with pytest.raises(errors.Unauthenticated):
        await desk.own.change_password(
            desk.made.opened.member, PASSWORD, "Another-desk-2027", address=ADDRESS, now=LATER
        )
    assert (await fetch(desk.db, "SELECT password_hash FROM staff"))["password_hash"] is None
    assert await desk.count("staff_set_ups") == 1


async def test_a_new_password_waits_for_a_session_that_is_being_opened(
    postgresql_url: str, keyring: Keyring, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between the last look at the member and the end. SQLite has one writer and no race."""
    db = await open_database(postgresql_url)
    db.sealer = SEALER
    desk, insert, acts = await _desk(db, keyring), staff_sessions.insert, list[asyncio.Task[int]]()
    me, new = desk.made.opened.member, "Another-desk-2027"

    async def inserted(*args: Any, **values: Any) -> None:
        await insert(*args, **values)
        changing = desk.own.change_password(me, PASSWORD, new, address=ADDRESS, now=LATER)
        acts.append(asyncio.create_task(changing))
        await asyncio.wait(acts, timeout=1)

    login_id = await desk.begin()
    monkeypatch.setattr(staff_sessions, "insert", inserted)
    await desk.logins.finish(login_id, desk.made.code(LATER), PLACE, now=LATER)
    assert (await acts[0], await desk.count("staff_sessions")) == (1, 1)
    await db.close()
