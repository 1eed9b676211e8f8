"""Conditions shared by statements, written like functions of a table, its alias or columns: `usable(c)`.

Conditions on certificates follow server/certificates/rules/states.py. They are expanded in place: a database
function would hide from the planner which index serves, and a view would have to be dropped before each
change of its table.
"""

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from mshield.server.database.sealed_columns import SEALED_COLUMNS

CONDITIONS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "usable": "({0}.state = 'active' AND {0}.holds = '' AND {0}.not_after > :now)",
        "filing_changed": "({0}.filing_version <> {1}.version + {2}.version)",
        "ended": "({0}.state IN ('revoked', 'superseded'))",
        "unbound": """(SELECT r.channel = 'app' AND NOT EXISTS (SELECT 1 FROM bindings b
    WHERE b.certificate = {0} AND b.bound_at IS NOT NULL AND b.ended_at IS NULL
      AND (b.client_id IS NULL OR b.client_id = r.client_id))
  FROM requests r WHERE r.id = {1})""",
        "logged_standing": """(SELECT le.state || ' ' || le.holds FROM certificate_events le
    WHERE le.serial = {0}.serial ORDER BY le.id || '' DESC LIMIT 1)""",
        "fits": """CASE WHEN CAST(:state AS TEXT) IS NULL THEN TRUE
    WHEN CAST(:state AS TEXT) = 'expiring' THEN {0}.state = 'active' AND {0}.holds = ''
      AND {0}.not_after > :now AND {0}.not_after <= :due
    WHEN CAST(:state AS TEXT) = 'regular' THEN {0}.state = 'active' AND {0}.holds = '' AND {0}.not_after > :due
    WHEN CAST(:state AS TEXT) = 'held' THEN {0}.state = 'active' AND {0}.holds <> '' AND {0}.not_after > :now
    WHEN CAST(:state AS TEXT) = 'ended' THEN CASE WHEN {0}.state IN ('revoked', 'superseded') THEN {0}.der IS NOT NULL
      ELSE {0}.state <> 'issued' AND {0}.not_after <= :now END
    WHEN {0}.state <> 'revoked' AND {0}.state <> 'superseded' AND {0}.not_after <= :now
      THEN CAST(:state AS TEXT) = 'expired'
    ELSE CAST(:state AS TEXT) = {0}.state END
  AND CASE WHEN CAST(:hold AS TEXT) IS NULL THEN TRUE
    ELSE ',' || {0}.holds || ',' LIKE '%,' || CAST(:hold AS TEXT) || ',%' END
  AND CASE WHEN CAST(:account AS TEXT) IS NULL THEN TRUE ELSE {0}.account_id = CAST(:account AS TEXT) END
  AND CASE WHEN CAST(:shield_number AS TEXT) IS NULL THEN TRUE
    ELSE {0}.shield_number = CAST(:shield_number AS TEXT) END
  AND CASE WHEN CAST(:credit_code AS TEXT) IS NULL THEN TRUE
    ELSE {0}.credit_code = CAST(:credit_code AS TEXT) END
  AND CASE WHEN CAST(:name AS TEXT) IS NULL THEN TRUE
    WHEN lower({0}.common_name) LIKE CAST(:name AS TEXT) ESCAPE '!'
      OR lower(substr({0}.common_name, 2)) LIKE CAST(:name AS TEXT) ESCAPE '!' THEN TRUE
    WHEN CAST(:organisation AS TEXT) IS NULL THEN FALSE
    WHEN lower({0}.organisation) LIKE CAST(:organisation AS TEXT) ESCAPE '!' THEN TRUE
    ELSE COALESCE((SELECT lower(e.name) LIKE CAST(:organisation AS TEXT) ESCAPE '!' FROM enterprises e
      WHERE e.credit_code = {0}.credit_code), FALSE) END""",
        "on_file_as": """CASE WHEN :ended_too = 1 THEN TRUE ELSE {0}.ended_at IS NULL END
  AND CASE WHEN CAST(:credit_code AS TEXT) IS NULL THEN TRUE
    ELSE {0}.credit_code = CAST(:credit_code AS TEXT) END
  AND CASE WHEN {0}.id_number_hash = :id_number_hash THEN TRUE ELSE :id_number_hash IS NULL END""",
        "named_so": """CASE WHEN CAST(:name AS TEXT) IS NULL THEN TRUE
    WHEN lower({0}.name) LIKE CAST(:name AS TEXT) ESCAPE '!'
      OR lower(substr({0}.name, 2)) LIKE CAST(:name AS TEXT) ESCAPE '!' THEN TRUE
    WHEN CAST(:organisation AS TEXT) IS NULL THEN FALSE
    ELSE COALESCE((SELECT lower(e.name) LIKE CAST(:organisation AS TEXT) ESCAPE '!' FROM enterprises e
      WHERE e.credit_code = {0}.credit_code), FALSE) END""",
        "account_of": """{0}.name <> ''
  AND CASE WHEN {0}.id_number_hash = :id_number_hash THEN TRUE ELSE :id_number_hash IS NULL END
  AND CASE WHEN CAST(:credit_code AS TEXT) IS NULL THEN TRUE
    ELSE COALESCE((SELECT TRUE FROM certificates h
      WHERE h.credit_code = CAST(:credit_code AS TEXT) AND h.account_id = {0}.id LIMIT 1), FALSE) END
  AND CASE WHEN CAST(:name AS TEXT) IS NULL THEN TRUE
    WHEN lower({0}.name) LIKE CAST(:name AS TEXT) ESCAPE '!'
      OR lower(substr({0}.name, 2)) LIKE CAST(:name AS TEXT) ESCAPE '!' THEN TRUE
    WHEN CAST(:organisation AS TEXT) IS NULL THEN FALSE
    ELSE COALESCE((SELECT TRUE FROM certificates h WHERE h.account_id = {0}.id
      AND (lower(h.organisation) LIKE CAST(:organisation AS TEXT) ESCAPE '!'
        OR (SELECT lower(e.name) LIKE CAST(:organisation AS TEXT) ESCAPE '!' FROM enterprises e
          WHERE e.credit_code = h.credit_code)) LIMIT 1), FALSE) END""",
        "sent_so": """CASE WHEN CAST(:state AS TEXT) IS NULL THEN TRUE ELSE {0}.state = CAST(:state AS TEXT) END
  AND CASE WHEN CAST(:purpose AS TEXT) IS NULL THEN TRUE ELSE {0}.purpose = CAST(:purpose AS TEXT) END""",
        "ends_with": """(CAST(:ending AS TEXT) IS NULL OR {0}.shield_number LIKE '%' || CAST(:ending AS TEXT)
    OR COALESCE((SELECT e.phone LIKE '%' || CAST(:ending AS TEXT) FROM accounts e WHERE e.id = {0}.account_id), FALSE)
    OR ',' || CAST(:of_id_number AS TEXT) || ',' LIKE '%,' || {0}.person_id || ',%')""",
        "status_line": """{0}.serial || ' ' || {0}.state || ' ' || {0}.holds || ' ' || {0}.issued_at || ' ' ||
    {0}.changed_at || ' ' || COALESCE(CAST({0}.revoked_at AS TEXT), '') || ' ' ||
    COALESCE(CAST({0}.revocation_reason AS TEXT), '') || ' ' || COALESCE(CAST({0}.held_since AS TEXT), '')""",
        "listed": "(({0}.state IN ('revoked', 'superseded') OR {0}.holds <> '') AND {0}.der IS NOT NULL)",
        "unanswered": """({0}.state <> 'signed' AND {0}.expires_at < :ended_before AND {0}.client_id <> :own
    AND NOT EXISTS (SELECT 1 FROM tasks x JOIN signatures y ON y.sid = x.sid WHERE x.request_id = {0}.id))""",
        "view_changes": "(SELECT COUNT(*) + COUNT(w.withdrawn_at) FROM views w WHERE w.client_id = {0})",
    }
)
"""Conditions by name, each over table aliases or columns.

- `usable(c)`: may sign at `:now` (ms).
- `ended(c)`: no longer occupies its device; a certificate that only expired still does.
- `filing_changed(c, f, e)`: record f or its enterprise e has another version than c was issued from, or f has ended.
  Until renewed, c logs in and signs nothing for business systems (R22), even if otherwise usable.
- `fits(c)`: matches the staff's search terms. `name` is the beginning of a name, or of the name without its first
  character; `organisation` is part of the enterprise's name, current or past; `due` is half a year from now (R11).
  `regular`, `expiring`, `held` and `ended` are the groups counted for the console (certificates/counts.sql).
  The enterprise's name is a scalar subquery: for an EXISTS PostgreSQL would read all names once.
  Each term is a CASE: for `term IS NULL OR …` PostgreSQL's generic plans expect few rows and ignore an index's order.
- `logged_standing(c)`: state and holds that the newest event of certificate c left, with a blank between; null without
  events. Ordered by an expression, or PostgreSQL would read the primary key backwards in search of the serial.
- `on_file_as(f)`: a filed person of this enterprise and id number; also people who have left if `ended_too` is 1.
- `named_so(f)`: a filed person whose own or enterprise's name matches as in `fits`.
- `account_of(a)`: an account, not erased, with this id number and a past or present shield of this enterprise, whose
  name matches, or the name of an enterprise of its shields. Scalar subqueries here too.
- `sent_so(s)`: an SMS in this state and for this purpose.
- `ends_with(c)`: a certificate whose shield or phone number ends with these letters and digits, or whose person is in
  `of_id_number`: comma-separated ids of people whose id number does.
- `view_changes(client_id)`: number of changes of a system's views; each is registered once and withdrawn at most once.
- `listed(c)`: is on a revocation list until some time after its end.
- `status_line(c)`: the text that certificates.py parses as a status.
- `unanswered(r)`: a request that expired before `:ended_before` without any signature and isn't `:own`.
- `unbound(certificate, request)`: an app's request for whose system the certificate isn't bound (R8).
"""

_SEALED: Final = re.compile(r"\bsealed\((\w+) AS (\w+)\)")
"""All columns that a seal covers: `sealed(accounts AS a)` expands to `a.id AS a_id` and so on."""

_USE: Final = re.compile(rf"\b({'|'.join(CONDITIONS)})\(([\w.:]+(?:, [\w.:]+)*)\)")


def written_out(sql: str) -> str:
    """Returns the SQL with each condition expanded."""
    sql = _SEALED.sub(lambda use: _sealed(use[1], use[2]), sql)
    return _USE.sub(lambda use: CONDITIONS[use[1]].format(*use[2].split(", ")), sql)


def _sealed(table: str, alias: str) -> str:
    names = (*SEALED_COLUMNS[table], "seal_version", "seal")
    return ", ".join(f"{alias}.{name} AS {alias}_{name}" for name in names)
