"""Ends the certificates of a revoked CA: their statuses say it, nobody signs with them, their holders are told.

Whoever checks the CA itself knows at once, by the root's list and answers; this is for who looks at the leaf alone, and
for the devices, which are free to apply anew. A certificate that waits for its turn lasts some seconds longer, some
minutes where there are very many.
"""

from typing import Final

from mshield.domain import errors
from mshield.domain.actor import SERVICE
from mshield.domain.certificates.states import CA_REVOKED, CertificateEvent
from mshield.keys.authority import generation_of
from mshield.pki.revocation.crl import CA_COMPROMISE, KEY_COMPROMISE, UNSPECIFIED
from mshield.store.ca import authorities
from mshield.store.certificates import changes as certificate_changes
from mshield.store.certificates import search as certificate_search
from mshield.store.database.interface import Database, Tx

_BATCH: Final = 200


async def end_leaves(db: Database, *, now: int) -> int:
    """Revokes what stands of all revoked CAs; gives how many."""
    ended = 0
    for row in await authorities.list_standings(db):
        if row.revoked_at is not None and generation_of(row.name) is not None:
            ended += await _end_of(db, row.name, code=_code_of(row.revocation_reason), now=now)
    return ended


def _code_of(reason: int | None) -> int:
    """A leaf's reason code (RFC 5280 5.3.1) for its CA's: the same, but that a compromised key was the CA's."""
    if reason is None:
        return UNSPECIFIED
    return CA_COMPROMISE if reason == KEY_COMPROMISE else reason


async def _end_of(db: Database, issuer: str, *, code: int, now: int) -> int:
    ended, after = 0, ""
    while serials := await certificate_search.standing_of(db, issuer=issuer, after=after, most=_BATCH):
        for serial in serials:
            ended += await db.write(lambda tx, serial=serial: _end(tx, serial, code=code, now=now))  # type: ignore[misc]  # mypy infers no lambda with a default
        after = serials[-1]
    return ended


async def _end(tx: Tx, serial: str, *, code: int, now: int) -> int:
    try:
        await certificate_changes.change(
            tx,
            serial=serial,
            event=CertificateEvent.REVOKE,
            by=SERVICE,
            reason=CA_REVOKED,
            revocation_reason=code,
            now=now,
        )
    except errors.Conflict:  # it ended otherwise meanwhile
        return 0
    return 1
