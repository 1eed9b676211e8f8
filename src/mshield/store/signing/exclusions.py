"""Documents of a batch that the person left out, recorded with the signatures of the others."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from mshield.domain.actor import By
from mshield.store.database.interface import Tx
from mshield.store.database.queries import Queries
from mshield.store.signing.rows import KeyRow
from mshield.store.staff import acts

_SQL: Final = Queries("signing", "exclusions")
ACT: Final = "document.exclude"


@dataclass(frozen=True, slots=True)
class Exclusion:
    """A document (`sid`) of this request, and why it isn't signed."""

    sid: bytes
    request_id: str
    reason: str


async def record(tx: Tx, key: KeyRow, exclusions: Iterable[Exclusion], *, now: int) -> None:
    """Marks them `declined`, with an act of the key's account for each; one that was closed meanwhile stays closed."""
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
