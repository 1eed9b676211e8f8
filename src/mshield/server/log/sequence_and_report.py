"""Adds waiting rows to the transparency log, and writes their acts and changes to the security log.

So each act appears there once, whichever process it ran in: also acts of commands, which have no security log
themselves, but no rolled-back ones. If a process is killed between the two steps, the security log lacks the
last rows; the transparency log has them.
"""

from collections.abc import Sequence

from mshield.server.log.damage import LogDamaged
from mshield.server.log.open_log import Log
from mshield.server.log.rows.log import ACTS, EVENTS, SourceRow
from mshield.server.log.sequence import sequence
from mshield.server.runtime.security_log.events import ACT_RECORDED, CERTIFICATE_CHANGED, LOG_DAMAGED
from mshield.server.runtime.security_log.log import SecurityLog, shown_time
from mshield.wire.ids import is_own_id


async def sequence_and_report(log: Log, security: SecurityLog, *, now: int) -> int:
    """Like `sequence`, and writes to the security log. Raises: LogDamaged, StoreError."""

    def report(size: int, rows: Sequence[SourceRow]) -> None:
        for place, row in enumerate(rows, size):
            if row.source is ACTS:
                _act(security, row, place, now=now)
            elif row.source is EVENTS:
                _event(security, row, place, now=now)

    try:
        return await sequence(log, now=now, placed=report)
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
    """Returns the subject if it is an id of this service; names and enterprise codes are left out."""
    return subject if isinstance(subject, str) and is_own_id(subject) else None
