"""Comparison of a certificate's row with its events, which the log holds (N16).

Rows of a revoked certificate can be set back to an older, validly sealed state. Its events can't, unless the
log's check finds it. `logged_standing(c)` in a statement is the standing that the newest event left; if the
row differs, the events decide, since clocks of processes differ and the newest may not be the last.
"""

from dataclasses import dataclass
from typing import Final

from mshield.server.certificates.rules.history import Happened, may_be_last, standing_of
from mshield.server.certificates.rules.states import (
    CertificateEvent,
    CertificateState,
    Standing,
    format_holds,
    parse_holds,
)
from mshield.server.database.interface import Database, SealBroken, Tx
from mshield.server.database.queries import Queries

_SQL: Final = Queries("certificates", "standing", as_is=True)
ENDED: Final = frozenset({CertificateState.REVOKED, CertificateState.SUPERSEDED})


@dataclass(frozen=True, slots=True)
class Ended:
    """End of a certificate by its events: the state, when (ms), and for a revocation the RFC 5280 reason code."""

    state: str
    at: int
    revocation_reason: int | None


async def check_standing(
    db: Database | Tx, *, serial: str, state: str, holds: str, logged: str | None
) -> None:
    """Checks that the events leave this state and these holds, as stored; `logged` is the newest event's.

    Raises: SealBroken.
    """
    if logged != f"{state} {holds}" and not _is_left(await _history(db, serial=serial), state, holds):
        raise SealBroken("certificates", serial)


async def find_end(db: Database | Tx, *, serial: str, state: str, holds: str) -> Ended | None:
    """Returns the end that the events tell of; None if they leave this state and these holds. Raises: SealBroken."""
    history = await _history(db, serial=serial)
    ends = [event for event in history if event.left.state in ENDED]
    if ends and state not in ENDED:
        last = min(ends, key=lambda event: event.at)
        return Ended(last.left.state.value, last.at, last.revocation_reason)
    if not _is_left(history, state, holds):
        raise SealBroken("certificates", serial)
    return None


def _is_left(history: list[Happened], state: str, holds: str) -> bool:
    try:
        standing = standing_of(history)
    except (ValueError, TypeError, AttributeError):
        return False
    return (
        bool(history)
        and standing is not None
        and (standing.state.value, format_holds(standing.holds)) == (state, holds)
        and bool(may_be_last(history, standing))
    )


async def _history(db: Database | Tx, *, serial: str) -> list[Happened]:
    """Returns the events, oldest first. Raises: SealBroken (values that this service never writes)."""
    try:
        return [
            Happened(
                CertificateEvent(row["event"]),
                Standing(CertificateState(row["state"]), parse_holds(row["holds"])),
                row["at"],
                row["revocation_reason"],
            )
            for row in await db.all(_SQL["events"], serial=serial)
        ]
    except (ValueError, TypeError, AttributeError) as error:
        raise SealBroken("certificate_events", serial) from error
