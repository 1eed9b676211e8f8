"""Revocation of the certificates of a revoked CA: their status says so, they can't sign any more, holders are notified.

Verifiers that check the CA itself see the revocation at once, in the root's list and OCSP answers. This job
serves verifiers that check only the leaf, and lets the devices apply again. A certificate stays valid for
some seconds until the job reaches it, or some minutes if there are very many.
"""

from typing import Final

from mshield.pki.revocation.crl import CA_COMPROMISE, KEY_COMPROMISE, UNSPECIFIED
from mshield.server.acts.actor import SERVICE
from mshield.server.authorities.authority import generation_of
from mshield.server.authorities.rows import authorities
from mshield.server.certificates.rows import changes as certificate_changes
from mshield.server.certificates.rows import search as certificate_search
from mshield.server.certificates.rules.states import CA_REVOKED, CertificateEvent
from mshield.server.database.interface import Database, Tx
from mshield.server.errors import Conflict

_BATCH: Final = 200


async def end_leaves(db: Database, *, now: int) -> int:
    """Revokes the unrevoked certificates of all revoked CAs; returns how many."""
    count = 0
    for row in await authorities.list_authority_states(db):
        if row.revoked_at is not None and generation_of(row.name) is not None:
            count += await _end_of(db, row.name, code=_code_of(row.revocation_reason), now=now)
    return count


def _code_of(reason: int | None) -> int:
    """Returns a leaf's reason code (RFC 5280 5.3.1) for its CA's.

    They are the same, except that a compromised key becomes `CA_COMPROMISE`, since it was the CA's.
    """
    if reason is None:
        return UNSPECIFIED
    return CA_COMPROMISE if reason == KEY_COMPROMISE else reason


async def _end_of(db: Database, issuer: str, *, code: int, now: int) -> int:
    count, after = 0, ""
    while serials := await certificate_search.standing_of(db, issuer=issuer, after=after, most=_BATCH):
        for serial in serials:
            count += await db.write(lambda tx, serial=serial: _end(tx, serial, code=code, now=now))  # type: ignore[misc]  # mypy infers no lambda with a default
        after = serials[-1]
    return count


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
    except Conflict:  # it ended otherwise meanwhile
        return 0
    return 1
