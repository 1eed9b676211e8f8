"""Erases an archived month once nothing has to be proved by it: the law's years after the last of its certificates.

The act comes before the first file goes, and the log has the act. The places of its rows stay known as archived, so
that the log's check misses none; that their files are gone too, the act explains.
"""

from mshield.domain.actor import SERVICE
from mshield.domain.lines import checked_reason
from mshield.domain.times import years_after
from mshield.services.operations.archives.archive import ERASED, Archive, erased_archives
from mshield.services.operations.archives.archive_files import ArchiveError
from mshield.store.database.interface import Tx
from mshield.store.operations import archives
from mshield.store.staff import acts


async def erase_archive(archive: Archive, month: str, *, second_person: str, reason: str, now: int) -> int:
    """Erases file and manifest of a month, and gives how many signatures, acts or events that were.

    A run that was cut short is repeated. Raises ArchiveError where the month is here still, or not over
    (`keep_signature_years`), or not as it was written; InvalidRequest, StoreError.
    """
    row = await archives.find(archive.db, id=archive.name_of(month))
    if row is None or row.removed_at is None:
        raise ArchiveError("archive_unknown", month)
    if row.id not in await erased_archives(archive.db):
        await archive.check(month)
        if now < over_at(archive, month):
            raise ArchiveError("archive_kept", month)
        details = {
            "second_person": second_person,
            "reason": checked_reason(reason),
            "manifest": row.manifest,
            **row.counts,
        }

        async def record(tx: Tx) -> None:
            await acts.record(tx, by=SERVICE, act=ERASED, subject=row.id, details=details, now=now)

        await archive.db.write(record)
    for file in archive.files(month):
        file.unlink(missing_ok=True)
    return row.signatures + row.rows


def over_at(archive: Archive, month: str) -> int:
    """When (ms) the time of a month is over: so many years after the end of the last certificate that it speaks of.

    Raises ArchiveError.
    """
    return years_after(archive.last_end(month), archive.settings.keep_signature_years)
