"""The devices of an account (R5, manual 3.6): each with its shield, where it was used, and its owner's name for it.

Its owner ends all other logins at once. A device that isn't theirs: `services/certificates/disown_device.py`.
"""

import unicodedata
from dataclasses import dataclass
from typing import Final

from mshield.domain import errors
from mshield.domain.actor import By
from mshield.domain.browser_name import browser_name
from mshield.domain.certificates import shield
from mshield.domain.certificates.states import CertificateState, shown_state
from mshield.domain.identity import ROLE_NAMES, Role
from mshield.services.accounts.session import PhoneLogin
from mshield.store.accounts import accounts
from mshield.store.accounts import my_devices as store
from mshield.store.database.interface import Database, Tx
from mshield.store.legal_person import sessions as portal_sessions
from mshield.store.notices import push
from mshield.store.staff import acts

ALONE: Final = "account.log_out_others"
LONGEST_NAME: Final = 24
_REFUSED: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnedShield:
    """One device's shield; `state` is `expired` by the clock, whatever is stored. Times in ms.

    `name` is its owner's; `browser` is system and browser in words, `model` the phone's, `address` where its
    last login came from, at `logged_in_at`: all None where that isn't known.
    """

    shield_number: str
    state: str
    holds: frozenset[str]
    organisation: str
    role: str
    issued_at: int
    not_after: int
    device_since: int
    used_at: int | None
    is_this_device: bool
    name: str | None
    browser: str | None
    model: str | None
    address: str | None
    logged_in_at: int | None


async def my_devices(db: Database, login: PhoneLogin, *, now: int) -> tuple[OwnedShield, ...]:
    """The shields of the account that is logged in, this phone's first, then the newest first."""
    rows = await store.of_account(db, account_id=login.account_id)
    shields = [_shown(row, login, now=now) for row in rows]
    return tuple(sorted(shields, key=lambda shield: (not shield.is_this_device, -shield.issued_at)))


async def rename_device(db: Database, login: PhoneLogin, shield_number: str, name: str | None) -> None:
    """Gives one of the account's devices a name of its owner's, or takes it away. Raises InvalidRequest, NotFound."""
    number = shield.parse_number(shield_number)
    if number is None:
        raise errors.NotFound
    kept = None if name is None else unicodedata.normalize("NFC", name).strip()
    if kept is not None and (
        not 0 < len(kept) <= LONGEST_NAME or any(unicodedata.category(sign) in _REFUSED for sign in kept)
    ):
        raise errors.InvalidRequest(fields=["name"])

    async def work(tx: Tx) -> bool:
        return await store.rename(tx, account_id=login.account_id, shield_number=number, name=kept)

    if not await db.write(work):
        raise errors.NotFound


async def log_out_others(db: Database, login: PhoneLogin, *, now: int) -> int:
    """Ends the account's logins on all other phones and at the portal, with their pushes (全部退出，只留本机).

    How many it ended. Nobody's shield is touched: whoever has a phone in hand opens it again by its PIN.
    """

    async def work(tx: Tx) -> int:
        who = {"account_id": login.account_id, "device_id": login.device_id}
        ended = await accounts.end_other_sessions(tx, **who, now=now)
        ended += await portal_sessions.end_of_account(tx, account_id=login.account_id, now=now)
        await push.end_elsewhere(tx, **who)
        by, details = By("user", login.account_id), {"logins_ended": ended}
        await acts.record(tx, by=by, act=ALONE, subject=login.account_id, details=details, now=now)
        return ended

    return await db.write(work)


def _shown(row: store.AccountShield, login: PhoneLogin, *, now: int) -> OwnedShield:
    return OwnedShield(
        shield_number=row.shield_number,
        state=shown_state(state=CertificateState(row.state), not_after=row.not_after, now=now),
        holds=row.holds,
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
        address=row.address,
        logged_in_at=row.logged_in_at or None,
    )
