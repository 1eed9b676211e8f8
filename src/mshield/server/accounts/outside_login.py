"""A phone's login at the page of an outside system: the app opens the page and returns with a code.

The state is bound to the phone's key, so only the phone that began the login can finish it.
"""

from dataclasses import dataclass
from typing import Final

from mshield.server.accounts.login import DeviceProof, LogIn, Session
from mshield.server.accounts.outside_pages import OutsidePages, ReturnPoint
from mshield.server.accounts.policy_consents import Agreement
from mshield.wire.outside_accounts import OutsideLoginBegun

RETURN_PATH: Final = "/app/outside-login"
"""Path to which the outside page sends the browser; the app takes `state` and `code` from the address."""

RETURN_POINT: Final = ReturnPoint(RETURN_PATH, "outside-login")


@dataclass(frozen=True, slots=True)
class OutsideLogin:
    """Sends the app to the outside page, and processes its return."""

    pages: OutsidePages
    log_in: LogIn

    async def begin(self, source: str, device: DeviceProof, *, address: str, now: int) -> OutsideLoginBegun:
        """Returns the page to open. Raises: what `OutsidePages.begin` raises."""
        return await self.pages.begin(source, device.jkt, address=address, now=now)

    async def finish(
        self, state: str, code: str, device: DeviceProof, agreement: Agreement, *, address: str, now: int
    ) -> Session:
        """Logs the phone in. Raises: what `OutsidePages.finish` and `LogIn.start` raise."""
        account = await self.pages.finish(state, code, device.jkt, agreement, address=address, now=now)
        return await self.log_in.start(account, device, now=now)
