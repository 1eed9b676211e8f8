"""Sealed columns of the schema and the contexts of their boxes, for a change of the master key.

Every column whose name ends in `_box` must be listed (a test compares with the schema). Statements are built
from this table's names, which are constants of the program.
"""

# ruff: noqa: S608  the names in the statements are those of the table below, values are parameters

from collections.abc import Callable
from dataclasses import dataclass

from mshield.gm.transcript import nonce_box_context
from mshield.server.database.interface import Database, Row, Tx
from mshield.server.database.queries import Query, Statement
from mshield.server.staff.rules import QUESTION_BOX, question_context
from mshield.server.values.id_numbers import ACCOUNT_BOX, FILING_BOX, PROPOSAL_BOX

PREFIX_BYTES = 9
"""Length of a box's prefix: version (1 byte) and master key id (8)."""


@dataclass(frozen=True, slots=True)
class BoxColumn:
    """Sealed column of `table`, whose primary key is `key`.

    `context` builds the seal's context from a row with key and `also` columns. For the server's shares,
    `epoch` names the column of the epoch instead, and the protocol defines purpose and context. `share` is
    SQL for the box of the share used by an open session: the session's context includes its P1, which the
    caller gets from that box and adds to the row.
    """

    table: str
    key: str
    column: str
    purpose: str
    context: Callable[[Row], bytes]
    also: tuple[str, ...] = ()
    epoch: str | None = None
    share: str | None = None

    @property
    def name(self) -> str:
        """Name as `table.column`."""
        return f"{self.table}.{self.column}"


def _text(column: str) -> Callable[[Row], bytes]:
    def context(row: Row) -> bytes:
        value: str = row[column]
        return value.encode()

    return context


def _bytes(column: str) -> Callable[[Row], bytes]:
    def context(row: Row) -> bytes:
        value: bytes = row[column]
        return value

    return context


def _question(row: Row) -> bytes:
    return question_context(row["id"], row["subject"], row["asked_by"])


def _session(row: Row) -> bytes:
    return nonce_box_context(uid=row["uid"], epoch=row["epoch"], P1=row["P1"], items=row["items"])


def _share_of(table: str) -> str:
    return f"""
(SELECT CASE WHEN k.epoch = {table}.epoch THEN k.share_box ELSE k.pending_box END
  FROM keys k WHERE k.uid = {table}.uid)"""


def _nonce_box(table: str) -> BoxColumn:
    return BoxColumn(table, "uid", "k2_box", "k2", _session, ("epoch", "items"), share=_share_of(table))


BOXES = (
    BoxColumn("secrets", "name", "box", "secret", _text("name")),
    BoxColumn("authorities", "name", "key_box", "authority", _text("name")),
    BoxColumn("authority_requests", "name", "key_box", "authority", _text("name")),
    BoxColumn("oidc_keys", "kid", "key_box", "oidc-key", _text("kid")),
    BoxColumn("accounts", "id", "id_number_box", ACCOUNT_BOX, _text("id")),
    BoxColumn("filed_persons", "id", "id_number_box", FILING_BOX, _text("id")),
    BoxColumn("filing_proposals", "id", "record_box", PROPOSAL_BOX, _text("id")),
    BoxColumn("keys", "uid", "share_box", "share", _bytes("uid"), ("epoch",), "epoch"),
    BoxColumn("keys", "uid", "pending_box", "share", _bytes("uid"), ("pending_epoch",), "pending_epoch"),
    BoxColumn("keys", "uid", "outcome_box", "outcome", _bytes("uid")),
    BoxColumn("idempotency", "call", "answer_box", "answer", _text("call")),
    BoxColumn("approvals", "id", "sealed_box", QUESTION_BOX, _question, ("subject", "asked_by")),
    BoxColumn("ca_submissions", "handle", "transaction_box", "ca-transaction", _text("handle")),
    BoxColumn("webhook_endpoints", "id", "secret_box", "webhook", _text("id")),
    BoxColumn("webhook_endpoints", "id", "previous_box", "webhook", _text("id")),
    BoxColumn("push_subscriptions", "device_id", "address_box", "push-address", _text("device_id")),
    BoxColumn("staff_factors", "id", "secret_box", "staff-totp", _text("id")),
    BoxColumn("staff_ceremonies", "token_hash", "secret_box", "staff-enrolment", _bytes("token_hash")),
    _nonce_box("signing_sessions"),
    _nonce_box("attempts_under_way"),
)


@dataclass(frozen=True, slots=True)
class Reseal:
    """Box to replace: the row's key, the box that was read, and the new one."""

    key: object
    old: bytes
    new: bytes


async def list_old(db: Database, column: BoxColumn, *, prefix: bytes, after: object, limit: int) -> list[Row]:
    """Returns up to `limit` rows by key, after key `after` (None: all), whose box doesn't begin with `prefix`."""
    share = () if column.share is None else (f"{column.share} AS share_box",)
    columns = ", ".join((column.key, column.column, *column.also, *share))
    where = f"{column.column} IS NOT NULL AND substr({column.column}, 1, {PREFIX_BYTES}) <> $1"
    end = f"ORDER BY {column.key} LIMIT $2"
    if after is None:
        query = _query(column, f"SELECT {columns} FROM {column.table} WHERE {where} {end}", "prefix", "limit")
        return await db.all(query, prefix=prefix, limit=limit)
    sql = f"SELECT {columns} FROM {column.table} WHERE {where} AND {column.key} > $3 {end}"
    return await db.all(
        _query(column, sql, "prefix", "limit", "after"), prefix=prefix, limit=limit, after=after
    )


async def reseal(db: Database, column: BoxColumn, boxes: list[Reseal]) -> int:
    """Replaces the boxes that are unchanged since they were read, in one transaction; returns their number."""
    sql = f"UPDATE {column.table} SET {column.column} = $1 WHERE {column.key} = $2 AND {column.column} = $3"
    query = _query(column, sql, "new", "key", "old")

    async def work(tx: Tx) -> int:
        return sum([await tx.run(query, new=box.new, key=box.key, old=box.old) for box in boxes])

    return await db.write(work)


async def count_by_prefix(db: Database, column: BoxColumn) -> dict[bytes, int]:
    """Counts the column's boxes under each master key, by the box's prefix."""
    prefix = f"substr({column.column}, 1, {PREFIX_BYTES})"
    sql = (
        f"SELECT {prefix} AS prefix, COUNT(*) AS boxes FROM {column.table} "
        f"WHERE {column.column} IS NOT NULL GROUP BY {prefix}"
    )
    return {bytes(row["prefix"]): row["boxes"] for row in await db.all(_query(column, sql))}


def _query(column: BoxColumn, sql: str, *parameters: str) -> Query:
    return Query(
        f"boxes.{column.name}", Statement(sql, parameters), Statement(sql.replace("$", "?"), parameters)
    )
