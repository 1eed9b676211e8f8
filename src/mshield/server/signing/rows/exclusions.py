"""Documents excluded from a batch by the person, recorded together with the signatures of the others."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from mshield.server.acts.actor import By
from mshield.server.acts.rows import acts
from mshield.server.database.interface import Tx
from mshield.server.database.queries import Queries
from mshield.server.signing.rows.rows import KeyRow

_SQL: Final = Queries("signing", "exclusions")
ACT: Final = "document.exclude"


@dataclass(frozen=True, slots=True)
class Exclusion:
    """Excluded document (`sid`) of this request, with the reason."""

    sid: bytes
    request_id: str
    reason: str


async def record(tx: Tx, key: KeyRow, exclusions: Iterable[Exclusion], *, now: int) -> None:
    """Marks the documents `declined` and records an act of the key's account for each; skips closed documents."""
    for exclusion in exclusions:
        row = await tx.one(
            _SQL["exclude"],
            sid=exclusion.sid,
            uid=key.uid,
            request_id=exclusion.request_id,
            reason=exclusion.reason,
            now=now,
        )
        if row is None:
            continue
        details = {"sid": exclusion.sid.hex(), "reason": exclusion.reason}
        by = By("user", key.account_id)
        await acts.record(tx, by=by, act=ACT, subject=exclusion.request_id, details=details, now=now)
