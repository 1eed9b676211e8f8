"""The legal person's login at the page of an outside system, from the portal: they come back and get an SMS code.

Only the browser that began comes back: the state is bound to a secret in its cookie. So nobody is led into a login
that somebody else began, and a code that was seen elsewhere is worth nothing.
"""

import re
from dataclasses import dataclass, field
from typing import Final

from mshield.domain import errors
from mshield.domain.tokens import token_hash
from mshield.services.accounts.outside_pages import LoginPage, OutsidePages, ReturnPoint, random_token
from mshield.services.accounts.policies.consents import Agreement
from mshield.services.legal_person.session import LoginBegun, PortalSessions

RETURN_PATH: Final = "/portal/outside-login"
"""Where the outside page sends the browser: the portal's page takes `state` and `code` from the address."""

RETURN_POINT: Final = ReturnPoint(RETURN_PATH, "portal-outside-login")
_TOKEN: Final = re.compile(r"[A-Za-z0-9_-]{43}")


@dataclass(frozen=True, slots=True)
class PortalLoginPage:
    """A browser on its way to the page, and the secret that it comes back with."""

    page: LoginPage
    token: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class PortalOutsideLogin:
    """Sends a browser to the page, and takes it back."""

    pages: OutsidePages
    sessions: PortalSessions

    async def begin(self, source: str, token: str | None, *, address: str, now: int) -> PortalLoginPage:
        """Where the browser goes; `token` is its secret from a login begun before, so that both tabs may come back.

        Raises what `OutsidePages.begin` raises.
        """
        secret = token if token is not None and _TOKEN.fullmatch(token) else random_token()
        return PortalLoginPage(
            await self.pages.begin(source, _holder(secret), address=address, now=now), secret
        )

    async def finish(
        self,
        state: str,
        code: str,
        token: str | None,
        agreement: Agreement,
        *,
        address: str,
        now: int,
    ) -> LoginBegun:
        """The first half of a login, as a password and a captcha make it; `agreement` is a new user's.

        Raises what `OutsidePages.finish` and `PortalSessions.begin_as` raise; LoginFailed for another browser.
        """
        if token is None or not _TOKEN.fullmatch(token):
            raise errors.LoginFailed
        account = await self.pages.finish(state, code, _holder(token), agreement, address=address, now=now)
        return await self.sessions.begin_as(account, address=address, now=now)


def _holder(token: str) -> str:
    """What the state says of the browser: not its secret."""
    return token_hash(token).hex()
