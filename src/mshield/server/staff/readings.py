"""Readings and searches of personal data by staff: recorded before the answer is sent, and listed for auditors."""

from collections.abc import Iterable, Sequence

import msgspec

from mshield.server.acts.rows import acts, readings
from mshield.server.acts.rows.readings import ReadingKind, ReadingMessage
from mshield.server.database.interface import Database
from mshield.server.errors import TooManyRequests
from mshield.wire.ids import is_id
from mshield.wire.times import HOUR_MS

__all__ = ["ReadingKind", "ReadingMessage", "list_readings", "record_reading", "same_subject"]


async def record_reading(
    db: Database,
    *,
    staff_id: str,
    kind: ReadingKind,
    subject: str = "",
    number: str = "",
    hourly: bool = False,
    now: int,
) -> None:
    """Records a reading, `hourly` ones once an hour; a `subject` that is no id is left out.

    Raises: TooManyRequests (none goes unrecorded, so none above the limit is answered).
    """
    recorded = await readings.record(
        db,
        staff_id=staff_id,
        kind=kind,
        subject=subject if is_id(subject) else "",
        number=number,
        hourly=hourly,
        now=now,
    )
    if not recorded:
        raise TooManyRequests(retry_after=HOUR_MS // 1000)


def same_subject(people: Iterable[str]) -> str:
    """Returns the subject of a search: the person found if all of `people` are the same, else an empty text."""
    found = set(people)
    return found.pop() if len(found) == 1 else ""


async def list_readings(
    db: Database,
    *,
    readers: Sequence[str] | None,
    subjects: Sequence[str] | None,
    end: str,
    before: str,
    most: int,
) -> list[ReadingMessage]:
    """Returns readings with ids below `before`, newest first; about any of the subjects or a number, if given.

    Erased people have no name.
    """
    page = await readings.page(db, readers=readers, subjects=subjects, end=end, before=before, most=most)
    names = await acts.names_of(db, subjects=sorted({reading.subject for reading in page if reading.subject}))
    return [msgspec.structs.replace(reading, subject_name=names.get(reading.subject)) for reading in page]
