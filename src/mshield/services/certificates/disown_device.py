"""Another device of my account that isn't mine (不是我的): its shield is held (挂失), its login and pushes end.

By the PIN of this phone's shield, where that may sign, else by a code (ADR 113, 130). Only the legal person lifts it.
"""

from dataclasses import dataclass
from typing import Final

from mshield.domain import errors
from mshield.domain.actor import By
from mshield.domain.certificates.states import CertificateEvent, CertificateState, Hold
from mshield.services.accounts.session import PhoneLogin
from mshield.services.signing.step_up import StepUp
from mshield.store.accounts import accounts
from mshield.store.accounts import my_devices as store
from mshield.store.certificates.changes import change
from mshield.store.database.interface import Database, Tx
from mshield.store.notices import push
from mshield.store.staff import acts

ACT: Final = "device.disown"
REASON: Final = "持有人：这台设备不是我的"


@dataclass(frozen=True, slots=True)
class DisownDevice:
    """Does so."""

    db: Database
    step_up: StepUp

    async def __call__(
        self, login: PhoneLogin, shield_number: str, *, sid: bytes | None, sms_code: str | None, now: int
    ) -> bool:
        """Whether the shield was held by this: one that can't be used anyway stays as it is.

        Raises NotFound for a shield that isn't the account's, InvalidRequest for this phone's own; as `StepUp.prove`.
        """
        rows = await store.of_account(self.db, account_id=login.account_id)
        device = next((row for row in rows if row.shield_number == shield_number), None)
        if device is None:
            raise errors.NotFound
        if device.device_id == login.device_id:
            raise errors.InvalidRequest(fields=["shield_number"])
        proven = await self.step_up.prove(login, "device", sid=sid, sms_code=sms_code, now=now)

        async def work(tx: Tx) -> bool:
            await self.step_up.spend(tx, proven, now=now)
            held = await _hold(tx, device, login, now=now)
            ended = await accounts.end_sessions_of_device(tx, device_id=device.device_id, now=now)
            await push.end(tx, device_id=device.device_id)
            details = {"shield_number": shield_number, "held": held, "logins_ended": ended}
            by = By("user", login.account_id)
            await acts.record(tx, by=by, act=ACT, subject=device.serial, details=details, now=now)
            return held

        held = await self.db.write(work)
        self.step_up.forget(proven)
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
