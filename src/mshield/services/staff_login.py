"""Login of people at the console: name and password, then a second factor, then a session.

Each half is counted before it is looked at: the first against the name and the address, the second against the member,
so that who has a password can't try codes. Nothing tells a wrong name from a wrong password.
"""

import secrets
from dataclasses import dataclass, field
from typing import Final

from mshield.domain import errors
from mshield.domain.password import normalise_password
from mshield.keys.keyring import Keyring
from mshield.keys.secrets import LookupKey
from mshield.services.one_time_code import step_of
from mshield.services.passwords import verify_password
from mshield.services.session import token_hash
from mshield.services.staff import plain_name
from mshield.services.staff_session import OpenedSession, Place, StaffSessions, new_token
from mshield.services.throttle import LoginThrottle
from mshield.settings import Settings
from mshield.store import staff as store
from mshield.store import staff_access as access
from mshield.store import staff_factors as factors
from mshield.store.database import Database, Tx

TOTP_PURPOSE: Final = "staff-totp"
_CHALLENGE_BYTES: Final = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class LoginBegun:
    """The first half of a login: its token, the kinds of factor that finish it, its life in seconds."""

    login_id: str = field(repr=False)
    factors: tuple[str, ...]
    expires_in: int


@dataclass(frozen=True, slots=True)
class StaffLogins:
    """Logs members of staff in."""

    db: Database
    keyring: Keyring = field(repr=False)
    lookup: LookupKey = field(repr=False)
    settings: Settings
    sessions: StaffSessions

    async def begin(self, name: str, password: str, *, address: str, now: int) -> LoginBegun:
        """Checks the password. Raises StaffLoginFailed, LoginSlowed."""
        throttle = LoginThrottle(self.db, self.settings)
        plain = plain_name(name)
        subject = self.lookup.lookup_hash("staff-login", plain).hex()
        await throttle.begin(account=subject, address=address, now=now)
        row = await store.find_named(self.db, name=plain)
        stored = row.password_hash if row is not None and row.state == "active" else None
        if not await verify_password(stored, normalise_password(password)) or row is None:
            await throttle.failed(address=address, now=now)
            raise errors.StaffLoginFailed
        await throttle.succeeded(account=subject)
        return await self._begun(row.id, now=now)

    async def finish(self, login_id: str, code: str, place: Place, *, now: int) -> OpenedSession:
        """The session, by a one-time code. Raises StaffLoginOver, SecondFactorWrong, LoginSlowed."""
        hashed = token_hash(login_id)
        ceremony = await access.find_ceremony(self.db, token_hash=hashed, purpose="login", now=now)
        if ceremony is None:
            raise errors.StaffLoginOver
        throttle = LoginThrottle(self.db, self.settings)
        subject = f"staff-factor {ceremony.staff_id}"
        await throttle.begin(account=subject, address=place.address, now=now)

        async def work(tx: Tx) -> OpenedSession:
            row = await store.find(tx, staff_id=ceremony.staff_id)
            if row is None or row.state != "active" or not await _spent(tx, hashed, now=now):
                raise errors.StaffLoginOver
            if not await self._accepts(tx, row.id, code, now=now):
                raise errors.SecondFactorWrong
            return await self.sessions.open(tx, row, place, factor="totp", now=now)

        try:
            opened = await self.db.write(work)
        except errors.SecondFactorWrong:
            await throttle.failed(address=place.address, now=now)
            raise
        await throttle.succeeded(account=subject)
        return opened

    async def _begun(self, staff_id: str, *, now: int) -> LoginBegun:
        login_id, life = new_token(), self.settings.console_login_seconds
        ceremony = access.Ceremony(staff_id, None, secrets.token_bytes(_CHALLENGE_BYTES))
        await access.insert_ceremony(
            self.db, ceremony, token_hash=token_hash(login_id), purpose="login", expires_at=now + life * 1000
        )
        held = {each.kind for each in await factors.of_member(self.db, staff_id=staff_id)}
        return LoginBegun(login_id=login_id, factors=tuple(sorted(held)), expires_in=life)

    async def _accepts(self, tx: Tx, staff_id: str, code: str, *, now: int) -> bool:
        """Whether one of the member's TOTPs accepts the code, which it then never does again."""
        for factor in await factors.of_member(tx, staff_id=staff_id):
            if factor.secret_box is None:
                continue
            secret = self.keyring.open(factor.secret_box, purpose=TOTP_PURPOSE, context=factor.id.encode())
            step = step_of(secret, code, now=now)
            if step is not None and await factors.use_step(tx, factor_id=factor.id, step=step, now=now):
                return True
        return False


async def _spent(tx: Tx, hashed: bytes, *, now: int) -> bool:
    return await access.use_ceremony(tx, token_hash=hashed, now=now)
