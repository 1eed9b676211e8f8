"""Readings and searches of personal data by staff: who, what kind, whom; numbers are masked, names aren't stored."""

from collections.abc import Sequence
from typing import Final, Literal

from mshield.server.database.interface import Database, Row
from mshield.server.database.queries import Queries
from mshield.wire.ids import first_id, new_id
from mshield.wire.messages import AnswerMessage
from mshield.wire.times import DAY_MS, HOUR_MS

KEPT_MS: Final = 180 * DAY_MS
MOST: Final = 2_000
"""Maximum readings per member of staff and hour; more are refused, so that none goes unrecorded."""

ReadingKind = Literal[
    "accounts",
    "account",
    "proofs",
    "consents",
    "asks",
    "erasure",
    "filing",
    "filing_import",
    "filing_export",
    "certificates",
    "certificate",
    "sms",
    "approvals",
    "approval",
    "archive",
]
"""Kind of reading: the list searched, or the data opened."""

_SQL: Final = Queries("acts", "readings")
_CLEAR: Final = 4
_LONGEST: Final = 32
"""Length of the longest number that a search accepts."""


class ReadingMessage(AnswerMessage, frozen=True):
    """A reading: who, what kind, and whose data, at which time (ms).

    `subject` is the account or person on file, empty if the search found none or several, and `subject_name`
    their current name; `number_masked` the number searched for, or empty. `staff_name` is null for commands.
    """

    id: str
    staff_id: str
    staff_name: str | None
    kind: ReadingKind
    subject: str
    subject_name: str | None
    number_masked: str
    at: int


async def record(
    db: Database,
    *,
    staff_id: str,
    kind: ReadingKind,
    subject: str = "",
    number: str = "",
    hourly: bool = False,
    now: int,
) -> bool:
    """Records a reading; False if the member has made `MOST` within the hour. No-op while the service is read only.

    `hourly` readings, of lists that pages reload, are recorded only once an hour.
    """
    if db.read_only:
        return True
    since = first_id(now - HOUR_MS)
    if hourly and await db.one(_SQL["recent"], staff_id=staff_id, kind=kind, subject=subject, since=since):
        return True
    inserted = await db.run(
        _SQL["insert"],
        id=new_id(now),
        staff_id=staff_id,
        kind=kind,
        subject=subject,
        number_masked=mask_number(number),
        since=since,
        most=MOST,
        now=now,
    )
    return inserted == 1


async def page(
    db: Database,
    *,
    readers: Sequence[str] | None = None,
    subjects: Sequence[str] | None = None,
    end: str = "",
    before: str,
    most: int,
) -> list[ReadingMessage]:
    """Returns readings, without subjects' names, with ids below `before`, newest first, by any of `readers` if given.

    With `subjects`, some thousands at most, only readings about one of these, and searches for a number with this
    `end`, of which only the last four characters are stored.
    """
    if readers is not None and not readers:
        return []
    names = ",".join(readers or ())
    if subjects is not None:
        numbers = ",".join(_masks(end)) if end else ""
        rows = await db.all(
            _SQL["page_about"],
            subjects=",".join(subjects),
            numbers=numbers,
            readers=names,
            before=before,
            most=most,
        )
    elif names:
        rows = await db.all(_SQL["page_by"], readers=names, before=before, most=most)
    else:
        rows = await db.all(_SQL["page"], before=before, most=most)
    return [_reading(row) for row in rows]


async def purge(db: Database, *, before: int) -> int:
    """Deletes readings made before this time (ms) and returns their number."""
    return await db.run(_SQL["purge"], before=first_id(before))


def mask_number(number: str) -> str:
    """Masks all characters of a number, whole or end, except the last four."""
    return "*" * max(0, len(number) - _CLEAR) + number[-_CLEAR:]


def _masks(end: str) -> list[str]:
    """Returns the masks of all numbers that may end so, of each length."""
    return ["*" * hidden + end[-_CLEAR:] for hidden in range(_LONGEST - _CLEAR + 1)]


def _reading(row: Row) -> ReadingMessage:
    return ReadingMessage(**row, subject_name=None)
