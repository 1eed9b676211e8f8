"""Keep only the hash of `rn`, of `rn_prev` and of an enrolment's challenge: a reader of the database could use them.

Sessions that are open end, since their sealed nonces are bound to the share from now on: their phones open anew, and
nothing is counted.
"""

import base64
from collections.abc import Callable
from typing import Any, Final

from yoyo import step

from mshield.gm.transcript import stored_hash

__depends__ = {"0039_fresh_logins"}

_BATCH: Final = 1000


def _hash_rn(connection: Any) -> None:
    _replace(connection, "rn_prev_hash", "rn_prev_hash IS NOT NULL", lambda rn: stored_hash("rn", bytes(rn)))


def _hash_challenges(connection: Any) -> None:
    _replace(
        connection,
        "challenge",
        "state = 'enrolling'",
        lambda challenge: stored_hash("challenge", base64.urlsafe_b64decode(challenge + "=")),
        into="challenge_hash",
    )


def _replace(
    connection: Any, column: str, which: str, hashed: Callable[[Any], bytes], *, into: str | None = None
) -> None:
    mark = "%s" if type(connection).__module__.startswith("psycopg") else "?"
    cursor, after = connection.cursor(), b""
    while True:
        cursor.execute(
            f"SELECT uid, {column} FROM keys WHERE {which} AND uid > {mark} ORDER BY uid LIMIT {_BATCH}",  # noqa: S608
            (after,),
        )
        if not (rows := cursor.fetchall()):
            return
        cursor.executemany(
            f"UPDATE keys SET {into or column} = {mark} WHERE uid = {mark}",  # noqa: S608
            [(hashed(value), uid) for uid, value in rows],
        )
        after = rows[-1][0]


steps = [
    step("DELETE FROM signing_sessions"),
    step("ALTER TABLE signing_sessions RENAME COLUMN rn TO rn_hash"),
    step("ALTER TABLE keys RENAME COLUMN rn_prev TO rn_prev_hash"),
    step(_hash_rn),
    step("ALTER TABLE keys ADD COLUMN challenge_hash BYTEA"),
    step(_hash_challenges),
    step("ALTER TABLE keys DROP COLUMN challenge"),
]
