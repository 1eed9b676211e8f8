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
from mshield.services.log.findings import Finding, shown
from mshield.store.database.interface import Database
from mshield.store.log import log as store
from mshield.store.log.log import AuthorityAct, StoredAuthority

_FIRST: Final = (ROOT, responder_name(ROOT), issuing_name(1), responder_name(issuing_name(1)))
"""What `mshield ca init` makes."""


@dataclass(slots=True)
class _Told:
    """What the acts say: fingerprints (hex) by name, None where an older version named none; revocations by name.

    `has_init` is false where the CA was made before acts were recorded, or there is none.
    """

    has_init: bool
    made: dict[str, set[str | None]] = field(default_factory=lambda: defaultdict(set))
    replaced: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    revoked: dict[str, set[tuple[int, int | None]]] = field(default_factory=lambda: defaultdict(set))


async def check_authorities(db: Database) -> list[Finding]:
    """A finding for each authority that no act explains, or that isn't there. Raises StoreError."""
    recorded = await store.acts_on_authorities(db)
    while True:
        rows = await store.authorities(db)
        again = await store.acts_on_authorities(db)
        if again == recorded:  # so nothing was done between the two: act and row are one transaction
            return list(_compare(rows, _told(recorded)))
        recorded = again


def _compare(rows: Sequence[StoredAuthority], told: _Told) -> Iterator[Finding]:
    for row in rows:
        if not _explained(row, told):
            yield Finding("authority_changed", table="authorities", row=shown(row.name))
    for name in sorted(told.made.keys() - {row.name for row in rows}):
        yield Finding("authority_missing", table="authorities", row=shown(name))


def _explained(row: StoredAuthority, told: _Told) -> bool:
    if type(row.certificate) is not bytes:  # SQLite keeps any value in any column
        return False
    made = told.made[row.name] or ({None} if row.name in _FIRST and not told.has_init else set())
    standing = made - told.replaced[row.name]
    if standing != {None} and sha256(row.certificate).hexdigest() not in standing:
        return False
    if row.revoked_at is None:
        return row.revocation_reason is None and not told.revoked[row.name]
    return (row.revoked_at, row.revocation_reason) in told.revoked[row.name]


def _told(recorded: Sequence[AuthorityAct]) -> _Told:
    told = _Told(any(each.act == "ca.init" for each in recorded))
    for each in recorded:
        if type(each.subject) is str:  # else the check of its row finds it
            _read(told, each, _details(each))
    return told


def _read(told: _Told, each: AuthorityAct, details: Mapping[str, Any]) -> None:
    name = each.subject
    match each.act:
        case "ca.init":
            for made in _FIRST:
                told.made[made].add(_hex(details, made))
        case "ca.renew_issuing":
            told.made[name].add(_hex(details, "sha256"))
            told.made[responder_name(name)].add(_hex(details, "responder_sha256"))
        case "ca.renew_responder" | "ca.init_p256" | "ca.renew_p256":
            told.made[name].add(_hex(details, "sha256"))
            if old := _hex(details, "old_sha256"):
                told.replaced[name].add(old)
        case "ca.revoke_issuing":
            reason = details.get("reason")
            told.revoked[name].add((each.at, reason if isinstance(reason, int) else None))


def _details(each: AuthorityAct) -> Mapping[str, Any]:
    """The act's details; empty where someone made them what they can't be, which the check of its row finds."""
    try:
        found = json.loads(each.details)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _hex(details: Mapping[str, Any], key: str) -> str | None:
    found = details.get(key)
    return found if isinstance(found, str) else None
