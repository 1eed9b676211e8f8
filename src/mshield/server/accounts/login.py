"""Login of a phone (manual 2.3.1.2, R3): account, password, captcha; the token is bound to the phone's own key.

Captcha, throttle and password are checked in this order, and each attempt is counted before it is checked.
Neither the answer nor its time distinguishes an unknown account from a wrong password. Checking a password
takes long, so the login succeeds only if the account hasn't changed meanwhile.
"""

import secrets
import unicodedata
from collections.abc import Awaitable, Callable
from contextlib import nullcontext
from dataclasses import dataclass, field

from mshield.server.accounts.captcha_deeds import CaptchaPurpose
from mshield.server.accounts.captchas import Captchas, ShownCaptcha
from mshield.server.accounts.errors import AccountDisabled, LoginFailed
from mshield.server.accounts.local import LOCAL, LocalAccounts, phone_or_none
from mshield.server.accounts.outside_accounts import OutsideAccounts
from mshield.server.accounts.passwords import Audience, Turn, take_turn
from mshield.server.accounts.policy_consents import NO_AGREEMENT, Agreement
from mshield.server.accounts.rows import accounts as store
from mshield.server.certificates.errors import OtherAccount
from mshield.server.database.interface import Database, Tx
from mshield.server.errors import InvalidRequest
from mshield.server.keys.secrets import LookupKey
from mshield.server.notices.notify import notify_account
from mshield.server.notices.rows import push
from mshield.server.notices.rules.notices import NoticeKind
from mshield.server.runtime.throttle import LoginThrottle
from mshield.server.settings.accounts import AccountSettings
from mshield.server.values.names import mask_phone
from mshield.wire.ids import new_id
from mshield.wire.tokens import base64url, token_hash

_TOKEN_BYTES = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    """User input of a login; `source` is the system that has the account: this one or an outside one.

    A first login with an outside account creates its account here.
    """

    account: str
    password: str = field(repr=False)
    captcha: ShownCaptcha
    source: str = LOCAL
    agreement: Agreement = NO_AGREEMENT


@dataclass(frozen=True, slots=True)
class DeviceProof:
    """The phone's key from its DPoP proof, and the known properties of the phone.

    `jkt` is the key's RFC 7638 thumbprint, `public_key` its point (65 bytes, P-256).
    """

    jkt: str
    public_key: bytes
    address: str | None = None
    browser: str | None = None
    model: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """A login: token (43 characters, base64url), its lifetime in seconds, the account, the device's shield number."""

    access_token: str = field(repr=False)
    expires_in: int
    name: str
    phone: str
    account_id: str
    id_type: str
    shield_number: str | None


@dataclass(frozen=True, slots=True)
class LogIn:
    """Logs phones in."""

    db: Database
    lookup: LookupKey
    settings: AccountSettings
    captchas: Captchas
    outside: OutsideAccounts | None = None

    async def __call__(
        self, credentials: Credentials, device: DeviceProof, *, address: str, now: int
    ) -> Session:
        """Logs a phone in; its previous login ends.

        Raises: what `authenticate` raises; OtherAccount, if the phone belongs to another account (R7).
        """
        account = await self.authenticate(credentials, CaptchaPurpose.PHONE_LOGIN, address=address, now=now)
        return await self.start(account, device, now=now)

    async def registered(self, account_id: str, device: DeviceProof, *, now: int) -> Session | None:
        """Logs in an account that was just registered on this phone.

        Returns None if the account is gone or the phone belongs to another one (R7).
        """
        account = await store.get_account(self.db, account_id=account_id)
        if account is None:
            return None
        try:
            return await self.start(account, device, now=now)
        except OtherAccount:
            return None

    async def authenticate(
        self,
        credentials: Credentials,
        deed: CaptchaPurpose,
        *,
        address: str,
        now: int,
        audience: Audience = "phone",
    ) -> store.Account:
        """Checks the credentials and returns their account; the password hash is computed in the queue of `audience`.

        `deed` is the purpose that the captcha must have. Raises: Unavailable (queue full), before the captcha
        is used; what `Captchas.use` raises; LoginSlowed, LoginFailed, AccountDisabled; InvalidRequest (source
        not offered); what `OutsideAccounts.verify` raises.
        """
        # An outside system checks its passwords itself, so they need no place in the hashing queue.
        with take_turn(audience, address) if credentials.source == LOCAL else nullcontext() as turn:
            await self.captchas.use(credentials.captcha, deed, address=address, now=now)
            return await self._account(credentials, turn, address=address, now=now)

    async def start(
        self,
        account: store.Account,
        device: DeviceProof,
        *,
        first: Callable[[Tx], Awaitable[None]] | None = None,
        now: int,
    ) -> Session:
        """Logs in an account that was already verified; the phone's previous login ends.

        `first` runs in the login's transaction and spends whatever verified the account. Raises: OtherAccount
        (R7); LoginFailed, AccountDisabled (the account has changed since).
        """
        token = base64url(secrets.token_bytes(_TOKEN_BYTES))

        async def work(tx: Tx) -> store.Device:
            if first is not None:
                await first(tx)
            return await self._start(tx, account, device, token, now=now)

        phone = await self.db.write(work)
        return Session(
            access_token=token,
            expires_in=self.settings.session_seconds,
            name=account.name,
            phone=account.phone,
            account_id=account.id,
            id_type=account.id_type,
            shield_number=phone.shield_number,
        )

    async def _account(
        self, credentials: Credentials, turn: Turn | None, *, address: str, now: int
    ) -> store.Account:
        throttle = LoginThrottle(self.db, self.settings)
        subject = self._subject(credentials)
        await throttle.begin(account=subject, address=address, now=now)
        account = await self._verify(credentials, turn, now=now)
        if account is None:
            await throttle.failed(address=address, now=now)
            raise LoginFailed
        await throttle.succeeded(account=subject, address=address, now=now)
        if account.state != "active":
            raise AccountDisabled
        return account

    async def _verify(self, credentials: Credentials, turn: Turn | None, *, now: int) -> store.Account | None:
        name, password = credentials.account, credentials.password
        if turn is not None:
            return await LocalAccounts(self.db).verify(name, password, turn, now=now)
        if self.outside is None:
            raise InvalidRequest(fields=["source"])
        return await self.outside.verify(credentials.source, name, password, credentials.agreement, now=now)

    def _subject(self, credentials: Credentials) -> str:
        """Returns the key under which attempts are counted.

        Attempts with a name that no account can have, even one that isn't valid UTF-8, are counted too.
        """
        # Count all spellings that an outside system may accept for one account under one key.
        spelling = unicodedata.normalize("NFKC", credentials.account).casefold().strip()
        name = phone_or_none(credentials.account) or ascii(spelling)
        subject = name if credentials.source == LOCAL else f"{credentials.source!a} {name}"
        return self.lookup.lookup_hash("login-account", subject).hex()

    async def _start(
        self, tx: Tx, account: store.Account, proof: DeviceProof, token: str, *, now: int
    ) -> store.Device:
        _require_same(account, await store.find_unchanging(tx, account_id=account.id))
        device = await store.put_device(
            tx, device_id=new_id(now), jkt=proof.jkt, public_key=proof.public_key, now=now
        )
        if device.account_id is not None and device.account_id != account.id:
            owner = await store.get_account(tx, account_id=device.account_id)
            raise OtherAccount(phone_masked=None if owner is None else mask_phone(owner.phone))
        await push.end_of_others(tx, device_id=device.id, account_id=account.id)
        await store.start_session(
            tx,
            token_hash=token_hash(token),
            account_id=account.id,
            device_id=device.id,
            jkt=proof.jkt,
            now=now,
            expires_at=now + self.settings.session_seconds * 1000,
            address=proof.address,
            browser=proof.browser,
            model=proof.model,
        )
        if device.account_id is None:
            # Notify only once per device: the device id identifies the occasion.
            await notify_account(
                tx, NoticeKind.NEW_DEVICE, account_id=account.id, occasion=device.id, now=now
            )
        return device


def _require_same(verified: store.Account, now: store.Account | None) -> None:
    """Raises LoginFailed or AccountDisabled if the account changed while its password was checked.

    A reset, a new phone number and disabling end all logins, so they must also stop one that is still being
    checked.
    """
    if now is None or (now.phone, now.password_hash) != (verified.phone, verified.password_hash):
        raise LoginFailed
    if now.state != "active":
        raise AccountDisabled
