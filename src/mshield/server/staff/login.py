"""Login of people at the console: name and password, then a second factor, then a session.

Each half is counted before it is checked: the first by name and address, the second by member, so that
knowing a password doesn't allow guessing codes. Errors never distinguish a wrong name from a wrong password.
"""

from dataclasses import dataclass, field

from mshield.server.accounts.passwords import Turn, take_turn, verify_password
from mshield.server.accounts.rules.password import normalise_password
from mshield.server.database.interface import Database, Tx
from mshield.server.keys.secrets import LookupKey
from mshield.server.runtime.throttle import LoginThrottle
from mshield.server.settings.settings import Settings
from mshield.server.staff.errors import StaffLoginFailed
from mshield.server.staff.factors import FactorProof, KeyRequestMessage
from mshield.server.staff.rows import access
from mshield.server.staff.rows import members as store
from mshield.server.staff.rules import Kind
from mshield.server.staff.second_factor import SecondFactors
from mshield.server.staff.security_keys import new_challenge
from mshield.server.staff.session import OpenedSession, Place, StaffSessions, new_token
from mshield.server.values.lines import in_one_spacing
from mshield.wire.messages import SecretAnswerMessage
from mshield.wire.tokens import token_hash


class ConsoleLoginBegunMessage(SecretAnswerMessage, frozen=True):
    """Options for finishing the login; `expires_in` in seconds.

    `factors` are the member's kinds of factors; `key` is for the browser, if they have a security key.
    """

    login_id: str
    factors: tuple[Kind, ...]
    key: KeyRequestMessage | None
    expires_in: int


@dataclass(frozen=True, slots=True)
class StaffLogins:
    """Logs members of staff in."""

    db: Database
    second: SecondFactors
    lookup: LookupKey = field(repr=False)
    settings: Settings
    sessions: StaffSessions

    async def begin(self, name: str, password: str, *, address: str, now: int) -> ConsoleLoginBegunMessage:
        """Checks name and password. Raises: StaffLoginFailed, LoginSlowed, Unavailable."""
        with take_turn("console", address) as turn:
            row = await self._verified(name, password, turn, address=address, now=now)
        return await self._begun(row, now=now)

    async def _verified(
        self, name: str, password: str, turn: Turn, *, address: str, now: int
    ) -> store.StaffRow:
        throttle = LoginThrottle(self.db, self.settings.accounts)
        plain = in_one_spacing(name)
        subject = self.lookup.lookup_hash("staff-login", plain).hex()
        await throttle.begin(account=subject, address=address, now=now)
        row = await store.find_named(self.db, name=plain)
        stored = row.password_hash if row is not None and row.state == "active" else None
        if not await verify_password(stored, normalise_password(password), turn) or row is None:
            await throttle.failed(address=address, now=now)
            raise StaffLoginFailed
        await throttle.succeeded(account=subject, address=address, now=now)
        return row

    async def finish(self, login_id: str, proof: FactorProof, place: Place, *, now: int) -> OpenedSession:
        """Completes the login by a second factor and returns the session.

        Raises: StaffLoginOver, SecondFactorWrong, SecurityKeyRefused, LoginSlowed.
        """

        async def work(tx: Tx, row: store.StaffRow, kind: str) -> OpenedSession:
            return await self.sessions.open(tx, row, place, factor=kind, now=now)

        return await self.second.accept(token_hash(login_id), "login", proof, place, work, now=now)

    async def _begun(self, verified: store.StaffRow, *, now: int) -> ConsoleLoginBegunMessage:
        """Begins a login, only if the member is unchanged since the verification.

        So a new password or disabling also ends logins that are in progress.
        """
        login_id, challenge = new_token(), new_challenge()
        life = self.settings.console.login_seconds

        async def work(tx: Tx) -> None:
            row = await store.find_unchanging(tx, staff_id=verified.id)
            if row is None or (row.state, row.password_hash) != (verified.state, verified.password_hash):
                raise StaffLoginFailed
            await access.insert_ceremony(
                tx,
                access.Ceremony(row.id, None, challenge),
                token_hash=token_hash(login_id),
                purpose="login",
                expires_at=now + life * 1000,
            )

        await self.db.write(work)
        kinds, key = await self.second.factors.request(verified.id, challenge)
        return ConsoleLoginBegunMessage(login_id=login_id, factors=kinds, key=key, expires_in=life)
