"""Members of staff on a database, without HTTP: added, set up, with their authenticators' codes."""

from dataclasses import dataclass
from typing import Final

import pyotp

from mshield.server.acts.actor import SERVICE
from mshield.server.database.interface import Database
from mshield.server.keys.keyring import Keyring
from mshield.server.settings.settings import Settings
from mshield.server.staff.factors import Confirmation, StaffFactors
from mshield.server.staff.members import StaffMember, add_staff
from mshield.server.staff.rules import StaffRole
from mshield.server.staff.session import OpenedSession, Place, StaffSessions
from mshield.server.staff.set_up import SetUps, renew_set_up

PASSWORD: Final = "Console-desk-2026"
ORIGIN: Final = "https://shield.example"
PLACE: Final = Place("203.0.113.9", "Firefox 145, Windows")


@dataclass(frozen=True, slots=True)
class SetUp:
    """A member who has set up their login, with the TOTP's secret and the session opened by it."""

    member: StaffMember
    secret: str
    opened: OpenedSession

    def code(self, now: int) -> str:
        """Returns the authenticator's code at this time (ms)."""
        return pyotp.TOTP(self.secret).at(now // 1000)


async def set_up(
    db: Database, keyring: Keyring, *, now: int, name: str = "周启明", roles: tuple[StaffRole, ...] = ()
) -> SetUp:
    """Adds a member and sets up their login; leaves an earlier, unused TOTP offer."""
    member = await add_staff(db, name=name, roles=roles or tuple(StaffRole), now=now)
    _, code = await renew_set_up(db, staff_id=member.id, by=SERVICE, life=86_400, now=now)
    settings = Settings.of(public_origin=ORIGIN)
    set_ups = SetUps(db, StaffFactors(db, keyring, settings.site), StaffSessions(db, settings.console))
    await set_ups.begin(code, now=now)
    offer = (await set_ups.begin(code, now=now)).offer
    secret = offer.totp.secret
    first_use = Confirmation(enrolment=offer.enrolment, code=pyotp.TOTP(secret).at(now // 1000))
    opened = await set_ups.finish(code, PASSWORD, first_use, PLACE, now=now)
    return SetUp(member, secret, opened)
