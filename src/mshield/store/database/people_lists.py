"""People as staff look for them: the ids that a search puts together, of the filing and of accounts alike (ADR 95)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from mshield.domain.id_numbers import END
from mshield.domain.identity import fold_dots
from mshield.store.database.interface import Database
from mshield.store.database.matching import PIECE, contains, either_case, name_begins
from mshield.store.database.queries import Query

_NOTHING: Final[Mapping[str, object]] = {}


@dataclass(frozen=True, slots=True, kw_only=True)
class PeopleTerms:
    """What people are looked for by; None doesn't count. All of them must fit.

    `name` is how a person's name begins, all of it or what stands behind the first character (王小明: 小明), or, of two
    characters or more, a part of the enterprise's name.
    """

    credit_code: str | None = None
    id_number_hash: bytes | None = field(default=None, repr=False)
    name: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NumberEnds:
    """The ends that numbers are looked for by: `text` of a phone or shield number, None where it isn't digits alone.

    Of the id number it is the keyed hash of the last four characters, which `is_longer` ends aren't proven by.
    """

    id_number: bytes = field(repr=False)
    text: str | None = None
    is_longer: bool = True


@dataclass(frozen=True, slots=True)
class WithoutEnd:
    """Whose id number's end isn't hashed yet; the number is sealed under this id."""

    id: str
    id_number_box: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Places:
    """Ids in their order; those in `unproven` may be others': their id number is to be opened and compared."""

    ids: Sequence[str]
    unproven: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class PeopleLists:
    """A statement of ids for each word that has an index.

    Each takes all words, those that are null don't count; it gives the ids behind `after`, the smallest first.
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
    of_any_id: Query

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
        """The first `most` people behind `after` whom all words fit, of several ends one.

        `credit_codes` are enterprises whose names may have `terms.name` in them, some thousands at most; None: more.
        `also` is what the module's own statements take besides.
        """
        values = _values(terms) | {"after": after, "most": most, **also}
        if ends is not None:
            return await self._of_ends(db, ends, values, most)
        if terms.id_number_hash is None and terms.credit_code is None and terms.name is not None:
            return Places(await self._of_name(db, terms.name, credit_codes, values, most))
        return Places(await self._ids(db, self._leading(terms), values))

    def _leading(self, terms: PeopleTerms) -> Query:
        """The word with an index that leaves least."""
        if terms.id_number_hash is not None:
            return self.of_id_number
        return self.everybody if terms.credit_code is None else self.of_enterprise

    async def _of_ends(self, db: Database, ends: NumberEnds, values: dict[str, object], most: int) -> Places:
        proven = await self._ids(db, self.of_id_end, values | {"piece": ends.id_number})
        unproven = await self._ids(db, self.of_any_id, values)
        if ends.is_longer:
            proven, unproven = [], proven + unproven
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
        """Each list is a whole page, so that the page of all of them is in it."""
        start = fold_dots(name)[:2]
        queries = [self.of_surname] if len(start) == 1 else [self.of_name, self.of_given_name]
        ids = [
            person_id
            for query in queries
            for piece in either_case(start)
            for person_id in await self._ids(db, query, values | {"piece": piece})
        ]
        if codes is None:  # so many that the first people have some
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
