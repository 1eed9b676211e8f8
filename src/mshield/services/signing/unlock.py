"""Opening the app with the PIN of its shield, or with an SMS code: a login without password and captcha (ADR 106).

Both are for a phone that has applied, whose account is known by that (R7). The PIN is judged by the co-signing protocol
and counted as any other; what is signed opens the app and nothing else. An SMS code is no proof of the owner where the
phone may be in other hands: then the password is asked for.
"""

import secrets
from dataclasses import dataclass, field
from typing import Final

from mshield.domain import errors
from mshield.domain.certificates.pin_tries import UNLOCK_CLOSED_AT, tries_left
from mshield.domain.certificates.states import CertificateState, Hold
from mshield.domain.times import MINUTE_MS
from mshield.domain.tokens import token_hash, unlock_token
from mshield.gm import sm2
from mshield.gm.engine import Engine
from mshield.gm.errors import GmError
from mshield.gm.transcript import internal_message, unlock_sid
from mshield.services.accounts.login import DeviceProof, LogIn, Session
from mshield.services.accounts.session import Caller
from mshield.services.accounts.sms_codes import SmsCodes
from mshield.services.accounts.throttle import limit_rate
from mshield.services.signing.key import require_certificate
from mshield.settings import Settings
from mshield.store.accounts.accounts import Account, get_account
from mshield.store.database.interface import Database, Tx
from mshield.store.signing import unlocks as store
from mshield.store.signing.unlocks import ShieldOfDevice

UNLOCK_MS: Final = 5 * MINUTE_MS
"""From the challenge to the login."""
_TITLE: Final = "打开手机盾 Unlock"
_RATE: Final = "unlock"
_IN_OTHER_HANDS: Final = frozenset({Hold.LOST.value, Hold.CLONE.value})
_OVER: Final = frozenset(
    {CertificateState.REVOKED.value, CertificateState.SUPERSEDED.value, CertificateState.PIN_LOCKED.value}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class UnlockBegun:
    """The one document to sign, and what signs it.

    `token` (DPoP-bound, life in seconds) opens and finishes `sid` with key `uid` and then logs in; `challenge` (32
    bytes) and `account` are what the phone checks `sid` by; `left` are the PIN tries left, all of them.
    """

    token: str = field(repr=False)
    expires_in: int
    uid: bytes
    sid: bytes
    message: bytes
    challenge: bytes
    account: str
    left: int


@dataclass(frozen=True, slots=True)
class Unlock:
    """Logs in whom the phone's own shield, or an SMS code to its account's number, shows to be its owner."""

    db: Database
    engine: Engine
    settings: Settings
    log_in: LogIn
    sms_codes: SmsCodes

    async def begin(self, jkt: str, *, login: bytes | None = None, now: int) -> UnlockBegun:
        """What this device may sign to open the app, within five minutes and once.

        `login` is the sid of a login at a PC whose code it has read: it may be signed beside it, under the same PIN.

        Raises PasswordNeeded for a device that never applied, NoCertificate, Held, PinLocked, UnlockClosed,
        TooManyRequests; AccountDisabled.
        """
        shield = await self._shield(jkt)
        await self._account(shield)
        if shield.uid is None or shield.certificate is None or shield.shield_number is None:
            raise errors.NoCertificate
        require_certificate(shield.certificate, now=now)
        left = tries_left(shield.failures, shield.wrong_total)
        if left == 0:
            raise errors.PinLocked
        if left <= UNLOCK_CLOSED_AT:
            raise errors.UnlockClosed
        challenge, token = secrets.token_bytes(32), unlock_token()
        sid = unlock_sid(
            challenge,
            account=shield.account_id,
            device=jkt,
            shield_number=shield.shield_number,
            origin=self.settings.public_origin,
        )
        unlock = store.Unlock(
            token_hash=token_hash(token),
            account_id=shield.account_id,
            device_id=shield.device_id,
            jkt=jkt,
            uid=shield.uid,
            sid=sid,
            expires_at=now + UNLOCK_MS,
            login_sid=login,
        )
        message = internal_message("unlock", uid=shield.uid, sid=sid)

        async def record(tx: Tx) -> None:
            most = self.settings.opens_per_minute
            await limit_rate(tx, scope=_RATE, subject=shield.device_id, most=most, window=MINUTE_MS, now=now)
            await store.begin(tx, unlock, message=message, title=_TITLE, now=now)

        await self.db.write(record)
        return UnlockBegun(
            token=token,
            expires_in=UNLOCK_MS // 1000,
            uid=shield.uid,
            sid=sid,
            message=message,
            challenge=challenge,
            account=shield.account_id,
            left=left,
        )

    async def finish(self, caller: Caller, device: DeviceProof, *, now: int) -> Session:
        """A new login, once, after `open` and `finish` of its document.

        Raises Unauthenticated without an unlock that goes on, TaskClosed where nothing was signed or the shield was
        stopped meanwhile; as `LogIn.start`.
        """
        unlock = await store.find(self.db, token_hash=caller.token_hash, jkt=caller.jkt, now=now)
        if unlock is None:
            raise errors.Unauthenticated
        signed = await store.signed(self.db, unlock, now=now)
        # The document is worked out anew: nothing but an unlock of this key opens the app.
        if signed is None or signed.message != internal_message("unlock", uid=unlock.uid, sid=unlock.sid):
            raise errors.TaskClosed
        try:
            signature = sm2.Signature.from_raw(signed.signature)
            sm2.verify(self.engine, signed.public_key, signed.message, signature)
        except GmError as error:
            raise errors.TaskClosed from error
        account = await get_account(self.db, account_id=unlock.account_id)
        if account is None:
            raise errors.Unauthenticated

        async def spend(tx: Tx) -> None:
            if not await store.use(tx, unlock, now=now):
                raise errors.Unauthenticated

        return await self.log_in.start(account, device, first=spend, now=now)

    async def send_sms(self, jkt: str, *, address: str, now: int) -> None:
        """Sends a code to the number of this device's account.

        Raises PasswordNeeded, AccountDisabled, and as `SmsCodes.send`.
        """
        account = await self._owner(jkt)
        await self.sms_codes.send(
            phone=account.phone, purpose="unlock", bound_to=jkt, address=address, now=now
        )

    async def by_sms(self, code: str, device: DeviceProof, *, now: int) -> Session:
        """A new login by such a code. Raises PasswordNeeded, AccountDisabled, SmsCodeWrong, SmsCodeExpired."""
        account = await self._owner(device.jkt)
        proven = await self.sms_codes.prove(
            phone=account.phone, purpose="unlock", code=code, bound_to=device.jkt, now=now
        )
        session = await self.log_in.start(
            account, device, first=lambda tx: self.sms_codes.spend(tx, proven, now=now), now=now
        )
        self.sms_codes.forget(proven)
        return session

    async def _owner(self, jkt: str) -> Account:
        """Whose SMS code opens the app on this device."""
        shield = await self._shield(jkt)
        certificate = shield.certificate
        if certificate is None or certificate.state in _OVER or certificate.holds & _IN_OTHER_HANDS:
            raise errors.PasswordNeeded
        return await self._account(shield)

    async def _shield(self, jkt: str) -> ShieldOfDevice:
        shield = await store.shield_of_device(self.db, jkt=jkt)
        if shield is None:
            raise errors.PasswordNeeded
        return shield

    async def _account(self, shield: ShieldOfDevice) -> Account:
        account = await get_account(self.db, account_id=shield.account_id)
        if account is None:
            raise errors.PasswordNeeded
        if account.state != "active":
            raise errors.AccountDisabled
        return account
