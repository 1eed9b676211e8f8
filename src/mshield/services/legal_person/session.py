"""The legal person's login at the portal: password and captcha, then an SMS code, then a server-side session.

Their phone may be the lost one, so the way in needs no shield; a login by shield ends in `PortalSessions.open` too. Who
is filed as legal person of no enterprise gets no session, and learns that only after proving to have the account.
"""

import secrets
from dataclasses import dataclass, field
from typing import Final

from mshield.domain import errors
from mshield.domain.actor import By
from mshield.domain.identity import mask_phone
from mshield.domain.ids import NEWEST
from mshield.domain.proofs import Way
from mshield.domain.times import MINUTE_MS
from mshield.domain.tokens import base64url, token_hash
from mshield.keys.keyring import Keyring
from mshield.services.accounts.captcha.deeds import Deed
from mshield.services.accounts.login import Credentials, LogIn
from mshield.services.accounts.sms_codes import SmsCodes
from mshield.services.identity.opened import Identity
from mshield.services.identity.proofs import PHONE_CHANGED
from mshield.services.legal_person.first_half import FirstHalf, open_half, seal_half
from mshield.services.legal_person.power import PowerAtPortal
from mshield.services.process import csrf
from mshield.settings import Settings
from mshield.store.accounts import accounts
from mshield.store.database.interface import Database, Tx
from mshield.store.legal_person import sessions as store
from mshield.store.legal_person.sessions import ManagedEnterprise
from mshield.store.staff import acts

__all__ = ["LegalPerson", "LoginBegun", "ManagedEnterprise", "OpenedSession", "PortalSessions", "csrf_token"]

ACTIVATION_SECONDS: Final = 600
"""How long an activation code can be given after a login that lacked it."""

_TOKEN_BYTES: Final = 32
_ACTS_LOOKED_AT: Final = 20
_TOUCH_MS: Final = MINUTE_MS
_REQUEST_MARK: Final = "."


@dataclass(frozen=True, slots=True, kw_only=True)
class LoginBegun:
    """The first half of a login: its id, and where the SMS code went. Times in seconds."""

    login_id: str = field(repr=False)
    phone_masked: str
    expires_in: int
    resend_in: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LegalPerson:
    """Who is logged in, with their session. `expires_at` in ms.

    `login_request` is the request that their own shield signed to log in; None for a login by password and SMS.
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
    """A new session: the cookie's token and its life in seconds.

    The token is 43 characters, base64url; of a login by shield the request's id follows after a dot. The hash that is
    stored is of both, so that nobody else's login takes its place.
    """

    token: str = field(repr=False)
    expires_in: int
    account_id: str
    name: str
    enterprises: tuple[ManagedEnterprise, ...]

    @property
    def csrf_token(self) -> str:
        """What its changing calls carry in a header."""
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
    identity: Identity
    power: PowerAtPortal

    async def begin(
        self, credentials: Credentials, *, activation_code: str | None = None, address: str, now: int
    ) -> LoginBegun:
        """Checks captcha and password, throttled like a phone's login, and sends the account's phone a code.

        An activation code proves first that the account is the legal person's. Raises what `LogIn.authenticate`,
        `ActivationCodes.use` and `begin_as` raise.
        """
        account = await self.log_in.authenticate(
            credentials, Deed.PORTAL_LOGIN, address=address, now=now, audience="portal"
        )
        if activation_code:
            await self.identity.codes.use(account, activation_code, now=now)
        return await self.begin_as(account, address=address, now=now)

    async def begin_as(self, account: accounts.Account, *, address: str, now: int) -> LoginBegun:
        """Sends a verified account's phone a code.

        Raises NotLegalPerson; IdentityUnproven for who has the name and number of one, and nothing that proves it,
        with what `activate` takes; what `SmsCodes.send` raises.
        """
        await self._require(self.db, account, provable=True, now=now)
        await self.sms_codes.send(phone=account.phone, purpose="portal", address=address, now=now)
        return LoginBegun(
            login_id=seal_half(
                self.keyring, account, "portal-login", expires_at=now + self.settings.sms_code_seconds * 1000
            ),
            phone_masked=mask_phone(account.phone),
            expires_in=self.settings.sms_code_seconds,
            resend_in=self.settings.sms_resend_seconds,
        )

    async def send_again(self, login_id: str, *, address: str, now: int) -> LoginBegun:
        """Another code for a login that is half done, where the first one didn't come: the newer one counts.

        Raises SmsCodeExpired for a login too old, made up, or begun before a reset or a new phone number, and what
        `begin_as` raises: codes of one number keep their distance and their daily number.
        """
        login = open_half(self.keyring, login_id, "portal-login", now=now)
        account = None if login is None else await accounts.get_account(self.db, account_id=login.account_id)
        if login is None or account is None or not login.is_of(account):
            raise errors.SmsCodeExpired
        if account.state != "active":
            raise errors.AccountDisabled
        return await self.begin_as(account, address=address, now=now)

    async def activate(self, activation_id: str, code: str, *, address: str, now: int) -> LoginBegun:
        """Goes on with a login that lacked a proof, by an activation code; each wrong one counts for the account.

        Raises Unauthenticated for a login that is over, AccountDisabled, and what `ActivationCodes.use` and `begin_as`
        raise.
        """
        login = open_half(self.keyring, activation_id, "portal-activation", now=now)
        account = None if login is None else await accounts.get_account(self.db, account_id=login.account_id)
        if login is None or account is None or not login.is_of(account):
            raise errors.Unauthenticated
        if account.state != "active":
            raise errors.AccountDisabled
        # Whoever is proven already used their activation code before: they come again because the SMS code wasn't sent.
        if not await self.identity.proofs.managed(self.db, account.id, now=now):
            await self.identity.codes.use(account, code, now=now)
        return await self.begin_as(account, address=address, now=now)

    async def add_enterprise(self, person: LegalPerson, code: str, *, now: int) -> int:
        """Proves by an activation code that who is logged in is the legal person of another enterprise too.

        From when (ms) that counts. Raises what `ActivationCodes.use` raises.
        """
        account = await accounts.get_account(self.db, account_id=person.account_id)
        if account is None or account.state != "active":
            raise errors.Unauthenticated
        return await self.identity.codes.use(account, code, now=now)

    async def finish(
        self,
        login_id: str,
        sms_code: str,
        *,
        now: int,
        address: str | None = None,
        browser: str | None = None,
    ) -> OpenedSession:
        """The session.

        Raises SmsCodeExpired for a login too old, made up, or begun before a reset or a new phone number; SmsCodeWrong,
        and what `open` raises.
        """
        login = open_half(self.keyring, login_id, "portal-login", now=now)
        if login is None:
            raise errors.SmsCodeExpired
        account = await accounts.get_account(self.db, account_id=login.account_id)
        if account is None:
            raise errors.SmsCodeExpired
        await self.sms_codes.consume(phone=account.phone, purpose="portal", code=sms_code, now=now)
        place = _Place(address, browser)

        async def work(tx: Tx) -> OpenedSession:
            account = await self._unchanged(tx, login)
            for person in await self.identity.proofs.provable_by_phone(tx, account.id):
                # The code came back from the number that is on file.
                await self.identity.proofs.record_once(
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
        """A session for an account that proved itself, by a shield that signed this login where one did.

        Raises NotLegalPerson, IdentityUnproven, AccountDisabled.
        """
        place = _Place(address, browser, request_id)

        async def work(tx: Tx) -> OpenedSession:
            account = await accounts.find_unchanging(tx, account_id=account_id)
            if account is None:
                raise errors.NotLegalPerson
            return await self._open(tx, account, place, now=now)

        return await self.db.write(work)

    async def _unchanged(self, tx: Tx, login: FirstHalf) -> accounts.Account:
        """The account as the login began with it. Raises SmsCodeExpired where number or password changed since."""
        account = await accounts.find_unchanging(tx, account_id=login.account_id)
        if account is None or not login.is_of(account):
            raise errors.SmsCodeExpired
        return account

    async def _require(
        self, db: Database | Tx, account: accounts.Account, *, provable: bool, now: int
    ) -> list[ManagedEnterprise]:
        """The enterprises; `provable` lets those pass whom the code that is sent now will prove."""
        proofs = self.identity.proofs
        managed = await proofs.managed(db, account.id, now=now)
        if managed or (provable and await proofs.provable_by_phone(db, account.id)):
            return managed
        if not await proofs.is_legal_person(db, account.id):
            raise errors.NotLegalPerson
        raise errors.IdentityUnproven(
            counts_from=await proofs.managed_from(db, account.id, now=now),
            reason=PHONE_CHANGED if await proofs.has_lost_number(db, account.id) else None,
            activation_id=seal_half(
                self.keyring, account, "portal-activation", expires_at=now + ACTIVATION_SECONDS * 1000
            ),
        )

    async def _open(self, tx: Tx, account: accounts.Account, place: _Place, *, now: int) -> OpenedSession:
        if account.state != "active":
            raise errors.AccountDisabled
        enterprises = await self._require(tx, account, provable=False, now=now)
        token = base64url(secrets.token_bytes(_TOKEN_BYTES))
        if place.request_id is not None:
            token += _REQUEST_MARK + place.request_id
        life = self.settings.portal_session_seconds
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
            enterprises=tuple(await self.power.of(tx, account.id, enterprises, place.request_id, now=now)),
        )

    async def find(self, token: str, *, now: int) -> LegalPerson:
        """Whose session this is, which counts as use of it.

        Raises Unauthenticated, with the `reason` `ended_by_staff` where a member of staff ended it.
        """
        hashed = token_hash(token)
        idle_since = now - self.settings.portal_idle_seconds * 1000
        row = await store.find(self.db, token_hash=hashed, idle_since=idle_since, now=now)
        if row is None:
            if await self._ended_by_staff(hashed):
                raise errors.Unauthenticated(reason="ended_by_staff")
            raise errors.Unauthenticated
        due = now - row.used_at >= min(_TOUCH_MS, self.settings.portal_idle_seconds * 250)
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
        """Whether an act of staff on its account, of that moment, ended it."""
        ended = await store.ended(self.db, token_hash=hashed)
        if ended is None:
            return False
        account_id, at = ended
        recorded = await acts.page(
            self.db, subject=account_id, actor_id=None, act="account", before=NEWEST, most=_ACTS_LOOKED_AT
        )
        return any(act.at == at and act.actor == "staff" for act in recorded)

    async def enterprises(self, person: LegalPerson, *, now: int) -> list[ManagedEnterprise]:
        """The enterprises that they answer for now, each with the time until which what gives power waits."""
        managed = await self.identity.proofs.managed(self.db, person.account_id, now=now)
        return await self.power.of(self.db, person.account_id, managed, person.login_request, now=now)

    async def end(self, person: LegalPerson, *, now: int) -> None:
        """Logs out."""
        await store.end(self.db, token_hash=person.token_hash, now=now)


def csrf_token(token: str) -> str:
    """What each changing call of a session carries in a header."""
    return csrf.csrf_token("portal", token)
