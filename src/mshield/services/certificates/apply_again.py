"""Applying on a phone that has a certificate (重复申请, manual 2.3.1.3, R6): it always fails, but never unwarned.

Unwarned, nothing changes. Warned and confirmed, the certificate is put on hold until the legal person revokes it. One
that can't be used any more isn't held: that the legal person has to revoke it is said at once.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final, NoReturn

from mshield.domain import errors
from mshield.domain.actor import By
from mshield.domain.certificates.states import CertificateEvent, CertificateState, Hold, is_expired
from mshield.store.certificates.changes import change
from mshield.store.certificates.enrolment import Occupant
from mshield.store.database.interface import Database

_REASON: Final = "未经法人作废，在本机重复申请"


@dataclass(frozen=True, slots=True)
class Reapplication:
    """Who applies again, over which certificate, and whether they confirmed it."""

    account_id: str
    occupant: Occupant
    confirmed: bool


def require_usable(occupant: Occupant, *, now: int) -> None:
    """Raises PinLocked, CertificateExpired for one that the legal person has to revoke, whoever confirms what."""
    state = occupant.standing.state
    if state is CertificateState.PIN_LOCKED:
        raise errors.PinLocked
    if is_expired(state=state, not_after=occupant.not_after, now=now):
        raise errors.CertificateExpired


async def refuse(
    db: Database, reapplication: Reapplication, spend_code: Callable[[], Awaitable[None]], *, now: int
) -> NoReturn:
    """Raises AlreadyCertified, the warning; DuplicateApplication, once confirmed; PinLocked, CertificateExpired.

    The SMS code is spent only where something changes.
    """
    state, holds = reapplication.occupant.standing.state, reapplication.occupant.standing.holds
    require_usable(reapplication.occupant, now=now)
    if Hold.DUPLICATE in holds:
        raise errors.DuplicateApplication
    if not reapplication.confirmed or state is not CertificateState.ACTIVE:
        raise errors.AlreadyCertified
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
    raise errors.DuplicateApplication
