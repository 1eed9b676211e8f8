"""Checks that each certificate authority is as the acts on it leave it: its certificate, and whether it is revoked.

The acts themselves are in the log and are checked there. A certificate is the one that an act names and no later act
replaces; the order of the acts decides nothing, as two processes' clocks may differ.
"""

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any, Final

from mshield.keys.authority import ROOT, issuing_name, responder_name
from mshield.keys.tsa import TSA
from mshield.services.log.findings import Finding, shown
from mshield.store.database.interface import Database
from mshield.store.log import log as store
from mshield.store.log.log import AuthorityAct, StoredAuthority

_FIRST: Final = (ROOT, responder_name(ROOT), issuing_name(1), responder_name(issuing_name(1)))
"""What `mshield ca init` makes, from the first release on."""


@dataclass(slots=True)
class _History:
    """What the acts say: fingerprints (hex) by name, None where an older version named none; revocations by name.

    `has_init` is false where the CA was made before acts were recorded, or there is none.
    """

    has_init: bool
    fingerprints: dict[str, set[str | None]] = field(default_factory=lambda: defaultdict(set))
    replaced: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    revoked: dict[str, set[tuple[int, int | None]]] = field(default_factory=lambda: defaultdict(set))


async def check_authorities(db: Database) -> list[Finding]:
    """A finding for each authority that no act explains, or that isn't there. Raises StoreError."""
    recorded = await store.acts_on_authorities(db)
    while True:
        rows = await store.authorities(db)
        again = await store.acts_on_authorities(db)
        if again == recorded:  # so nothing was done between the two: act and row are one transaction
            return list(_compare(rows, _history(recorded)))
        recorded = again


def _compare(rows: Sequence[StoredAuthority], history: _History) -> Iterator[Finding]:
    for row in rows:
        if not _explained(row, history):
            yield Finding("authority_changed", table="authorities", row=shown(row.name))
    for name in sorted(history.fingerprints.keys() - {row.name for row in rows}):
        yield Finding("authority_missing", table="authorities", row=shown(name))


def _explained(row: StoredAuthority, history: _History) -> bool:
    if type(row.certificate) is not bytes:  # SQLite keeps any value in any column
        return False
    fingerprints = history.fingerprints[row.name] or (
        {None} if row.name in _FIRST and not history.has_init else set()
    )
    standing = fingerprints - history.replaced[row.name]
    if standing != {None} and sha256(row.certificate).hexdigest() not in standing:
        return False
    if row.revoked_at is None:
        return row.revocation_reason is None and not history.revoked[row.name]
    return (row.revoked_at, row.revocation_reason) in history.revoked[row.name]


def _history(recorded: Sequence[AuthorityAct]) -> _History:
    history = _History(any(act.act == "ca.init" for act in recorded))
    for act in recorded:
        if type(act.subject) is str:  # else the check of its row finds it
            _read(history, act, _details(act))
    return history


def _read(history: _History, act: AuthorityAct, details: Mapping[str, Any]) -> None:
    name = act.subject
    match act.act:
        case "ca.init":
            for first in (*_FIRST, *(name for name in TSA.values() if name in details)):
                history.fingerprints[first].add(_hex(details, first))
        case "ca.renew_issuing":
            history.fingerprints[name].add(_hex(details, "sha256"))
            history.fingerprints[responder_name(name)].add(_hex(details, "responder_sha256"))
        case "ca.renew_responder" | "ca.init_p256" | "ca.renew_p256" | "ca.init_tsa" | "ca.renew_tsa":
            history.fingerprints[name].add(_hex(details, "sha256"))
            if old := _hex(details, "old_sha256"):
                history.replaced[name].add(old)
        case "ca.revoke_issuing":
            reason = details.get("reason")
            history.revoked[name].add((act.at, reason if isinstance(reason, int) else None))


def _details(act: AuthorityAct) -> Mapping[str, Any]:
    """The act's details; empty where someone made them what they can't be, which the check of its row finds."""
    try:
        details = json.loads(act.details)
    except (ValueError, RecursionError):
        return {}
    return details if isinstance(details, dict) else {}


def _hex(details: Mapping[str, Any], key: str) -> str | None:
    value = details.get(key)
    return value if isinstance(value, str) else None
