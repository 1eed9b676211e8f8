"""The devices of an account (R5, manual 3.6): each with its shield, where it was used, and its owner's name for it.

Whoever finds a device that isn't theirs has its shield held (挂失) and its login ended, by a code to their phone. Only
the legal person lifts that.
"""

import unicodedata
from dataclasses import dataclass
from typing import Final

from mshield.domain import errors
from mshield.domain.actor import By
from mshield.domain.browser_name import browser_name
from mshield.domain.certificates import shield
from mshield.domain.certificates.states import CertificateEvent, CertificateState, Hold, shown_state
from mshield.domain.identity import ROLE_NAMES, Role
from mshield.services.accounts.session import PhoneLogin
from mshield.services.accounts.sms_codes import SmsCodes
from mshield.store.accounts import accounts
from mshield.store.accounts import my_devices as store
from mshield.store.certificates.changes import change
from mshield.store.database.interface import Database, Tx
from mshield.store.notices import push
from mshield.store.staff import acts

ACT: Final = "device.disown"
REASON: Final = "持有人：这台设备不是我的"
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


@dataclass(frozen=True, slots=True)
class DisownDevice:
    """This device isn't mine (不是我的)."""

    db: Database
    sms_codes: SmsCodes

    async def __call__(self, login: PhoneLogin, shield_number: str, code: str, *, now: int) -> bool:
        """Ends the device's login and pushes, and holds its shield; whether the shield was held by this.

        One that can't be used anyway stays as it is. Raises NotFound for a shield that isn't the account's,
        InvalidRequest for this phone's own; SmsCodeWrong, SmsCodeExpired.
        """
        rows = await store.of_account(self.db, account_id=login.account_id)
        device = next((row for row in rows if row.shield_number == shield_number), None)
        if device is None:
            raise errors.NotFound
        if device.device_id == login.device_id:
            raise errors.InvalidRequest(fields=["shield_number"])
        proven = await self.sms_codes.prove(phone=login.phone, purpose="device", code=code, now=now)

        async def work(tx: Tx) -> bool:
            await self.sms_codes.spend(tx, proven, now=now)
            held = await _hold(tx, device, login, now=now)
            ended = await accounts.end_sessions_of_device(tx, device_id=device.device_id, now=now)
            await push.end(tx, device_id=device.device_id)
            details = {"shield_number": shield_number, "held": held, "logins_ended": ended}
            by = By("user", login.account_id)
            await acts.record(tx, by=by, act=ACT, subject=device.serial, details=details, now=now)
            return held

        held = await self.db.write(work)
        self.sms_codes.forget(proven)
        return held


async def _hold(tx: Tx, device: store.AccountShield, login: PhoneLogin, *, now: int) -> bool:
    if device.state != CertificateState.ACTIVE or Hold.LOST in device.holds:
        return False
    await change(
        tx,
        serial=device.serial,
        event=CertificateEvent.REPORT_LOSS,
        by=By("user", login.account_id),
        reason=REASON,
        now=now,
    )
    return True


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
