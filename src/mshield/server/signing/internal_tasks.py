"""Creates the protocol's own tasks: `refresh` changes the PIN or the shares, `confirm` proves that a key works.

`close` and `device` confirm actions on one's own account (`step_up.py`). A phone requests such a task and
signs it like any document. The message names the key and the task, and only the phone that has the key can
request it.
"""

import secrets
from dataclasses import dataclass
from typing import Final, Literal

from mshield.gm.transcript import internal_message
from mshield.server.accounts.session import Caller
from mshield.server.certificates.errors import NoCertificate
from mshield.server.database.interface import Database
from mshield.server.settings.signing import SigningSettings
from mshield.server.signing import key as signing_key
from mshield.server.signing.errors import PinLocked
from mshield.server.signing.rows import internal_tasks
from mshield.server.signing.step_up import StepUpPurpose

InternalPurpose = Literal["refresh", "confirm"] | StepUpPurpose
_TITLES: Final[dict[InternalPurpose, str]] = {
    "refresh": "修改 PIN 码 PIN change",
    "confirm": "确认证书 Certificate confirmation",
    "close": "注销账号 Account closing",
    "device": "停用另一台设备 Stop another device",
}


@dataclass(frozen=True, slots=True)
class AskInternally:
    """Creates the protocol's own tasks (protocol, "Tasks")."""

    db: Database
    settings: SigningSettings

    async def __call__(self, caller: Caller, uid: bytes, purpose: InternalPurpose, *, now: int) -> bytes:
        """Returns the sid of the task; reuses a pending one that is valid long enough.

        Raises: NotFound (another phone's key), Held, NoCertificate, PinLocked, RenewalUnfinished (PIN change
        during a renewal).
        """
        key, _ = await signing_key.find(self.db, caller, uid, [], now=now)
        signing_key.require_usable(key, now=now)
        if key.certificate is None:
            raise NoCertificate
        if signing_key.is_locked(key):
            raise PinLocked
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
