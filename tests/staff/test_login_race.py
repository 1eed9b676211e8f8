"""A login of staff that is pending while its member is set up again or changes the password: it ends too."""

import asyncio
from dataclasses import dataclass
from typing import Any, Final

import pytest

from mshield.server.accounts.passwords import Turn, verify_password
from mshield.server.acts.actor import SERVICE
from mshield.server.database.interface import Database
from mshield.server.database.opening import open_database
from mshield.server.errors import Unauthenticated
from mshield.server.keys.keyring import Keyring
from mshield.server.keys.secrets import LookupKey
from mshield.server.settings.settings import Settings
from mshield.server.staff import login as staff_login
from mshield.server.staff import own_login
from mshield.server.staff.errors import StaffLoginFailed
from mshield.server.staff.factors import StaffFactors
from mshield.server.staff.login import StaffLogins
from mshield.server.staff.one_time_code import STEP_MS
from mshield.server.staff.own_login import OwnLogin
from mshield.server.staff.rows import sessions as staff_sessions
from mshield.server.staff.second_factor import SecondFactors
from mshield.server.staff.session import StaffSessions
from mshield.server.staff.set_up import renew_set_up
from tests.support.clock import START
from tests.support.registration_office import ADDRESS
from tests.support.seals import SEALER
from tests.support.signing import fetch
from tests.support.staff import ORIGIN, PASSWORD, PLACE, SetUp, set_up

LATER: Final = START + STEP_MS
"""Time at which the authenticator shows another code than at the set-up, in ms."""


@dataclass(frozen=True, slots=True)
class Desk:
    """A member with their login, and the services for it."""

    db: Database
    made: SetUp
    logins: StaffLogins
    own: OwnLogin

    async def begin(self) -> str:
        begun = await self.logins.begin(self.made.member.name, PASSWORD, address=ADDRESS, now=LATER)
        return begun.login_id

    async def renew(self) -> None:
        """Sets the member up again, as two security officers do: the previous login data become void."""
        await renew_set_up(self.db, staff_id=self.made.member.id, by=SERVICE, life=86_400, now=LATER)

    async def count(self, table: str) -> object:
        """Returns the number of rows that still allow a login."""
        found = await fetch(self.db, f"SELECT COUNT(*) AS n FROM {table} WHERE ended_at IS NULL")  # noqa: S608  # the test's own
        return found["n"]

    def renewed_amid(self, monkeypatch: pytest.MonkeyPatch, module: object) -> None:
        """Sets the member up again right after this module checked a password."""

        async def checked(stored: str | None, password: str, turn: Turn) -> bool:
            right = await verify_password(stored, password, turn)
            await self.renew()
            return right

        monkeypatch.setattr(module, "verify_password", checked)


async def _desk(db: Database, keyring: Keyring) -> Desk:
    settings = Settings.of(public_origin=ORIGIN)
    factors, sessions = StaffFactors(db, keyring, settings.site), StaffSessions(db, settings.console)
    second = SecondFactors(db, factors, settings)
    logins = StaffLogins(db, second, LookupKey(bytes(32)), settings, sessions)
    return Desk(db, await set_up(db, keyring, now=START), logins, OwnLogin(db, factors, settings))


@pytest.fixture
async def desk(db: Database, keyring: Keyring) -> Desk:
    return await _desk(db, keyring)


async def test_login_by_a_password_just_voided_is_refused(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.renewed_amid(monkeypatch, staff_login)
    with pytest.raises(StaffLoginFailed):
        await desk.begin()
    assert await desk.count("staff_ceremonies") == 0


async def test_new_set_up_voids_a_password_being_changed(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """The new set-up address stays valid: a change of password ends only earlier ones."""
    desk.renewed_amid(monkeypatch, own_login)
    with pytest.raises(Unauthenticated):
        await desk.own.change_password(
            desk.made.opened.member, PASSWORD, "Another-desk-2027", address=ADDRESS, now=LATER
        )
    assert (await fetch(desk.db, "SELECT password_hash FROM staff"))["password_hash"] is None
    assert await desk.count("staff_set_ups") == 1


async def test_change_of_password_waits_for_a_session_being_opened(
    postgresql_url: str, keyring: Keyring, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The change comes between the last look at the member and the commit of the session.

    SQLite has one writer and so no race.
    """
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
