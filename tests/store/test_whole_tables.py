"""Which statements PostgreSQL can only answer by reading a whole table that grows with people, and why that may be.

It is told to read none where there is another way: what it reads all the same has no index. Partial indexes of what
waits are short.
"""

import re
from pathlib import Path
from typing import Final

import asyncpg

import mshield.store
from mshield.store.database.queries import Queries, Query

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
        *("idempotency", "oidc_authorizations", "sms_log", "phone_changes", "closings"),
    ]
)
_JOBS: Final = {
    "accounts.accounts.purge_sessions",
    "certificates.key_marks.unmarked",
    "identity.proofs.objected",
    "notices.notifications.purge",
    "notices.push.purge_subscriptions",
    "operations.archived_rows.ended",
    "operations.archived_rows.events",
    "operations.archived_rows.remove_events",
    "signing.unlocks.purge",
}
_CHECKS: Final = {
    "log.log.acts_outside",
    "log.log.changes_outside",
    "log.log.events_outside",
    "log.log.outermost_tiles",
    "log.log.signatures_outside",
    "log.log.without_certificate",
    "requests.retention.erased_beyond",
    "seals.changes.counted_back",
    "seals.changes.is_logged",
    "seals.changes.twice",
    "seals.changes.unsealed",
}
"""Of the log and of the seals, which look at everything."""
_RARE: Final = {
    "accounts.erasure.keys",  # two people erase
    "accounts.own_data.bindings",  # a copy of one's own data
    "accounts.own_data.closings",
    "accounts.own_data.devices",
    "accounts.own_data.phone_changes",
    "certificates.search.count_signed_since",  # a CA is revoked
    "operations.high_water.less_restrained",  # a restore
    "operations.high_water.restrain_keys",
    "requests.time_stamps.first_since",  # ends at its first row
    "staff.acts.page_of_kind",  # so does the look for the first kind
}


async def test_what_reads_a_whole_table_is_known(postgresql_url: str) -> None:
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
    files = Path(mshield.store.__file__).parent.glob("*/*.sql")
    places = {
        (file.parent.name, file.name.partition(".")[0]) for file in files if file.parent.name != "migrations"
    }
    queries = {place: Queries(*place) for place in sorted(places)}
    return [
        (".".join((*place, name)), some[name])
        for place, some in queries.items()
        for name in sorted(some.names())
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
