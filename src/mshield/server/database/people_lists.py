"""Search for people by staff: the matching ids, for both filing and accounts (ADR 95)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from mshield.server.database.interface import Database
from mshield.server.database.matching import PIECE, contains, either_case, name_begins
from mshield.server.database.queries import Query
from mshield.server.values.id_numbers import END
from mshield.server.values.names import fold_dots

_NOTHING: Final[Mapping[str, object]] = {}


@dataclass(frozen=True, slots=True, kw_only=True)
class PeopleTerms:
    """Search terms; None means any. All must match.

    `name` is the beginning of a person's name, the name without its first character (王小明: 小明), or, with two
    characters or more, a part of the enterprise's name.
    """

    credit_code: str | None = None
    id_number_hash: bytes | None = field(default=None, repr=False)
    name: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NumberEnds:
    """Ends of numbers to search by: `text` for phone and shield numbers, None if it isn't all digits.

    `id_number` is the keyed hash of the id number's last four characters. If the end `is_longer`, a match of
    the hash isn't proof.
    """

    id_number: bytes = field(repr=False)
    text: str | None = None
    is_longer: bool = True


@dataclass(frozen=True, slots=True)
class Places:
    """Matching ids in order; for those in `unproven` the caller must open and compare the id number."""

    ids: Sequence[str]
    unproven: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class PeopleLists:
    """Statements that return ids, one for each indexed search term.

    Each has all terms as parameters, ignores those that are null, and returns the ids after `after`, smallest
    first.
    """

    everybody: Query
    of_id_number: Query
    of_enterprise: Query
    of_enterprises: Query
    of_surname: Query
    of_name: Query
    of_given_name: Query
    of_phone_end: Query
    of_shield_end: Query
    of_id_end: Query

    async def places(
        self,
        db: Database,
        *,
        terms: PeopleTerms,
        ends: NumberEnds | None = None,
        credit_codes: Sequence[str] | None = (),
        after: str,
        most: int,
        also: Mapping[str, object] = _NOTHING,
    ) -> Places:
        """Returns the first `most` people after `after` who match all terms; of several ends one is enough.

        `credit_codes` are enterprises whose names may contain `terms.name`, some thousands at most; None
        means more than that. `also` are additional parameters of the module's statements.
        """
        values = _values(terms) | {"after": after, "most": most, **also}
        if ends is not None:
            return await self._of_ends(db, ends, values, most)
        if terms.id_number_hash is None and terms.credit_code is None and terms.name is not None:
            return Places(await self._of_name(db, terms.name, credit_codes, values, most))
        return Places(await self._ids(db, self._leading(terms), values))

    def _leading(self, terms: PeopleTerms) -> Query:
        """Returns the statement for the indexed term that leaves the fewest people."""
        if terms.id_number_hash is not None:
            return self.of_id_number
        return self.everybody if terms.credit_code is None else self.of_enterprise

    async def _of_ends(self, db: Database, ends: NumberEnds, values: dict[str, object], most: int) -> Places:
        proven = await self._ids(db, self.of_id_end, values | {"piece": ends.id_number})
        unproven: list[str] = []
        if ends.is_longer:
            proven, unproven = [], proven
        if ends.text is not None:
            by_end = values | {"piece": ends.text[-END:], "ending": f"%{ends.text}"}
            proven += await self._ids(db, self.of_phone_end, by_end)
            proven += await self._ids(db, self.of_shield_end, by_end)
        return Places(
            sorted({*proven, *unproven})[:most],
            frozenset(unproven).difference(proven),
        )

    async def _of_name(
        self, db: Database, name: str, codes: Sequence[str] | None, values: dict[str, object], most: int
    ) -> list[str]:
        """Returns the page of people whose name may match: merges the first `most` of each indexed list."""
        start = fold_dots(name)[:2]
        queries = [self.of_surname] if len(start) == 1 else [self.of_name, self.of_given_name]
        ids = [
            person_id
            for query in queries
            for piece in either_case(start)
            for person_id in await self._ids(db, query, values | {"piece": piece})
        ]
        if codes is None:  # There are so many that some are among the first people.
            ids += await self._ids(db, self.everybody, values)
        elif codes:
            ids += await self._ids(db, self.of_enterprises, values | {"credit_codes": ",".join(codes)})
        return sorted(set(ids))[:most]

    async def _ids(self, db: Database, query: Query, values: dict[str, object]) -> list[str]:
        return [row["id"] for row in await db.all(query, **values)]


def _values(terms: PeopleTerms) -> dict[str, object]:
    name = terms.name
    return {
        "credit_code": terms.credit_code,
        "id_number_hash": terms.id_number_hash,
        "name": name_begins(name),
        "organisation": None if name is None or len(name) < PIECE else contains(name),
    }
