"""A phone's login at the page of an outside system: the app opens it, and comes back with a code.

Only the phone that began comes back: the state is bound to its key.
"""

from dataclasses import dataclass
from typing import Final

from mshield.services.accounts.login import DeviceProof, LogIn, Session
from mshield.services.accounts.outside_pages import LoginPage, OutsidePages, ReturnPoint
from mshield.services.accounts.policies.consents import Agreement

RETURN_PATH: Final = "/app/outside-login"
"""Where the outside page sends the browser: the app takes `state` and `code` from the address."""

RETURN_POINT: Final = ReturnPoint(RETURN_PATH, "outside-login")


@dataclass(frozen=True, slots=True)
class OutsideLogin:
    """Sends the app to the page, and takes it back."""

    pages: OutsidePages
    log_in: LogIn

    async def begin(self, source: str, device: DeviceProof, *, address: str, now: int) -> LoginPage:
        """Where the app goes. Raises what `OutsidePages.begin` raises."""
        return await self.pages.begin(source, device.jkt, address=address, now=now)

    async def finish(
        self, state: str, code: str, device: DeviceProof, agreement: Agreement, *, address: str, now: int
    ) -> Session:
        """The login. Raises what `OutsidePages.finish` and `LogIn.start` raise."""
        account = await self.pages.finish(state, code, device.jkt, agreement, address=address, now=now)
        return await self.log_in.start(account, device, now=now)
