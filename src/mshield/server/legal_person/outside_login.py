"""Legal person's portal login at the page of an outside system: on return, an SMS code is sent.

The state is bound to a secret in the browser's cookie, so only the browser that began can finish. So nobody
can be lured into a login that an attacker began, and an intercepted code is useless.
"""

import re
from dataclasses import dataclass, field
from typing import Final

from mshield.server.accounts.errors import LoginFailed
from mshield.server.accounts.outside_pages import OutsidePages, ReturnPoint, random_token
from mshield.server.accounts.policy_consents import Agreement
from mshield.server.legal_person.session import PortalSessions
from mshield.wire.outside_accounts import OutsideLoginBegun
from mshield.wire.portal import PortalLoginBegunMessage
from mshield.wire.tokens import token_hash

RETURN_PATH: Final = "/portal/outside-login"
"""Path to which the outside page sends the browser; the portal's page takes `state` and `code` from the address."""

RETURN_POINT: Final = ReturnPoint(RETURN_PATH, "portal-outside-login")
_TOKEN: Final = re.compile(r"[A-Za-z0-9_-]{43}")


@dataclass(frozen=True, slots=True)
class PortalLoginPage:
    """Page to open, and the secret that the browser must return with."""

    page: OutsideLoginBegun
    token: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class PortalOutsideLogin:
    """Sends a browser to the outside page, and processes its return."""

    pages: OutsidePages
    sessions: PortalSessions

    async def begin(self, source: str, token: str | None, *, address: str, now: int) -> PortalLoginPage:
        """Returns the page to open.

        `token` is the browser's secret from a login in another tab, so that both can finish.

        Raises: what `OutsidePages.begin` raises.
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
    ) -> PortalLoginBegunMessage:
        """Returns the first half of a login, as password and captcha would; `agreement` is that of a new user.

        Raises: what `OutsidePages.finish` and `PortalSessions.begin_as` raise; LoginFailed (another browser).
        """
        if token is None or not _TOKEN.fullmatch(token):
            raise LoginFailed
        account = await self.pages.finish(state, code, _holder(token), agreement, address=address, now=now)
        return await self.sessions.begin_as(account, address=address, now=now)


def _holder(token: str) -> str:
    """Returns the hash of the browser's secret, which identifies the browser in the state."""
    return token_hash(token).hex()
