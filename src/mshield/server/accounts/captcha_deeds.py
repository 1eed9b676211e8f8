"""Purposes of captchas, and their difficulty: it rises after failures and when many codes are sent."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from mshield.server.accounts.sms_budget import CODES, read_spent
from mshield.server.database.interface import Database, Tx
from mshield.server.runtime.rows import limits
from mshield.server.runtime.throttle import LOGINS, of_network
from mshield.server.settings.accounts import AccountSettings
from mshield.server.values.throttling import address_subject, prefix_subject
from mshield.wire.times import DAY_MS, HOUR_MS


class CaptchaPurpose(StrEnum):
    """Purpose of a captcha; it isn't accepted for any other."""

    PHONE_LOGIN = "phone_login"
    PHONE_CODE = "phone_code"
    PORTAL_LOGIN = "portal_login"
    PC_CODE = "pc_code"
    STAFF_LOGIN = "staff_login"


PICTURED: Final = frozenset({CaptchaPurpose.PHONE_LOGIN, CaptchaPurpose.PORTAL_LOGIN, CaptchaPurpose.PC_CODE})
"""Deeds that always need a picture: the manual shows one (2.3.1.2), or the portal's and PC pages ask for one."""
FAILED: Final = "captcha_failed"
_TIMES: Final = 4
# Higher limits for a network: a household's occasional failures have no effect, and an office or a carrier
# has more people and therefore more failures.
_NETWORK_FAILURES: Final = 10
_NETWORK_CODES: Final = 8
_HARDEST: Final = 3
"""Ratio of the failure count for difficulty 2 to the one for difficulty 1."""
_DAY_SHARES: Final = (0.5, 0.8)


@dataclass(frozen=True, slots=True)
class Hardness:
    """Difficulty of captchas for a deed and an address: 0, 1 or 2."""

    step: int

    @property
    def factor(self) -> int:
        """Multiple of the usual work."""
        return int(_TIMES**self.step)

    def needs_picture(self, deed: CaptchaPurpose) -> bool:
        """Reports whether a person must read or hear the captcha."""
        return deed in PICTURED or self.step > 0


async def hardness(
    db: Database | Tx, settings: AccountSettings, deed: CaptchaPurpose, *, address: str, now: int
) -> Hardness:
    """Returns the difficulty for an address, by its failed captchas and logins, and its network's failed captchas.

    For the deed `PHONE_CODE`, SMS codes sent for strangers count too: from the address, from its network, and
    in total.
    """
    here, network = address_subject(address), prefix_subject(address)
    hour, day = now - HOUR_MS, now - DAY_MS

    async def count(scope: str, subject: str, stale: int) -> int:
        return await limits.current_count(db, scope=scope, subject=subject, stale=stale)

    failed = await count(FAILED, here, hour) + await count(LOGINS, here, day)
    free = settings.captcha_free_failures
    steps = [
        _step(failed, free),
        _step(await count(of_network(FAILED), network, hour), free * _NETWORK_FAILURES),
    ]
    if deed is CaptchaPurpose.PHONE_CODE:
        spent = await read_spent(db, settings, now=now)
        codes = settings.sms_codes_before_picture
        steps += [
            _step(await count(CODES, here, hour), codes),
            _step(await count(of_network(CODES), network, hour), codes * _NETWORK_CODES),
            sum(spent.count >= share * spent.most for share in _DAY_SHARES),
        ]
    return Hardness(max(steps))


async def count_failure(tx: Tx, *, address: str, now: int) -> None:
    """Counts a failure of this address and of its network."""
    for scope, subject in ((FAILED, address_subject(address)), (of_network(FAILED), prefix_subject(address))):
        await limits.begin_attempt(tx, scope=scope, subject=subject, now=now, stale=now - HOUR_MS)


def _step(count: int, free: int) -> int:
    return sum(count >= bound for bound in (free, free * _HARDEST))
