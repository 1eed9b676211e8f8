"""People on file as staff look for them (ADR 132): by name, enterprise, whole numbers, and by the ends of numbers."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from mshield.domain.id_numbers import END
from mshield.domain.identity import fold_dots
from mshield.store.database.interface import Database
from mshield.store.database.matching import PIECE, contains, either_case, name_begins
from mshield.store.database.queries import Queries, Query
from mshield.store.filing.filing import ListedPerson

_SQL: Final = Queries("filing", "people_search")


@dataclass(frozen=True, slots=True, kw_only=True)
class FilingTerms:
    """What people are looked for by; None doesn't count. All of them must fit.

    `name` is how a person's name begins, all of it or what stands behind the first character (王小明: 小明), or, of two
    characters or more, a part of the enterprise's name.
    """

    credit_code: str | None = None
    id_number_hash: bytes | None = field(default=None, repr=False)
    name: str | None = None
    ended_too: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class FilingEnds:
    """The ends that numbers are looked for by: `text` of a phone or shield number, None where it isn't digits alone.

    Of the id number it is the keyed hash of the last four characters.
    """

    id_number: bytes = field(repr=False)
    text: str | None = None


@dataclass(frozen=True, slots=True)
class Places:
    """Ids in the order of filing; those in `unproven` are there by their id number's hash, or by its lack, alone."""

    ids: Sequence[str]
    unproven: frozenset[str] = frozenset()


async def places(
    db: Database,
    *,
    terms: FilingTerms,
    ends: FilingEnds | None = None,
    credit_codes: Sequence[str] | None = (),
    after: str,
    most: int,
) -> Places:
    """The first `most` people behind `after` whom all words fit, of several ends one.

    `credit_codes` are enterprises whose names may have `terms.name` in them, some thousands at most; None: more.
    """
    values = _values(terms) | {"after": after, "most": most}
    if ends is not None:
        return await _of_ends(db, ends, values, most)
    if terms.id_number_hash is None and terms.credit_code is None and terms.name is not None:
        return Places(await _of_name(db, terms.name, credit_codes, values, most))
    return Places(await _ids(db, _leading(terms), values))


async def lines(db: Database, ids: Sequence[str]) -> list[ListedPerson]:
    """The lines of these ids, in their order."""
    rows = await db.all(_SQL["lines"], ids=",".join(ids)) if ids else []
    by_id = {row["id"]: ListedPerson(**row) for row in rows}
    return [by_id[person_id] for person_id in ids if person_id in by_id]


def _leading(terms: FilingTerms) -> Query:
    """The word with an index that leaves least."""
    if terms.id_number_hash is not None:
        return _SQL["of_id_number"]
    return _SQL["everybody"] if terms.credit_code is None else _SQL["of_enterprise"]


def _values(terms: FilingTerms) -> dict[str, object]:
    name = terms.name
    return {
        "credit_code": terms.credit_code,
        "id_number_hash": terms.id_number_hash,
        "name": name_begins(name),
        "organisation": None if name is None or len(name) < PIECE else contains(name),
        "ended_too": int(terms.ended_too),
    }


async def _of_ends(db: Database, ends: FilingEnds, values: dict[str, object], most: int) -> Places:
    unproven = await _ids(db, _SQL["of_id_end"], values | {"piece": ends.id_number})
    unproven += await _ids(db, _SQL["of_any_id"], values)
    proven: list[str] = []
    if ends.text is not None:
        by_end = values | {"piece": ends.text[-END:], "ending": f"%{ends.text}"}
        proven = await _ids(db, _SQL["of_phone_end"], by_end)
        proven += await _ids(db, _SQL["of_shield_end"], by_end)
    return Places(
        sorted({*proven, *unproven})[:most],
        frozenset(unproven).difference(proven),
    )


async def _of_name(
    db: Database, name: str, codes: Sequence[str] | None, values: dict[str, object], most: int
) -> list[str]:
    """Each list is a whole page, so that the page of all of them is in it."""
    start = fold_dots(name)[:2]
    queries = [_SQL["of_surname"]] if len(start) == 1 else [_SQL["of_name"], _SQL["of_given_name"]]
    ids = [
        person_id
        for query in queries
        for piece in either_case(start)
        for person_id in await _ids(db, query, values | {"piece": piece})
    ]
    if codes is None:  # so many that the first people have some
        ids += await _ids(db, _SQL["everybody"], values)
    elif codes:
        ids += await _ids(db, _SQL["of_enterprises"], values | {"credit_codes": ",".join(codes)})
    return sorted(set(ids))[:most]


async def _ids(db: Database, query: Query, values: dict[str, object]) -> list[str]:
    return [row["id"] for row in await db.all(query, **values)]
