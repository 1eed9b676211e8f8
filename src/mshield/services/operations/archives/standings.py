"""How a certificate stood when its events were archived: that they explain it, and that it still stands so.

Once they are in a file, nothing in the database says any more why a certificate is revoked, or isn't.
"""

from typing import Final

from mshield.services.log.verify_certificates import explained
from mshield.services.operations.archives.archive_files import ArchiveError, Line
from mshield.store.database.interface import Database
from mshield.store.log.log import Life, RecordedEvent
from mshield.store.operations.archived_rows import standing

_NOW: Final = ("state", "holds", "changed_at", "revoked_at", "revocation_reason")
_EVENT: Final = ("event", "state", "holds", "at", "revocation_reason")


async def require_standing(db: Database, line: Line) -> None:
    """Raises ArchiveError unless the certificate of a line stands as its events leave it; other lines pass."""
    if line.name != "events":
        return
    try:
        certificate = line.values["certificate"]
        life = Life(
            certificate["serial"],
            tuple([certificate[name] for name in _NOW]),
            certificate["held_since"],
            certificate["der"] is not None,
            tuple(
                [RecordedEvent(*(event["row"][name] for name in _EVENT)) for event in line.values["events"]]
            ),
            certificate["not_after"],
        )
    except (KeyError, TypeError) as error:
        raise ArchiveError("archive_changed", str(error)) from error
    if not explained(life) or await standing(db, serial=life.serial) != certificate:
        raise ArchiveError("archive_row_changed", life.serial)
