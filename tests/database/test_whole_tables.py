"""Statements that PostgreSQL can only answer by reading a whole growing table, and why that is acceptable.

The test disables sequential scans: a scan that remains has no usable index. Partial indexes of pending rows
are short.
"""

import re
from typing import Final

import asyncpg

from mshield.server.database.queries import Queries, Query
from tests.support.sources import named_sql, sql

_GROW: Final = frozenset(
    [
        *(
            "accounts",
            "devices",
            "device_uses",
            "phone_sessions",
            "unlocks",
            "policy_consents",
            "push_subscriptions",
        ),
        *(
            "enterprises",
            "enterprise_words",
            "filed_persons",
            "keys",
            "certificates",
            "certificate_events",
            "renewals",
        ),
        *(
            "bindings",
            "identity_proofs",
            "identity_requests",
            "identity_consents",
            "shield_asks",
            "notifications",
        ),
        *(
            "requests",
            "tasks",
            "signatures",
            "time_stamps",
            "acts",
            "sealed_changes",
            "log_tiles",
            "log_bundles",
        ),
        *(
            "idempotency",
            "oidc_authorizations",
            "sms_log",
            "readings",
            "phone_changes",
            "filed_phone_changes",
            "closings",
        ),
    ]
)
_JOBS: Final = {
    "accounts.accounts.purge_sessions",
    "identity.proofs.objected",
    "notices.notifications.purge",
    "notices.push.purge_subscriptions",
    "retention.archived_rows.ended",
    "retention.archived_rows.events",
    "retention.archived_rows.remove_events",
    "signing.unlocks.purge",
}
_CHECKS: Final = {
    "log.log.acts_outside",
    "log.log.changes_outside",
    "log.log.events_outside",
    "log.log.outermost_tiles",
    "log.log.signatures_outside",
    "log.log.without_certificate",
    "retention.sweep.erased_beyond",
    "seals.changes.rolled_back_counters",
    "seals.changes.twice",
}
"""Statements of the log and of the seals, which read everything."""
_RARE: Final = {
    "retention.erasure.keys",  # two people request an erasure
    "accounts.phone_changes.of_account",
    "retention.own_data.bindings",  # a copy of one's own data
    "retention.own_data.closings",
    "retention.own_data.devices",
    "retention.own_data.filed_phone_changes",
    "retention.own_data.phone_changes",
    "certificates.search.count_signed_since",  # revocation of a CA
    "restore.high_water.less_restrained",  # a restore
    "restore.high_water.restrain_keys",
    "requests.time_stamps.first_since",  # stops at the first row
    "acts.acts.page_of_kind",  # so does the search for the first kind
}


async def test_statements_that_read_whole_tables_are_listed(postgresql_url: str) -> None:
    connection = await asyncpg.connect(postgresql_url)
    try:
        await connection.execute("SET plan_cache_mode = force_generic_plan")
        await connection.execute("SET enable_seqscan = off")
        short = {
            row[0]
            for row in await connection.fetch(
                "SELECT indexrelid::regclass::text FROM pg_index WHERE indpred IS NOT NULL"
            )
        } - {"signatures_logged", "acts_logged", "certificate_events_logged", "sealed_changes_logged"}
        whole = {
            name
            for name, query in _every()
            if query.postgresql is not None and await _reads_whole(connection, query.postgresql.sql, short)
        }
    finally:
        await connection.close()
    known = _JOBS | _CHECKS | _RARE
    assert (sorted(whole - known), sorted(known - whole)) == ([], [])


def _every() -> list[tuple[str, Query]]:
    places = {
        named_sql(file) for file in sql() if "migrations" not in file.parts and file.name != "schema.sql"
    }
    queries = {place: Queries(*place) for place in sorted(places)}
    return [
        (".".join((*place, name)), some[name])
        for place, some in queries.items()
        for name in sorted(some)
        if not name.endswith("_cursor") and not _has_no_plan(some[name])
    ]


def _has_no_plan(query: Query) -> bool:
    return query.postgresql is not None and query.postgresql.sql.startswith("ANALYZE ")


async def _reads_whole(connection: asyncpg.Connection, sql: str, short: set[str]) -> bool:
    await connection.execute(f"PREPARE statement AS {sql}")
    count = max(map(int, re.findall(r"\$(\d+)", sql)), default=0)
    values = f"({', '.join(['NULL'] * count)})" if count else ""
    plan = [row[0] for row in await connection.fetch(f"EXPLAIN EXECUTE statement{values}")]
    await connection.execute("DEALLOCATE statement")
    for line, after in zip(plan, [*plan[1:], ""], strict=True):
        if (scan := re.search(r"Seq Scan on (\w+)", line)) and scan[1] in _GROW:
            return True
        walk = re.search(r"Index (?:Only )?Scan (?:Backward )?using (\w+) on (\w+)", line)
        if walk and walk[2] in _GROW and walk[1] not in short and "Index Cond" not in after:
            return True
    return False
