"""What the service knows of holders themselves: their id number, and the birth date in it (R10)."""

import datetime as dt

from mshield.domain.certificates.pin import Holder
from mshield.domain.id_numbers import ACCOUNT_BOX
from mshield.keys.keyring import Keyring
from mshield.services.accounts.session import PhoneLogin
from mshield.store.accounts import accounts
from mshield.store.database.interface import Database


def birth_dates(number: str) -> tuple[dt.date, ...]:
    """The birth dates that an id number may stand for, the earliest first; usually one, or none."""
    return tuple(sorted(Holder.of_id_number(number).birth_dates))


async def own_id_number(db: Database, keyring: Keyring, login: PhoneLogin) -> str | None:
    """The account's id number, for the service's own use; None where its account has been erased."""
    box = await accounts.find_id_number_box(db, account_id=login.account_id)
    if box is None:
        return None
    return keyring.open(box, purpose=ACCOUNT_BOX, context=login.account_id.encode()).decode()
