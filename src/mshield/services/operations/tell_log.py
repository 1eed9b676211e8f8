"""Gives waiting rows their places in the transparency log, and tells the security log of acts and changes among them.

So each act is told once, wherever it was done, and none that was undone; those of commands too, which have no log of
their own. Of a process that is killed between the two the last ones are missing there; their rows are in the log.
"""

from collections.abc import Sequence

from mshield.domain.ids import is_own_id
from mshield.services.log.errors import LogDamaged
from mshield.services.log.open_log import Log
from mshield.services.log.sequence import sequence
from mshield.services.process.security_events import ACT_RECORDED, CERTIFICATE_CHANGED, LOG_DAMAGED
from mshield.services.process.security_log import SecurityLog, shown_time
from mshield.store.log.log import ACTS, EVENTS, SourceRow


async def sequence_and_tell(log: Log, security: SecurityLog, *, now: int) -> int:
    """As `sequence`. Raises LogDamaged, StoreError."""

    def tell(size: int, rows: Sequence[SourceRow]) -> None:
        for place, row in enumerate(rows, size):
            if row.source is ACTS:
                _act(security, row, place, now=now)
            elif row.source is EVENTS:
                _event(security, row, place, now=now)

    try:
        return await sequence(log, now=now, placed=tell)
    except LogDamaged as error:
        security.write(LOG_DAMAGED, now=now, code=error.code)
        raise


def _act(security: SecurityLog, row: SourceRow, place: int, *, now: int) -> None:
    values = row.values
    security.write(
        ACT_RECORDED,
        now=now,
        act=values["act"],
        id=values["id"],
        actor_kind=values["actor"],
        actor=values["actor_id"],
        subject=_own_id(values["subject"]),
        place=place,
        at=shown_time(values["at"]),
    )


def _event(security: SecurityLog, row: SourceRow, place: int, *, now: int) -> None:
    values = row.values
    security.write(
        CERTIFICATE_CHANGED,
        now=now,
        event_of=values["event"],
        id=values["id"],
        serial=values["serial"],
        subject=_key(values["uid"]),
        account=values["account_id"],
        actor_kind=values["actor"],
        actor=values["actor_id"],
        place=place,
        at=shown_time(values["at"]),
    )


def _key(uid: object) -> str | None:
    return uid.hex() if isinstance(uid, bytes) else None


def _own_id(subject: object) -> str | None:
    """What an act was done to may also be a name, or an enterprise's code: those are left out."""
    return subject if isinstance(subject, str) and is_own_id(subject) else None
