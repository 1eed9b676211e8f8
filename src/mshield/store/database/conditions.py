"""Conditions that statements share, written like functions of a table, its alias or columns: `usable(c)`.

Those on certificates mean what domain/certificates/states.py says. They are written out where they stand: a function of
the database's would hide from it which index serves, and a view would have to go before each change of the table.
"""

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from mshield.store.database.sealed_columns import SEALED_COLUMNS

CONDITIONS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "usable": "({0}.state = 'active' AND {0}.holds = '' AND {0}.not_after > :now)",
        "filing_changed": "({0}.filing_version <> {1}.version + {2}.version)",
        "ended": "({0}.state IN ('revoked', 'superseded'))",
        "unbound": """(SELECT r.channel = 'app' AND NOT EXISTS (SELECT 1 FROM bindings b
    WHERE b.certificate = {0} AND b.bound_at IS NOT NULL AND b.ended_at IS NULL
      AND (b.client_id IS NULL OR b.client_id = r.client_id))
  FROM requests r WHERE r.id = {1})""",
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
"""`usable` may sign at `:now` (ms); `ended` no longer occupies its device, while one that only expired still does.

`filing_changed(c, f, e)`: the record f or its enterprise e has another version than c was issued from, or f has ended:
until it is renewed c logs in and signs nothing for business systems (R22), whatever else says that it is usable.
`fits(c)`: a certificate that staff look for by these words; `name` is how a name begins, or goes on behind its first
character, `organisation` a part of the enterprise's name, then or now; by `due` half a year from now is over (R11).
`regular`, `expiring`, `held` and `ended` are those that the console counts (certificates/counts.sql).
The enterprise's name is a value, no EXISTS, which PostgreSQL would answer by reading all names once.
Each word is a CASE: of `word IS NULL OR …` PostgreSQL's general plans expect hardly a row, and leave an index's order.
`on_file_as(f)`: a filed person of this enterprise and this id number; who has left too, where `ended_too` is 1.
`named_so(f)`: one whose name, or whose enterprise's, is as in `fits`.
`account_of(a)`: an account that wasn't erased, of this id number, with a shield of this enterprise now or once, and
named so, or an enterprise whose shield it has or had: values too, no EXISTS.
`sent_so(s)`: an SMS in this state and for this purpose.
`ends_with(c)`: a certificate whose shield number or phone number ends with these characters, all letters and digits, or
whose person is one of `of_id_number`, whose id number does: ids with commas.
`view_changes(client_id)`: how often a system's views were changed; each is registered once, withdrawn once at most.
`listed` stands on a revocation list until a while after its end; `status_line` is how certificates.py reads its status.
`unanswered(r)` requests ended before `:ended_before` without any signature, and aren't `:own`.
`unbound(certificate, request)`: another app asks, and the certificate isn't bound for its business system (R8).
"""

_SEALED: Final = re.compile(r"\bsealed\((\w+) AS (\w+)\)")
"""All that a seal is made of: `sealed(accounts AS a)` gives `a.id AS a_id` and so on."""

_USE: Final = re.compile(rf"\b({'|'.join(CONDITIONS)})\(([\w.:]+(?:, [\w.:]+)*)\)")


def written_out(sql: str) -> str:
    """The SQL with each condition in its own words."""
    sql = _SEALED.sub(lambda use: _sealed(use[1], use[2]), sql)
    return _USE.sub(lambda use: CONDITIONS[use[1]].format(*use[2].split(", ")), sql)


def _sealed(table: str, alias: str) -> str:
    names = (*SEALED_COLUMNS[table], "seal_version", "seal")
    return ", ".join(f"{alias}.{name} AS {alias}_{name}" for name in names)
