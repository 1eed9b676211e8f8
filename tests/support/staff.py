"""Members of staff over a database, without HTTP: added, set up, with what their authenticators show."""

from dataclasses import dataclass
from typing import Final

import pyotp

from mshield.domain.actor import SERVICE
from mshield.domain.staff import StaffRole
from mshield.keys.keyring import Keyring
from mshield.services.staff.factors import Confirmation, StaffFactors
from mshield.services.staff.members import StaffMember, add_staff
from mshield.services.staff.session import OpenedSession, Place, StaffSessions
from mshield.services.staff.set_up import SetUps, renew_set_up
from mshield.settings import Settings
from mshield.store.database.interface import Database

PASSWORD: Final = "Console-desk-2026"
ORIGIN: Final = "https://shield.example"
PLACE: Final = Place("203.0.113.9", "Firefox 145, Windows")


@dataclass(frozen=True, slots=True)
class SetUp:
    """A member who has set up their login, with their TOTP's secret and the session that this opened."""

    member: StaffMember
    secret: str
    opened: OpenedSession

    def code(self, now: int) -> str:
        """What their authenticator shows at this time (ms)."""
        return pyotp.TOTP(self.secret).at(now // 1000)


async def set_up(
    db: Database, keyring: Keyring, *, now: int, name: str = "周启明", roles: tuple[StaffRole, ...] = ()
) -> SetUp:
    """A new member, set up; an earlier offer of a TOTP is left over."""
    member = await add_staff(db, name=name, roles=roles or tuple(StaffRole), now=now)
    _, code = await renew_set_up(db, staff_id=member.id, by=SERVICE, life=86_400, now=now)
    settings = Settings(public_origin=ORIGIN)
    set_ups = SetUps(db, StaffFactors(db, keyring, settings), StaffSessions(db, settings))
    await set_ups.begin(code, now=now)
    offer = (await set_ups.begin(code, now=now)).offer
    secret = offer.totp.secret
    first_use = Confirmation(enrolment=offer.enrolment, code=pyotp.TOTP(secret).at(now // 1000))
    opened = await set_ups.finish(code, PASSWORD, first_use, PLACE, now=now)
    return SetUp(member, secret, opened)
