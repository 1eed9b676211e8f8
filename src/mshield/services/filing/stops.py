"""How many shields an import stops: one whose filing gets another version has to be renewed (R22)."""

from collections.abc import Sequence
from dataclasses import replace

from mshield.domain.filing import FilingRecord
from mshield.services.filing.comparing import needs_version, renames
from mshield.services.filing.report import LineReport
from mshield.services.filing.seen import Seen
from mshield.store.filing import filing as store


async def with_stops(
    seen: Seen, keys: Sequence[store.Key], lines: Sequence[LineReport], *, now: int
) -> list[LineReport]:
    """The lines of these records with how many shields stop by each, in two round trips at most; times in ms."""
    both = [(line, seen.person(key), line.record) for line, key in zip(lines, keys, strict=True)]
    changed = [one.id for _, one, record in both if one and record and needs_version(one, record)]
    codes = {record.credit_code for _, _, record in both if record and _renames(seen, record)}
    people = await store.usable_of_people(seen.db, changed, now=now) if changed else {}
    enterprises = await seen.usable_of_enterprises(codes, now=now)
    return [
        replace(
            line,
            stops=0 if one is None else people.get(one.id, 0),
            enterprise_stops=enterprises.get(record.credit_code, 0) if record else 0,
        )
        for line, one, record in both
    ]


def _renames(seen: Seen, record: FilingRecord) -> bool:
    return renames(seen.enterprise(record.credit_code), record)
