"""Logins at the page of an outside system, which sends the browser back with a code; for phones and the portal (R2).

The sealed `state` links the redirect to the return, and is bound to the browser or phone that began. So a
code obtained by somebody else, or a login begun elsewhere, can't be finished here. A state can be used once.
"""

import base64
import binascii
import hashlib
import json
import secrets
from dataclasses import dataclass
from typing import Final

from mshield.server.accounts.errors import LoginFailed
from mshield.server.accounts.external.account_source import PageLogin, PageSource
from mshield.server.accounts.outside_accounts import OutsideAccounts
from mshield.server.accounts.policy_consents import Agreement
from mshield.server.accounts.rows.accounts import Account
from mshield.server.database.interface import Database
from mshield.server.errors import InvalidRequest
from mshield.server.keys.errors import SealError
from mshield.server.keys.keyring import Keyring
from mshield.server.runtime.external.call import OutsideError
from mshield.server.runtime.rows import limits
from mshield.server.runtime.throttle import limit_calls
from mshield.server.settings.settings import Settings
from mshield.server.values.throttling import address_subject
from mshield.wire.outside_accounts import OutsideLoginBegun
from mshield.wire.times import MINUTE_MS
from mshield.wire.tokens import base64url

MAX_STATE: Final = 1024
MAX_CODE: Final = 2048
_SCOPE: Final = "outside_login"
_SECRET_BYTES: Final = 32


@dataclass(frozen=True, slots=True)
class ReturnPoint:
    """Path to which the outside page sends the browser back, and the purpose of the states sealed for it."""

    path: str
    purpose: str


@dataclass(frozen=True, slots=True)
class OutsidePages:
    """Sends users of phone or portal to pages of outside systems, and processes their return."""

    db: Database
    keyring: Keyring
    settings: Settings
    accounts: OutsideAccounts
    returns: ReturnPoint

    async def begin(self, source: str, holder: str, *, address: str, now: int) -> OutsideLoginBegun:
        """Begins a login at the page of `source`; only the same `holder` can finish it.

        Raises: InvalidRequest (source without a page), TooManyRequests, AccountSourceUnavailable.
        """
        page = self._page(source)
        await self._limit(address, now=now)
        nonce, verifier = random_token(), random_token()
        expires_at = now + self.settings.accounts.outside_login_seconds * 1000
        plain = {"s": source, "j": holder, "n": nonce, "v": verifier, "e": expires_at}
        box = self.keyring.seal(json.dumps(plain).encode(), purpose=self.returns.purpose, context=b"")
        state = base64url(box)
        try:
            target = await page.address(self._login(nonce, verifier), state=state, now=now)
        except OutsideError as error:
            raise self.accounts.unavailable(source) from error
        return OutsideLoginBegun(target, state, self.settings.accounts.outside_login_seconds)

    async def finish(
        self, state: str, code: str, holder: str, agreement: Agreement, *, address: str, now: int
    ) -> Account:
        """Finishes the login with the returned state and code, and returns the user's account.

        Raises: LoginFailed (bad state or code), TooManyRequests, AccountSourceUnavailable, InvalidRequest
        (the source no longer has a page), and what `OutsideAccounts.admit` raises.
        """
        await self._limit(address, now=now)
        content = await self._use(state, holder, now=now)
        source, login = content["s"], self._login(content["n"], content["v"])
        try:
            person = await self._page(source).person(code, login, now=now)
        except OutsideError as error:
            raise self.accounts.unavailable(source) from error
        if person is None:
            raise LoginFailed
        return await self.accounts.admit(source, person, agreement, now=now)

    async def _use(self, state: str, holder: str, *, now: int) -> dict[str, str]:
        """Returns the state's content and marks it as used, so that it can't be tried with a second code."""
        if len(state) > MAX_STATE or not state.isascii():
            raise LoginFailed
        try:
            box = base64.b64decode(state + "=" * (-len(state) % 4), altchars=b"-_", validate=True)
            content = json.loads(self.keyring.open(box, purpose=self.returns.purpose, context=b""))
        except (binascii.Error, SealError) as error:
            raise LoginFailed from error
        if content["j"] != holder or content["e"] <= now:
            raise LoginFailed
        state_hash = hashlib.sha256(b"outside-login" + box).digest()
        if not await limits.use_captcha(self.db, captcha_hash=state_hash, expires_at=content["e"]):
            raise LoginFailed
        return {name: content[name] for name in ("s", "n", "v")}

    def _page(self, source: str) -> PageSource:
        page = self.accounts.sources.pages.get(source)
        if page is None:
            raise InvalidRequest(fields=["source"])
        return page

    def _login(self, nonce: str, verifier: str) -> PageLogin:
        return PageLogin(
            redirect_uri=self.settings.site.public_origin + self.returns.path, nonce=nonce, verifier=verifier
        )

    async def _limit(self, address: str, *, now: int) -> None:
        most = self.settings.accounts.outside_logins_per_address
        await limit_calls(
            self.db, scope=_SCOPE, subject=address_subject(address), most=most, window=MINUTE_MS, now=now
        )


def random_token() -> str:
    """Returns a random secret of 43 base64url characters."""
    return base64url(secrets.token_bytes(_SECRET_BYTES))
