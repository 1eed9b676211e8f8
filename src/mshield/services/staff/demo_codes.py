"""Demonstration mode only: what the authenticators of the staff show now, for who has none at hand."""

from dataclasses import dataclass

from mshield.keys.keyring import Keyring
from mshield.services.staff.factors import TOTP_PURPOSE
from mshield.services.staff.one_time_code import code_at
from mshield.store.database.interface import Database
from mshield.store.staff import factors as staff_factors
from mshield.store.staff import members as staff


@dataclass(frozen=True, slots=True)
class ShownCode:
    """A member's code: of the present time step, or of the next where that was used already."""

    name: str
    code: str


async def shown_codes(db: Database, keyring: Keyring, *, now: int) -> list[ShownCode]:
    """The present codes of all active members who have a TOTP, in the order in which the members were added."""
    codes = []
    for member in await staff.list_all(db):
        for factor in await staff_factors.of_member(db, staff_id=member.id):
            if factor.secret_box is not None and member.state == "active":
                secret = keyring.open(factor.secret_box, purpose=TOTP_PURPOSE, context=factor.id.encode())
                codes.append(ShownCode(member.name, code_at(secret, after=factor.used_step, now=now)))
    return codes
