"""Ends renewals that can no longer come into force, and revokes the certificates issued for them.

These are renewals not signed within an hour or not confirmed within the configured days; of a person no
longer on file; whose old certificate is revoked, locked or expired; or whose new certificate's CA is revoked.
The job may run at any time, in several processes too, since each step is guarded.
"""

from typing import Final

from mshield.server.certificates.rows import renewal_outcome, renewals
from mshield.server.database.interface import Database, Tx
from mshield.server.errors import Conflict

_MOST: Final = 500


async def end_renewals(db: Database, *, now: int) -> int:
    """Returns how many renewals were ended plus how many certificates were revoked."""
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
    except Conflict:  # another process was faster
        return False
    return True
