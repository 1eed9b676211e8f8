"""Checks that of signed documents no content is gone which the service didn't erase.

How far the job came with each kind is marked: who has no key can't say that it came further.
"""

import json
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from mshield.domain.retention.kinds import OF_PERSON, Kind
from mshield.services.log.findings import Finding, shown
from mshield.store.database.interface import Database
from mshield.store.log import log as store
from mshield.store.operations.retention import standings
from mshield.store.requests.retention import Bare, erased_beyond

_PAGE: Final = 500
_FEW: Final = 10
_KINDS: Final[Mapping[str, frozenset[str]]] = {
    "signature": frozenset({Kind.CONTENTS, Kind.LATE_CONTENTS}),
    "login": frozenset({Kind.PERSONAL}),
}


@dataclass(frozen=True, slots=True)
class _OfPerson:
    """The signatures that an act erased with a person's data: those of these keys, for requests below an id."""

    uids: frozenset[object]
    before: str

    def covers(self, bare: Bare) -> bool:
        return bare.uid.hex() in self.uids and bare.request_id < self.before


async def check_erasures(db: Database) -> AsyncIterator[Finding]:
    """A finding for each document without its content of which no act speaks. Raises StoreError."""
    places: dict[str, str] = {}
    for kind, standing in (await standings(db)).items():
        if standing.holds(db.sealer):
            places[kind] = standing.place
        else:
            yield Finding("seal_broken", table="retention", row=shown(kind))
    people = [_of_person(_details(row)) for row in await store.erasures(db, act=OF_PERSON)]
    for asked, kinds in _KINDS.items():
        since, few = max(places.get(one, "") for one in kinds), 0
        after: Bare | None = None
        while page := await erased_beyond(db, kind=asked, since=since, after=after, limit=_PAGE):
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
    except (ValueError, TypeError):  # which is found with the row
        return {}
    return details if isinstance(details, dict) else {}


def _text(details: Mapping[str, Any], name: str) -> str:
    value = details.get(name)
    return value if isinstance(value, str) else ""
