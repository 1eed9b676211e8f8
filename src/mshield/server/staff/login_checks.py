"""Base class of the checks of a member's password or second factor, which are limited like a login."""

from dataclasses import dataclass

from mshield.server.database.interface import Database
from mshield.server.runtime.throttle import LoginThrottle
from mshield.server.settings.settings import Settings
from mshield.server.staff.factors import StaffFactors


@dataclass(frozen=True, slots=True)
class LoginChecks:
    """Checks of a login's parts, with the limit on failed attempts."""

    db: Database
    factors: StaffFactors
    settings: Settings

    @property
    def throttle(self) -> LoginThrottle:
        """Limit on failed attempts, per member and per address."""
        return LoginThrottle(self.db, self.settings.accounts)
