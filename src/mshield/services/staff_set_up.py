"""First access of people to the console: an address, used once, where a member sets his password and second factor.

A new address voids what he had: password, factors, sessions. So it is also the way back for who lost his phone.
"""

import secrets
from dataclasses import dataclass, field
from typing import Final

from mshield.domain import errors
from mshield.domain.ids import new_id
from mshield.domain.password import check_password
from mshield.domain.staff import StaffRole
from mshield.keys.keyring import Keyring
from mshield.services import one_time_code
from mshield.services.passwords import hash_password
from mshield.services.session import token_hash
from mshield.services.staff import StaffMember, member_of
from mshield.services.staff_login import TOTP_PURPOSE
from mshield.services.staff_session import OpenedSession, Place, StaffSessions, new_token
from mshield.settings import Settings
from mshield.store import acts, staff_sessions
from mshield.store import staff as store
from mshield.store import staff_access as access
from mshield.store import staff_factors as factors
from mshield.store.certificate_changes import By
from mshield.store.database import Database, Tx

ENROLMENT_PURPOSE: Final = "staff-enrolment"
PATH: Final = "/console/set-up"
ENROLMENT_MS: Final = 30 * 60_000
"""Time to fetch an app and enter the first code."""

_CHALLENGE_BYTES: Final = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class TotpOffered:
    """A new TOTP, which counts once a code of it was entered: its secret to type, and as a picture to scan."""

    enrolment: str = field(repr=False)
    secret: str = field(repr=False)
    address: str = field(repr=False)
    picture: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class SetUpBegun:
    """Whose login is set up, and his new TOTP."""

    name: str
    roles: tuple[StaffRole, ...]
    totp: TotpOffered


@dataclass(frozen=True, slots=True, kw_only=True)
class NewLogin:
    """What a member sets up: his password, and a code of the TOTP that was offered."""

    enrolment: str = field(repr=False)
    password: str = field(repr=False)
    code: str


async def renew_set_up(
    db: Database, *, staff_id: str, by: By, life: int, now: int
) -> tuple[StaffMember, str]:
    """A code of first access for an active member, for `life` seconds; what he logged in with is void.

    Raises NotFound.
    """
    code = new_token()

    async def work(tx: Tx) -> StaffMember:
        row = await store.find(tx, staff_id=staff_id)
        if row is None or not await store.set_password(tx, staff_id=staff_id, password_hash=None):
            raise errors.NotFound
        await factors.remove_all(tx, staff_id=staff_id)
        await access.end_all(tx, staff_id=staff_id, now=now)
        ended = await staff_sessions.end_of_member(tx, staff_id=staff_id, now=now)
        await access.insert_set_up(
            tx, code_hash=token_hash(code), staff_id=staff_id, expires_at=now + life * 1000
        )
        details = {"sessions_ended": ended}
        await acts.record(tx, by=by, act="staff.reset", subject=staff_id, details=details, now=now)
        return member_of(row)

    return await db.write(work), code


def set_up_address(settings: Settings, code: str) -> str:
    """Where the member goes; the code stands behind #, which no browser sends to a server or names as a referrer."""
    return f"{settings.public_origin}{PATH}#{code}"


@dataclass(frozen=True, slots=True)
class SetUps:
    """Sets up logins."""

    db: Database
    keyring: Keyring = field(repr=False)
    settings: Settings
    sessions: StaffSessions

    async def begin(self, code: str, *, now: int) -> SetUpBegun:
        """Whose code this is, and a new TOTP for him. Raises SetUpOver."""
        row = await self._member(code, now=now)
        totp = await self._offer(row, now=now)
        return SetUpBegun(name=row.name, roles=member_of(row).roles, totp=totp)

    async def finish(self, code: str, new: NewLogin, place: Place, *, now: int) -> OpenedSession:
        """Sets password and factor, and opens the first session; the code is used.

        Raises SetUpOver, WeakPassword, StaffLoginOver for a TOTP that was not offered here or too long ago,
        SecondFactorWrong.
        """
        row = await self._member(code, now=now)
        password = check_password(new.password, name=row.name)
        hashed = token_hash(new.enrolment)
        offered = await access.find_ceremony(self.db, token_hash=hashed, purpose="enrol", now=now)
        if offered is None or offered.staff_id != row.id or offered.secret_box is None:
            raise errors.StaffLoginOver
        secret = self.keyring.open(offered.secret_box, purpose=ENROLMENT_PURPOSE, context=hashed)
        step = one_time_code.step_of(secret, new.code, now=now)
        if step is None:
            raise errors.SecondFactorWrong
        password_hash = await hash_password(password)
        factor = self._factor(secret, step, now=now)

        async def work(tx: Tx) -> OpenedSession:
            if not await access.use_set_up(tx, code_hash=token_hash(code), now=now):
                raise errors.SetUpOver
            if not await store.set_password(tx, staff_id=row.id, password_hash=password_hash):
                raise errors.SetUpOver
            await access.end_all(tx, staff_id=row.id, now=now)
            await factors.insert(tx, factor, staff_id=row.id, now=now)
            by = By("staff", row.id)
            await acts.record(
                tx, by=by, act="staff.set_up", subject=row.id, details={"factor": factor.kind}, now=now
            )
            return await self.sessions.open(tx, row, place, factor=factor.kind, now=now)

        return await self.db.write(work)

    async def _member(self, code: str, *, now: int) -> store.StaffRow:
        staff_id = await access.find_set_up(self.db, code_hash=token_hash(code), now=now)
        row = None if staff_id is None else await store.find(self.db, staff_id=staff_id)
        if row is None:
            raise errors.SetUpOver
        return row

    async def _offer(self, row: store.StaffRow, *, now: int) -> TotpOffered:
        enrolment, secret = new_token(), one_time_code.new_secret()
        hashed = token_hash(enrolment)
        box = self.keyring.seal(secret, purpose=ENROLMENT_PURPOSE, context=hashed)
        ceremony = access.Ceremony(row.id, box, secrets.token_bytes(_CHALLENGE_BYTES))
        expires_at = now + ENROLMENT_MS
        await access.insert_ceremony(
            self.db, ceremony, token_hash=hashed, purpose="enrol", expires_at=expires_at
        )
        address = one_time_code.address_of(secret, name=row.name)
        return TotpOffered(
            enrolment=enrolment,
            secret=one_time_code.as_text(secret),
            address=address,
            picture=one_time_code.picture_of(address),
        )

    def _factor(self, secret: bytes, step: int, *, now: int) -> factors.NewFactor:
        factor_id = new_id(now)
        box = self.keyring.seal(secret, purpose=TOTP_PURPOSE, context=factor_id.encode())
        return factors.NewFactor(id=factor_id, kind="totp", label="", secret_box=box, used_step=step)
