"""Check that each certificate authority matches the acts on it: its certificate, and whether it is revoked.

The acts themselves are in the log and are checked there. The expected certificate is the one named by an act
and not replaced by another act. The order of acts is ignored, since the clocks of two processes may differ.
"""

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

from mshield.server.authorities.authority import responder_name
from mshield.server.database.interface import Database
from mshield.server.log.findings import Finding, shown
from mshield.server.log.rows import log as store
from mshield.server.log.rows.log import AuthorityAct, StoredAuthority


@dataclass(slots=True)
class _History:
    """Content of the acts: fingerprints (hex) and revocations by name."""

    fingerprints: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    replaced: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    revoked: dict[str, set[tuple[int, int | None]]] = field(default_factory=lambda: defaultdict(set))


async def check_authorities(db: Database) -> list[Finding]:
    """Returns a finding for each authority whose state the acts don't explain, or that is missing.

    Raises: StoreError.
    """
    recorded = await store.acts_on_authorities(db)
    while True:
        rows = await store.authorities(db)
        again = await store.acts_on_authorities(db)
        if again == recorded:  # Unchanged between the reads, since an act and its row are one transaction.
            return list(_compare(rows, _history(recorded)))
        recorded = again


def _compare(rows: Sequence[StoredAuthority], history: _History) -> Iterator[Finding]:
    for row in rows:
        if not _explained(row, history):
            yield Finding("authority_changed", table="authorities", row=shown(row.name))
    for name in sorted(history.fingerprints.keys() - {row.name for row in rows}):
        yield Finding("authority_missing", table="authorities", row=shown(name))


def _explained(row: StoredAuthority, history: _History) -> bool:
    if type(row.certificate) is not bytes:  # SQLite stores any type in any column
        return False
    standing = history.fingerprints[row.name] - history.replaced[row.name]
    if sha256(row.certificate).hexdigest() not in standing:
        return False
    if row.revoked_at is None:
        return row.revocation_reason is None and not history.revoked[row.name]
    return (row.revoked_at, row.revocation_reason) in history.revoked[row.name]


def _history(recorded: Sequence[AuthorityAct]) -> _History:
    history = _History()
    for act in recorded:
        if type(act.subject) is str:  # otherwise the check of its row reports it
            _read(history, act, _details(act))
    return history


def _read(history: _History, act: AuthorityAct, details: Mapping[str, Any]) -> None:
    name = act.subject
    match act.act:
        case "ca.init":
            for first in details:
                history.fingerprints[first] |= _hex(details, first)
        case "ca.renew_issuing":
            history.fingerprints[name] |= _hex(details, "sha256")
            history.fingerprints[responder_name(name)] |= _hex(details, "responder_sha256")
        case "ca.renew_responder" | "ca.init_p256" | "ca.renew_p256" | "ca.renew_tsa" | "ca.import":
            history.fingerprints[name] |= _hex(details, "sha256")
            history.replaced[name] |= _hex(details, "old_sha256")
        case "ca.revoke_issuing":
            reason = details.get("reason")
            at = details.get("revoked_at", act.at)  # the time on the root's list, if that list revoked it
            history.revoked[name].add((at, reason if isinstance(reason, int) else None))


def _details(act: AuthorityAct) -> Mapping[str, Any]:
    """Parses the act's details; empty if they are malformed, which the check of its row reports."""
    try:
        details = json.loads(act.details)
    except (ValueError, RecursionError):
        return {}
    return details if isinstance(details, dict) else {}


def _hex(details: Mapping[str, Any], key: str) -> set[str]:
    value = details.get(key)
    return {value} if isinstance(value, str) else set()
