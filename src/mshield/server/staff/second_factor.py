"""Checks second factors: at a login, and again in a session before a critical act.

Each attempt is counted before it is checked, per member over all logins and sessions. A repeated factor is
valid only in the session that requested it.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeVar

from mshield.server.acts.actor import SERVICE
from mshield.server.acts.rows import acts
from mshield.server.database.interface import Tx
from mshield.server.errors import Unauthenticated
from mshield.server.staff.errors import (
    SecondFactorNeeded,
    SecondFactorWrong,
    SecurityKeyRefused,
    StaffLoginOver,
)
from mshield.server.staff.factors import CounterWentBack, FactorProof, KeyRequestMessage
from mshield.server.staff.login_checks import LoginChecks
from mshield.server.staff.members import StaffMember
from mshield.server.staff.rows import access
from mshield.server.staff.rows import members as store
from mshield.server.staff.rows import sessions as staff_sessions
from mshield.server.staff.rules import CONFIRM_MS, Kind
from mshield.server.staff.security_keys import new_challenge
from mshield.server.staff.session import Place, new_token
from mshield.wire.messages import SecretAnswerMessage
from mshield.wire.tokens import token_hash

T = TypeVar("T")


class SecondFactorAskedMessage(SecretAnswerMessage, frozen=True):
    """Options for showing the factor; `expires_in` in seconds.

    `factors` are the member's kinds of factors; `key` is for the browser, if they have a security key.
    """

    id: str
    factors: tuple[Kind, ...]
    key: KeyRequestMessage | None
    expires_in: int


@dataclass(frozen=True, slots=True)
class SecondFactors(LoginChecks):
    """Requests and checks second factors."""

    async def ask(self, member: StaffMember, *, now: int) -> SecondFactorAskedMessage:
        """Requests another second factor from a logged-in member, for this session."""
        token, challenge = new_token(), new_challenge()
        life = self.settings.console.login_seconds
        ceremony = access.Ceremony(member.id, None, challenge)
        await self.db.write(
            lambda tx: access.insert_ceremony(
                tx,
                ceremony,
                token_hash=_of_session(member, token),
                purpose="confirm",
                expires_at=now + life * 1000,
            )
        )
        kinds, key = await self.factors.request(member.id, challenge)
        return SecondFactorAskedMessage(id=token, factors=kinds, key=key, expires_in=life)

    async def show(
        self, member: StaffMember, asked: str, proof: FactorProof, place: Place, *, now: int
    ) -> int:
        """Accepts a repeated factor. Returns the time (ms) until which this session may perform critical acts.

        Raises: StaffLoginOver (also for another session's request), SecondFactorWrong, SecurityKeyRefused,
        LoginSlowed, Unauthenticated (the session ended meanwhile).
        """

        async def work(tx: Tx, row: store.StaffRow, kind: str) -> int:
            session_id = member.session_id or ""
            if not await staff_sessions.confirm(tx, session_id=session_id, staff_id=row.id, now=now):
                raise Unauthenticated
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
        """Checks the proof and runs `work` with member and kind of factor in the transaction that accepts it.

        Returns the result of `work`. Raises: StaffLoginOver, SecondFactorWrong, SecurityKeyRefused,
        LoginSlowed.
        """
        ceremony = await access.find_ceremony(self.db, token_hash=hashed, purpose=purpose, now=now)
        if ceremony is None:
            raise StaffLoginOver
        throttle = self.throttle
        subject = f"staff-factor {ceremony.staff_id}"
        await throttle.begin(account=subject, address=place.address, now=now)

        async def accepted(tx: Tx) -> T:
            row = await store.find_unchanging(tx, staff_id=ceremony.staff_id)
            spent = await access.use_ceremony(tx, token_hash=hashed, now=now)
            if row is None or row.state != "active" or not spent:
                raise StaffLoginOver
            kind = await self.factors.accept(tx, row.id, proof, challenge=ceremony.challenge, now=now)
            return await work(tx, row, kind)

        try:
            result = await self.db.write(accepted)
        except (SecondFactorWrong, SecurityKeyRefused):
            await throttle.failed(address=place.address, now=now)
            raise
        except CounterWentBack as error:
            await throttle.failed(address=place.address, now=now)
            await self._record_copy(ceremony.staff_id, error.factor_id, now=now)
            raise SecurityKeyRefused from error
        await throttle.succeeded(account=subject, address=place.address, now=now)
        return result

    async def _record_copy(self, staff_id: str, factor_id: str, *, now: int) -> None:
        """Records an act for auditors: the key's counter went back, so it may have a copy."""
        details = {"factor": factor_id}
        await self.db.write(
            lambda tx: acts.record(
                tx, by=SERVICE, act="staff.key_counter", subject=staff_id, details=details, now=now
            )
        )


def require_second_factor(member: StaffMember, *, now: int) -> None:
    """Raises SecondFactorNeeded unless the session has shown a second factor in the last five minutes.

    The login's factor is sufficient, too: requiring it again right afterwards would only train members to
    confirm without thinking.
    """
    if member.factor_at is None or abs(now - member.factor_at) >= CONFIRM_MS:
        raise SecondFactorNeeded


def require_repeated_factor(member: StaffMember, *, now: int) -> None:
    """Like `require_second_factor`, but the login's factor isn't enough: for acts that end many certificates at once.

    Raises: SecondFactorNeeded.
    """
    if not member.confirmed_at:
        raise SecondFactorNeeded
    require_second_factor(member, now=now)


def _of_session(member: StaffMember, asked: str) -> bytes:
    return token_hash(f"{member.session_id}.{asked}")
