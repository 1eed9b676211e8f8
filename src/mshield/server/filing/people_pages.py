"""Pages of people for staff, shared by the searches of filing and accounts (ADR 129).

A search by the end of an id number first looks up the keyed hash of its last four characters, and then opens
and compares the whole number, for a limited number of people per call. `next` continues the search, even
after an empty page.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Final, Generic, Protocol, TypeVar

from mshield.server.database.interface import Database
from mshield.server.database.people_lists import NumberEnds, PeopleTerms, Places
from mshield.server.filing.rows.search_words import enterprises_of
from mshield.server.filing.search_words import end_hash
from mshield.server.keys.secrets import LookupKey
from mshield.server.values.id_numbers import END, LOOKUP
from mshield.server.values.names import check_credit_code, normalise_id_number

MOST_COMPARED: Final = 1000
"""Number of people whose id numbers one call compares, some ten milliseconds' worth."""

WHOLE: Final = 11
"""Digits of a whole phone number, and of a whole shield number after MS."""

MOST_ENTERPRISES: Final = 2_000
"""Number of enterprises whose people are sorted.

If more match a word, about one in a few hundred people matches, so scanning in order finds enough.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """Search criteria for people; all that aren't None must match.

    `name` is the beginning of a person's name, or of the part behind its first character, or a part of the
    enterprise's name; `end` is the last characters, four or more, of the person's id number, phone number or
    shield number. If `whole`, `end` is one of these numbers as a whole.
    """

    credit_code: str | None = None
    id_number: str | None = None
    name: str | None = None
    end: str | None = None
    whole: bool = field(default=False, compare=False)


class Numbered(Protocol):
    """A line with its id number in the clear."""

    @property
    def id(self) -> str: ...

    @property
    def id_number(self) -> str: ...


N = TypeVar("N", bound=Numbered)


class ReadPlaces(Protocol):
    """Function that reads ids in order, like `PeopleLists.places`."""

    async def __call__(
        self,
        db: Database,
        *,
        terms: PeopleTerms,
        ends: NumberEnds | None,
        credit_codes: Sequence[str] | None,
        after: str,
        most: int,
    ) -> Places: ...


@dataclass(frozen=True, slots=True)
class PeoplePages(Generic[N]):
    """Finds people; `opened` returns the lines of ids, in their order."""

    db: Database
    lookup: LookupKey
    opened: Callable[[Sequence[str]], Awaitable[list[N]]]

    async def page(
        self, words: Words, places: ReadPlaces, *, after: str, limit: int
    ) -> tuple[list[N], str | None]:
        """Returns lines after the one with the id `after`, and the next page's `after`.

        Raises: InvalidCreditCode.
        """
        end = _end(words)
        size = limit + 1 if end is None else MOST_COMPARED
        listing = await self._places(words, places, after=after, most=size)
        people: list[N] = []
        for start in range(0, len(listing.ids), limit + 1):  # Open no more boxes than the page needs.
            for person in await self.opened(listing.ids[start : start + limit + 1]):
                if len(people) == limit:  # there is another page
                    return people, after
                after = person.id
                if end is None or person.id not in listing.unproven or _matches(person, end, words):
                    people.append(person)
        return people, after if len(listing.ids) == size else None

    async def ids(self, words: Words, places: ReadPlaces, *, most: int) -> tuple[list[str], bool]:
        """Returns the first `most` ids, and whether there may be more. Raises: InvalidCreditCode."""
        end = _end(words)
        size = most + 1 if end is None else max(most + 1, MOST_COMPARED)
        listing = await self._places(words, places, after="", most=size)
        doubtful = [person_id for person_id in listing.ids if person_id in listing.unproven]
        mismatches = {
            person.id
            for person in await self.opened(doubtful)
            if end is not None and not _matches(person, end, words)
        }
        ids = [person_id for person_id in listing.ids if person_id not in mismatches]
        return ids[:most], len(listing.ids) == size or len(ids) > most

    async def _places(self, words: Words, places: ReadPlaces, *, after: str, most: int) -> Places:
        code, number, end = words.credit_code, words.id_number, _end(words)
        terms = PeopleTerms(
            credit_code=None if code is None else check_credit_code(code),
            id_number_hash=None
            if number is None
            else self.lookup.lookup_hash(LOOKUP, normalise_id_number(number)),
            name=words.name,
        )
        return await places(
            self.db,
            terms=terms,
            ends=None if end is None else self._ends(end, whole=words.whole),
            credit_codes=await self._enterprises(words),
            after=after,
            most=most,
        )

    def _ends(self, end: str, *, whole: bool) -> NumberEnds:
        is_digits = end.isascii() and end.isdecimal() and (not whole or len(end) == WHOLE)
        return NumberEnds(
            id_number=end_hash(self.lookup, end),
            text=end if is_digits else None,
            is_longer=whole or len(end) != END,
        )

    async def _enterprises(self, words: Words) -> list[str] | None:
        if words.name is None:
            return []
        return await enterprises_of(self.db, words.name, most=MOST_ENTERPRISES)


def _matches(person: Numbered, end: str, words: Words) -> bool:
    return person.id_number == end if words.whole else person.id_number.endswith(end)


def _end(words: Words) -> str | None:
    return None if words.end is None else normalise_id_number(words.end)
