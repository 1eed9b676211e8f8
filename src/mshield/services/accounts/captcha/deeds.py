"""What a captcha is for, and how hard it is: after failures, and where many codes go out, harder."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from mshield.domain.throttling import address_subject, prefix_subject
from mshield.domain.times import DAY_MS, HOUR_MS
from mshield.services.accounts.sms_budget import CODES, read_spent
from mshield.services.accounts.throttle import LOGINS, of_network
from mshield.settings import Settings
from mshield.store.accounts import limits
from mshield.store.database.interface import Database, Tx


class Deed(StrEnum):
    """What a captcha is for; one for another deed is none."""

    PHONE_LOGIN = "phone_login"
    PHONE_CODE = "phone_code"
    PORTAL_LOGIN = "portal_login"
    PC_CODE = "pc_code"
    STAFF_LOGIN = "staff_login"


PICTURED: Final = frozenset({Deed.PHONE_LOGIN, Deed.PORTAL_LOGIN, Deed.PC_CODE})
"""Where the manual shows a picture (2.3.1.2), or a page beside it asks for one: there always is one."""
FAILED: Final = "captcha_failed"
_TIMES: Final = 4
# A household's few slips cost nothing; an office's or a carrier's network has more of them, and more people.
_NETWORK_FAILURES: Final = 10
_NETWORK_CODES: Final = 8
_HARDEST: Final = 3
"""How many times what makes a captcha harder makes it hardest."""
_DAY_SHARES: Final = (0.5, 0.8)


@dataclass(frozen=True, slots=True)
class Hardness:
    """How hard the captchas of this deed are for this address now: 0, 1 or 2."""

    step: int

    @property
    def factor(self) -> int:
        """How many times the usual work."""
        return int(_TIMES**self.step)

    def needs_picture(self, deed: Deed) -> bool:
        """Whether a person must read or hear it."""
        return deed in PICTURED or self.step > 0


async def hardness(db: Database | Tx, settings: Settings, deed: Deed, *, address: str, now: int) -> Hardness:
    """By the failed captchas and logins of this address and its network, for codes also by those sent."""
    here, network = address_subject(address), prefix_subject(address)
    hour, day = now - HOUR_MS, now - DAY_MS

    async def count(scope: str, subject: str, stale: int) -> int:
        return await limits.counted(db, scope=scope, subject=subject, stale=stale)

    failed = await count(FAILED, here, hour) + await count(LOGINS, here, day)
    free = settings.captcha_free_failures
    steps = [
        _step(failed, free),
        _step(await count(of_network(FAILED), network, hour), free * _NETWORK_FAILURES),
    ]
    if deed is Deed.PHONE_CODE:
        spent = await read_spent(db, settings, now=now)
        codes = settings.sms_codes_before_picture
        steps += [
            _step(await count(CODES, here, hour), codes),
            _step(await count(of_network(CODES), network, hour), codes * _NETWORK_CODES),
            sum(spent.count >= share * spent.most for share in _DAY_SHARES),
        ]
    return Hardness(max(steps))


async def count_failure(tx: Tx, *, address: str, now: int) -> None:
    """Counts one of this address and of its network."""
    for scope, subject in ((FAILED, address_subject(address)), (of_network(FAILED), prefix_subject(address))):
        await limits.begin_attempt(tx, scope=scope, subject=subject, now=now, stale=now - HOUR_MS)


def _step(count: int, free: int) -> int:
    return sum(count >= bound for bound in (free, free * _HARDEST))
