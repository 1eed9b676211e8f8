"""A second factor shown: at a login, and again in a session before a grave act.

Each try is counted before it is looked at, against the member over all of these together. What was shown again counts
for the one session that asked for it.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import TypeVar

from mshield.domain import errors
from mshield.domain.actor import SERVICE
from mshield.domain.staff import CONFIRM_MS
from mshield.domain.tokens import token_hash
from mshield.services.accounts.throttle import LoginThrottle
from mshield.services.staff.factors import CounterWentBack, FactorProof, KeyRequest, StaffFactors
from mshield.services.staff.members import StaffMember
from mshield.services.staff.security_keys import new_challenge
from mshield.services.staff.session import Place, new_token
from mshield.settings import Settings
from mshield.store.database.interface import Database, Tx
from mshield.store.staff import access, acts
from mshield.store.staff import members as store
from mshield.store.staff import sessions as staff_sessions

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class FactorAsked:
    """A second factor is asked for: the token of that, the kinds that the member has, its life in seconds.

    `key` is what a browser asks a security key, where the member has one.
    """

    id: str = field(repr=False)
    factors: tuple[str, ...]
    key: KeyRequest | None
    expires_in: int


@dataclass(frozen=True, slots=True)
class SecondFactors:
    """Asks for them and takes them."""

    db: Database
    factors: StaffFactors
    settings: Settings

    async def ask(self, member: StaffMember, *, now: int) -> FactorAsked:
        """Asks who is logged in to show one again, in this session."""
        asked, challenge = new_token(), new_challenge()
        life = self.settings.console_login_seconds
        ceremony = access.Ceremony(member.id, None, challenge)
        await self.db.write(
            lambda tx: access.insert_ceremony(
                tx,
                ceremony,
                token_hash=_of_session(member, asked),
                purpose="confirm",
                expires_at=now + life * 1000,
            )
        )
        kinds, key = await self.factors.request(member.id, challenge)
        return FactorAsked(id=asked, factors=kinds, key=key, expires_in=life)

    async def show(
        self, member: StaffMember, asked: str, proof: FactorProof, place: Place, *, now: int
    ) -> int:
        """It was shown again; grave acts of this session are open until the time (ms) that this gives.

        Raises StaffLoginOver, also for what another session was asked, SecondFactorWrong, SecurityKeyRefused,
        LoginSlowed; Unauthenticated where the session ended meanwhile.
        """

        async def work(tx: Tx, row: store.StaffRow, kind: str) -> int:
            session_id = member.session_id or ""
            if not await staff_sessions.confirm(tx, session_id=session_id, staff_id=row.id, now=now):
                raise errors.Unauthenticated
            details = {"factor": kind}
            await acts.record(tx, by=member.by, act="staff.confirm", subject=row.id, details=details, now=now)
            return now + CONFIRM_MS

        return await self.accept(_of_session(member, asked), "confirm", proof, place, work, now=now)

    async def accept(
        self,
        hashed: bytes,
        purpose: access.Purpose,
        proof: FactorProof,
        place: Place,
        work: Callable[[Tx, store.StaffRow, str], Awaitable[T]],
        *,
        now: int,
    ) -> T:
        """What `work` makes of the member and the kind of factor, in the transaction that accepts it.

        Raises StaffLoginOver, SecondFactorWrong, SecurityKeyRefused, LoginSlowed.
        """
        ceremony = await access.find_ceremony(self.db, token_hash=hashed, purpose=purpose, now=now)
        if ceremony is None:
            raise errors.StaffLoginOver
        throttle = LoginThrottle(self.db, self.settings)
        subject = f"staff-factor {ceremony.staff_id}"
        await throttle.begin(account=subject, address=place.address, now=now)

        async def accepted(tx: Tx) -> T:
            row = await store.find_unchanging(tx, staff_id=ceremony.staff_id)
            spent = await access.use_ceremony(tx, token_hash=hashed, now=now)
            if row is None or row.state != "active" or not spent:
                raise errors.StaffLoginOver
            kind = await self.factors.accept(tx, row.id, proof, challenge=ceremony.challenge, now=now)
            return await work(tx, row, kind)

        try:
            result = await self.db.write(accepted)
        except (errors.SecondFactorWrong, errors.SecurityKeyRefused):
            await throttle.failed(address=place.address, now=now)
            raise
        except CounterWentBack as error:
            await throttle.failed(address=place.address, now=now)
            await self._record_copy(ceremony.staff_id, error.factor_id, now=now)
            raise errors.SecurityKeyRefused from error
        await throttle.succeeded(account=subject, address=place.address, now=now)
        return result

    async def _record_copy(self, staff_id: str, factor_id: str, *, now: int) -> None:
        """A key whose counter goes back may have a copy: auditors see it."""
        details = {"factor": factor_id}
        await self.db.write(
            lambda tx: acts.record(
                tx, by=SERVICE, act="staff.key_counter", subject=staff_id, details=details, now=now
            )
        )


def require_second_factor(member: StaffMember, *, now: int) -> None:
    """Raises SecondFactorNeeded unless one was shown in this session, at the login or again, in the last five minutes.

    The login's counts: who has just shown it would show it again unasked, which teaches nothing but haste.
    """
    if member.factor_at is None or abs(now - member.factor_at) >= CONFIRM_MS:
        raise errors.SecondFactorNeeded


def require_shown_again(member: StaffMember, *, now: int) -> None:
    """The same, where the login's isn't enough: what ends many certificates by one word. Raises SecondFactorNeeded."""
    if not member.confirmed_at:
        raise errors.SecondFactorNeeded
    require_second_factor(member, now=now)


def _of_session(member: StaffMember, asked: str) -> bytes:
    return token_hash(f"{member.session_id}.{asked}")
