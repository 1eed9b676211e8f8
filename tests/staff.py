"""Members of staff over a database, without HTTP: added, set up, with what their authenticators show."""

from dataclasses import dataclass
from typing import Final

import pyotp

from mshield.domain.staff import StaffRole
from mshield.keys.keyring import Keyring
from mshield.services.staff import StaffMember, add_staff
from mshield.services.staff_session import OpenedSession, Place, StaffSessions
from mshield.services.staff_set_up import NewLogin, SetUps, renew_set_up
from mshield.settings import Settings
from mshield.store.certificate_changes import SERVICE
from mshield.store.database import Database

PASSWORD: Final = "Console-desk-2026"
PLACE: Final = Place("203.0.113.9", "Firefox 145, Windows")


@dataclass(frozen=True, slots=True)
class SetUp:
    """A member who has set up his login, with his TOTP's secret and the session that this opened."""

    member: StaffMember
    secret: str
    opened: OpenedSession

    def code(self, now: int) -> str:
        """What his authenticator shows at this time (ms)."""
        return pyotp.TOTP(self.secret).at(now // 1000)


async def set_up(
    db: Database, keyring: Keyring, *, now: int, name: str = "周启明", roles: tuple[StaffRole, ...] = ()
) -> SetUp:
    """A new member, set up; an earlier offer of a TOTP is left over."""
    member, _ = await add_staff(db, name=name, roles=roles or tuple(StaffRole), now=now)
    _, code = await renew_set_up(db, staff_id=member.id, by=SERVICE, life=86_400, now=now)
    set_ups = SetUps(db, keyring, Settings(), StaffSessions(db, Settings()))
    await set_ups.begin(code, now=now)
    totp = (await set_ups.begin(code, now=now)).totp
    shown = pyotp.TOTP(totp.secret).at(now // 1000)
    new = NewLogin(enrolment=totp.enrolment, password=PASSWORD, code=shown)
    return SetUp(member, totp.secret, await set_ups.finish(code, new, PLACE, now=now))
