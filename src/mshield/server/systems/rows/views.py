"""Registered views (展示规则) of business systems, and the files of views that wait for a second person.

A version never changes, except for its withdrawal. Its digest is sealed, and its bytes are checked against it
on reading.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, fields
from typing import Final

from mshield.gm.sm3 import sm3
from mshield.server.database.interface import Database, Row, SealBroken, Tx
from mshield.server.database.queries import Queries
from mshield.server.seals.sealing import changing, seal_new
from mshield.server.seals.tables import VIEWS

_SQL: Final = Queries("systems", "views")


@dataclass(frozen=True, slots=True, kw_only=True)
class NewView:
    """Version to register: SM3 and canonical bytes of the view, and when (ms) it was approved.

    `asked_by` and `approved_by` are members of staff; both and `approval_id` are None if it was registered at
    the server.
    """

    id: str
    client_id: str
    view_id: str
    version: int
    digest: bytes
    octets: bytes = field(repr=False)
    approval_id: str | None = None
    asked_by: str | None = None
    approved_by: str | None = None
    at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ViewRow(NewView):
    """Registered version; from `withdrawn_at` (ms) on new requests can't use it."""

    withdrawn_at: int | None


@dataclass(frozen=True, slots=True)
class InForce:
    """A system's views in force, as of this number of `changes`."""

    client_id: str
    changes: int
    rows: tuple[ViewRow, ...]


@dataclass(frozen=True, slots=True)
class ViewFile:
    """Uploaded file: a view, or a sample content."""

    name: str
    content: bytes = field(repr=False)


_FIELDS: Final = tuple(field.name for field in fields(ViewRow))


async def insert(tx: Tx, view: NewView) -> None:
    """Registers a version. Raises: Conflict (the version exists)."""
    await tx.run(_SQL["insert"], **asdict(view))
    await seal_new(tx, VIEWS, view.id, now=view.at)


async def last_version(db: Database | Tx, *, client_id: str, view_id: str) -> int:
    """Returns the highest version a system's view ever had, 0 for none."""
    row = await db.one(_SQL["last_version"], client_id=client_id, view_id=view_id)
    return 0 if row is None else row["version"] or 0


async def find(db: Database | Tx, *, client_id: str, view_id: str, version: int) -> ViewRow | None:
    """Returns this version, even if withdrawn. Raises: SealBroken."""
    row = await db.one(_SQL["find"], client_id=client_id, view_id=view_id, version=version)
    return None if row is None else _view(db, row)


async def find_digest(db: Database | Tx, *, client_id: str, digest: bytes) -> ViewRow | None:
    """Returns a system's version with this SM3, even if withdrawn. Raises: SealBroken."""
    row = await db.one(_SQL["find_digest"], client_id=client_id, digest=digest)
    return None if row is None else _view(db, row)


async def newest(db: Database | Tx, *, client_id: str, view_id: str) -> ViewRow | None:
    """Returns the newest version of a system's view; None if that was withdrawn. Raises: SealBroken."""
    row = await db.one(_SQL["newest"], client_id=client_id, view_id=view_id)
    return None if row is None else _view(db, row)


async def in_force(db: Database | Tx, *, client_id: str) -> InForce:
    """Returns all of a system's views in force, each in its newest version, by id. Raises: SealBroken."""
    rows = await db.all(_SQL["in_force"], client_id=client_id)
    return InForce(
        client_id, rows[0]["changes"], tuple(_view(db, row) for row in rows if row["id"] is not None)
    )


async def changes(db: Database | Tx, *, client_id: str) -> int:
    """Counts registrations and withdrawals of a system's views; cached views are current while it is unchanged."""
    row = await db.one(_SQL["changes"], client_id=client_id)
    return 0 if row is None else row["changes"]


async def list_all(db: Database | Tx, *, client_id: str) -> list[ViewRow]:
    """Returns all versions of a system's views, by id, newest version first. Raises: SealBroken."""
    return [_view(db, row) for row in await db.all(_SQL["list_all"], client_id=client_id)]


async def octets_of(db: Database | Tx, *, digest: bytes) -> bytes | None:
    """Returns the canonical bytes of the view with this SM3, of any system, even if withdrawn. Raises: SealBroken."""
    row = await db.one(_SQL["by_digest"], digest=digest)
    return None if row is None else _view(db, row).octets


async def withdraw(tx: Tx, *, view_row_id: str, now: int) -> bool:
    """Withdraws a version for new requests; False if it was withdrawn before. Raises: SealBroken."""
    async with changing(tx, VIEWS, view_row_id, now=now):
        return await tx.run(_SQL["withdraw"], id=view_row_id, now=now) == 1


async def put_files(tx: Tx, *, approval_id: str, files: Sequence[ViewFile]) -> None:
    """Stores the uploaded files of an approval: the view, then its samples."""
    for position, file in enumerate(files):
        await tx.run(
            _SQL["put_file"],
            approval_id=approval_id,
            position=position,
            name=file.name,
            content=file.content,
        )


async def files_of(db: Database | Tx, *, approval_id: str) -> list[ViewFile]:
    """Returns an approval's files, in order; empty once it was refused or expired.

    Files aren't sealed, so callers must compare their digests.
    """
    rows = await db.all(_SQL["files"], approval_id=approval_id)
    return [ViewFile(row["name"], bytes(row["content"])) for row in rows]


async def purge_files(db: Database) -> int:
    """Deletes the files of refused, withdrawn or expired approvals and returns their number."""
    return await db.run(_SQL["drop_files"])


def _view(db: Database | Tx, row: Row) -> ViewRow:
    VIEWS.check(db.sealer, row)
    view = ViewRow(**{name: row[name] for name in _FIELDS})
    if sm3(view.octets) != view.digest:
        raise SealBroken(VIEWS.name, view.id)
    return view
