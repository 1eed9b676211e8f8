"""Statements of a login and of a search find rows by key even if PostgreSQL has no statistics, as when new.

A connection caches its plans: one that reads a whole table, harmless while that is small, costs more with
each request until the first ANALYZE.
"""

import re
from contextlib import closing
from itertools import pairwise
from typing import Final

import asyncpg

from mshield.server.database.queries import Queries
from mshield.server.database.sqlite import connect
from tests.support.cases import cases

_STATEMENTS: Final = {
    ("requests", "requests"): ("create", "result", "cancel"),
    ("requests", "scans"): ("usable_key", "take", "inbox"),
    ("requests", "waiting"): ("documents",),
    ("signing", "sessions"): ("context", "task", "open", "reserve", "release"),
    ("certificates", "certificates"): ("find_status",),
    ("requests", "following"): ("find",),
    ("requests", "my_signatures"): ("latest_logins", "place_of"),
    ("retention", "own_data"): ("signatures",),
    ("accounts", "accounts"): ("end_sessions_of_device",),
    ("signing", "unlocks"): ("shield_of_device",),
    ("certificates", "bindings"): ("in_force", "is_bound"),
    ("certificates", "renewals"): ("close_tasks",),
    ("legal_person", "asks"): ("settle_revoked", "settle_lifted"),
    ("certificates", "search"): (
        *("newest", "of_serial", "of_shield_end", "of_surname", "of_name", "of_given_name", "of_enterprise"),
        *(
            "of_state",
            "of_hold",
            "of_id_end",
            "of_phone_end",
            "expired",
            "expiring",
            "lines",
            "of_enterprises",
        ),
    ),
    ("filing", "people_search"): (
        *("everybody", "of_id_number", "of_enterprise", "of_surname", "of_name", "of_given_name", "numbers"),
        *("of_phone_end", "of_shield_end", "of_id_end", "lines", "of_enterprises"),
    ),
    ("accounts", "search"): (
        *("everybody", "of_id_number", "of_enterprise", "of_surname", "of_name", "of_given_name", "numbers"),
        *(
            "of_phone_end",
            "of_shield_end",
            "of_id_end",
            "lines",
            "of_enterprises",
        ),
    ),
    ("acts", "acts"): ("page", "page_about", "page_by", "page_of_kind", "shields_of"),
    ("notices", "sms_log"): ("page", "of_state", "of_end", "of_numbers"),
    ("filing", "filing"): ("usable_of_person", "usable_of_enterprise"),
    ("filing", "search_words"): ("count", "unsearched"),
    ("legal_person", "shields"): ("page", "count", "standing_shield", "is_known"),
    ("legal_person", "people"): ("with_end",),
    ("certificates", "issuing"): ("find_by_token", "reserve"),
    ("oidc", "authorizations"): (
        "push",
        "find_pushed",
        "open_pushed",
        "begin",
        "attach",
        "find_open",
        "grant",
        "use_with_login",
        "find_token",
    ),
}
_RANGES: Final = {
    ("certificates", "renewals"): ("move_documents", "move_requests"),
    ("requests", "requests"): ("end_of_system",),
}
"""Statements that read some hours' ids: without statistics, PostgreSQL can't know how few they are."""
_ELSEWHERE: Final = frozenset({"authorities"})
"""Tables of a few rows, which are read whole."""


@cases(
    ("subject", "module", "name"), [(*place, name) for place, names in _STATEMENTS.items() for name in names]
)
async def test_rows_are_found_by_their_key(postgresql_url: str, subject: str, module: str, name: str) -> None:
    statement = Queries(subject, module)[name].on("postgresql")
    connection = await asyncpg.connect(postgresql_url)
    try:
        await connection.execute("SET plan_cache_mode = force_generic_plan")
        await connection.execute(f"PREPARE statement AS {statement.sql}")
        nulls = ", ".join(["NULL"] * len(statement.parameters))
        plan = [row[0] for row in await connection.fetch(f"EXPLAIN EXECUTE statement ({nulls})")]
    finally:
        await connection.close()
    whole = [line for line in plan if "Seq Scan on " in line]
    assert [line for line in whole if line.split("Seq Scan on ")[1].split()[0] not in _ELSEWHERE] == []
    # By the whole key: its first half matches all requests of a business system.
    conditions = [after for line, after in pairwise(plan) if "requests_idempotency" in line]
    assert all("idempotency_key" in condition for condition in conditions)


@cases(
    ("subject", "module", "name"),
    [(*place, name) for some in (_STATEMENTS, _RANGES) for place, names in some.items() for name in names],
)
def test_rows_are_found_by_their_key_on_sqlite(sqlite_url: str, subject: str, module: str, name: str) -> None:
    """SQLite has no statistics: a million rows would have the same plan."""
    query = Queries(subject, module)[name]
    if query.sqlite is None:
        return
    with closing(connect(sqlite_url.removeprefix("sqlite:///"))) as connection:
        nulls = [None] * len(query.sqlite.parameters)
        plan = [row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {query.sqlite.sql}", nulls)]
    made = [line.split()[1] for line in plan if line.startswith(("CO-ROUTINE ", "MATERIALIZE "))]
    within = "|".join(
        [
            r"CONSTANT\b",
            r"json_each\b",
            r"\(",
            ".*(unsearched|accounts_erased)$",  # only what is to be done
            *(rf"{name}\b" for name in (*_ELSEWHERE, *made)),
        ]
    )
    whole = re.compile(rf"SCAN (?!{within})|AUTOMATIC")
    assert [line for line in plan if whole.search(line)] == []


async def test_names_of_enterprises_are_looked_up_one_by_one(postgresql_url: str) -> None:
    """Even where that seems cheaper, as with many certificates: hashing all names takes a third of a second."""
    statement = Queries("certificates", "search")["newest"].on("postgresql")
    connection = await asyncpg.connect(postgresql_url)
    try:
        await connection.execute("SET plan_cache_mode = force_generic_plan")
        for way in ("indexscan", "indexonlyscan", "bitmapscan"):
            await connection.execute(f"SET enable_{way} = off")
        await connection.execute(f"PREPARE statement AS {statement.sql}")
        nulls = ", ".join(["NULL"] * len(statement.parameters))
        plan = [row[0] for row in await connection.fetch(f"EXPLAIN EXECUTE statement ({nulls})")]
        as_before = statement.sql.replace(
            "COALESCE((SELECT lower(e.name) LIKE",
            "EXISTS (SELECT 1 FROM enterprises e WHERE (lower(e.name) LIKE",
        ).replace(
            "FROM enterprises e\n      WHERE e.credit_code = c.credit_code), FALSE)",
            ") AND e.credit_code = c.credit_code)",
        )
        await connection.execute(f"PREPARE before AS {as_before}")
        other = [row[0] for row in await connection.fetch(f"EXPLAIN EXECUTE before ({nulls})")]
    finally:
        await connection.close()
    assert not [line for line in plan if "hashed" in line]
    assert [line for line in other if "hashed" in line]  # control: the problem would be visible here
