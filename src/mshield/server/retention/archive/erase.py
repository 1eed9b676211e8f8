"""Erases an archived month once it isn't needed for any proof: the legal years after its last certificate's end.

The act is recorded, and logged, before the first file is erased. The log indexes of its rows remain marked as
archived, so that the log's check doesn't report them as missing; the act explains why the files are gone.
"""

from mshield.server.acts.actor import SERVICE, SecondPerson
from mshield.server.acts.rows import acts
from mshield.server.database.interface import Tx
from mshield.server.retention.archive.files import ArchiveError
from mshield.server.retention.archive.write import ERASED, Archive, erased_archives
from mshield.server.retention.rows import archives
from mshield.server.values.lines import checked_reason
from mshield.wire.times import years_after


async def erase_archive(
    archive: Archive, month: str, *, second_person: SecondPerson, reason: str, now: int
) -> int:
    """Erases file and manifest of a month. Returns the number of signatures, acts or events.

    An interrupted run can be repeated. Raises: ArchiveError (still in the database, retention not over
    (`keep_signature_years`), or changed since it was written), InvalidRequest, StoreError.
    """
    row = await archives.find(archive.db, id=archive.name_of(month))
    if row is None or row.removed_at is None:
        raise ArchiveError("archive_unknown", month)
    if row.id not in await erased_archives(archive.db):
        await archive.check(month)
        if now < over_at(archive, month):
            raise ArchiveError("archive_kept", month)
        details = {
            **second_person.details,
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
    """Returns the end (ms) of a month's retention: `keep_signature_years` after its last certificate's end.

    Raises: ArchiveError.
    """
    return years_after(archive.last_end(month), archive.settings.retention.signature_years)
