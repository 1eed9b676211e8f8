"""Current codes of the staff's authenticators, for demonstration users without one. In demonstration mode only."""

from dataclasses import dataclass

from mshield.server.database.interface import Database
from mshield.server.keys.keyring import Keyring
from mshield.server.staff.factors import TOTP_PURPOSE
from mshield.server.staff.one_time_code import code_at
from mshield.server.staff.rows import factors as staff_factors
from mshield.server.staff.rows import members as staff


@dataclass(frozen=True, slots=True)
class ShownCode:
    """Valid code of a member: of the current time step, or of the next one if that was used already."""

    name: str
    code: str


async def shown_codes(db: Database, keyring: Keyring, *, now: int) -> list[ShownCode]:
    """Returns the codes of all active members with TOTP, in the order in which the members were added."""
    codes = []
    for member in (await staff.list_intact(db))[0]:
        for factor in await staff_factors.of_member(db, staff_id=member.id):
            if factor.secret_box is not None and member.state == "active":
                secret = keyring.open(factor.secret_box, purpose=TOTP_PURPOSE, context=factor.id.encode())
                codes.append(ShownCode(member.name, code_at(secret, after=factor.used_step, now=now)))
    return codes
