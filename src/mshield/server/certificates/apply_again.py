"""Application on a phone that has a certificate (重复申请, manual 2.3.1.3, R6): always refused, after a warning.

An unconfirmed application changes nothing and gets the warning. A confirmed one puts the certificate on hold
until the legal person revokes it. A certificate that is unusable anyway isn't held; the answer then says at
once that the legal person has to revoke it.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final, NoReturn

from mshield.server.acts.actor import By
from mshield.server.certificates.errors import AlreadyCertified, CertificateExpired, DuplicateApplication
from mshield.server.certificates.rows.changes import change
from mshield.server.certificates.rows.enrolment import Occupant
from mshield.server.certificates.rules.states import CertificateEvent, CertificateState, Hold, is_expired
from mshield.server.database.interface import Database
from mshield.server.signing.errors import PinLocked

_REASON: Final = "未经法人作废，在本机重复申请"


@dataclass(frozen=True, slots=True)
class Reapplication:
    """Account that applies again, the certificate that prevents it, and whether the user confirmed the warning."""

    account_id: str
    occupant: Occupant
    confirmed: bool


def require_usable(occupant: Occupant, *, now: int) -> None:
    """Raises PinLocked or CertificateExpired if only the legal person can clear the certificate, confirmed or not."""
    state = occupant.standing.state
    if state is CertificateState.PIN_LOCKED:
        raise PinLocked
    if is_expired(state=state, not_after=occupant.not_after, now=now):
        raise CertificateExpired


async def refuse(
    db: Database, reapplication: Reapplication, spend_code: Callable[[], Awaitable[None]], *, now: int
) -> NoReturn:
    """Refuses the application, after holding the certificate if the user confirmed.

    Spends the SMS code only if it holds the certificate. Raises: AlreadyCertified (the warning),
    DuplicateApplication (confirmed), PinLocked, CertificateExpired.
    """
    state, holds = reapplication.occupant.standing.state, reapplication.occupant.standing.holds
    require_usable(reapplication.occupant, now=now)
    if Hold.DUPLICATE in holds:
        raise DuplicateApplication
    if not reapplication.confirmed or state is not CertificateState.ACTIVE:
        raise AlreadyCertified
    await spend_code()
    await db.write(
        lambda tx: change(
            tx,
            serial=reapplication.occupant.serial,
            event=CertificateEvent.APPLY_AGAIN,
            by=By("user", reapplication.account_id),
            reason=_REASON,
            now=now,
        )
    )
    raise DuplicateApplication
