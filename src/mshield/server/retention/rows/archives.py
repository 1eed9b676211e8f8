"""Archived months, and the log indexes of their rows."""

from dataclasses import dataclass
from typing import Final

from mshield.server.database.interface import Database, SealBroken, Tx
from mshield.server.database.queries import Queries
from mshield.server.seals.marks import check_mark, mark_of

_SQL: Final = Queries("retention", "archives", as_is=True)
_KIND: Final = "archived month"


@dataclass(frozen=True, slots=True)
class ArchiveRow:
    """Archived month of a kind; `rows` counts acts or events.

    `manifest` is the SHA-256 of its manifest (hex); `removed_at` (ms) is None while its rows are still in the
    database.
    """

    id: str
    kind: str
    month: str
    requests: int
    signatures: int
    rows: int
    manifest: str
    written_at: int
    removed_at: int | None

    @property
    def counts(self) -> dict[str, int]:
        """Number of its contents, in the form used in acts."""
        if self.rows:
            return {"archived_rows": self.rows}
        return {"archived_requests": self.requests, "archived_signatures": self.signatures}


async def list_all(db: Database) -> list[ArchiveRow]:
    """Returns all archives, by month."""
    return [ArchiveRow(**row) for row in await db.all(_SQL["list"])]


async def find(db: Database, *, id: str) -> ArchiveRow | None:  # noqa: A002  # the field's name
    """Returns one archive, or None."""
    row = await db.one(_SQL["find"], id=id)
    return None if row is None else ArchiveRow(**row)


async def insert(tx: Tx, row: ArchiveRow, *, places: bytes) -> bool:
    """Records a written archive; False if it was recorded before."""
    return (
        await tx.run(
            _SQL["insert"],
            id=row.id,
            kind=row.kind,
            month=row.month,
            requests=row.requests,
            signatures=row.signatures,
            rows=row.rows,
            places=places,
            manifest=row.manifest,
            now=row.written_at,
            mark=mark_of(tx.sealer, _KIND, row.id, places, row.manifest),
        )
        == 1
    )


async def mark_removed(tx: Tx, *, id: str, now: int) -> None:  # noqa: A002  # the column's name
    """Records that the archive's rows were removed."""
    await tx.run(_SQL["removed"], id=id, now=now)


async def places(db: Database) -> list[tuple[str, bytes | None]]:
    """Returns id and log indexes of each archive; None in place of indexes not written by the service."""
    all_places: list[tuple[str, bytes | None]] = []
    for row in await db.all(_SQL["places"]):
        try:
            check_mark(db.sealer, row["mark"], "archives", _KIND, row["id"], row["places"], row["manifest"])
        except (SealBroken, TypeError, ValueError, OverflowError):
            all_places.append((row["id"], None))
        else:
            all_places.append((row["id"], row["places"]))
    return all_places
