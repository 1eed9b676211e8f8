"""Devices of an account (R5, manual 3.6): each with its shield, where it was last used, and the owner's name for it.

The owner can also end all other logins at once. For a device that isn't theirs, see
`server/certificates/disown_device.py`.
"""

import unicodedata
from typing import Final

from mshield.server.accounts.rows import accounts, portal_sessions
from mshield.server.accounts.rows import my_devices as store
from mshield.server.accounts.session import PhoneLogin
from mshield.server.acts.actor import By
from mshield.server.acts.rows import acts
from mshield.server.certificates.rules.states import CertificateState, shown_state
from mshield.server.database.interface import Database, Tx
from mshield.server.errors import InvalidRequest, NotFound
from mshield.server.notices.rows import push
from mshield.server.runtime.external.places import Places
from mshield.server.values.browser_name import browser_name
from mshield.wire import shield_number as shield
from mshield.wire.identity import ROLE_NAMES, Role
from mshield.wire.phone.devices import DeviceMessage, PlaceMessage

ALONE: Final = "account.log_out_others"
LONGEST_NAME: Final = 24
_REFUSED: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})


async def my_devices(
    db: Database, login: PhoneLogin, places: Places, *, now: int
) -> tuple[DeviceMessage, ...]:
    """Returns the shields of the logged-in account, this phone's first, then newest first.

    The state is `expired` if the clock says so, whatever is stored; `browser` names operating system and browser.
    """
    rows = await store.of_account(db, account_id=login.account_id)
    shields = [_message(row, login, places, now=now) for row in rows]
    return tuple(sorted(shields, key=lambda shield: (not shield.is_this_device, -shield.issued_at)))


async def rename_device(db: Database, login: PhoneLogin, shield_number: str, name: str | None) -> None:
    """Sets the owner's name for one of the account's devices, or removes it (None).

    Raises: InvalidRequest, NotFound.
    """
    number = shield.parse_number(shield_number)
    if number is None:
        raise NotFound
    normalised = None if name is None else unicodedata.normalize("NFC", name).strip()
    if normalised is not None and (
        not 0 < len(normalised) <= LONGEST_NAME
        or any(unicodedata.category(sign) in _REFUSED for sign in normalised)
    ):
        raise InvalidRequest(fields=["name"])

    async def work(tx: Tx) -> bool:
        return await store.rename(tx, account_id=login.account_id, shield_number=number, name=normalised)

    if not await db.write(work):
        raise NotFound


async def log_out_others(db: Database, login: PhoneLogin, *, now: int) -> int:
    """Ends the account's logins on all other phones and at the portal, with their pushes (全部退出，只留本机).

    Returns how many ended. Shields stay usable: whoever has such a phone can unlock its shield again with the PIN.
    """

    async def work(tx: Tx) -> int:
        who = {"account_id": login.account_id, "device_id": login.device_id}
        count = await accounts.end_other_sessions(tx, **who, now=now)
        count += await portal_sessions.end_of_account(tx, account_id=login.account_id, now=now)
        await push.end_elsewhere(tx, **who)
        by, details = By("user", login.account_id), {"logins_ended": count}
        await acts.record(tx, by=by, act=ALONE, subject=login.account_id, details=details, now=now)
        return count

    return await db.write(work)


def _message(row: store.AccountShield, login: PhoneLogin, places: Places, *, now: int) -> DeviceMessage:
    place = places.of(row.address)
    return DeviceMessage(
        shield_number=row.shield_number,
        state=shown_state(state=CertificateState(row.state), not_after=row.not_after, now=now),
        holds=tuple(sorted(row.holds)),
        organisation=row.organisation,
        role=ROLE_NAMES[Role(row.role)][0],
        issued_at=row.issued_at,
        not_after=row.not_after,
        device_since=row.device_since,
        used_at=row.used_at,
        is_this_device=row.device_id == login.device_id,
        name=row.name,
        browser=(browser_name(row.browser) or None) if row.browser else None,
        model=row.model,
        place=None if place is None else PlaceMessage(place.zh, place.en),
        address=row.address,
        logged_in_at=row.logged_in_at or None,
    )
