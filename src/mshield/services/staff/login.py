"""Login of people at the console: name and password, then a second factor, then a session.

Each half is counted before it is looked at: the first against the name and the address, the second against the member,
so that who has a password can't try codes. Nothing tells a wrong name from a wrong password.
"""

from dataclasses import dataclass, field

from mshield.domain import errors
from mshield.domain.lines import in_one_spacing
from mshield.domain.password import normalise_password
from mshield.domain.tokens import token_hash
from mshield.keys.secrets import LookupKey
from mshield.services.accounts.passwords import Turn, take_turn, verify_password
from mshield.services.accounts.throttle import LoginThrottle
from mshield.services.staff.factors import FactorProof, KeyRequest
from mshield.services.staff.second_factor import SecondFactors
from mshield.services.staff.security_keys import new_challenge
from mshield.services.staff.session import OpenedSession, Place, StaffSessions, new_token
from mshield.settings import Settings
from mshield.store.database.interface import Database, Tx
from mshield.store.staff import access
from mshield.store.staff import members as store


@dataclass(frozen=True, slots=True, kw_only=True)
class LoginBegun:
    """The first half of a login: its token, the kinds of factor that finish it, its life in seconds.

    `key` is what a browser asks a security key, where the member has one.
    """

    login_id: str = field(repr=False)
    factors: tuple[str, ...]
    key: KeyRequest | None
    expires_in: int


@dataclass(frozen=True, slots=True)
class StaffLogins:
    """Logs members of staff in."""

    db: Database
    second: SecondFactors
    lookup: LookupKey = field(repr=False)
    settings: Settings
    sessions: StaffSessions

    async def begin(self, name: str, password: str, *, address: str, now: int) -> LoginBegun:
        """Checks the password. Raises StaffLoginFailed, LoginSlowed, Unavailable."""
        with take_turn("console", address) as turn:
            row = await self._verified(name, password, turn, address=address, now=now)
        return await self._begun(row, now=now)

    async def _verified(
        self, name: str, password: str, turn: Turn, *, address: str, now: int
    ) -> store.StaffRow:
        throttle = LoginThrottle(self.db, self.settings)
        plain = in_one_spacing(name)
        subject = self.lookup.lookup_hash("staff-login", plain).hex()
        await throttle.begin(account=subject, address=address, now=now)
        row = await store.find_named(self.db, name=plain)
        stored = row.password_hash if row is not None and row.state == "active" else None
        if not await verify_password(stored, normalise_password(password), turn) or row is None:
            await throttle.failed(address=address, now=now)
            raise errors.StaffLoginFailed
        await throttle.succeeded(account=subject, address=address, now=now)
        return row

    async def finish(self, login_id: str, proof: FactorProof, place: Place, *, now: int) -> OpenedSession:
        """The session, by a second factor.

        Raises StaffLoginOver, SecondFactorWrong, SecurityKeyRefused, LoginSlowed.
        """

        async def work(tx: Tx, row: store.StaffRow, kind: str) -> OpenedSession:
            return await self.sessions.open(tx, row, place, factor=kind, now=now)

        return await self.second.accept(token_hash(login_id), "login", proof, place, work, now=now)

    async def _begun(self, verified: store.StaffRow, *, now: int) -> LoginBegun:
        """Only for the member as verified: a new password, or disabling, ends the logins that began before it."""
        login_id, challenge = new_token(), new_challenge()
        life = self.settings.console_login_seconds

        async def work(tx: Tx) -> None:
            row = await store.find_unchanging(tx, staff_id=verified.id)
            if row is None or (row.state, row.password_hash) != (verified.state, verified.password_hash):
                raise errors.StaffLoginFailed
            await access.insert_ceremony(
                tx,
                access.Ceremony(row.id, None, challenge),
                token_hash=token_hash(login_id),
                purpose="login",
                expires_at=now + life * 1000,
            )

        await self.db.write(work)
        kinds, key = await self.second.factors.request(verified.id, challenge)
        return LoginBegun(login_id=login_id, factors=kinds, key=key, expires_in=life)
