"""A member of staff's own login: second factors, password, sessions.

Whatever changes it asks for the password again, counted as in a login: an open session that somebody else found isn't
enough. A new password ends the member's other sessions.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from mshield.domain import errors
from mshield.domain.password import check_password, normalise_password
from mshield.services.accounts.passwords import hash_password, take_turn, verify_password
from mshield.services.accounts.throttle import LoginThrottle
from mshield.services.staff.factors import Confirmation, FactorOffer, StaffFactors
from mshield.services.staff.members import StaffMember
from mshield.settings import Settings
from mshield.store.database.interface import Conflict, Database, Tx
from mshield.store.staff import access, acts, factors
from mshield.store.staff import members as store
from mshield.store.staff import sessions as staff_sessions
from mshield.store.staff.factors import FactorRow
from mshield.store.staff.sessions import ShownSession

__all__ = ["FactorRow", "OwnLogin", "ShownSession"]


@dataclass(frozen=True, slots=True)
class OwnLogin:
    """Shows and changes it."""

    db: Database
    factors: StaffFactors
    settings: Settings

    async def show(self, member: StaffMember, *, now: int) -> tuple[list[FactorRow], list[ShownSession]]:
        """The member's factors, and the sessions that still count."""
        idle_since = now - self.settings.console_idle_seconds * 1000
        sessions = await staff_sessions.of_member(self.db, staff_id=member.id, idle_since=idle_since, now=now)
        return await factors.of_member(self.db, staff_id=member.id), sessions

    async def change_password(
        self, member: StaffMember, old: str, new: str, *, address: str, now: int
    ) -> int:
        """Ends the member's other sessions, and gives their number.

        Raises WrongOwnPassword, LoginSlowed, WeakPassword; Unauthenticated where the password changed meanwhile.
        """
        row = await self._confirm(member, old, address=address, now=now)
        plain = check_password(new, name=member.name)
        with take_turn("staff") as turn:
            password_hash = await hash_password(plain, turn)

        async def work(tx: Tx) -> int:
            if not await store.change_password(
                tx,
                staff_id=member.id,
                previous=row.password_hash or "",
                password_hash=password_hash,
                now=now,
            ):
                raise errors.Unauthenticated
            current = member.session_id or ""
            ended = await staff_sessions.end_others(tx, staff_id=member.id, current=current, now=now)
            await access.end_all(tx, staff_id=member.id, now=now)
            await _record(tx, member, "staff.password", {"sessions_ended": ended}, now=now)
            return ended

        return await self.db.write(work)

    async def offer(self, member: StaffMember, password: str, *, address: str, now: int) -> FactorOffer:
        """A factor that the member may add. Raises WrongOwnPassword, LoginSlowed."""
        return await self.factors.offer(
            await self._confirm(member, password, address=address, now=now), now=now
        )

    async def add(self, member: StaffMember, first_use: Confirmation, *, now: int) -> str:
        """Adds the factor that was offered, and gives its id.

        Raises what `StaffFactors.confirm` raises; SecurityKeyRefused for a key that is enrolled already.
        """
        confirmed = await self.factors.confirm(member.id, first_use, now=now)

        async def work(tx: Tx) -> str:
            if not await access.use_ceremony(tx, token_hash=confirmed.offer_hash, now=now):
                raise errors.StaffLoginOver
            factor = confirmed.factor
            await factors.insert(tx, factor, staff_id=member.id, now=now)
            details = {"factor": factor.id, "kind": factor.kind}
            await _record(tx, member, "staff.factor_add", details, now=now)
            return factor.id

        try:
            return await self.db.write(work)
        except Conflict as error:  # a key that is enrolled already
            raise errors.SecurityKeyRefused from error

    async def remove(
        self, member: StaffMember, factor_id: str, password: str, *, address: str, now: int
    ) -> None:
        """Takes one of the member's factors away. Raises WrongOwnPassword, LoginSlowed, NotFound, LastFactor."""
        await self._confirm(member, password, address=address, now=now)
        own = {factor.id for factor in await factors.of_member(self.db, staff_id=member.id)}
        if factor_id not in own:
            raise errors.NotFound

        async def work(tx: Tx) -> None:
            if not await factors.remove(tx, factor_id=factor_id, staff_id=member.id):
                raise errors.LastFactor
            await _record(tx, member, "staff.factor_remove", {"factor": factor_id}, now=now)

        await self.db.write(work)

    async def end_session(self, member: StaffMember, session_id: str, *, now: int) -> None:
        """Logs the member out elsewhere. Raises NotFound."""
        if not await self.db.write(
            lambda tx: staff_sessions.end(tx, session_id=session_id, staff_id=member.id, now=now)
        ):
            raise errors.NotFound

    async def _confirm(self, member: StaffMember, password: str, *, address: str, now: int) -> store.StaffRow:
        throttle = LoginThrottle(self.db, self.settings)
        subject = f"staff-own {member.id}"
        with take_turn("staff") as turn:
            await throttle.begin(account=subject, address=address, now=now)
            row = await store.find(self.db, staff_id=member.id)
            plain = normalise_password(password)
            right = row is not None and await verify_password(row.password_hash, plain, turn)
        if row is None or not right:
            await throttle.failed(address=address, now=now)
            raise errors.WrongOwnPassword
        await throttle.succeeded(account=subject, address=address, now=now)
        return row


async def _record(tx: Tx, member: StaffMember, act: str, details: Mapping[str, object], *, now: int) -> None:
    await acts.record(tx, by=member.by, act=act, subject=member.id, details=details, now=now)
