"""Sessions of people at the console: opened by a whole login, known by a cookie's token, ended by use of neither.

A token is 256 random bits, new for each login; only its hash is stored. Roles are read anew at each call.
"""

import secrets
from dataclasses import dataclass, field, replace
from typing import Final

from mshield.domain import errors
from mshield.domain.actor import By
from mshield.domain.ids import NEWEST, new_id
from mshield.domain.times import MINUTE_MS
from mshield.domain.tokens import base64url, token_hash
from mshield.services.process import csrf
from mshield.services.staff.members import StaffMember, member_of
from mshield.settings import Settings
from mshield.store.database.interface import Database, Tx
from mshield.store.staff import acts
from mshield.store.staff import members as staff
from mshield.store.staff import sessions as store

_TOKEN_BYTES: Final = 32
_TOUCH_MS: Final = MINUTE_MS
_MAX_BROWSER: Final = 200
_ACTS_LOOKED_AT: Final = 50
_REASONS: Final = {
    "staff.disable": "disabled",
    "staff.reset": "reset",
    "staff.password": "password_changed",
}
"""Acts that end the sessions of the member whom they are about."""


@dataclass(frozen=True, slots=True)
class Place:
    """Whence somebody logs in: the address, and the browser as it names itself."""

    address: str
    browser: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenedSession:
    """A new session: the cookie's token (43 characters, base64url) and its life in seconds."""

    token: str = field(repr=False)
    expires_in: int
    member: StaffMember


@dataclass(frozen=True, slots=True)
class LoggedIn:
    """Who is logged in; `expires_at` in ms."""

    member: StaffMember
    expires_at: int


@dataclass(frozen=True, slots=True)
class StaffSessions:
    """Opens, finds and ends them."""

    db: Database
    settings: Settings

    async def open(
        self, tx: Tx, row: staff.StaffRow, place: Place, *, factor: str, now: int
    ) -> OpenedSession:
        """A session for a verified member, in the transaction that verifies; `factor` is the kind that was shown."""
        token, session_id = new_token(), new_id(now)
        life = self.settings.console_session_seconds
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
        """Whose session this is, which counts as use of it.

        Raises Unauthenticated, with the `reason` where an act on its member ended it: `disabled`, `reset` (a new set-up
        address) or `password_changed` (by the member, elsewhere).
        """
        idle_since = now - self.settings.console_idle_seconds * 1000
        hashed = token_hash(token)
        session = await store.find(self.db, token_hash=hashed, idle_since=idle_since, now=now)
        row = None if session is None else await staff.find(self.db, staff_id=session.staff_id)
        if session is None or row is None or row.state != "active":
            reason = await self._reason(hashed)
            raise errors.Unauthenticated(reason=reason) if reason else errors.Unauthenticated
        due = now - session.used_at >= min(_TOUCH_MS, self.settings.console_idle_seconds * 250)
        if due and not self.db.held:  # who asks how far an import is would wait for its end
            await store.touch(self.db, session_id=session.id, now=now)
        return LoggedIn(member_of(row, session=session), session.expires_at)

    async def _reason(self, hashed: bytes) -> str | None:
        """Which act on its member, of that moment, ended a session; None where it ended otherwise."""
        ended = await store.ended(self.db, token_hash=hashed)
        if ended is None:
            return None
        staff_id, at = ended
        recorded = await acts.page(
            self.db, subject=staff_id, actor_id=None, act="staff", before=NEWEST, most=_ACTS_LOOKED_AT
        )
        return next((_REASONS[act.act] for act in recorded if act.at == at and act.act in _REASONS), None)

    async def end(self, member: StaffMember, *, now: int) -> None:
        """Logs out of the session by which the member calls."""
        session_id = member.session_id
        if session_id is not None:
            await self.db.write(lambda tx: store.end(tx, session_id=session_id, staff_id=member.id, now=now))


def new_token() -> str:
    """256 random bits as text."""
    return base64url(secrets.token_bytes(_TOKEN_BYTES))


def csrf_token(token: str) -> str:
    """What each changing call of a session carries in a header."""
    return csrf.csrf_token("console", token)
