"""First access to the console: a single-use address where a member sets their password and second factor.

A new address voids their previous password, factors and sessions. So it also serves members who lost their
phone.
"""

from dataclasses import dataclass
from typing import Final

from mshield.server.accounts.passwords import hash_password, take_turn
from mshield.server.accounts.rules.password import check_password
from mshield.server.acts.actor import By
from mshield.server.acts.rows import acts
from mshield.server.database.interface import Conflict, Database, Tx
from mshield.server.errors import NotFound
from mshield.server.settings.site import SiteSettings
from mshield.server.staff.errors import SecurityKeyRefused, SetUpOver
from mshield.server.staff.factors import Confirmation, FactorOfferMessage, StaffFactors
from mshield.server.staff.members import StaffMember, member_of
from mshield.server.staff.rows import access, factors
from mshield.server.staff.rows import members as store
from mshield.server.staff.rows import sessions as staff_sessions
from mshield.server.staff.rules import StaffRole
from mshield.server.staff.session import OpenedSession, Place, StaffSessions, new_token
from mshield.wire.messages import AnswerMessage
from mshield.wire.tokens import token_hash

PATH: Final = "/console/set-up"


class SetUpBegunMessage(AnswerMessage, frozen=True):
    """The member whose login is set up, and the second factor offered."""

    name: str
    roles: tuple[StaffRole, ...]
    offer: FactorOfferMessage


async def renew_set_up(
    db: Database, *, staff_id: str, by: By, life: int, now: int
) -> tuple[StaffMember, str]:
    """Creates a set-up code for an active member, valid for `life` seconds. Voids the member's previous login.

    Raises: NotFound.
    """
    return await db.write(lambda tx: renew_in(tx, staff_id=staff_id, by=by, life=life, now=now))


async def renew_in(tx: Tx, *, staff_id: str, by: By, life: int, now: int) -> tuple[StaffMember, str]:
    """Like `renew_set_up`, in the caller's transaction. Raises: NotFound."""
    code = new_token()
    row = await store.find(tx, staff_id=staff_id)
    if row is None or not await store.set_password(tx, staff_id=staff_id, password_hash=None, now=now):
        raise NotFound
    await factors.remove_all(tx, staff_id=staff_id)
    await access.end_all(tx, staff_id=staff_id, now=now)
    ended = await staff_sessions.end_of_member(tx, staff_id=staff_id, now=now)
    await access.insert_set_up(
        tx, code_hash=token_hash(code), staff_id=staff_id, expires_at=now + life * 1000, now=now
    )
    details = {"sessions_ended": ended}
    await acts.record(tx, by=by, act="staff.reset", subject=staff_id, details=details, now=now)
    return member_of(row), code


def set_up_address(settings: SiteSettings, code: str) -> str:
    """Returns the address for the member.

    The code is in the fragment after #, which browsers neither send to servers nor include in referrers.
    """
    return f"{settings.public_origin}{PATH}#{code}"


@dataclass(frozen=True, slots=True)
class SetUps:
    """Sets up logins."""

    db: Database
    factors: StaffFactors
    sessions: StaffSessions

    async def begin(self, code: str, *, now: int) -> SetUpBegunMessage:
        """Returns the code's member and offers a factor. Raises: SetUpOver."""
        row = await self._member(code, now=now)
        offer = await self.factors.offer(row, now=now)
        return SetUpBegunMessage(name=row.name, roles=member_of(row).roles, offer=offer)

    async def finish(
        self, code: str, password: str, first_use: Confirmation, place: Place, *, now: int
    ) -> OpenedSession:
        """Sets password and factor, spends the code, and opens the first session.

        Raises: SetUpOver, WeakPassword, SecurityKeyRefused (also if the key is already enrolled), and as
        `StaffFactors.confirm`.
        """
        row = await self._member(code, now=now)
        plain = check_password(password, name=row.name)
        confirmed = await self.factors.confirm(row.id, first_use, now=now)
        with take_turn("staff") as turn:
            password_hash = await hash_password(plain, turn)

        async def work(tx: Tx) -> OpenedSession:
            if not await access.use_set_up(tx, code_hash=token_hash(code), now=now):
                raise SetUpOver
            if not await store.set_password(tx, staff_id=row.id, password_hash=password_hash, now=now):
                raise SetUpOver
            await access.end_all(tx, staff_id=row.id, now=now)
            await factors.insert(tx, confirmed.factor, staff_id=row.id, now=now)
            kind = confirmed.factor.kind
            by, details = By("staff", row.id), {"factor": kind}
            await acts.record(tx, by=by, act="staff.set_up", subject=row.id, details=details, now=now)
            return await self.sessions.open(tx, row, place, factor=kind, now=now)

        try:
            return await self.db.write(work)
        except Conflict as error:  # the key is already enrolled
            raise SecurityKeyRefused from error

    async def _member(self, code: str, *, now: int) -> store.StaffRow:
        staff_id = await access.find_set_up(self.db, code_hash=token_hash(code), now=now)
        row = None if staff_id is None else await store.find(self.db, staff_id=staff_id)
        if row is None:
            raise SetUpOver
        return row
