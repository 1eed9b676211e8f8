"""Act "not my device" (不是我的) on another device of the account: its shield is held (挂失), its login and pushes end.

Confirmed by the PIN of this phone's shield if that can sign, otherwise by an SMS code (ADR 113, 130). Only
the legal person can lift the hold.
"""

from dataclasses import dataclass
from typing import Final

from mshield.server.accounts.rows import accounts
from mshield.server.accounts.rows import my_devices as store
from mshield.server.accounts.session import PhoneLogin
from mshield.server.acts.actor import By
from mshield.server.acts.rows import acts
from mshield.server.certificates.rows.changes import change
from mshield.server.certificates.rules.states import CertificateEvent, CertificateState, Hold
from mshield.server.database.interface import Database, Tx
from mshield.server.errors import InvalidRequest, NotFound
from mshield.server.notices.rows import push
from mshield.server.signing.step_up import StepUp

ACT: Final = "device.disown"
REASON: Final = "持有人：这台设备不是我的"


@dataclass(frozen=True, slots=True)
class DisownDevice:
    """Disowns devices."""

    db: Database
    step_up: StepUp

    async def __call__(
        self, login: PhoneLogin, shield_number: str, *, sid: bytes | None, sms_code: str | None, now: int
    ) -> bool:
        """Disowns the device and reports whether its shield was put on hold; an unusable or lost one stays unchanged.

        Raises: NotFound (not a shield of the account), InvalidRequest (this phone's own shield), and what
        `StepUp.prove` raises.
        """
        rows = await store.of_account(self.db, account_id=login.account_id)
        device = next((row for row in rows if row.shield_number == shield_number), None)
        if device is None:
            raise NotFound
        if device.device_id == login.device_id:
            raise InvalidRequest(fields=["shield_number"])
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
