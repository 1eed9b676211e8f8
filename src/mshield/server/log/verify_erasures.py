"""Check that no signed document has lost its content except by the service's own erasure.

How far the job has erased each kind is stored as a sealed mark, so an attacker without the key can't claim more.
"""

import json
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from mshield.server.database.interface import Database
from mshield.server.log.findings import Finding, shown
from mshield.server.log.rows import log as store
from mshield.server.retention.rows.retention import standings
from mshield.server.retention.rows.sweep import Bare, erased_beyond
from mshield.server.retention.rules.kinds import OF_PERSON, Kind

_PAGE: Final = 500
_FEW: Final = 10
_KINDS: Final[Mapping[str, frozenset[str]]] = {
    "signature": frozenset({Kind.CONTENTS, Kind.LATE_CONTENTS}),
    "login": frozenset({Kind.PERSONAL}),
}


@dataclass(frozen=True, slots=True)
class _OfPerson:
    """Signatures erased by an act together with a person's data: those by these keys, for requests below an id."""

    uids: frozenset[object]
    before: str

    def covers(self, bare: Bare) -> bool:
        return bare.uid.hex() in self.uids and bare.request_id < self.before


async def check_erasures(db: Database) -> AsyncIterator[Finding]:
    """Yields a finding for each document without its content that no act accounts for. Raises: StoreError."""
    places: dict[str, str] = {}
    for kind, standing in (await standings(db)).items():
        if standing.holds(db.sealer):
            places[kind] = standing.place
        else:
            yield Finding("seal_broken", table="retention", row=shown(kind))
    people = [_of_person(_details(row)) for row in await store.erasures(db, act=OF_PERSON)]
    for request_kind, kinds in _KINDS.items():
        since, few = max(places.get(one, "") for one in kinds), 0
        after: Bare | None = None
        while page := await erased_beyond(db, kind=request_kind, since=since, after=after, limit=_PAGE):
            for bare in page:
                if few < _FEW and not any(one.covers(bare) for one in people):
                    few += 1
                    yield Finding("content_gone", table="tasks", row=shown(bare.sid))
            after = page[-1]


def _of_person(details: Mapping[str, Any]) -> _OfPerson:
    uids = details.get("uids")
    texts = frozenset(uid for uid in uids if isinstance(uid, str)) if isinstance(uids, list) else frozenset()
    return _OfPerson(texts, _text(details, "contents_until"))


def _details(row: store.ErasureAct) -> Mapping[str, Any]:
    try:
        details = json.loads(row.details)
    except (ValueError, TypeError):  # the check of the row reports it
        return {}
    return details if isinstance(details, dict) else {}


def _text(details: Mapping[str, Any], name: str) -> str:
    value = details.get(name)
    return value if isinstance(value, str) else ""
