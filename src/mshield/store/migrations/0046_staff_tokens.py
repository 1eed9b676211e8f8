"""Named tokens of staff that end; when a session's second factor was shown again; legal persons that wait for two.

A token from before stays as it was for thirty days, under the name "earlier", with what its member may do.
"""

import time
from typing import Any, Final

from yoyo import step

__depends__ = {"0043_seals"}

_DAYS: Final = 30

_TOKENS: Final = """
CREATE TABLE staff_tokens (
  id TEXT PRIMARY KEY,
  staff_id TEXT NOT NULL REFERENCES staff (id),
  name TEXT NOT NULL,
  roles TEXT NOT NULL,
  scopes TEXT NOT NULL,
  token_hash BYTEA NOT NULL,
  created_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL,
  used_at BIGINT,
  ended_at BIGINT,
  next_id TEXT REFERENCES staff_tokens (id),
  seal_version BIGINT NOT NULL DEFAULT 0,
  seal BYTEA
)
"""

_PROPOSALS: Final = """
CREATE TABLE filing_proposals (
  id TEXT PRIMARY KEY,
  approval_id TEXT NOT NULL REFERENCES approvals (id),
  line BIGINT NOT NULL,
  record_hash BYTEA NOT NULL,
  record_box BYTEA NOT NULL,
  before_hash BYTEA NOT NULL,
  state TEXT NOT NULL,
  seal_version BIGINT NOT NULL DEFAULT 0,
  seal BYTEA
)
"""


def _keep_earlier(connection: Any) -> None:
    """Its id is the member's: the token begins with that."""
    mark = "%s" if type(connection).__module__.startswith("psycopg") else "?"
    cursor = connection.cursor()
    cursor.execute("SELECT id, roles, token_hash, created_at FROM staff WHERE state = 'active'")
    expires_at = time.time_ns() // 1_000_000 + _DAYS * 86_400_000
    cursor.executemany(
        "INSERT INTO staff_tokens (id, staff_id, name, roles, scopes, token_hash, created_at, expires_at)"  # noqa: S608
        f" VALUES ({', '.join([mark] * 8)})",
        [
            (staff_id, staff_id, "earlier", roles, _scopes(roles), hashed, created_at, expires_at)
            for staff_id, roles, hashed, created_at in cursor.fetchall()
        ],
    )


def _scopes(roles: str) -> str:
    return "filing_import filing_export" if "filing_officer" in roles.split() else ""


steps = [
    step(_TOKENS),
    step("CREATE INDEX staff_tokens_staff ON staff_tokens (staff_id)"),
    step(_keep_earlier),
    step("ALTER TABLE staff DROP COLUMN token_hash"),
    step("ALTER TABLE staff_sessions ADD COLUMN confirmed_at BIGINT NOT NULL DEFAULT 0"),
    step(_PROPOSALS),
    step("CREATE UNIQUE INDEX filing_proposals_approval ON filing_proposals (approval_id, line)"),
    step("CREATE INDEX filing_proposals_record ON filing_proposals (record_hash)"),
]
