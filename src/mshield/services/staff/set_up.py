"""First access of people to the console: an address, used once, where a member sets their password and second factor.

A new address voids what they had: password, factors, sessions. So it is also the way back for who lost their phone.
"""

from dataclasses import dataclass
from typing import Final

from mshield.domain import errors
from mshield.domain.actor import By
from mshield.domain.password import check_password
from mshield.domain.staff import StaffRole
from mshield.domain.tokens import token_hash
from mshield.services.accounts.passwords import hash_password, take_turn
from mshield.services.staff.factors import Confirmation, FactorOffer, StaffFactors
from mshield.services.staff.members import StaffMember, member_of
from mshield.services.staff.session import OpenedSession, Place, StaffSessions, new_token
from mshield.settings import Settings
from mshield.store.database.interface import Conflict, Database, Tx
from mshield.store.staff import access, acts, factors
from mshield.store.staff import members as store
from mshield.store.staff import sessions as staff_sessions

PATH: Final = "/console/set-up"


@dataclass(frozen=True, slots=True, kw_only=True)
class SetUpBegun:
    """Whose login is set up, and the second factor that they may add."""

    name: str
    roles: tuple[StaffRole, ...]
    offer: FactorOffer


async def renew_set_up(
    db: Database, *, staff_id: str, by: By, life: int, now: int
) -> tuple[StaffMember, str]:
    """A code of first access for an active member, for `life` seconds; what they logged in with is void.

    Raises NotFound.
    """
    return await db.write(lambda tx: renew_in(tx, staff_id=staff_id, by=by, life=life, now=now))


async def renew_in(tx: Tx, *, staff_id: str, by: By, life: int, now: int) -> tuple[StaffMember, str]:
    """The same, in a transaction of the caller's. Raises NotFound."""
    code = new_token()
    row = await store.find(tx, staff_id=staff_id)
    if row is None or not await store.set_password(tx, staff_id=staff_id, password_hash=None, now=now):
        raise errors.NotFound
    await factors.remove_all(tx, staff_id=staff_id)
    await access.end_all(tx, staff_id=staff_id, now=now)
    ended = await staff_sessions.end_of_member(tx, staff_id=staff_id, now=now)
    await access.insert_set_up(
        tx, code_hash=token_hash(code), staff_id=staff_id, expires_at=now + life * 1000, now=now
    )
    details = {"sessions_ended": ended}
    await acts.record(tx, by=by, act="staff.reset", subject=staff_id, details=details, now=now)
    return member_of(row), code


def set_up_address(settings: Settings, code: str) -> str:
    """Where the member goes; the code stands behind #, which no browser sends to a server or names as a referrer."""
    return f"{settings.public_origin}{PATH}#{code}"


@dataclass(frozen=True, slots=True)
class SetUps:
    """Sets up logins."""

    db: Database
    factors: StaffFactors
    sessions: StaffSessions

    async def begin(self, code: str, *, now: int) -> SetUpBegun:
        """Whose code this is, and a new factor for them. Raises SetUpOver."""
        row = await self._member(code, now=now)
        offer = await self.factors.offer(row, now=now)
        return SetUpBegun(name=row.name, roles=member_of(row).roles, offer=offer)

    async def finish(
        self, code: str, password: str, first_use: Confirmation, place: Place, *, now: int
    ) -> OpenedSession:
        """Sets password and factor, and opens the first session; the code is used.

        Raises SetUpOver, WeakPassword, what `StaffFactors.confirm` raises; SecurityKeyRefused for a key that is
        enrolled already.
        """
        row = await self._member(code, now=now)
        plain = check_password(password, name=row.name)
        confirmed = await self.factors.confirm(row.id, first_use, now=now)
        with take_turn("staff") as turn:
            password_hash = await hash_password(plain, turn)

        async def work(tx: Tx) -> OpenedSession:
            if not await access.use_set_up(tx, code_hash=token_hash(code), now=now):
                raise errors.SetUpOver
            if not await store.set_password(tx, staff_id=row.id, password_hash=password_hash, now=now):
                raise errors.SetUpOver
            await access.end_all(tx, staff_id=row.id, now=now)
            await factors.insert(tx, confirmed.factor, staff_id=row.id, now=now)
            kind = confirmed.factor.kind
            by, details = By("staff", row.id), {"factor": kind}
            await acts.record(tx, by=by, act="staff.set_up", subject=row.id, details=details, now=now)
            return await self.sessions.open(tx, row, place, factor=kind, now=now)

        try:
            return await self.db.write(work)
        except Conflict as error:  # a key that is enrolled already
            raise errors.SecurityKeyRefused from error

    async def _member(self, code: str, *, now: int) -> store.StaffRow:
        staff_id = await access.find_set_up(self.db, code_hash=token_hash(code), now=now)
        row = None if staff_id is None else await store.find(self.db, staff_id=staff_id)
        if row is None:
            raise errors.SetUpOver
        return row
