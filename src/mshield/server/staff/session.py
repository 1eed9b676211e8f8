"""Console sessions: opened by a complete login, identified by a cookie's token, ended by logout, idleness or expiry.

A token is 256 random bits, new for each login; only its hash is stored. Roles are read again at each call.
"""

import secrets
from dataclasses import dataclass, field, replace
from typing import Final

from mshield.server.acts.actor import By
from mshield.server.acts.rows import acts
from mshield.server.database.interface import Database, Tx
from mshield.server.errors import Unauthenticated
from mshield.server.runtime import csrf
from mshield.server.settings.console import ConsoleSettings
from mshield.server.staff.members import StaffMember, member_of
from mshield.server.staff.rows import members as staff
from mshield.server.staff.rows import sessions as store
from mshield.wire.ids import NEWEST, new_id
from mshield.wire.times import MINUTE_MS
from mshield.wire.tokens import base64url, token_hash

_TOKEN_BYTES: Final = 32
_TOUCH_MS: Final = MINUTE_MS
_MAX_BROWSER: Final = 200
_ACTS_LOOKED_AT: Final = 50
_REASONS: Final = {
    "staff.disable": "disabled",
    "staff.reset": "reset",
    "staff.password": "password_changed",
}
"""Acts that end the sessions of their subject, and the reason reported."""


@dataclass(frozen=True, slots=True)
class Place:
    """Origin of a login: the address, and the browser's own description."""

    address: str
    browser: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenedSession:
    """New session: the cookie's token (43 characters of base64url) and its lifetime in seconds."""

    token: str = field(repr=False)
    expires_in: int
    member: StaffMember


@dataclass(frozen=True, slots=True)
class LoggedIn:
    """Logged-in member; `expires_at` in ms."""

    member: StaffMember
    expires_at: int


@dataclass(frozen=True, slots=True)
class StaffSessions:
    """Opens, finds and ends sessions."""

    db: Database
    settings: ConsoleSettings

    async def open(
        self, tx: Tx, row: staff.StaffRow, place: Place, *, factor: str, now: int
    ) -> OpenedSession:
        """Opens a session for a verified member, in the verifying transaction; `factor` is the kind that was shown."""
        token, session_id = new_token(), new_id(now)
        life = self.settings.session_seconds
        session = store.NewSession(
            id=session_id,
            token_hash=token_hash(token),
            staff_id=row.id,
            address=place.address,
            browser=place.browser[:_MAX_BROWSER],
            expires_at=now + life * 1000,
        )
        await store.insert(tx, session, now=now)
        by = By("staff", row.id)
        await acts.record(tx, by=by, act="staff.log_in", subject=row.id, details={"factor": factor}, now=now)
        return OpenedSession(
            token=token, expires_in=life, member=replace(member_of(row), session_id=session_id)
        )

    async def find(self, token: str, *, now: int) -> LoggedIn:
        """Returns the session's member, and records its use.

        Raises: Unauthenticated, with a `reason` if an act on the member ended it: `disabled`, `reset` (a new
        set-up address) or `password_changed` (by the member, elsewhere).
        """
        idle_since = now - self.settings.idle_seconds * 1000
        hashed = token_hash(token)
        session = await store.find(self.db, token_hash=hashed, idle_since=idle_since, now=now)
        row = None if session is None else await staff.find(self.db, staff_id=session.staff_id)
        if session is None or row is None or row.state != "active":
            reason = await self._reason(hashed)
            raise Unauthenticated(reason=reason) if reason else Unauthenticated
        due = now - session.used_at >= min(_TOUCH_MS, self.settings.idle_seconds * 250)
        if (
            due and not self.db.held
        ):  # Otherwise polling an import's progress would wait until the import ends.
            await store.touch(self.db, session_id=session.id, now=now)
        return LoggedIn(member_of(row, session=session), session.expires_at)

    async def _reason(self, hashed: bytes) -> str | None:
        """Returns the act on its member that ended the session; None if it ended otherwise."""
        ended = await store.ended(self.db, token_hash=hashed)
        if ended is None:
            return None
        staff_id, at = ended
        rows = await acts.page(
            self.db, subject=staff_id, actor_id=None, act="staff", before=NEWEST, most=_ACTS_LOOKED_AT
        )
        return next((_REASONS[act.act] for act in rows if act.at == at and act.act in _REASONS), None)

    async def end(self, member: StaffMember, *, now: int) -> None:
        """Ends the session used for this call."""
        session_id = member.session_id
        if session_id is not None:
            await self.db.write(lambda tx: store.end(tx, session_id=session_id, staff_id=member.id, now=now))


def new_token() -> str:
    """Returns 256 random bits as text."""
    return base64url(secrets.token_bytes(_TOKEN_BYTES))


def csrf_token(token: str) -> str:
    """Returns the CSRF token that each modifying call of a session sends in a header."""
    return csrf.csrf_token("console", token)
