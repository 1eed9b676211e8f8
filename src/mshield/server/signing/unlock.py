"""Opens the app by the PIN of its shield or by an SMS code, without password and captcha (ADR 106).

Both are for a phone that has applied for a shield, which determines its account (R7). The co-signing protocol
checks and counts the PIN like any other; the signature is good for nothing but opening the app. If the phone
may be in the wrong hands, an SMS code doesn't identify the owner, so the password is required.
"""

import secrets
from dataclasses import dataclass, field
from typing import Final

from mshield.gm import sm2
from mshield.gm.engine import Engine
from mshield.gm.errors import GmError
from mshield.gm.transcript import internal_message, unlock_sid
from mshield.server.accounts.errors import AccountDisabled
from mshield.server.accounts.login import DeviceProof, LogIn, Session
from mshield.server.accounts.rows.accounts import Account, get_account
from mshield.server.accounts.session import Caller
from mshield.server.accounts.sms_codes import SmsCodes
from mshield.server.certificates.errors import NoCertificate, PasswordNeeded
from mshield.server.certificates.rules.states import CertificateState, Hold
from mshield.server.database.interface import Database, Tx
from mshield.server.errors import Unauthenticated
from mshield.server.runtime.throttle import limit_rate
from mshield.server.settings.settings import Settings
from mshield.server.signing.errors import PinLocked, TaskClosed, UnlockClosed
from mshield.server.signing.key import require_certificate
from mshield.server.signing.rows import unlocks as store
from mshield.server.signing.rows.unlocks import ShieldOfDevice
from mshield.wire.pin_tries import UNLOCK_CLOSED_AT, tries_left
from mshield.wire.times import MINUTE_MS
from mshield.wire.tokens import token_hash, unlock_token

UNLOCK_MS: Final = 5 * MINUTE_MS
"""Time from the challenge to the login, in ms."""
_TITLE: Final = "打开手机盾 Unlock"
_RATE: Final = "unlock"
_COMPROMISED: Final = frozenset({Hold.LOST.value, Hold.CLONE.value})
_OVER: Final = frozenset(
    {CertificateState.REVOKED.value, CertificateState.SUPERSEDED.value, CertificateState.PIN_LOCKED.value}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class UnlockBegun:
    """The document to sign for an unlock, and the key that signs it.

    `token` (DPoP-bound, `expires_in` seconds) authorises opening and finishing `sid` with key `uid`, and then
    the login. The phone checks `sid` against `challenge` (32 bytes) and `account`. `left` are all PIN
    attempts left.
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
    """Logs in the owner of a phone, proven by the phone's own shield or an SMS code to the account's number."""

    db: Database
    engine: Engine
    settings: Settings
    log_in: LogIn
    sms_codes: SmsCodes

    async def begin(self, jkt: str, *, login: bytes | None = None, now: int) -> UnlockBegun:
        """Creates the document that this device may sign to open the app, once and within five minutes.

        `login` is the sid of a PC login whose code the phone has read: it may be signed together, under the
        same PIN.

        Raises: PasswordNeeded (the device never applied), NoCertificate, Held, PinLocked, UnlockClosed,
        TooManyRequests, AccountDisabled.
        """
        shield = await self._shield(jkt)
        await self._account(shield)
        if shield.uid is None or shield.certificate is None or shield.shield_number is None:
            raise NoCertificate
        require_certificate(shield.certificate, now=now)
        left = tries_left(shield.failures, shield.wrong_total)
        if left == 0:
            raise PinLocked
        if left <= UNLOCK_CLOSED_AT:
            raise UnlockClosed
        challenge, token = secrets.token_bytes(32), unlock_token()
        sid = unlock_sid(
            challenge,
            account=shield.account_id,
            device=jkt,
            shield_number=shield.shield_number,
            origin=self.settings.site.public_origin,
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
            most = self.settings.signing.opens_per_minute
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
        """Starts a new login, once, after `open` and `finish` of the document.

        Raises: Unauthenticated (no unlock in progress), TaskClosed (not signed, or the shield was stopped
        meanwhile), and as `LogIn.start`.
        """
        unlock = await store.find(self.db, token_hash=caller.token_hash, jkt=caller.jkt, now=now)
        if unlock is None:
            raise Unauthenticated
        signed = await store.signed(self.db, unlock, now=now)
        # Compute the document again, so that only an unlock of this key opens the app.
        if signed is None or signed.message != internal_message("unlock", uid=unlock.uid, sid=unlock.sid):
            raise TaskClosed
        try:
            signature = sm2.Signature.from_raw(signed.signature)
            sm2.verify(self.engine, signed.public_key, signed.message, signature)
        except GmError as error:
            raise TaskClosed from error
        account = await get_account(self.db, account_id=unlock.account_id)
        if account is None:
            raise Unauthenticated

        async def spend(tx: Tx) -> None:
            if not await store.use(tx, unlock, now=now):
                raise Unauthenticated

        return await self.log_in.start(account, device, first=spend, now=now)

    async def send_sms(self, jkt: str, *, address: str, now: int) -> None:
        """Sends a code to the phone number of this device's account.

        Raises: PasswordNeeded, AccountDisabled, and as `SmsCodes.send`.
        """
        account = await self._owner(jkt)
        await self.sms_codes.send(
            phone=account.phone, purpose="unlock", bound_to=jkt, address=address, now=now
        )

    async def by_sms(self, code: str, device: DeviceProof, *, now: int) -> Session:
        """Starts a new login by an SMS code. Raises: PasswordNeeded, AccountDisabled, SmsCodeWrong, SmsCodeExpired."""
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
        """Returns the account whose SMS code opens the app on this device."""
        shield = await self._shield(jkt)
        certificate = shield.certificate
        if certificate is None or certificate.state in _OVER or certificate.holds & _COMPROMISED:
            raise PasswordNeeded
        return await self._account(shield)

    async def _shield(self, jkt: str) -> ShieldOfDevice:
        shield = await store.shield_of_device(self.db, jkt=jkt)
        if shield is None:
            raise PasswordNeeded
        return shield

    async def _account(self, shield: ShieldOfDevice) -> Account:
        account = await get_account(self.db, account_id=shield.account_id)
        if account is None:
            raise PasswordNeeded
        if account.state != "active":
            raise AccountDisabled
        return account
