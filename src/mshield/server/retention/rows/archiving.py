"""Signed requests with all their rows, read for archiving and removed afterwards.

A request is archived and removed together with its documents, signatures and time stamps.
"""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from mshield.server.database.interface import Database, Row, Tx
from mshield.server.database.queries import Queries
from mshield.server.systems.rules.business_system import OWN_CLIENT_ID

MOST: Final = 200
"""Number of requests read, or removed, in one transaction."""

_SQL: Final = Queries("retention", "archiving")
_REMOVE: Final = (
    _SQL["remove_time_stamps"],
    _SQL["remove_signatures"],
    _SQL["remove_authorizations"],
    _SQL["remove_tasks"],
)


@dataclass(frozen=True, slots=True)
class Whole:
    """Request with its rows as stored: documents in order, each with its signature and time stamps."""

    request: Mapping[str, Any]
    documents: tuple["WholeDocument", ...]


@dataclass(frozen=True, slots=True)
class WholeDocument:
    """Document; `signature` is None if it was excluded from signing."""

    task: Mapping[str, Any]
    signature: Mapping[str, Any] | None
    time_stamps: tuple[Mapping[str, Any], ...]


@dataclass(frozen=True, slots=True)
class Page:
    """Page of requests, with the certificates that signed them."""

    requests: tuple[Whole, ...]
    certificates: tuple[Mapping[str, Any], ...]


async def page(db: Database, *, after: str, before: str) -> Page:
    """Returns the first requests with ids above `after` and below `before`; empty at the end."""
    rows = await db.all(_SQL["page"], after=after, before=before, own=OWN_CLIENT_ID, most=MOST)
    if not rows:
        return Page((), ())
    between = {"first": rows[0]["id"], "last": rows[-1]["id"], "own": OWN_CLIENT_ID}
    tasks = _group_by("request_id", await db.all(_SQL["tasks"], **between))
    signatures = {row["sid"]: dict(row) for row in await db.all(_SQL["signatures"], **between)}
    stamps = _group_by("sid", await db.all(_SQL["time_stamps"], **between))
    certificates = await db.all(_SQL["certificates"], **between)
    return Page(
        tuple(
            [
                Whole(
                    dict(row),
                    tuple(
                        [
                            WholeDocument(task, signatures.get(task["sid"]), tuple(stamps[task["sid"]]))
                            for task in tasks[row["id"]]
                        ]
                    ),
                )
                for row in rows
            ]
        ),
        tuple([dict(row) for row in certificates]),
    )


async def remove(tx: Tx, *, first: str, last: str) -> int:
    """Removes the requests from `first` to `last` with all their rows; returns their number."""
    between = {"first": first, "last": last, "own": OWN_CLIENT_ID}
    for statement in _REMOVE:
        await tx.run(statement, **between)
    return await tx.run(_SQL["remove_requests"], **between)


def _group_by(name: str, rows: list[Row]) -> defaultdict[Any, list[Mapping[str, Any]]]:
    rows_of: defaultdict[Any, list[Mapping[str, Any]]] = defaultdict(list)
    for row in rows:
        rows_of[row[name]].append(dict(row))
    return rows_of
