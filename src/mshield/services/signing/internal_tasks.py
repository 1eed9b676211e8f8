"""The protocol's own tasks: `refresh` changes PIN or shares, `confirm` shows that a key works.

`close` and `device` confirm what one does with one's account (`step_up.py`).
A phone asks for one and signs it like any document; the message names the key and the task, and nobody else can ask.
"""

import secrets
from dataclasses import dataclass
from typing import Final, Literal

from mshield.domain import errors
from mshield.gm.transcript import internal_message
from mshield.services.accounts.session import Caller
from mshield.services.signing import key as signing_key
from mshield.services.signing.step_up import StepUpPurpose
from mshield.settings import Settings
from mshield.store.database.interface import Database
from mshield.store.signing import internal_tasks

InternalPurpose = Literal["refresh", "confirm"] | StepUpPurpose
_TITLES: Final[dict[InternalPurpose, str]] = {
    "refresh": "修改 PIN 码 PIN change",
    "confirm": "确认证书 Certificate confirmation",
    "close": "注销账号 Account closing",
    "device": "停用另一台设备 Stop another device",
}


@dataclass(frozen=True, slots=True)
class AskInternally:
    """Makes the protocol's own tasks (protocol, "Tasks")."""

    db: Database
    settings: Settings

    async def __call__(self, caller: Caller, uid: bytes, purpose: InternalPurpose, *, now: int) -> bytes:
        """The task's sid. One that waits already, and long enough, is given again.

        Raises NotFound for another phone's key, Held, PinLocked for a key that can't sign, RenewalUnfinished for a PIN
        change amid a renewal.
        """
        key, _ = await signing_key.find(self.db, caller, uid, [], now=now)
        signing_key.require_usable(key, now=now)
        if key.certificate is None:
            raise errors.NoCertificate
        if signing_key.is_locked(key):
            raise errors.PinLocked
        await signing_key.require_one_pin(self.db, key, [purpose], now=now)
        sid, life = secrets.token_bytes(16), self.settings.signing_session_seconds * 1000
        return await internal_tasks.put(
            self.db,
            uid=uid,
            sid=sid,
            purpose=purpose,
            message=internal_message(purpose, uid=uid, sid=sid),
            title=_TITLES[purpose],
            expires_at=now + 2 * life,
            until=now + life,
            now=now,
        )
