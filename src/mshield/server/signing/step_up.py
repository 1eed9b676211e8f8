"""Second proof for critical actions on one's own account (ADR 126, 130).

If this phone's shield may sign, its PIN is required, otherwise an SMS code: a stolen phone also contains the
SIM card, so a code proves no more than an unlocked phone. The PIN signs a task of the action's purpose, whose
message names the key and the task; it can be used once.
"""

from dataclasses import dataclass
from typing import Literal

from mshield.gm import sm2
from mshield.gm.engine import Engine
from mshield.gm.errors import GmError
from mshield.gm.transcript import internal_message
from mshield.server.accounts.session import PhoneLogin
from mshield.server.accounts.sms_codes import ProvenCode, SmsCodes
from mshield.server.database.interface import Database, Tx
from mshield.server.errors import InvalidRequest
from mshield.server.signing.errors import PinNeeded, TaskClosed
from mshield.server.signing.rows import step_up as store

StepUpPurpose = Literal["close", "device"]
"""Actions: 注销账号 (`close`), and 不是我的 about another device (`device`). SMS codes use the same purposes."""


@dataclass(frozen=True, slots=True)
class SignedTask:
    """Task signed by this phone's shield and not yet spent."""

    sid: bytes


Proven = SignedTask | ProvenCode


@dataclass(frozen=True, slots=True)
class StepUp:
    """Decides which proof is required, checks it, and spends it together with the action."""

    db: Database
    engine: Engine
    sms_codes: SmsCodes

    async def is_by_pin(self, login: PhoneLogin, *, now: int) -> bool:
        """Reports whether this phone's shield may sign, so that its PIN is required."""
        return await store.has_shield(
            self.db, account_id=login.account_id, device_id=login.device_id, now=now
        )

    async def prove(
        self, login: PhoneLogin, purpose: StepUpPurpose, *, sid: bytes | None, sms_code: str | None, now: int
    ) -> Proven:
        """Checks a signed task or an SMS code; the caller spends it in the transaction of the action.

        Raises: TaskClosed (not signed, or already used), PinNeeded (an SMS code was given although this
        phone's shield may sign), SmsCodeWrong, SmsCodeExpired, InvalidRequest (neither given).
        """
        if sid is not None:
            await self._check(login, purpose, sid, now=now)
            return SignedTask(sid)
        if sms_code is None:
            raise InvalidRequest
        if await self.is_by_pin(login, now=now):
            raise PinNeeded
        return await self.sms_codes.prove(phone=login.phone, purpose=purpose, code=sms_code, now=now)

    async def spend(self, tx: Tx, proven: Proven, *, now: int) -> None:
        """Spends the proof in the action's transaction. Raises: TaskClosed, SmsCodeExpired (spent by another call)."""
        if isinstance(proven, ProvenCode):
            await self.sms_codes.spend(tx, proven, now=now)
        elif not await store.spend(tx, sid=proven.sid, now=now):
            raise TaskClosed

    def forget(self, proven: Proven) -> None:
        """Lets the SMS gateway delete its copy of a spent code; call it after the action."""
        if isinstance(proven, ProvenCode):
            self.sms_codes.forget(proven)

    async def _check(self, login: PhoneLogin, purpose: StepUpPurpose, sid: bytes, *, now: int) -> None:
        signed = await store.signed(
            self.db,
            sid=sid,
            purpose=purpose,
            account_id=login.account_id,
            device_id=login.device_id,
            now=now,
        )
        if signed is None or signed.message != internal_message(purpose, uid=signed.uid, sid=sid):
            raise TaskClosed
        try:
            signature = sm2.Signature.from_raw(signed.signature)
            sm2.verify(self.engine, signed.public_key, signed.message, signature)
        except GmError as error:
            raise TaskClosed from error
