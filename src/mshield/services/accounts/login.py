"""Login of a phone (manual 2.3.1.2, R3): account, password, captcha; the token is bound to the phone's own key.

Captcha, throttle and password come in this order, and each is counted before it is looked at. Nothing tells an unknown
account from a wrong password, neither answer nor time. To check a password takes long: the login counts only if the
account is still what it was then.
"""

import secrets
import unicodedata
from collections.abc import Awaitable, Callable
from contextlib import nullcontext
from dataclasses import dataclass, field

from mshield.domain import errors
from mshield.domain.identity import mask_phone
from mshield.domain.ids import new_id
from mshield.domain.notices import NoticeKind
from mshield.domain.tokens import base64url, token_hash
from mshield.keys.secrets import LookupKey
from mshield.services.accounts.captcha.captchas import Captchas, Shown
from mshield.services.accounts.captcha.deeds import Deed
from mshield.services.accounts.local import LOCAL, LocalAccounts, phone_or_none
from mshield.services.accounts.outside import OutsideAccounts
from mshield.services.accounts.passwords import Audience, Turn, take_turn
from mshield.services.accounts.policies.consents import NOT_ASKED, Agreement
from mshield.services.accounts.throttle import LoginThrottle
from mshield.services.notices.notify import tell
from mshield.settings import Settings
from mshield.store.accounts import accounts as store
from mshield.store.database.interface import Database, Tx
from mshield.store.notices import push

_TOKEN_BYTES = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    """What the user entered; `source` is whose account it is, ours or an outside system's, which is made by it."""

    account: str
    password: str = field(repr=False)
    captcha: Shown
    source: str = LOCAL
    agreement: Agreement = NOT_ASKED


@dataclass(frozen=True, slots=True)
class DeviceProof:
    """The phone's key by its DPoP proof: RFC 7638 thumbprint and point (65 bytes, P-256); what is seen of the phone."""

    jkt: str
    public_key: bytes
    address: str | None = None
    browser: str | None = None
    model: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """A login: token (43 characters, base64url), its life in seconds, whose it is, the device's shield number."""

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
    settings: Settings
    captchas: Captchas
    outside: OutsideAccounts | None = None

    async def __call__(
        self, credentials: Credentials, device: DeviceProof, *, address: str, now: int
    ) -> Session:
        """A new login, which ends this phone's login before it.

        Raises what `authenticate` raises, and OtherAccount where the phone belongs to another account (R7).
        """
        account = await self.authenticate(credentials, Deed.PHONE_LOGIN, address=address, now=now)
        return await self.start(account, device, now=now)

    async def registered(self, account_id: str, device: DeviceProof, *, now: int) -> Session | None:
        """A login of an account that was registered on this phone just now; None where it is another account's (R7)."""
        account = await store.get_account(self.db, account_id=account_id)
        if account is None:
            return None
        try:
            return await self.start(account, device, now=now)
        except errors.OtherAccount:
            return None

    async def authenticate(
        self,
        credentials: Credentials,
        deed: Deed,
        *,
        address: str,
        now: int,
        audience: Audience = "phone",
    ) -> store.Account:
        """The account whose credentials these are; its password waits in the queue of its audience.

        `deed` is what the captcha must be for. Raises Unavailable where the queue is full, before the captcha is used;
        what `Captchas.use` raises, LoginSlowed, LoginFailed, AccountDisabled, InvalidRequest for a source that is not
        offered, and what `OutsideAccounts.verify` raises.
        """
        # An outside system's passwords are not hashed here, and take their own time.
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
        """A new login of an account that was verified; ends this phone's login before it.

        `first` spends, in the transaction of the login, what it was verified by. Raises OtherAccount (R7); LoginFailed,
        AccountDisabled where the account has changed since.
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
            raise errors.LoginFailed
        await throttle.succeeded(account=subject, address=address, now=now)
        if account.state != "active":
            raise errors.AccountDisabled
        return account

    async def _verify(self, credentials: Credentials, turn: Turn | None, *, now: int) -> store.Account | None:
        name, password = credentials.account, credentials.password
        if turn is not None:
            return await LocalAccounts(self.db).verify(name, password, turn, now=now)
        if self.outside is None:
            raise errors.InvalidRequest(fields=["source"])
        return await self.outside.verify(credentials.source, name, password, credentials.agreement, now=now)

    def _subject(self, credentials: Credentials) -> str:
        """Under what the attempt is counted. A name that no account can have, even one without UTF-8, counts too."""
        # Spellings that an outside system may take for one account are counted as one.
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
            raise errors.OtherAccount(phone_masked=None if owner is None else mask_phone(owner.phone))
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
            # Told once: the device's id is the occasion.
            await tell(tx, NoticeKind.NEW_DEVICE, account_id=account.id, occasion=device.id, now=now)
        return device


def _require_same(verified: store.Account, now: store.Account | None) -> None:
    """All logins end with a reset, a new phone number and disabling: also one whose password was being checked."""
    if now is None or (now.phone, now.password_hash) != (verified.phone, verified.password_hash):
        raise errors.LoginFailed
    if now.state != "active":
        raise errors.AccountDisabled
