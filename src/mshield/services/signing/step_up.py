"""Grave acts on one's own account: the PIN of this phone's shield where that may sign, else an SMS code (ADR 126, 130).

In a stolen phone the SIM card lies beside the app, so a code shows nothing that an unlocked phone doesn't. What is
signed is a task of the act's purpose, whose message names key and task; it serves once.
"""

from dataclasses import dataclass
from typing import Literal

from mshield.domain import errors
from mshield.gm import sm2
from mshield.gm.engine import Engine
from mshield.gm.errors import GmError
from mshield.gm.transcript import internal_message
from mshield.services.accounts.session import PhoneLogin
from mshield.services.accounts.sms_codes import ProvenCode, SmsCodes
from mshield.store.database.interface import Database, Tx
from mshield.store.signing import step_up as store

StepUpPurpose = Literal["close", "device"]
"""注销账号; 不是我的, of another device. Codes have the same words."""


@dataclass(frozen=True, slots=True)
class SignedTask:
    """A task that this phone's shield has signed, not spent yet."""

    sid: bytes


Proven = SignedTask | ProvenCode


@dataclass(frozen=True, slots=True)
class StepUp:
    """Says which of the two is asked for, judges it, and spends it with the act."""

    db: Database
    engine: Engine
    sms_codes: SmsCodes

    async def is_by_pin(self, login: PhoneLogin, *, now: int) -> bool:
        """Whether this phone's shield may sign, so that its PIN is asked for."""
        return await store.has_shield(
            self.db, account_id=login.account_id, device_id=login.device_id, now=now
        )

    async def prove(
        self, login: PhoneLogin, purpose: StepUpPurpose, *, sid: bytes | None, sms_code: str | None, now: int
    ) -> Proven:
        """Judges a signed task or a code; whoever acts spends it in the same transaction.

        Raises TaskClosed where nothing was signed, or it has served; PinNeeded for a code where this phone's shield
        may sign; SmsCodeWrong, SmsCodeExpired; InvalidRequest for neither.
        """
        if sid is not None:
            await self._check(login, purpose, sid, now=now)
            return SignedTask(sid)
        if sms_code is None:
            raise errors.InvalidRequest
        if await self.is_by_pin(login, now=now):
            raise errors.PinNeeded
        return await self.sms_codes.prove(phone=login.phone, purpose=purpose, code=sms_code, now=now)

    async def spend(self, tx: Tx, proven: Proven, *, now: int) -> None:
        """Raises TaskClosed, SmsCodeExpired where another call spent it meanwhile."""
        if isinstance(proven, ProvenCode):
            await self.sms_codes.spend(tx, proven, now=now)
        elif not await store.spend(tx, sid=proven.sid, now=now):
            raise errors.TaskClosed

    def forget(self, proven: Proven) -> None:
        """After the act: a code's tries count no more."""
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
            raise errors.TaskClosed
        try:
            signature = sm2.Signature.from_raw(signed.signature)
            sm2.verify(self.engine, signed.public_key, signed.message, signature)
        except GmError as error:
            raise errors.TaskClosed from error
