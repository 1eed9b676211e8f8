"""The way to the page of an outside system and back with a code, for a phone or for a browser at the portal (R2).

What ties both ways together travels sealed in `state`, bound to who began it: a code that somebody else got, or a way
back that began elsewhere, is worth nothing here. A state is good for one use.
"""

import base64
import binascii
import hashlib
import json
import secrets
from dataclasses import dataclass, field
from typing import Final

from mshield.domain import errors
from mshield.domain.throttling import address_subject
from mshield.domain.times import MINUTE_MS
from mshield.domain.tokens import base64url
from mshield.gateways.account_source import PageLogin, PageSource
from mshield.gateways.outside import OutsideError
from mshield.keys.errors import SealError
from mshield.keys.keyring import Keyring
from mshield.services.accounts.outside import OutsideAccounts
from mshield.services.accounts.policies.consents import Agreement
from mshield.services.accounts.throttle import limit_calls
from mshield.settings import Settings
from mshield.store.accounts import limits
from mshield.store.accounts.accounts import Account
from mshield.store.database.interface import Database

MAX_STATE: Final = 1024
MAX_CODE: Final = 2048
_SCOPE: Final = "outside_login"
_SECRET_BYTES: Final = 32


@dataclass(frozen=True, slots=True)
class ReturnPoint:
    """Where the page sends the browser back to (a path), and the purpose of the states sealed for it."""

    path: str
    purpose: str


@dataclass(frozen=True, slots=True)
class LoginPage:
    """The page to open, the state that comes back, and how long there is for it (seconds)."""

    address: str
    state: str = field(repr=False)
    expires_in: int


@dataclass(frozen=True, slots=True)
class OutsidePages:
    """Sends users of phone or portal to pages outside, and takes them back."""

    db: Database
    keyring: Keyring
    settings: Settings
    accounts: OutsideAccounts
    returns: ReturnPoint

    async def begin(self, source: str, holder: str, *, address: str, now: int) -> LoginPage:
        """Where to go; `holder` tells who may come back.

        Raises InvalidRequest for a source without a page, TooManyRequests, AccountSourceUnavailable.
        """
        page = self._page(source)
        await self._limit(address, now=now)
        nonce, verifier = random_token(), random_token()
        expires_at = now + self.settings.outside_login_seconds * 1000
        plain = {"s": source, "j": holder, "n": nonce, "v": verifier, "e": expires_at}
        box = self.keyring.seal(json.dumps(plain).encode(), purpose=self.returns.purpose, context=b"")
        state = base64url(box)
        try:
            target = await page.address(self._login(nonce, verifier), state=state, now=now)
        except OutsideError as error:
            raise self.accounts.unavailable(source) from error
        return LoginPage(target, state, self.settings.outside_login_seconds)

    async def finish(
        self, state: str, code: str, holder: str, agreement: Agreement, *, address: str, now: int
    ) -> Account:
        """Whose login it was.

        Raises LoginFailed for a state or code that isn't good, TooManyRequests, AccountSourceUnavailable,
        InvalidRequest for a source that has lost its page, and what `OutsideAccounts.admit` raises.
        """
        await self._limit(address, now=now)
        opened = await self._use(state, holder, now=now)
        source, login = opened["s"], self._login(opened["n"], opened["v"])
        try:
            person = await self._page(source).person(code, login, now=now)
        except OutsideError as error:
            raise self.accounts.unavailable(source) from error
        if person is None:
            raise errors.LoginFailed
        return await self.accounts.admit(source, person, agreement, now=now)

    async def _use(self, state: str, holder: str, *, now: int) -> dict[str, str]:
        """What the state holds; it is spent by this, so that it can't be tried with a second code."""
        if len(state) > MAX_STATE or not state.isascii():
            raise errors.LoginFailed
        try:
            box = base64.b64decode(state + "=" * (-len(state) % 4), altchars=b"-_", validate=True)
            opened = json.loads(self.keyring.open(box, purpose=self.returns.purpose, context=b""))
        except (binascii.Error, SealError) as error:
            raise errors.LoginFailed from error
        if opened["j"] != holder or opened["e"] <= now:
            raise errors.LoginFailed
        state_hash = hashlib.sha256(b"outside-login" + box).digest()
        if not await limits.use_captcha(self.db, captcha_hash=state_hash, expires_at=opened["e"]):
            raise errors.LoginFailed
        return {name: opened[name] for name in ("s", "n", "v")}

    def _page(self, source: str) -> PageSource:
        page = self.accounts.sources.pages.get(source)
        if page is None:
            raise errors.InvalidRequest(fields=["source"])
        return page

    def _login(self, nonce: str, verifier: str) -> PageLogin:
        return PageLogin(
            redirect_uri=self.settings.public_origin + self.returns.path, nonce=nonce, verifier=verifier
        )

    async def _limit(self, address: str, *, now: int) -> None:
        most = self.settings.outside_logins_per_address
        await limit_calls(
            self.db, scope=_SCOPE, subject=address_subject(address), most=most, window=MINUTE_MS, now=now
        )


def random_token() -> str:
    """A secret of 43 characters, base64url."""
    return base64url(secrets.token_bytes(_SECRET_BYTES))
