"""A member of staff's own login: second factors, password, sessions.

Changing password or factors requires the password again, rate-limited like a login, so that an unattended
open session isn't enough. A new password ends the member's other sessions.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from mshield.server.accounts.passwords import hash_password, take_turn, verify_password
from mshield.server.accounts.rules.password import check_password, normalise_password
from mshield.server.acts.rows import acts
from mshield.server.database.interface import Conflict, Tx
from mshield.server.errors import NotFound, Unauthenticated
from mshield.server.staff.errors import LastFactor, SecurityKeyRefused, StaffLoginOver, WrongOwnPassword
from mshield.server.staff.factors import Confirmation, FactorOfferMessage
from mshield.server.staff.login_checks import LoginChecks
from mshield.server.staff.members import StaffMember
from mshield.server.staff.rows import access, factors
from mshield.server.staff.rows import members as store
from mshield.server.staff.rows import sessions as staff_sessions
from mshield.server.staff.rows.factors import FactorRow
from mshield.server.staff.rules import OwnSessionMessage

__all__ = ["FactorRow", "OwnLogin"]


@dataclass(frozen=True, slots=True)
class OwnLogin(LoginChecks):
    """Shows and changes a member's own login."""

    async def show(self, member: StaffMember, *, now: int) -> tuple[list[FactorRow], list[OwnSessionMessage]]:
        """Returns the member's factors, and the sessions that are still valid."""
        idle_since = now - self.settings.console.idle_seconds * 1000
        sessions = await staff_sessions.of_member(
            self.db, staff_id=member.id, this=member.session_id, idle_since=idle_since, now=now
        )
        return await factors.of_member(self.db, staff_id=member.id), sessions

    async def change_password(
        self, member: StaffMember, old: str, new: str, *, address: str, now: int
    ) -> int:
        """Changes the password and ends the member's other sessions. Returns their number.

        Raises: WrongOwnPassword, LoginSlowed, WeakPassword, Unauthenticated (the password changed meanwhile).
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
                raise Unauthenticated
            current = member.session_id or ""
            ended = await staff_sessions.end_others(tx, staff_id=member.id, current=current, now=now)
            await access.end_all(tx, staff_id=member.id, now=now)
            await _record(tx, member, "staff.password", {"sessions_ended": ended}, now=now)
            return ended

        return await self.db.write(work)

    async def offer(
        self, member: StaffMember, password: str, *, address: str, now: int
    ) -> FactorOfferMessage:
        """Offers a factor to add. Raises: WrongOwnPassword, LoginSlowed."""
        return await self.factors.offer(
            await self._confirm(member, password, address=address, now=now), now=now
        )

    async def add(self, member: StaffMember, first_use: Confirmation, *, now: int) -> str:
        """Adds the offered factor and returns its id.

        Raises: StaffLoginOver, SecurityKeyRefused (also if the key is already enrolled), and as
        `StaffFactors.confirm`.
        """
        confirmed = await self.factors.confirm(member.id, first_use, now=now)

        async def work(tx: Tx) -> str:
            if not await access.use_ceremony(tx, token_hash=confirmed.offer_hash, now=now):
                raise StaffLoginOver
            factor = confirmed.factor
            await factors.insert(tx, factor, staff_id=member.id, now=now)
            details = {"factor": factor.id, "kind": factor.kind}
            await _record(tx, member, "staff.factor_add", details, now=now)
            return factor.id

        try:
            return await self.db.write(work)
        except Conflict as error:  # the key is already enrolled
            raise SecurityKeyRefused from error

    async def remove(
        self, member: StaffMember, factor_id: str, password: str, *, address: str, now: int
    ) -> None:
        """Removes one of the member's factors. Raises: WrongOwnPassword, LoginSlowed, NotFound, LastFactor."""
        await self._confirm(member, password, address=address, now=now)
        own = {factor.id for factor in await factors.of_member(self.db, staff_id=member.id)}
        if factor_id not in own:
            raise NotFound

        async def work(tx: Tx) -> None:
            if not await factors.remove(tx, factor_id=factor_id, staff_id=member.id):
                raise LastFactor
            await _record(tx, member, "staff.factor_remove", {"factor": factor_id}, now=now)

        await self.db.write(work)

    async def end_session(self, member: StaffMember, session_id: str, *, now: int) -> None:
        """Ends another session of the member. Raises: NotFound."""
        if not await self.db.write(
            lambda tx: staff_sessions.end(tx, session_id=session_id, staff_id=member.id, now=now)
        ):
            raise NotFound

    async def _confirm(self, member: StaffMember, password: str, *, address: str, now: int) -> store.StaffRow:
        throttle = self.throttle
        subject = f"staff-own {member.id}"
        with take_turn("staff") as turn:
            await throttle.begin(account=subject, address=address, now=now)
            row = await store.find(self.db, staff_id=member.id)
            plain = normalise_password(password)
            is_right = row is not None and await verify_password(row.password_hash, plain, turn)
        if row is None or not is_right:
            await throttle.failed(address=address, now=now)
            raise WrongOwnPassword
        await throttle.succeeded(account=subject, address=address, now=now)
        return row


async def _record(tx: Tx, member: StaffMember, act: str, details: Mapping[str, object], *, now: int) -> None:
    await acts.record(tx, by=member.by, act=act, subject=member.id, details=details, now=now)
