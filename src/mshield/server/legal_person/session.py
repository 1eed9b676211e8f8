"""Legal person's login at the portal: password and captcha, then an SMS code, then a server-side session.

The phone may be the lost one, so no shield is needed; a login by shield also ends in `PortalSessions.open`. A
user who isn't filed as legal person of any enterprise gets no session, but learns that only after proving to
own the account.
"""

import secrets
from dataclasses import dataclass, field
from typing import Final

from mshield.server.accounts.captcha_deeds import CaptchaPurpose
from mshield.server.accounts.errors import AccountDisabled, SmsCodeExpired
from mshield.server.accounts.login import Credentials, LogIn
from mshield.server.accounts.rows import accounts
from mshield.server.accounts.rows import portal_sessions as store
from mshield.server.accounts.rows.portal_sessions import ManagedEnterprise
from mshield.server.accounts.sms_codes import SmsCodes
from mshield.server.acts.actor import By
from mshield.server.acts.rows import acts
from mshield.server.database.interface import Database, Tx
from mshield.server.errors import Unauthenticated
from mshield.server.filing.errors import NotLegalPerson
from mshield.server.identity.codes import ActivationCodes
from mshield.server.identity.errors import IdentityUnproven
from mshield.server.identity.proofs import PHONE_CHANGED, Proofs
from mshield.server.keys.keyring import Keyring
from mshield.server.legal_person.first_half import FirstHalf, open_half, seal_half
from mshield.server.legal_person.power import PowerAtPortal
from mshield.server.runtime import csrf
from mshield.server.settings.settings import Settings
from mshield.server.values.names import mask_phone
from mshield.wire.identity import Way
from mshield.wire.ids import NEWEST
from mshield.wire.portal import PortalLoginBegunMessage
from mshield.wire.times import MINUTE_MS
from mshield.wire.tokens import base64url, token_hash

__all__ = ["LegalPerson", "ManagedEnterprise", "OpenedSession", "PortalSessions", "csrf_token"]

ACTIVATION_SECONDS: Final = 600
"""Time after a login that lacked a proof in which an activation code can be entered."""

_TOKEN_BYTES: Final = 32
_ACTS_LOOKED_AT: Final = 20
_TOUCH_MS: Final = MINUTE_MS
_REQUEST_MARK: Final = "."


@dataclass(frozen=True, slots=True, kw_only=True)
class LegalPerson:
    """A logged-in legal person with their session. `expires_at` in ms.

    `login_request` is the request that their own shield signed to log in; None for a login by password and
    SMS.
    """

    account_id: str
    name: str
    phone: str
    id_number_hash: bytes
    token_hash: bytes
    expires_at: int
    login_request: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenedSession:
    """A new session: the cookie's token and its lifetime in seconds.

    The token is 43 characters, base64url; for a login by shield, a dot and the request's id follow. The
    stored hash covers both, so that the id of another login can't be substituted.
    """

    token: str = field(repr=False)
    expires_in: int
    account_id: str
    name: str
    enterprises: tuple[ManagedEnterprise, ...]

    @property
    def csrf_token(self) -> str:
        """Token that the session's modifying calls send in a header."""
        return csrf_token(self.token)


@dataclass(frozen=True, slots=True)
class _Place:
    address: str | None
    browser: str | None
    request_id: str | None = None


@dataclass(frozen=True, slots=True)
class PortalSessions:
    """Logs legal persons in and out."""

    db: Database
    keyring: Keyring
    settings: Settings
    log_in: LogIn
    sms_codes: SmsCodes
    proofs: Proofs
    codes: ActivationCodes
    power: PowerAtPortal

    async def begin(
        self, credentials: Credentials, *, activation_code: str | None = None, address: str, now: int
    ) -> PortalLoginBegunMessage:
        """Checks captcha and password, throttled like a phone's login, and sends the account's phone a code.

        An activation code, if given, first proves that the account is the legal person's. Raises: what
        `LogIn.authenticate`, `ActivationCodes.use` and `begin_as` raise.
        """
        account = await self.log_in.authenticate(
            credentials, CaptchaPurpose.PORTAL_LOGIN, address=address, now=now, audience="portal"
        )
        if activation_code:
            await self.codes.use(account, activation_code, now=now)
        return await self.begin_as(account, address=address, now=now)

    async def begin_as(self, account: accounts.Account, *, address: str, now: int) -> PortalLoginBegunMessage:
        """Sends a verified account's phone a code.

        Raises: NotLegalPerson; IdentityUnproven (filed as legal person by name and id number, but not
        proven), with the `activation_id` for `activate`; what `SmsCodes.send` raises.
        """
        await self._require(self.db, account, provable=True, now=now)
        await self.sms_codes.send(phone=account.phone, purpose="portal", address=address, now=now)
        return PortalLoginBegunMessage(
            login_id=seal_half(
                self.keyring,
                account,
                "portal-login",
                expires_at=now + self.settings.accounts.sms_code_seconds * 1000,
            ),
            phone_masked=mask_phone(account.phone),
            expires_in=self.settings.accounts.sms_code_seconds,
            resend_in=self.settings.accounts.sms_resend_seconds,
        )

    async def send_again(self, login_id: str, *, address: str, now: int) -> PortalLoginBegunMessage:
        """Sends another code for a half-finished login, if the first one didn't arrive; only the newer one is valid.

        Raises: SmsCodeExpired (the login is too old, forged, or from before a password reset or a new phone
        number), AccountDisabled, and what `begin_as` raises: interval and daily limit of codes apply.
        """
        login = open_half(self.keyring, login_id, "portal-login", now=now)
        account = None if login is None else await accounts.get_account(self.db, account_id=login.account_id)
        if login is None or account is None or not login.is_of(account):
            raise SmsCodeExpired
        if account.state != "active":
            raise AccountDisabled
        return await self.begin_as(account, address=address, now=now)

    async def activate(
        self, activation_id: str, code: str, *, address: str, now: int
    ) -> PortalLoginBegunMessage:
        """Continues a login that lacked a proof, by an activation code; each wrong one is counted against the account.

        Raises: Unauthenticated (the login has expired or is invalid), AccountDisabled, and what
        `ActivationCodes.use` and `begin_as` raise.
        """
        login = open_half(self.keyring, activation_id, "portal-activation", now=now)
        account = None if login is None else await accounts.get_account(self.db, account_id=login.account_id)
        if login is None or account is None or not login.is_of(account):
            raise Unauthenticated
        if account.state != "active":
            raise AccountDisabled
        # If the account is proven, its activation code was already used: the user retries because the SMS
        # code wasn't sent.
        if not await self.proofs.managed(self.db, account.id, now=now):
            await self.codes.use(account, code, now=now)
        return await self.begin_as(account, address=address, now=now)

    async def add_enterprise(self, person: LegalPerson, code: str, *, now: int) -> int:
        """Proves by an activation code that the logged-in user is the legal person of another enterprise too.

        Returns when (ms) the proof takes effect. Raises: what `ActivationCodes.use` raises.
        """
        account = await accounts.get_account(self.db, account_id=person.account_id)
        if account is None or account.state != "active":
            raise Unauthenticated
        return await self.codes.use(account, code, now=now)

    async def finish(
        self,
        login_id: str,
        sms_code: str,
        *,
        now: int,
        address: str | None = None,
        browser: str | None = None,
    ) -> OpenedSession:
        """Checks the SMS code and opens the session.

        Raises: SmsCodeExpired (also for a login that is too old, forged, or from before a password reset or a
        new phone number), SmsCodeWrong, and what `open` raises.
        """
        login = open_half(self.keyring, login_id, "portal-login", now=now)
        if login is None:
            raise SmsCodeExpired
        account = await accounts.get_account(self.db, account_id=login.account_id)
        if account is None:
            raise SmsCodeExpired
        await self.sms_codes.consume(phone=account.phone, purpose="portal", code=sms_code, now=now)
        place = _Place(address, browser)

        async def work(tx: Tx) -> OpenedSession:
            account = await self._unchanged(tx, login)
            for person in await self.proofs.provable_by_phone(tx, account.id):
                # The correct code shows that the user has the filed phone number.
                await self.proofs.record_once(
                    tx, account.id, person.person_id, Way.FILED_PHONE, by=By("user", account.id), now=now
                )
            return await self._open(tx, account, place, now=now)

        return await self.db.write(work)

    async def open(
        self,
        account_id: str,
        request_id: str | None = None,
        *,
        now: int,
        address: str | None = None,
        browser: str | None = None,
    ) -> OpenedSession:
        """Opens a session for a verified account; `request_id` is the login that its shield signed, if any.

        Raises: NotLegalPerson, IdentityUnproven, AccountDisabled.
        """
        place = _Place(address, browser, request_id)

        async def work(tx: Tx) -> OpenedSession:
            account = await accounts.find_unchanging(tx, account_id=account_id)
            if account is None:
                raise NotLegalPerson
            return await self._open(tx, account, place, now=now)

        return await self.db.write(work)

    async def _unchanged(self, tx: Tx, login: FirstHalf) -> accounts.Account:
        """Returns the account. Raises: SmsCodeExpired, if its number or password has changed since the login began."""
        account = await accounts.find_unchanging(tx, account_id=login.account_id)
        if account is None or not login.is_of(account):
            raise SmsCodeExpired
        return account

    async def _require(
        self, db: Database | Tx, account: accounts.Account, *, provable: bool, now: int
    ) -> list[ManagedEnterprise]:
        """Returns the enterprises; `provable` admits accounts that the SMS code about to be sent will prove."""
        proofs = self.proofs
        managed = await proofs.managed(db, account.id, now=now)
        if managed or (provable and await proofs.provable_by_phone(db, account.id)):
            return managed
        if not await proofs.is_legal_person(db, account.id):
            raise NotLegalPerson
        raise IdentityUnproven(
            counts_from=await proofs.managed_from(db, account.id, now=now),
            reason=PHONE_CHANGED if await proofs.has_lost_number(db, account.id) else None,
            activation_id=seal_half(
                self.keyring, account, "portal-activation", expires_at=now + ACTIVATION_SECONDS * 1000
            ),
        )

    async def _open(self, tx: Tx, account: accounts.Account, place: _Place, *, now: int) -> OpenedSession:
        if account.state != "active":
            raise AccountDisabled
        enterprises = await self._require(tx, account, provable=False, now=now)
        token = base64url(secrets.token_bytes(_TOKEN_BYTES))
        if place.request_id is not None:
            token += _REQUEST_MARK + place.request_id
        life = self.settings.portal.session_seconds
        await store.insert(
            tx,
            token_hash=token_hash(token),
            account_id=account.id,
            now=now,
            expires_at=now + life * 1000,
            address=place.address,
            browser=place.browser,
        )
        return OpenedSession(
            token=token,
            expires_in=life,
            account_id=account.id,
            name=account.name,
            enterprises=await self.power.of(tx, account.id, enterprises, place.request_id, now=now),
        )

    async def find(self, token: str, *, now: int) -> LegalPerson:
        """Returns the session's legal person, and records the session's use.

        Raises: Unauthenticated, with the `reason` `ended_by_staff` if a member of staff ended the session.
        """
        hashed = token_hash(token)
        idle_since = now - self.settings.portal.idle_seconds * 1000
        row = await store.find(self.db, token_hash=hashed, idle_since=idle_since, now=now)
        if row is None:
            if await self._ended_by_staff(hashed):
                raise Unauthenticated(reason="ended_by_staff")
            raise Unauthenticated
        due = now - row.used_at >= min(_TOUCH_MS, self.settings.portal.idle_seconds * 250)
        if due and not self.db.held:
            await store.touch(self.db, token_hash=hashed, now=now)
        return LegalPerson(
            account_id=row.account_id,
            name=row.name,
            phone=row.phone,
            id_number_hash=row.id_number_hash,
            token_hash=hashed,
            expires_at=row.expires_at,
            login_request=token.partition(_REQUEST_MARK)[2] or None,
        )

    async def _ended_by_staff(self, hashed: bytes) -> bool:
        """Reports whether a staff act on the account, at the same moment, ended the session."""
        end = await store.ended(self.db, token_hash=hashed)
        if end is None:
            return False
        account_id, at = end
        act_rows = await acts.page(
            self.db, subject=account_id, actor_id=None, act="account", before=NEWEST, most=_ACTS_LOOKED_AT
        )
        return any(act.at == at and act.actor == "staff" for act in act_rows)

    async def enterprises(self, person: LegalPerson, *, now: int) -> tuple[ManagedEnterprise, ...]:
        """Returns the enterprises that they manage now, each with the end of the wait for acts of power, if any."""
        managed = await self.proofs.managed(self.db, person.account_id, now=now)
        return await self.power.of(self.db, person.account_id, managed, person.login_request, now=now)

    async def end(self, person: LegalPerson, *, now: int) -> None:
        """Ends the session."""
        await store.end(self.db, token_hash=person.token_hash, now=now)


def csrf_token(token: str) -> str:
    """Returns the token that each modifying call of a session sends in a header."""
    return csrf.csrf_token("portal", token)
