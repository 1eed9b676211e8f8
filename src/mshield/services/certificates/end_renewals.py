"""Gives up renewals that can't come into force any more, and revokes certificates that were issued for them.

Not signed for within an hour, not confirmed within the days of a setting, of somebody who is no longer on file, with an
old certificate that is revoked, locked or expired, or with a new one whose CA is revoked. May run at any time, in
several processes too: each step is guarded.
"""

from typing import Final

from mshield.domain import errors
from mshield.store.certificates import renewal_outcome, renewals
from mshield.store.database.interface import Database, Tx

_MOST: Final = 500


async def end_renewals(db: Database, *, now: int) -> int:
    """How many were given up, or had their certificate revoked."""
    count = 0
    for sid in await renewals.list_dead(db, most=_MOST, now=now):
        count += await db.write(lambda tx, sid=sid: _end(tx, sid, now=now))  # type: ignore[misc]  # bound per turn
    for serial in await renewals.list_unrevoked(db, most=_MOST):
        count += await db.write(lambda tx, serial=serial: _revoke(tx, serial, now=now))  # type: ignore[misc]  # as above
    return count


async def _end(tx: Tx, sid: bytes, *, now: int) -> bool:
    return await renewal_outcome.end(tx, sid=sid, reason="not confirmed", now=now)


async def _revoke(tx: Tx, serial: str, *, now: int) -> bool:
    try:
        await renewal_outcome.revoke_unused(tx, serial=serial, reason="not confirmed", now=now)
    except errors.Conflict:  # another process was faster
        return False
    return True
