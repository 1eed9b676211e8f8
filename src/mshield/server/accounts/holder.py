"""Data about the holders themselves: the id number, and the birth date in it (R10)."""

import datetime as dt

from mshield.server.accounts.rows import accounts
from mshield.server.accounts.session import PhoneLogin
from mshield.server.database.interface import Database
from mshield.server.keys.keyring import Keyring
from mshield.server.values.id_numbers import ACCOUNT_BOX
from mshield.wire.pin import Holder


def birth_dates(number: str) -> tuple[dt.date, ...]:
    """Returns the birth dates that an id number may contain, earliest first; usually one or none."""
    return tuple(sorted(Holder.of_id_number(number).birth_dates))


async def own_id_number(db: Database, keyring: Keyring, login: PhoneLogin) -> str | None:
    """Returns the account's id number, for internal use; None if the account has been erased."""
    box = await accounts.find_id_number_box(db, account_id=login.account_id)
    if box is None:
        return None
    return keyring.open(box, purpose=ACCOUNT_BOX, context=login.account_id.encode()).decode()
