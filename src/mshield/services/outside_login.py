"""Login at the page of an outside system: the app opens it, and comes back with a code.

What ties both ways together travels sealed in `state`, bound to the phone's own key: a code that somebody else got, or
a way back that began on another phone, is worth nothing here. A state is good for one use.
"""

import base64
import binascii
import hashlib
import json
import secrets
from dataclasses import dataclass, field
from typing import Final

from mshield.domain import errors
from mshield.gateways.account_source import PageLogin, PageSource
from mshield.gateways.outside import OutsideError
from mshield.keys.errors import SealError
from mshield.keys.keyring import Keyring
from mshield.services.login import DeviceProof, LogIn, Session
from mshield.services.outside_accounts import OutsideAccounts
from mshield.services.throttle import address_subject, limit_calls
from mshield.settings import Settings
from mshield.store import limits
from mshield.store.database import Database

RETURN_PATH: Final = "/app/outside-login"
"""Where the outside page sends the browser: the app takes `state` and `code` from the address."""

MAX_STATE: Final = 1024
_PURPOSE: Final = "outside-login"
_SCOPE: Final = "outside_login"
_MINUTE_MS: Final = 60_000
_SECRET_BYTES: Final = 32


@dataclass(frozen=True, slots=True)
class Begun:
    """The page to open, the state that comes back, and how long there is for it (seconds)."""

    address: str
    state: str = field(repr=False)
    expires_in: int


@dataclass(frozen=True, slots=True)
class OutsideLogin:
    """Sends the app to the page, and takes it back."""

    db: Database
    keyring: Keyring
    settings: Settings
    accounts: OutsideAccounts
    log_in: LogIn

    async def begin(self, source: str, device: DeviceProof, *, address: str, now: int) -> Begun:
        """Raises InvalidRequest for an unknown source, TooManyRequests, AccountSourceUnavailable."""
        page = self._page(source)
        await self._limit(address, now=now)
        nonce, verifier = _random(), _random()
        expires_at = now + self.settings.outside_login_seconds * 1000
        plain = {"s": source, "j": device.jkt, "n": nonce, "v": verifier, "e": expires_at}
        box = self.keyring.seal(json.dumps(plain).encode(), purpose=_PURPOSE, context=b"")
        state = base64.urlsafe_b64encode(box).rstrip(b"=").decode()
        try:
            target = await page.address(self._login(nonce, verifier), state=state, now=now)
        except OutsideError as error:
            raise self.accounts.unavailable(source) from error
        return Begun(target, state, self.settings.outside_login_seconds)

    async def finish(self, state: str, code: str, device: DeviceProof, *, address: str, now: int) -> Session:
        """The login. Raises LoginFailed for a state or code that isn't good, and what an outside login may raise."""
        await self._limit(address, now=now)
        opened = await self._use(state, device, now=now)
        source, login = opened["s"], self._login(opened["n"], opened["v"])
        try:
            person = await self._page(source).person(code, login, now=now)
        except OutsideError as error:
            raise self.accounts.unavailable(source) from error
        if person is None:
            raise errors.LoginFailed
        account = await self.accounts.admit(source, person, now=now)
        return await self.log_in.start(account, device, now=now)

    async def _use(self, state: str, device: DeviceProof, *, now: int) -> dict[str, str]:
        """What the state holds, spent by this: it can't be tried with a second code."""
        if len(state) > MAX_STATE or not state.isascii():
            raise errors.LoginFailed
        try:
            box = base64.b64decode(state + "=" * (-len(state) % 4), altchars=b"-_", validate=True)
            opened = json.loads(self.keyring.open(box, purpose=_PURPOSE, context=b""))
        except (binascii.Error, SealError) as error:
            raise errors.LoginFailed from error
        if opened["j"] != device.jkt or opened["e"] <= now:
            raise errors.LoginFailed
        spent = hashlib.sha256(b"outside-login" + box).digest()
        if not await limits.use_captcha(self.db, captcha_hash=spent, expires_at=opened["e"]):
            raise errors.LoginFailed
        return {name: opened[name] for name in ("s", "n", "v")}

    def _page(self, source: str) -> PageSource:
        page = self.accounts.sources.pages.get(source)
        if page is None:
            raise errors.InvalidRequest(fields=["source"])
        return page

    def _login(self, nonce: str, verifier: str) -> PageLogin:
        return PageLogin(
            redirect_uri=self.settings.public_origin + RETURN_PATH, nonce=nonce, verifier=verifier
        )

    async def _limit(self, address: str, *, now: int) -> None:
        most = self.settings.outside_logins_per_address
        await limit_calls(
            self.db, scope=_SCOPE, subject=address_subject(address), most=most, window=_MINUTE_MS, now=now
        )


def _random() -> str:
    return base64.urlsafe_b64encode(secrets.token_bytes(_SECRET_BYTES)).rstrip(b"=").decode()
